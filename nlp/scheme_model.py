"""The models of a scheme as plain numpy arrays, and what they say of a text.

A text is weighed as a whole for each category, and word by word for where a category is named; both
together give the probability of the category. What is said of it is weighed by the text, by the words
around the place where it is named, and by words of like meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundenecho.errors import SettingsError
from nlp.scheme import scheme_from_json
from nlp.scheme_features import Piece, clause, form_block, form_number, pieces, place_blocks, text_blocks

Floats = NDArray[np.float64]
FILE: Final = "scheme.npz"
#: How much each block of features counts: words and letters; words under the category, window and clause; a word.
TEXT_SCALES: Final = (1.0, 1.0)
PLACE_SCALES: Final = (1.0, 0.7, 0.7)
WORD_SCALES: Final = (1.0,)
#: Log-odds beyond which nothing is told apart, and the probability of a polarity below which none is.
_STEEPEST: Final = 9.0
_LEAST: Final = 1e-3
#: Words whose scores are kept.
_WORDS: Final = 20_000
#: Categories less likely than this share of the threshold cannot reach it with any polarity.
_NAMED: Final = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """One mention: what, how, how surely, and the offsets of the words that name it and of their clause."""

    category: str
    polarity: str
    confidence: float
    target: tuple[int, int] | None
    evidence: tuple[int, int]


@dataclass(slots=True)
class Reading:
    """What the models see of one text before they decide.

    Attributes:
        forms: Its words.
        categories: Log-odds of each category by the whole text.
        places: Log-odds of each category at each word, shape ``(words, categories)``; None when no model knows.
        leaning: Log-odds of each polarity by the whole text.
    """

    forms: list[str]
    categories: Floats
    places: Floats | None
    leaning: Floats

    def place(self, category: int) -> int | None:
        """The word that names a category most likely."""
        return None if self.places is None or not len(self.places) else int(self.places[:, category].argmax())

    def named(self) -> Floats:
        """Log-odds of each category at its likeliest word."""
        if self.places is None or not len(self.places):
            return np.zeros(len(self.categories))
        strongest: Floats = self.places.max(axis=0)
        return strongest


class Table:
    """Rows of weights by the number of a feature; features of a block are weighed by tf-idf of length 1."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], name: str, scales: Sequence[float]) -> None:
        self._at = {key: at for at, key in enumerate(arrays[f"{name}_keys"].tolist())}
        self._rarity = arrays[f"{name}_rarity"].astype(np.float64)
        self._rows = arrays[f"{name}_rows"].astype(np.float32)
        self._scales = scales

    def sums(self, blocks: Sequence[Sequence[int]]) -> Floats:
        """The weighed sum of the rows of all features."""
        total = np.zeros(self._rows.shape[1])
        for block, scale in zip(blocks, self._scales, strict=True):
            known = Counter(at for at in map(self._at.get, block) if at is not None)
            if known:
                rows = np.fromiter(known.keys(), np.int64, len(known))
                values = (1 + np.log(np.fromiter(known.values(), np.float64, len(known)))) * self._rarity[rows]
                total += (values * (scale / np.linalg.norm(values))) @ self._rows[rows]
        return total


