"""Scores of labels, label sets and probabilities, and how far chance could move them.

All figures are means of F1 over labels, so one table carries them: a *tally* counts true positives,
false positives and false negatives for each text and label, an integer array of shape
``(texts, labels, 3)``. A micro-F1 is the case of one label.

A label that occurs neither in gold nor in the prediction has no F1; it is left out of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Tally = NDArray[np.int64]
T = TypeVar("T")

RESAMPLES: Final = 2_000
SEED: Final = 20_240_601
LEVEL: Final = 0.95


class Interval(NamedTuple):
    """A figure with its bootstrap interval; all None where the figure is undefined."""

    value: float | None
    low: float | None
    high: float | None


def label_tally(gold: Sequence[str], predicted: Sequence[str | None], labels: Sequence[str]) -> Tally:
    """Tally of one label a text; a prediction of None is a miss of the gold label.

    Returns:
        Shape ``(texts, labels, 3)``.
    """
    tally = np.zeros((len(gold), len(labels), 3), dtype=np.int64)
    for row, (right, said) in enumerate(zip(gold, predicted, strict=True)):
        for column, label in enumerate(labels):
            tally[row, column] = (
                label == right == said,
                label == said != right,
                label == right != said,
            )
    return tally


def pair_tally(
    gold: Sequence[Collection[T]],
    predicted: Sequence[Collection[T]],
    same: Callable[[T, T], bool] = lambda a, b: a == b,
) -> Tally:
    """Tally of one set a text; each gold item is matched with at most one predicted item.

    Args:
        gold: The right items of each text, without repetition.
        predicted: The items said of each text, without repetition.
        same: Whether a gold item (first) and a predicted one (second) count as one; need not be
            transitive, the matching is a largest one.

    Returns:
        Shape ``(texts, 1, 3)``.
    """
    tally = np.zeros((len(gold), 1, 3), dtype=np.int64)
    for row, (right, said) in enumerate(zip(gold, predicted, strict=True)):
        hits = _largest_matching(list(right), list(said), same)
        tally[row, 0] = (hits, len(said) - hits, len(right) - hits)
    return tally


def set_tally(gold: Sequence[Collection[str]], predicted: Sequence[Collection[str]], labels: Sequence[str]) -> Tally:
    """Tally of label sets, label by label.

    Returns:
        Shape ``(texts, labels, 3)``.
    """
    tally = np.zeros((len(gold), len(labels), 3), dtype=np.int64)
    for row, (right, said) in enumerate(zip(gold, predicted, strict=True)):
        for column, label in enumerate(labels):
            tally[row, column] = (
                label in right and label in said,
                label in said and label not in right,
                label in right and label not in said,
            )
    return tally


def _largest_matching(left: Sequence[T], right: Sequence[T], same: Callable[[T, T], bool]) -> int:
    """Size of a largest matching, by augmenting paths (Kuhn's algorithm)."""
    partner: dict[int, int] = {}

    def place(item: int, tried: set[int]) -> bool:
        for other in range(len(right)):
            if other not in tried and same(left[item], right[other]):
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = item
                    return True
        return False

    return sum(place(item, set()) for item in range(len(left)))


def precision_recall_f1(tally: Tally) -> list[tuple[float | None, float | None, float | None]]:
    """Precision, recall and F1 of each label over all texts, None where undefined."""
    scores = []
    for tp, fp, fn in tally.sum(axis=0).tolist():
        scores.append((_ratio(tp, tp + fp), _ratio(tp, tp + fn), _ratio(2 * tp, 2 * tp + fp + fn)))
    return scores


def mean_f1(tally: Tally) -> float | None:
    """Mean F1 over the labels that occur, None when none does."""
    return _number(_mean_f1(tally.sum(axis=0)[np.newaxis])[0])


def resampled_f1(tally: Tally, *, resamples: int = RESAMPLES, seed: int = SEED) -> NDArray[np.float64]:
    """Mean F1 of resampled sets of texts (bootstrap over texts, Efron 1979).

    Tallies of equal length are resampled alike by one seed, so that differences are paired.

    Returns:
        Shape ``(resamples,)``; NaN where a resample has no label.
    """
    texts = len(tally)
    if texts == 0:
        return np.full(resamples, np.nan)
    weights = np.random.default_rng(seed).multinomial(texts, np.full(texts, 1 / texts), size=resamples)
    return _mean_f1((weights @ tally.reshape(texts, -1)).reshape(resamples, *tally.shape[1:]))


def interval(value: float | None, samples: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Percentile interval of resampled figures around the figure itself."""
    defined = samples[~np.isnan(samples)]
    if value is None or not len(defined):
        return Interval(value, None, None)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def confusion_matrix(gold: Sequence[str], predicted: Sequence[str | None], labels: Sequence[str]) -> list[list[int]]:
    """Counts with a row for each gold label and a column for each predicted one, in order of ``labels``.

    The last column counts texts without a prediction.
    """
    columns: list[str | None] = [*labels, None]
    matrix = [[0] * len(columns) for _ in labels]
    for right, said in zip(gold, predicted, strict=True):
        matrix[labels.index(right)][columns.index(said)] += 1
    return matrix


def calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 10) -> float | None:
    """Expected calibration error: mean gap between confidence and accuracy, over bins of equal width.

    Naeini, Cooper, Hauskrecht 2015; a bin includes its upper edge.

    Args:
        confidences: Stated probabilities, 0 to 1.
        correct: Whether each prediction was right.
        bins: Number of bins.

    Returns:
        0 (calibrated) to 1, None without predictions.
    """
    stated = np.asarray(confidences, dtype=np.float64)
    hits = np.asarray(correct, dtype=np.float64)
    if not len(stated):
        return None
    place = np.clip(np.ceil(stated * bins) - 1, 0, bins - 1).astype(np.int64)
    gaps = np.bincount(place, weights=stated - hits, minlength=bins)
    return float(np.abs(gaps).sum() / len(stated))


def reliability(confidences: Sequence[float], correct: Sequence[bool], bins: int = 10) -> list[dict[str, Any]]:
    """The reliability curve: for each bin of equal width its upper edge, texts, mean confidence and accuracy."""
    stated = np.asarray(confidences, dtype=np.float64)
    hits = np.asarray(correct, dtype=np.float64)
    place = np.clip(np.ceil(stated * bins) - 1, 0, bins - 1).astype(np.int64)
    curve = []
    for number in range(bins):
        inside = place == number
        count = int(inside.sum())
        curve.append(
            {
                "to": (number + 1) / bins,
                "texts": count,
                "stated": float(stated[inside].mean()) if count else None,
                "right": float(hits[inside].mean()) if count else None,
            }
        )
    return curve


def same_component(gold: str | None, predicted: str | None, shortest_head: int = 4) -> bool:
    """Whether two names mean one component: equal but for case, or a compound and its head.

    A German compound ends in its head, so the head is a suffix; shorter ones than ``shortest_head``
    characters are endings rather than heads.
    """
    if gold is None or predicted is None:
        return gold is predicted
    a, b = sorted((gold.casefold(), predicted.casefold()), key=len)
    return a == b or (len(a) >= shortest_head and b.endswith(a))


def overlap_share(gold: tuple[int, int], predicted: tuple[int, int]) -> float:
    """Share of the gold span's characters that the predicted span covers, 0 to 1."""
    covered = min(gold[1], predicted[1]) - max(gold[0], predicted[0])
    return max(0, covered) / (gold[1] - gold[0])


def _mean_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over labels of F1, NaN where no label occurs; ``counts`` of shape ``(…, labels, 3)``."""
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    occurring = 2 * tp + fp + fn
    f1 = 2 * tp / np.maximum(occurring, 1)
    labels = (occurring > 0).sum(axis=-1)
    means: NDArray[np.float64] = np.where(labels > 0, f1.sum(axis=-1) / np.maximum(labels, 1), np.nan)
    return means


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
