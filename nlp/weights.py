"""Trained weights as plain numpy arrays, and the scores that they give to the clauses of a Doc."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kundenecho.errors import SettingsError
from nlp.features import LABELS, SCALES, companion_keys, forms_of, negated, neighbour_keys, rule_keys, word_keys
from nlp.lexicon import DATA
from nlp.sentiment import is_blind

SHIPPED: Final = DATA / "weights.npz"
Floats = NDArray[np.float32]
#: Columns that star ratings trained, behind those of the labels.
STARS: Final = 3
_OVERALL: Final = [LABELS.index("overall pos"), LABELS.index("overall neg")]
COLUMNS: Final = len(LABELS) + STARS
#: Word forms whose sums are kept.
_BANK: Final = 5_000
#: Probabilities nearer to 0 or 1 than this are not told apart.
_EDGE: Final = 1e-3
#: Log-odds beyond which exp would overflow for nothing.
_STEEPEST: Final = 30.0
#: Praise or criticism in no clause likelier than this, without any cue: the sentiment is a guess.
_FAINT: Final = 0.5


@dataclass(slots=True)
class Scores:
    """What the weights say of one Doc.

    Attributes:
        labels: Probability of each of ``LABELS`` in each clause, shape ``(clauses, labels)``.
        stars: Log-odds of a poor, a middling and a good star rating of the whole text.
        leanings: Log-odds of a good less those of a poor rating, for each clause alone.
        sentiment: Probabilities in the order of ``SENTIMENTS``; set once the text is judged.
        doubtful: The best probability is too low to count on.
    """

    labels: Floats
    stars: Floats
    leanings: Floats
    sentiment: tuple[float, float, float] = (0.0, 0.0, 0.0)
    doubtful: bool = False


class _Banked(NamedTuple):
    """A word whose sum is kept: its place in the bank, its number, whether it is a word."""

    place: int
    number: int
    is_word: bool


class Weights:
    """Linear models over hashed features; bounded memory, whatever the vocabulary of the texts.

    Args:
        arrays: ``label_keys`` (numbers of features) with ``label_rows`` (a row for each, a column a label),
            ``star_keys`` and ``star_rows`` likewise, ``bias`` (``COLUMNS``), ``verdict`` (a row of three for
            each input of :func:`verdict_inputs`, the last one the bias), ``thresholds`` (pairs: kept from,
            added from; defects likewise), ``part_keys`` with ``part_values`` and ``part_bias`` (see
            :mod:`nlp.parts`), ``abstain_below`` and ``seen`` (digests of texts).
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.bias = arrays["bias"].astype(np.float32)
        self.verdict = arrays["verdict"].astype(np.float32)
        self.thresholds = tuple(float(value) for value in arrays["thresholds"])
        self.abstain_below = float(arrays["abstain_below"])
        self.parts: dict[int, float] = dict(
            zip(arrays["part_keys"].tolist(), arrays["part_values"].tolist(), strict=True)
        )
        self.part_bias = float(arrays["part_bias"])
        self.seen = frozenset(arrays["seen"].tolist())
        keys = np.union1d(arrays["label_keys"], arrays["star_keys"])
        # The last row stands for what is not known.
        self._vectors = np.zeros((len(keys) + 1, COLUMNS), np.float32)
        self._vectors[np.searchsorted(keys, arrays["label_keys"]), : len(LABELS)] = arrays["label_rows"]
        self._vectors[np.searchsorted(keys, arrays["star_keys"]), len(LABELS) :] = arrays["star_rows"]
        self._vectors[:-1] *= np.array(SCALES, np.float32)[keys & 7][:, np.newaxis]
        self._rows: dict[int, int] = dict(zip(keys.tolist(), range(len(keys)), strict=True))
        self._none = len(keys)
        self._bank = np.zeros((_BANK, COLUMNS), np.float32)
        self._banked: dict[tuple[str, bool], _Banked] = {}

    def score(self, doc: Any) -> Scores:
        """Score every clause of a Doc whose cues and rule mentions are found."""
        words, get = doc._.words, self._rows.get
        places: list[int] = []
        rows: list[int | None] = []
        place_starts, row_starts = [], []
        for clause, rules in zip(doc._.clauses, rule_keys(doc), strict=True):
            forms = forms_of(words, clause)
            found = [self._word(form, mark) for form, mark in zip(forms, negated(forms), strict=True)]
            place_starts.append(len(places))
            row_starts.append(len(rows))
            places += [word.place for word in found]
            rows.append(self._none)
            rows += map(get, neighbour_keys([word.number for word in found]))
            rows += map(get, companion_keys([word.number for word in found if word.is_word]))
            rows += map(get, rules)
        known = [self._none if row is None else row for row in rows]
        total = self._sums(places, place_starts) + np.add.reduceat(self._vectors[known], row_starts)
        lengths = np.diff([*place_starts, len(places)])
        stars, leanings = star_scores(total[:, len(LABELS) :].astype(np.float32), lengths, self.bias[len(LABELS) :])
        logits = np.clip(total[:, : len(LABELS)] + self.bias[: len(LABELS)], -_STEEPEST, _STEEPEST)
        return Scores((1 / (1 + np.exp(-logits))).astype(np.float32), stars, leanings)

    def judge(self, rules: list[float], scores: Scores) -> None:
        """Set the sentiment of a text from its scores and the features of its cues."""
        logits = verdict_inputs(rules, scores) @ self.verdict
        powers = np.exp(logits - logits.max())
        positive, mixed, negative = (powers / powers.sum()).tolist()
        scores.sentiment = (positive, mixed, negative)
        blind = is_blind(rules) and float(scores.labels[:, -3:-1].max()) < _FAINT
        scores.doubtful = blind or max(scores.sentiment) < self.abstain_below

    def _sums(self, banked: list[int], starts: list[int]) -> Floats:
        sums = np.zeros((len(starts), COLUMNS), np.float32)
        if banked:
            vectors = self._bank[banked]
            ends = [*starts[1:], len(banked)]
            filled = [at for at, (first, last) in enumerate(zip(starts, ends, strict=True)) if last > first]
            sums[filled] = np.add.reduceat(vectors, [starts[at] for at in filled])
        return sums

    def _word(self, form: str, is_negated: bool) -> _Banked:
        known = self._banked.get((form, is_negated))
        return self._bank_word(form, is_negated) if known is None else known

    def _bank_word(self, form: str, is_negated: bool) -> _Banked:
        place = len(self._banked)
        if place >= len(self._bank):
            # The text being scored points to its words: the bank grows until it is done.
            self._bank = np.vstack([self._bank, np.zeros_like(self._bank)])
        word = word_keys(form, is_negated)
        rows = [row for row in map(self._rows.get, word.keys) if row is not None]
        self._bank[place] = self._vectors[rows].sum(axis=0)
        found = self._banked[(form, is_negated)] = _Banked(place, word.number, word.is_word)
        return found

    def forget(self) -> None:
        """Empty the bank of word sums when it has outgrown its bound; called between texts."""
        if len(self._banked) > _BANK:
            self._banked.clear()
            self._bank = np.zeros((_BANK, COLUMNS), np.float32)


