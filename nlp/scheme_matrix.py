"""Sparse tf-idf matrices of a scheme's features, to fit its models with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.train import regression

Blocks = Sequence[Sequence[Sequence[int]]]
#: Log-odds of a label that is not learned; labels rarer than the second in training are not.
NEVER: Final = -9.0
_RAREST: Final = 2


class Columns(NamedTuple):
    """The features of a table: their numbers, ascending, and how much their rarity makes them count."""

    keys: NDArray[np.int64]
    rarity: NDArray[np.float32]


def choose(texts: Blocks, at_least: int) -> Columns:
    """The features that enough texts have.

    Args:
        texts: For each text its blocks of features.
        at_least: Texts that a feature must occur in.
    """
    counts = Counter(key for blocks in texts for key in {key for block in blocks for key in block})
    keys = np.array(sorted(key for key, count in counts.items() if count >= at_least), np.int64)
    often = np.array([counts[key] for key in keys.tolist()], np.float64)
    return Columns(keys, (np.log((1 + len(texts)) / (1 + often)) + 1).astype(np.float32))


def matrix(texts: Blocks, columns: Columns, scales: Sequence[float]) -> Any:
    """A row for each text: each block weighed by tf-idf, of length 1, times its scale."""
    from scipy.sparse import csr_matrix

    place = {key: at for at, key in enumerate(columns.keys.tolist())}
    indices, values, ends = [np.zeros(0, np.int64)], [np.zeros(0)], [0]
    size = 0
    for blocks in texts:
        for block, scale in zip(blocks, scales, strict=True):
            known = Counter(at for at in map(place.get, block) if at is not None)
            if known:
                found = np.fromiter(known.keys(), np.int64, len(known))
                weights = (1 + np.log(np.fromiter(known.values(), np.float64, len(known)))) * columns.rarity[found]
                indices.append(found)
                size += len(found)
                values.append(weights * (scale / np.linalg.norm(weights)))
        ends.append(size)
    shape = (len(texts), len(columns.keys))
    return csr_matrix((np.concatenate(values), np.concatenate(indices), np.array(ends)), shape=shape)


def fit(rows: Any, truth: NDArray[np.bool_], strength: float, weights: Any = None) -> tuple[Any, Any]:
    """A logistic regression for each column of truth.

    Args:
        rows: Sparse or dense inputs.
        truth: Shape ``(rows, labels)``.
        strength: Inverse strength of regularisation.
        weights: How much each row counts, shape of ``truth``; None for all alike.

    Returns:
        Weights of shape ``(inputs, labels)``, and the bias of each label.

    Raises:
        SettingsError: When scikit-learn is not installed.
    """
    coefficients = np.zeros((rows.shape[1], truth.shape[1]))
    bias = np.full(truth.shape[1], NEVER)
    for label in range(truth.shape[1]):
        right = truth[:, label]
        counts = np.ones(len(right)) if weights is None else weights[:, label]
        used = counts > 0
        if (right & used).sum() >= _RAREST and not right[used].all():
            model = regression(C=strength, solver="liblinear")
            model.fit(rows[used], right[used], sample_weight=counts[used])
            coefficients[:, label], bias[label] = model.coef_[0], model.intercept_[0]
        elif right.all() and len(right):
            bias[label] = -NEVER
    return coefficients, bias


def table(name: str, columns: Columns, rows: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The arrays of a :class:`nlp.scheme_model.Table`.

    No row is left out, however faint: each counts for the length of its block.
    """
    return {f"{name}_keys": columns.keys, f"{name}_rarity": columns.rarity, f"{name}_rows": rows.astype(np.float16)}
