"""Trained weights as plain numpy arrays, and the scores that they give to the clauses of a Doc."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundenecho.errors import SettingsError
from nlp.extensions import CLAUSES, WORDS
from nlp.features import LABELS, SCALES, Keys, Owners, companion_keys, neighbour_keys, rule_keys
from nlp.lexicon import DATA
from nlp.sentiment import is_blind
from nlp.wordbank import WordBank

#: Name of a weights file in its folder.
FILE: Final = "weights.npz"
SHIPPED: Final = DATA / FILE
Floats = NDArray[np.float32]
#: Columns that star ratings trained, behind those of the labels.
STARS: Final = 3
_OVERALL: Final = [LABELS.index("overall pos"), LABELS.index("overall neg")]
COLUMNS: Final = len(LABELS) + STARS
#: Entries of the table that tells most unknown keys; a power of two, some twenty times the number of keys.
_MAYBE: Final = 1 << 20
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
        self.digest: str | None = None
        keys = np.union1d(arrays["label_keys"], arrays["star_keys"])
        self._vectors = np.zeros((len(keys), COLUMNS), np.float32)
        self._vectors[np.searchsorted(keys, arrays["label_keys"]), : len(LABELS)] = arrays["label_rows"]
        self._vectors[np.searchsorted(keys, arrays["star_keys"]), len(LABELS) :] = arrays["star_rows"]
        self._vectors *= np.array(SCALES, np.float32)[keys & 7][:, np.newaxis]
        self._table = KeyTable(keys)
        self._bank = WordBank(self._sums, COLUMNS)

    def score(self, docs: Sequence[Any]) -> list[Scores]:
        """Score every clause of Docs that have clauses, whose cues and rule mentions are found."""
        clauses = np.array([len(doc.user_data[CLAUSES]) for doc in docs])
        total, lengths = self._totals(docs)
        self._bank.forget()
        logits = np.clip(total[:, : len(LABELS)] + self.bias[: len(LABELS)], -_STEEPEST, _STEEPEST)
        labels = (1 / (1 + np.exp(-logits))).astype(np.float32)
        ends = np.cumsum(clauses)
        stars, leanings = _stars(total[:, len(LABELS) :], lengths, self.bias[len(LABELS) :], ends - clauses)
        parts = zip((ends - clauses).tolist(), ends.tolist(), stars, strict=True)
        return [Scores(labels[first:last], star, leanings[first:last]) for first, last, star in parts]

    def _totals(self, docs: Sequence[Any]) -> tuple[Floats, NDArray[np.int64]]:
        """Summed weights of each clause of some Docs, and its length in words."""
        bank = self._bank
        placed = [bank.places(doc.user_data[WORDS], clause) for doc in docs for clause in doc.user_data[CLAUSES]]
        rules = [row for doc in docs for row in rule_keys(doc)]
        count = len(placed)
        owners = np.repeat(np.arange(count), list(map(len, placed)))
        places, owners = bank.read([place for row in placed for place in row], owners)
        beside, beside_owners = neighbour_keys(bank.numbers[places], owners)
        company = bank.is_word[places]
        near, near_owners = companion_keys(bank.numbers[places[company]], owners[company])
        said = np.array([key for row in rules for key in row], np.int64)
        said_owners = np.repeat(np.arange(count), list(map(len, rules)))
        keys = np.concatenate([beside, near, said])
        total = segment_sums(bank.sums, places, owners, count)
        total += self._sums(keys, np.concatenate([beside_owners, near_owners, said_owners]), count)
        return total, np.bincount(owners, minlength=count) - 2

    def _sums(self, keys: Keys, owners: Owners, count: int) -> Floats:
        """Sum of the weights of features by owner."""
        rows, known = self._table.find(keys)
        owners = owners[known]
        order = np.argsort(owners, kind="stable")
        return segment_sums(self._vectors, rows[order], owners[order], count)

    def judge(self, rules: Sequence[list[float]], scores: Sequence[Scores]) -> None:
        """Set the sentiment of texts from their scores and the features of their cues."""
        inputs = [verdict_inputs(values, one) for values, one in zip(rules, scores, strict=True)]
        logits = np.vstack(inputs) @ self.verdict
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = (powers / powers.sum(axis=1, keepdims=True)).tolist()
        for values, one, (positive, mixed, negative) in zip(rules, scores, shares, strict=True):
            one.sentiment = (positive, mixed, negative)
            blind = is_blind(values) and float(one.labels[:, -3:-1].max()) < _FAINT
            one.doubtful = blind or max(one.sentiment) < self.abstain_below


class KeyTable:
    """Finds the rows of many keys at once.

    Most keys that are asked for are not known: a table of bytes tells that for nearly all of them, by some bits
    of the key. Keys are hashes, so any bits will do.

    Args:
        keys: Ascending.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._maybe = np.zeros(_MAYBE, np.bool_)
        self._maybe[self._bits(keys)] = True

    def find(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of those keys that are known, and which they are."""
        if not len(self._keys):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        maybe = np.flatnonzero(self._maybe[self._bits(keys)])
        asked = keys[maybe]
        rows = np.minimum(np.searchsorted(self._keys, asked), len(self._keys) - 1)
        known = self._keys[rows] == asked
        return rows[known], maybe[known]

    @staticmethod
    def _bits(keys: Keys) -> NDArray[np.int64]:
        return (keys >> 20) & (_MAYBE - 1)


def segment_sums(vectors: Floats, rows: NDArray[np.int64], owners: Owners, count: int) -> Floats:
    """Sums of rows by owner.

    Args:
        vectors: All rows.
        rows: Which of them.
        owners: Owner of each of these, ascending.
        count: Number of owners; one without rows gets zeros.
    """
    lengths = np.bincount(owners, minlength=count)
    firsts = np.cumsum(lengths) - lengths
    # The first row of every owner, then the second of those that have one, and so on: numpy adds long rows faster
    # than it runs over many short segments, and what else is in the batch changes no sum.
    order = np.argsort(-lengths, kind="stable")
    firsts, lengths = firsts[order], lengths[order]
    ordered = np.zeros((count, vectors.shape[1]), np.float32)
    for step in range(int(lengths[0]) if count else 0):
        longer = int(np.searchsorted(-lengths, -step, side="left"))
        ordered[:longer] += vectors.take(rows[firsts[:longer] + step], axis=0)
    sums = np.empty_like(ordered)
    sums[order] = ordered
    return sums


def star_scores(sums: Floats, lengths: NDArray[np.int64], bias: Floats) -> tuple[Floats, Floats]:
    """Log-odds of the star ratings of a text, and the leaning of each clause.

    Args:
        sums: Summed weights of each clause, a column for each rating.
        lengths: Words of each clause.
        bias: Of each rating.
    """
    stars, leanings = _stars(sums, lengths, bias, np.zeros(1, np.int64))
    return stars[0], leanings


def _stars(sums: Floats, lengths: NDArray[np.int64], bias: Floats, firsts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """As :func:`star_scores` for many texts; ``firsts`` are their first clauses."""
    words = np.add.reduceat(lengths, firsts)
    stars = np.add.reduceat(sums, firsts) / np.sqrt(1 + words)[:, np.newaxis] + bias
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
    """Read a weights file; its digest tells the lineage which weights they are.

    Raises:
        SettingsError: When it is missing or no weights file of this version.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights = Weights({name: arrays[name] for name in arrays.files})
        weights.digest = sha256(path.read_bytes()).hexdigest()[:16]
        return weights
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"the weights cannot be read: {type(error).__name__}", where=str(path), remedy="Run make train"
        ) from None


@cache
def shipped_weights() -> Weights | None:
    """The weights of the package, read once per process; None where there are none and the rules decide alone."""
    return read_weights(SHIPPED) if SHIPPED.exists() else None
