"""A small convolutional network over the words of a text: how positive, mixed or negative it is as a whole.

The vector of a word is one of its own plus the mean of vectors of its letters (Bojanowski et al., "Enriching Word
Vectors with Subword Information", 2017). Two convolutions see five words, then three more on either side; a text
is their mean, weighed by attention, and their maximum (Kim, "Convolutional Neural Networks for Sentence
Classification", 2014). Words are known by numbers, so the arrays hold no text. :mod:`nlp.train_net` fits it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.arrays import Floats, KeyTable, segment_sums
from nlp.features import Keys, Numbers, Owners

#: Words on either side that the first convolution sees, and places of it that the second sees.
REACH: Final = 2
DEEP_REACH: Final = 1
#: Words of a text that are read.
MOST_WORDS: Final = 250
#: Attention is no steeper than this; as in training.
_STEEPEST: Final = 20.0
_NAMES: Final = (
    "keys",
    "words",
    "letters",
    "filter",
    "filter_bias",
    "deep",
    "deep_bias",
    "attention",
    "out",
    "out_bias",
)


def letter_rows(keys: Keys, rows: int) -> NDArray[np.int64]:
    """Rows of letter features in a table; several features share one."""
    return (keys >> 3) % rows


class Net:
    """One trained network.

    Args:
        arrays: ``keys`` (numbers of words, ascending) with ``words`` (a vector for all others, then one for each),
            ``letters`` (vectors that letter features share, the last one for words without), ``filter`` (five vectors
            side by side to hidden units), ``deep`` (three places of hidden units to hidden units), ``attention``
            (hidden units), ``out`` (twice the hidden units to three log-odds), and the bias of each map.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        held = {name: arrays[name] for name in _NAMES}
        self._table = KeyTable(held["keys"])
        self._words, self._letters, self._filter, self._bias, self._deep, self._deep_bias, self._attention = (
            held[name].astype(np.float32) for name in _NAMES[1:8]
        )
        self._out, self._out_bias = held["out"].astype(np.float32), held["out_bias"].astype(np.float32)
        self.units = len(self._bias)
        size = self._words.shape[1]
        # The first convolution is a sum over five words: what each adds depends on nothing but the word and its place.
        self._by_place = np.concatenate([self._filter[at * size : (at + 1) * size] for at in range(2 * REACH + 1)], 1)

    @property
    def columns(self) -> int:
        """Columns of what :meth:`words` gives."""
        return int(self._by_place.shape[1])

    def words(self, numbers: Numbers, letters: Keys, owners: Owners) -> Floats:
        """What each word adds to the first convolution at each of its places, to be kept for :meth:`log_odds`.

        Args:
            numbers: Of the words.
            letters: Letter features of all words.
            owners: The word of each letter feature, ascending.

        Returns:
            A row for each word.
        """
        count = len(numbers)
        vectors = segment_sums(self._letters, letter_rows(letters, len(self._letters) - 1), owners, count)
        spelled = np.bincount(owners, minlength=count)
        vectors[spelled == 0] = self._letters[-1]
        vectors /= np.maximum(1, spelled)[:, np.newaxis].astype(np.float32)
        rows = np.zeros(count, np.int64)
        found, known = self._table.find(numbers.astype(np.int64))
        rows[known] = 1 + found
        vectors += self._words[rows]
        by_place: Floats = vectors @ self._by_place
        return by_place

    def log_odds(self, table: Floats, places: NDArray[np.int64], lengths: NDArray[np.int64]) -> Floats:
        """Log-odds of positive, mixed and negative, less their mean.

        Args:
            table: Rows of :meth:`words` behind one of zeros.
            places: Rows of the words of all texts, one text after the other, none of them the first row.
            lengths: Words of each text; of a longer one the first :data:`MOST_WORDS` are read.

        Returns:
            Shape ``(texts, 3)``; zeros for a text without words.
        """
        found = np.zeros((len(lengths), 3), np.float32)
        spoken = np.flatnonzero(lengths)
        if not len(spoken):
            return found
        read = np.minimum(lengths[spoken], MOST_WORDS)
        ends = np.cumsum(read)
        texts = np.repeat(np.arange(len(spoken)), read)
        within = np.arange(len(texts)) - (ends - read)[texts]
        # Texts stand in one row, apart by as many empty places as a convolution sees.
        at = np.arange(len(texts)) + REACH * (1 + texts)
        row = np.zeros(len(texts) + REACH * (1 + len(spoken)), np.int64)
        row[at] = places[(np.cumsum(lengths) - lengths)[spoken][texts] + within]
        hidden = self._hidden(table, row, at)
        pull = np.exp(np.clip(hidden @ self._attention, -_STEEPEST, _STEEPEST))
        pull /= np.add.reduceat(pull, ends - read)[texts]
        highest = np.maximum.reduceat(hidden, ends - read)
        hidden *= pull[:, np.newaxis]
        pooled = np.concatenate([np.add.reduceat(hidden, ends - read), highest], axis=1)
        odds = pooled @ self._out + self._out_bias
        found[spoken] = odds - odds.mean(axis=1, keepdims=True)
        return found

    def _hidden(self, table: Floats, row: NDArray[np.int64], at: NDArray[np.int64]) -> Floats:
        """Hidden units at those places of a row of words that are not empty."""
        steps = 2 * REACH + 1
        by_place = table.reshape(-1, self.units)
        places = len(row) - 2 * REACH
        first = by_place.take(row[:places] * steps, axis=0)
        for step in range(1, steps):
            first += by_place.take(row[step : step + places] * steps + step, axis=0)
        first += self._bias
        hidden = np.zeros((len(row), self.units), np.float32)
        hidden[at] = np.maximum(first[at - REACH], 0)
        second = hidden[: len(row) - 2 * DEEP_REACH] @ self._deep[: self.units]
        for step in range(1, 2 * DEEP_REACH + 1):
            weights = self._deep[step * self.units : (step + 1) * self.units]
            second += hidden[step : len(row) - 2 * DEEP_REACH + step] @ weights
        second += self._deep_bias
        np.maximum(second, 0, out=second)
        summed: Floats = hidden[at] + second[at - DEEP_REACH]
        return summed


def log_odds_inputs(odds: Floats) -> Floats:
    """What the sentiment of a text learns from: log-odds, probabilities, and how far praise and criticism lie apart."""
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    return np.concatenate([odds, shares, np.abs(odds[:, 2:] - odds[:, :1])], axis=1)
