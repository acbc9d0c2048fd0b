"""Vectors of words that keep like company, learned from unlabelled texts; needed in training only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.scheme_features import form_number

#: Dimensions; words behind a word that are its company; texts that are counted at once.
DIMENSIONS: Final = 150
_NEAR: Final = 4
_CHUNK: Final = 3_000
#: Rarer words get no vector.
_RAREST: Final = 4
#: How frequent company is played down (Levy, Goldberg, Dagan 2015).
_SMOOTH: Final = 0.75


class Vectors:
    """Vectors of length 1 by the number of a word.

    Args:
        keys: Numbers of the words. rows: Their vectors.
    """

    def __init__(self, keys: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
        self.keys, self.rows = keys, rows
        self._at = {key: at for at, key in enumerate(keys.tolist())}

    def mean(self, forms: Sequence[str]) -> NDArray[np.float32]:
        """The mean vector of some words; zeros when none is known."""
        known = [at for at in (self._at.get(form_number(form)) for form in forms) if at is not None]
        mean: NDArray[np.float32] = self.rows[known].mean(axis=0) if known else np.zeros(self.rows.shape[1], np.float32)
        return mean


def train_vectors(texts: Sequence[Sequence[str]]) -> Vectors:
    """Factorise how much oftener than by chance words stand near each other (positive PMI)."""
    counts = Counter(form for text in texts for form in text)
    forms = [form for form, count in counts.items() if count >= _RAREST]
    rank = min(DIMENSIONS, len(forms) - 1)
    if rank < 1:
        return Vectors(np.zeros(0, np.int64), np.zeros((0, 1), np.float32))
    from sklearn.utils.extmath import randomized_svd

    left, strengths, _ = randomized_svd(_surprise(_company(texts, forms)), rank, random_state=0, n_iter=3)
    rows = left * np.sqrt(strengths)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    return Vectors(np.array([form_number(form) for form in forms], np.int64), rows.astype(np.float32))


def _company(texts: Sequence[Sequence[str]], forms: Sequence[str]) -> Any:
    """How often two words stand near each other; the nearer, the more."""
    from scipy.sparse import csr_matrix

    place = {form: at for at, form in enumerate(forms)}
    shape = (len(forms), len(forms))
    total = csr_matrix(shape)
    for first in range(0, len(texts), _CHUNK):
        known = [[place[form] for form in text if form in place] for text in texts[first : first + _CHUNK]]
        near = [
            (one, text[at + step], 1 / step)
            for text in known
            for at, one in enumerate(text)
            for step in range(1, min(_NEAR, len(text) - 1 - at) + 1)
        ]
        if near:
            rows, columns, values = zip(*near, strict=True)
            total = total + csr_matrix((values, (rows, columns)), shape=shape)
    return total + total.T


def _surprise(company: Any) -> Any:
    """Positive pointwise mutual information of a matrix of counts."""
    from scipy.sparse import csr_matrix

    often = np.asarray(company.sum(axis=1)).ravel()
    share = often**_SMOOTH / max(1.0, float((often**_SMOOTH).sum()))
    pairs = company.tocoo()
    values = np.maximum(np.log(pairs.data / (often[pairs.row] * share[pairs.col])), 0)
    return csr_matrix((values, (pairs.row, pairs.col)), shape=company.shape)