def star_scores(sums: Floats, lengths: NDArray[np.int64], bias: Floats) -> tuple[Floats, Floats]:
    """Log-odds of the star ratings of a text, and the leaning of each clause.

    Args:
        sums: Summed weights of each clause, a column for each rating.
        lengths: Words of each clause.
        bias: Of each rating.
    """
    stars = sums.sum(axis=0) / np.sqrt(1 + lengths.sum()) + bias
    clauses = sums / np.sqrt(1 + lengths)[:, np.newaxis] + bias
    return stars.astype(np.float32), (clauses[:, 2] - clauses[:, 0]).astype(np.float32)


def verdict_inputs(rules: list[float], scores: Scores) -> NDArray[np.float64]:
    """Inputs of the sentiment of a text.

    Praise, criticism and defects at their strongest, first and last; the overall verdict; the balance of
    praise and criticism; the star rating that the words suggest, of the text and of its clauses; the
    features of the cues.
    """
    labels, stars, leanings = scores.labels, scores.stars, scores.leanings
    strongest, sums = labels.max(axis=0), labels.sum(axis=0)
    praise, criticism = float(sums[-3]), float(sums[-2])
    powers = np.exp(stars - stars.max())
    spread = float(stars[2] - stars[0])
    balance = [
        praise / (praise + criticism + 0.3),
        criticism / (praise + criticism + 0.3),
        math.log1p(praise),
        math.log1p(criticism),
        min(praise, criticism),
        abs(praise - criticism) / (praise + criticism + 0.5),
        abs(spread),
        spread * spread / 10,
        float(leanings.max()),
        float(leanings.min()),
        float(leanings[-1]),
        float(min(leanings.max(), -leanings.min())),
    ]
    odds = log_odds(np.concatenate([strongest[-3:], strongest[_OVERALL], labels[-1, -3:], labels[0, -3:]]))
    return np.concatenate([odds, balance, stars, powers / powers.sum(), rules, [1.0]]).astype(np.float64)


def log_odds(probabilities: Floats) -> Floats:
    """Log-odds, bounded."""
    odds: Floats = np.log((probabilities + _EDGE) / (1 - probabilities + _EDGE))
    return odds


def read_weights(path: Path) -> Weights:
    """Read a weights file.

    Raises:
        SettingsError: When it is missing or no weights file of this version.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Weights({name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"the weights cannot be read: {type(error).__name__}", where=str(path), remedy="Run make train"
        ) from None


@cache
def shipped_weights() -> Weights | None:
    """The weights of the package, read once per process; None where there are none and the rules decide alone."""
    return read_weights(SHIPPED) if SHIPPED.exists() else None
