"""Words by small numbers, each with what the learned layer needs of it, kept in arrays of bounded size."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.arrays import Floats
from nlp.clauses import Clause, Is, Words
from nlp.features import BEGIN, END, KINDS, Keys, Numbers, Owners, clean_form, forms_of, negated, word_keys
from nlp.lexicon import Memo

#: Words that are kept, negated ones apart.
_MOST: Final = 30_000
#: The tables of words are emptied with the arrays, never by themselves.
_UNLIMITED: Final = sys.maxsize
#: The bits of a feature that tell its kind.
_KIND: Final = 7
#: Places of a clause's begin and end, and of blanks.
_BEGIN, _END, _BLANK = 0, 1, -1
#: Places that are no words: those of begin and end come first.
BOUNDS: Final = 2


class WordBank:
    """Places of words in arrays: their numbers, whether they keep company, the sums of their weights, their vectors.

    A place that was given stays good until :meth:`forget`. Sums and vectors of new words are made for many at once.

    Args:
        sums: Sum of the weights for each of some rows of features: (keys, the row of each, rows) to sums.
        columns: Columns of a sum.
        vectors: The vector of each of some words: (numbers, letter features, the word of each) to vectors.
        size: Columns of a vector.
    """

    def __init__(
        self,
        sums: Callable[[Keys, Owners, int], Floats],
        columns: int,
        vectors: Callable[[Numbers, Keys, Owners], Floats],
        size: int,
    ) -> None:
        self._sum_up, self._columns = sums, columns
        self._vectors_of, self._size = vectors, size
        self._plain: Memo[int] = Memo(self._place, limit=_UNLIMITED)
        self._negated: Memo[int] = Memo(lambda form: self._new(form, is_negated=True), limit=_UNLIMITED)
        self._forms: dict[str, int] = {}
        self._waiting: list[tuple[str, bool]] = []
        self._filled = 0
        self.numbers: Numbers
        self.is_word: NDArray[np.bool_]
        self.sums: Floats
        self.vectors: Floats
        self._empty()

    def places(self, words: Words, clause: Clause) -> list[int]:
        """Places of a clause's words, of its begin and its end; blanks are to be left out."""
        if clause.kinds & Is.NEGATOR:
            forms = forms_of(words, clause)
            found = [
                self._negated[form] if mark else self._plain[form]
                for form, mark in zip(forms, negated(forms), strict=True)
            ]
        else:
            found = list(map(self._plain.__getitem__, words.folded[clause.first : clause.last]))
        return [_BEGIN, *found, _END]

    def read(self, places: Sequence[int], clauses: Owners) -> tuple[NDArray[np.int64], Owners]:
        """The places without blanks, and their clauses; afterwards the arrays hold all of them."""
        self._fill()
        found = np.array(places, np.int64)
        kept = found != _BLANK
        return (found, clauses) if kept.all() else (found[kept], clauses[kept])

    def _place(self, folded: str) -> int:
        if folded[0].isspace():
            return _BLANK
        form = clean_form(folded)
        if form not in self._forms:
            self._forms[form] = self._new(form, is_negated=False)
        return self._forms[form]

    def _new(self, form: str, *, is_negated: bool) -> int:
        self._waiting.append((form, is_negated))
        return self._filled + len(self._waiting) - 1

    def _fill(self) -> None:
        """Add the words that wait to the arrays."""
        if not self._waiting:
            return
        words = [word_keys(form, is_negated) for form, is_negated in self._waiting]
        first, last = self._filled, self._filled + len(words)
        while last > len(self.numbers):
            self.numbers, self.is_word = _doubled(self.numbers), _doubled(self.is_word)
            self.sums, self.vectors = _doubled(self.sums), _doubled(self.vectors)
        self.numbers[first:last] = [word.number for word in words]
        self.is_word[first:last] = [word.is_word for word in words]
        keys = np.array([key for word in words for key in word.keys], np.int64)
        owners = np.repeat(np.arange(len(words)), [len(word.keys) for word in words])
        self.sums[first:last] = self._sum_up(keys, owners, len(words))
        letters = keys & _KIND == KINDS["letters"]
        self.vectors[first:last] = self._vectors_of(self.numbers[first:last], keys[letters], owners[letters])
        self._filled = last
        self._waiting.clear()

    def forget(self) -> None:
        """Empty the bank where it has outgrown its bound; all places are void then."""
        if len(self._plain) + len(self._negated) > _MOST:
            for table in (self._plain, self._negated, self._forms):
                table.clear()
            self._empty()

    def _empty(self) -> None:
        self.numbers = np.zeros(_MOST, np.uint64)
        self.is_word = np.zeros(_MOST, np.bool_)
        self.sums = np.zeros((_MOST, self._columns), np.float32)
        self.vectors = np.zeros((_MOST, self._size), np.float32)
        self.numbers[[_BEGIN, _END]] = BEGIN, END
        self._filled = BOUNDS


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])
