"""Trained weights as plain numpy arrays, and the scores that they give to the clauses of a Doc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundenecho.errors import SettingsError
from nlp.arrays import Floats, KeyTable, segment_sums
from nlp.extensions import CLAUSES, WORDS
from nlp.features import LABELS, PAIRS, SCALES, Keys, Owners, companion_keys, neighbour_keys, rule_keys
from nlp.lexicon import DATA
from nlp.net import Net, log_odds_inputs
from nlp.sentiment import features, is_blind
from nlp.verdict import star_scores, verdict_inputs
from nlp.wordbank import BOUNDS, WordBank

#: Name of a weights file in its folder.
FILE: Final = "weights.npz"
SHIPPED: Final = DATA / FILE
#: Columns that star ratings trained, behind those of the labels.
STARS: Final = 3
#: Labels of praise, criticism and defects of any kind, the last ones.
_ANY: Final = -3
#: What the names of the network's arrays begin with.
NET: Final = "net_"
COLUMNS: Final = len(LABELS) + STARS
#: Log-odds beyond which exp would overflow for nothing.
_STEEPEST: Final = 30.0
#: Praise or criticism in no clause likelier than this, without any cue: the sentiment is a guess.
_FAINT: Final = 0.5


@dataclass(slots=True)
class Scores:
    """What the weights say of one Doc.

    Attributes:
        labels: Probability of each of ``LABELS`` in each clause, shape ``(clauses, labels)``.
        strongest: Probability of each label in its strongest clause.
        likely: Labels whose strongest clause reaches the threshold from which a new mention is added, ascending.
        sentiment: Probabilities in the order of ``SENTIMENTS``.
        doubtful: The best probability is too low to count on.
    """

    labels: Floats
    strongest: list[float]
    likely: list[int]
    sentiment: tuple[float, float, float]
    doubtful: bool


class Weights:
    """Linear models over hashed features, and a network; bounded memory, whatever the vocabulary of the texts.

    Args:
        arrays: ``label_keys`` (numbers of features) with ``label_rows`` (a row for each, a column a label),
            ``star_keys`` and ``star_rows`` likewise, ``bias`` (``COLUMNS``), ``verdict`` (a row of three for
            each input of :func:`verdict_inputs`, the last one the bias), ``thresholds`` (pairs: kept from,
            added from; defects likewise), ``part_keys`` with ``part_values`` and ``part_bias`` (see
            :mod:`nlp.parts`), ``abstain_below``, ``seen`` (digests of texts) and those of :class:`nlp.net.Net`,
            each name after ``net_``.
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
        self._net = Net(net_arrays(arrays))
        self._bank = WordBank(self._sums, COLUMNS, self._net.words, self._net.columns)
        _, add_pair, _, add_defect = self.thresholds
        self._added_from = np.full(len(LABELS), np.inf)
        self._added_from[: len(PAIRS)], self._added_from[len(PAIRS) : _ANY] = add_pair, add_defect

    def score(self, docs: Sequence[Any]) -> list[Scores]:
        """Score Docs that have clauses, whose cues, signals and rule mentions are found."""
        clauses = np.array([len(doc.user_data[CLAUSES]) for doc in docs])
        ends = np.cumsum(clauses)
        firsts = ends - clauses
        total, lengths, odds = self._totals(docs, firsts)
        self._bank.forget()
        logits = np.clip(total[:, : len(LABELS)] + self.bias[: len(LABELS)], -_STEEPEST, _STEEPEST)
        labels = (1 / (1 + np.exp(-logits))).astype(np.float32)
        strongest = np.maximum.reduceat(labels, firsts)
        stars = star_scores(total[:, len(LABELS) :], lengths, self.bias[len(LABELS) :], firsts)
        rules = list(map(features, docs))
        shares = self._judge(verdict_inputs(np.array(rules), labels, firsts, stars, log_odds_inputs(odds)))
        blind = np.array(list(map(is_blind, rules))) & (strongest[:, -3:-1].max(axis=1) < _FAINT)
        doubtful = blind | (shares.max(axis=1) < self.abstain_below)
        likely: list[list[int]] = [[] for _ in docs]
        for text, label in np.argwhere(strongest >= self._added_from).tolist():
            likely[text].append(label)
        return [
            Scores(labels[first:last], *row)
            for first, last, *row in zip(
                firsts.tolist(),
                ends.tolist(),
                strongest.tolist(),
                likely,
                map(tuple, shares.tolist()),
                doubtful.tolist(),
                strict=True,
            )
        ]

    def _judge(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the sentiments of texts."""
        logits = inputs @ self.verdict
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def _totals(self, docs: Sequence[Any], firsts: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Summed weights of each clause of some Docs, its length in words, and what the network reads of each Doc."""
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
        lengths = np.bincount(owners, minlength=count) - BOUNDS
        said_words = places >= BOUNDS
        odds = self._net.log_odds(bank.vectors, places[said_words], np.add.reduceat(lengths, firsts))
        return total, lengths, odds

    def _sums(self, keys: Keys, owners: Owners, count: int) -> Floats:
        """Sum of the weights of features by owner."""
        rows, known = self._table.find(keys)
        owners = owners[known]
        order = np.argsort(owners, kind="stable")
        return segment_sums(self._vectors, rows[order], owners[order], count)


def net_arrays(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays of the network among those of a weights file."""
    return {name.removeprefix(NET): array for name, array in arrays.items() if name.startswith(NET)}


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
