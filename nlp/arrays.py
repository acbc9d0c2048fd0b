"""Arrays of numbers that stand for features: finding many keys at once, and summing many rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nlp.features import Keys, Owners

Floats = NDArray[np.float32]
#: Entries of the table that tells most unknown keys; a power of two, some twenty times the number of keys.
_MAYBE: Final = 1 << 20


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
