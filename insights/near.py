"""Which words are near in meaning, by what is said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

#: Persons who say something of a word before its profile is believed.
MIN_PROFILE: Final = 20
#: Similarity of profiles from which two groups of words are one.
NEAR: Final = 0.18
#: What a compound and its head, or two compounds of one head, have ahead of other pairs.
SHARED_HEAD: Final = 0.08


@dataclass(frozen=True)
class Profiles:
    """Words and the cosine of the profiles of each two of them."""

    words: tuple[str, ...]
    cosine: Any

    def near(self, one: str, other: str) -> bool:
        """Whether of a compound and its head the same is said."""
        if one not in self.words or other not in self.words:
            return False
        return bool(self.cosine[self.words.index(one), self.words.index(other)] + SHARED_HEAD >= NEAR)


def profiles(counts: Mapping[tuple[str, str], int], leave: Container[str] = (), least: int = MIN_PROFILE) -> Profiles:
    """Compare words by what is said of them.

    Pointwise mutual information is discounted for small counts (Pantel and Lin, KDD 2002).

    Args:
        counts: Persons by word and what they say of it.
        leave: Words that tell how much is said of other things, but are not compared themselves.
        least: Persons who say something of a word, so that it is compared.
    """
    total: dict[str, int] = defaultdict(int)
    for (word, _), persons in counts.items():
        total[word] += persons
    words = tuple(sorted(word for word, persons in total.items() if persons >= least))
    said = sorted({what for word, what in counts if total[word] >= least})
    if len(words) < 2:
        return Profiles(words, np.eye(len(words)))
    row, column = {w: i for i, w in enumerate(words)}, {s: i for i, s in enumerate(said)}
    table = np.zeros((len(words), len(said)))
    for (word, what), persons in counts.items():
        if word in row:
            table[row[word], column[what]] = persons
    rows, columns = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    least = np.minimum(np.minimum(rows, columns), table)
    with np.errstate(divide="ignore"):
        information = np.maximum(np.log(table * table.sum() / (rows * columns)), 0) * least / (least + 1)
    length = np.linalg.norm(information, axis=1, keepdims=True)
    unit = information / np.where(length == 0, 1, length)
    kept = [at for at, word in enumerate(words) if word not in leave]
    return Profiles(tuple(words[at] for at in kept), (unit @ unit.T)[np.ix_(kept, kept)])


def clusters(found: Profiles, heads: Mapping[str, str | None]) -> dict[str, int]:
    """Number of the group that each word belongs to.

    Args:
        found: The words and their similarities.
        heads: Heads of those that are compounds.
    """
    if len(found.words) < 2:
        return dict.fromkeys(found.words, 1)
    near = np.array(found.cosine)
    for i, one in enumerate(found.words):
        for j, other in enumerate(found.words[:i]):
            if (heads.get(one) or one) == (heads.get(other) or other):
                near[i, j] = near[j, i] = near[i, j] + SHARED_HEAD
    distance = np.clip(1 - near, 0, None)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average")
    return {word: int(n) for word, n in zip(found.words, fcluster(tree, 1 - NEAR, "distance"), strict=True)}