class SchemeModel:
    """Linear models of one scheme; bounded memory, whatever the texts.

    Args:
        arrays: ``scheme`` (JSON), ``seen`` (digests of texts), tables ``text`` (a column for each category and
            polarity), ``place`` (polarities) and ``word`` (categories), each of ``_keys``, ``_rarity`` and
            ``_rows``; ``meaning_keys`` and ``meaning_rows`` (polarities by the mean over text, then clause);
            ``category_bias``, ``polarity_bias``, ``word_bias``; ``category_stack`` and ``polarity_stack``
            (see :func:`likely_categories` and :func:`settled`); ``threshold``.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.scheme = scheme_from_json(str(arrays["scheme"]))
        self.seen = frozenset(arrays["seen"].tolist())
        self._text = Table(arrays, "text", TEXT_SCALES)
        self._place = Table(arrays, "place", PLACE_SCALES)
        self._word = Table(arrays, "word", WORD_SCALES)
        self._has_places = len(arrays["word_keys"]) > 0
        self._meaning = {key: at for at, key in enumerate(arrays["meaning_keys"].tolist())}
        self._meaning_rows = arrays["meaning_rows"].astype(np.float64)
        self._bias = {name: arrays[f"{name}_bias"].astype(np.float64) for name in ("category", "polarity", "word")}
        self._category_stack = arrays["category_stack"].astype(np.float64)
        self._polarity_stack = arrays["polarity_stack"].astype(np.float64)
        self.threshold = float(arrays["threshold"])
        self._words: dict[str, Floats] = {}

    def read(self, forms: list[str]) -> Reading:
        """Weigh the words of a text."""
        sums, count = self._text.sums(text_blocks(forms)), len(self.scheme.categories)
        places = None
        if self._has_places:
            places = np.array([self._named(form) for form in forms]).reshape(-1, count)
        if len(self._words) > _WORDS:
            self._words.clear()
        return Reading(forms, sums[:count] + self._bias["category"], places, sums[count:] + self._bias["polarity"])

    def leanings(self, reading: Reading, category: int) -> Floats:
        """Log-probabilities of the polarities of one category, before they are settled."""
        at = reading.place(category)
        logits = reading.leaning + self._place.sums(place_blocks(reading.forms, at, category))
        first, last = (0, 0) if at is None else clause(reading.forms, at)
        half = self._meaning_rows.shape[1] // 2
        logits += self._mean(reading.forms)[:half] + self._mean(reading.forms[first:last])[half:]
        odds = 1 / (1 + np.exp(-np.clip(logits, -_STEEPEST, _STEEPEST)))
        found: Floats = np.log(np.clip(odds / odds.sum(), _LEAST, 1))
        return found

    def categories(self, reading: Reading) -> Floats:
        """Probability of each category."""
        return likely_categories(stack_inputs(reading), self._category_stack)

    def polarities(self, reading: Reading, category: int) -> Floats:
        """Probability of each polarity of a category."""
        return settled(self.leanings(reading, category), self._polarity_stack[category])

    def joint(self, reading: Reading) -> Floats:
        """Probability of each category with each polarity; unlikely categories stay 0."""
        likely = self.categories(reading)
        found = np.zeros((len(likely), len(self.scheme.polarities)))
        least = min(self.threshold * _NAMED, float(likely.max()))
        for category in np.flatnonzero(likely >= least):
            found[category] = likely[category] * self.polarities(reading, int(category))
        return found

    def say(self, text: str) -> list[Said]:
        """The mentions of a text, in the order of the scheme's categories."""
        words = pieces(text)
        if not words:
            return []
        reading = self.read([word.form for word in words])
        joint = self.joint(reading)
        chosen = chosen_pairs(joint, self.threshold, self.scheme.at_least_one)
        return [self._said(words, reading, *pair, float(joint[pair])) for pair in sorted(chosen)]

    def _said(self, words: list[Piece], reading: Reading, category: int, polarity: int, likely: float) -> Said:
        at = reading.place(category)
        target, (first, last) = None, (0, len(words)) if at is None else clause(reading.forms, at)
        if at is not None and reading.places is not None:
            named = reading.places[:, category] > 0
            begin, end = at, at + 1
            while begin > first and named[begin - 1]:
                begin -= 1
            while end < last and named[end]:
                end += 1
            target = (words[begin].start, words[end - 1].end)
        labels = self.scheme.categories[category], self.scheme.polarities[polarity]
        return Said(*labels, round(likely, 4), target, (words[first].start, words[last - 1].end))

    def _named(self, form: str) -> Floats:
        known = self._words.get(form)
        if known is None:
            known = self._words[form] = self._word.sums([form_block(form)]) + self._bias["word"]
        return known

    def _mean(self, forms: Sequence[str]) -> Floats:
        rows = [at for at in (self._meaning.get(form_number(form)) for form in forms) if at is not None]
        mean: Floats = self._meaning_rows[rows].mean(axis=0) if rows else np.zeros(self._meaning_rows.shape[1])
        return mean


def stack_inputs(reading: Reading) -> Floats:
    """Log-odds of each category by the text and at its likeliest word, bounded, and 1."""
    bounded = [np.clip(odds, -_STEEPEST, _STEEPEST) for odds in (reading.categories, reading.named())]
    return np.column_stack([*bounded, np.ones(len(reading.categories))])


def likely_categories(inputs: Floats, stack: Floats) -> Floats:
    """Probability of each category: its inputs times its row of the stack."""
    found: Floats = 1 / (1 + np.exp(-(inputs * stack).sum(axis=1)))
    return found


def settled(leanings: Floats, stack: Floats) -> Floats:
    """Probability of each polarity: the leanings, and 1, times the matrix of the category."""
    logits = np.append(leanings, 1.0) @ stack
    powers = np.exp(logits - logits.max())
    found: Floats = powers / powers.sum()
    return found


def chosen_pairs(joint: Floats, threshold: float, at_least_one: bool) -> set[tuple[int, int]]:
    """Numbers of the categories and polarities that are said."""
    chosen = {(int(category), int(polarity)) for category, polarity in np.argwhere(joint >= threshold)}
    if at_least_one and not chosen:
        chosen = {divmod(int(joint.argmax()), joint.shape[1])}
    return chosen


def read_scheme_model(folder: Path) -> SchemeModel:
    """Read the model that ``kundenecho train --scheme`` wrote into a folder.

    Raises:
        SettingsError: When it is missing or no model of this version.
    """
    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return SchemeModel({name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise SettingsError(
            f"the scheme's model cannot be read: {type(error).__name__}",
            where=str(path),
            remedy="Train it with kundenecho train --scheme",
        ) from None
