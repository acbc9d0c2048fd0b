"""The words of the training texts by small numbers, read once for every fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.features import KINDS, Keys, Numbers, Owners, forms_of, word_keys

#: The bits of a feature that tell its kind.
_KIND = 7
Places = NDArray[np.int32]


class Vocabulary:
    """Distinct words in the order in which they were met."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}

    def read(self, doc: Any) -> Places:
        """The places of a Doc's words, one after the other."""
        place = self._place
        return np.array(
            [
                place.setdefault(form, len(place))
                for clause in doc._.clauses or ()
                for form in forms_of(doc._.words, clause)
            ],
            np.int32,
        )

    def features(self) -> tuple[Numbers, Keys, Owners]:
        """Numbers of the words, letter features of all of them, and the word of each of these, ascending."""
        words = [word_keys(form, is_negated=False) for form in self._place]
        letters = [[key for key in word.keys if key & _KIND == KINDS["letters"]] for word in words]
        return (
            np.array([word.number for word in words], np.uint64),
            np.array([key for row in letters for key in row], np.int64),
            np.repeat(np.arange(len(words)), list(map(len, letters))),
        )


def widespread(texts: Sequence[Places], words: int, least: int) -> NDArray[np.bool_]:
    """Which of some words occur in at least ``least`` texts."""
    counts = np.zeros(words, np.int64)
    for places in texts:
        counts[np.unique(places)] += 1
    return counts >= least
