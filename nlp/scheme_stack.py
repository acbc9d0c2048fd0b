"""How far to trust the models of a scheme, learned from what they say of texts that they did not see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlp.scheme_model import Floats, SchemeModel, chosen_pairs, likely_categories, settled, stack_inputs
from nlp.train import regression

#: Inverse strengths of regularisation.
_CATEGORY_C: Final = 1.0
_POLARITY_C: Final = 0.03
#: How easily a category differs from the others.
_APART: Final = 0.3
#: Categories of each text whose polarity is asked for, beside the right ones.
_LIKELIEST: Final = 3
_GRID: Final = tuple(round(0.2 + 0.025 * step, 3) for step in range(25))
_NEVER: Final = -9.0

Pairs = Collection[tuple[int, int]]


@dataclass(slots=True)
class Held:
    """What models that did not see a text say of it.

    Attributes:
        inputs: See :func:`nlp.scheme_model.stack_inputs`.
        leanings: Of the likeliest categories and of the right ones.
    """

    inputs: Floats
    leanings: dict[int, Floats]


def read_held(model: SchemeModel, forms: list[str], right: Collection[int]) -> Held:
    """Weigh a text that the model did not see; ``right`` are its categories."""
    reading = model.read(forms)
    inputs = stack_inputs(reading)
    likeliest = np.argsort(-inputs[:, :2].sum(axis=1))[:_LIKELIEST].tolist()
    return Held(inputs, {one: model.leanings(reading, one) for one in {*likeliest, *right}})


def fit_categories(held: Sequence[Held], truth: Sequence[Pairs]) -> Floats:
    """A row for each category: weights of the two models and a bias, not far from those of the others."""
    count = len(held[0].inputs)
    one_hot = np.eye(count)
    rows, right = [], []
    for one, pairs in zip(held, truth, strict=True):
        models = one.inputs[:, :2]
        apart = (models[:, :, np.newaxis] * one_hot[:, np.newaxis, :] * _APART).reshape(count, -1)
        rows.append(np.hstack([models, one_hot, apart]))
        right.append([any(pair[0] == category for pair in pairs) for category in range(count)])
    labels = np.ravel(right)
    if labels.all() or not labels.any():
        return np.tile([1.0, 0.0, 0.0], (count, 1))
    model = regression(C=_CATEGORY_C, max_iter=500).fit(np.vstack(rows), labels)
    weights = model.coef_[0]
    own = weights[2 + count :].reshape(2, count).T * _APART
    return np.column_stack([weights[:2] + own, weights[2 : 2 + count] + model.intercept_[0]])


def fit_polarities(opinions: Sequence[tuple[Floats, int, int]], categories: int, polarities: int) -> Floats:
    """A matrix for each category that settles its leanings, not far from those of the others.

    Args:
        opinions: Leanings, category and right polarity of each.
        categories: How many there are.
        polarities: How many there are.
    """
    neutral = np.tile(np.eye(polarities + 1)[:, :polarities], (categories, 1, 1))
    right = [polarity for _, _, polarity in opinions]
    if len(set(right)) < 2:
        return neutral
    one_hot = np.eye(categories)
    rows = [
        np.concatenate([leanings, one_hot[category], np.outer(leanings, one_hot[category]).ravel() * _APART])
        for leanings, category, _ in opinions
    ]
    model = regression(C=_POLARITY_C, max_iter=500).fit(np.array(rows), right)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn gives the second alone
        weights, bias = np.vstack([0 * weights, weights]), np.array([0.0, bias[0]])
    found = np.zeros_like(neutral)
    found[:, -1, :] = _NEVER
    ends = polarities, polarities + categories
    for label, row, start in zip(model.classes_, weights, bias, strict=True):
        own = row[ends[1] :].reshape(polarities, categories).T * _APART
        found[:, :-1, label] = row[: ends[0]] + own
        found[:, -1, label] = row[ends[0] : ends[1]] + start
    return found


def joint_held(one: Held, arrays: dict[str, NDArray[Any]]) -> Floats:
    """Probability of each category with each polarity by the stacked models."""
    likely = likely_categories(one.inputs, arrays["category_stack"])
    found = np.zeros((len(likely), arrays["polarity_stack"].shape[2]))
    for category, leanings in one.leanings.items():
        found[category] = likely[category] * settled(leanings, arrays["polarity_stack"][category])
    return found


def tune_threshold(
    held: Sequence[Held], truth: Sequence[Pairs], arrays: dict[str, NDArray[Any]], at_least_one: bool
) -> tuple[float, float]:
    """The probability from which a mention is said that gives the best micro-F1, and that micro-F1."""
    joints = [joint_held(one, arrays) for one in held]

    def score(threshold: float) -> tuple[float, float]:
        hits = said = 0
        for joint, pairs in zip(joints, truth, strict=True):
            chosen = chosen_pairs(joint, threshold, at_least_one)
            hits += len(chosen & set(pairs))
            said += len(chosen)
        # Among equals the one in the middle: texts to come are less clear than these.
        return 2 * hits / max(1, said + sum(map(len, truth))), -abs(threshold - 0.5)

    best = max(_GRID, key=score)
    return best, score(best)[0]
