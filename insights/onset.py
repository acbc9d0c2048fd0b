"""Since when: the week in which a rate changed, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np


@dataclass(frozen=True)
class Onset:
    """A change of rate, weeks as positions in the series.

    Attributes:
        at: First week of the new rate.
        low: Earliest week that the data allow.
        high: Latest week that the data allow.
        factor: New rate over old; ``inf`` where nothing was counted before.
    """

    at: int
    low: int
    high: int
    factor: float


def change_point(
    counts: Sequence[float], exposure: Sequence[float], *, dispersion: float = 1.0, level: float = 0.95
) -> Onset | None:
    """Where a Poisson rate changed once.

    The log-likelihood of a change before week τ, both rates maximised out, is
    Y₁ log(Y₁/E₁) + Y₂ log(Y₂/E₂) + const, with counts Y and exposure E before and after (Hinkley, "Inference about
    the change-point in a sequence of random variables", Biometrika 57, 1970, for the normal case; Worsley,
    "Confidence regions and tests for a change-point in a sequence of exponential family random variables",
    Biometrika 73, 1986, for exponential families). The interval holds every τ whose log-likelihood, over the
    dispersion, is within c/2 of the largest. A change point is not regular, so c is not that of a χ²: twice the
    loss is distributed like the larger of two exponentials of mean 2, hence (1 - exp(-c/2))² = level (Siegmund,
    "Confidence sets in change-point problems", International Statistical Review 56, 1988).

    Args:
        counts: Counts of equal steps of time, oldest first.
        exposure: What they are counted over, or the count expected without a change.
        dispersion: Variance over mean of the counts, at least 1.
        level: Coverage of the interval, between 0 and 1.

    Returns:
        The change, or nothing where no week divides the exposure or nothing was counted.

    Raises:
        ValueError: If the series have different lengths or a value is negative.
    """
    seen, over = np.asarray(counts, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if seen.shape != over.shape or (seen < 0).any() or (over < 0).any():
        raise ValueError("counts and exposure must be equally long and not negative")
    before, total = np.cumsum(seen)[:-1], float(seen.sum())
    exposed, whole = np.cumsum(over)[:-1], float(over.sum())
    valid = (exposed > 0) & (whole - exposed > 0)
    if total == 0 or not valid.any():
        return None
    likelihood = np.full(len(before), -np.inf)
    likelihood[valid] = _term(before[valid], exposed[valid]) + _term(total - before[valid], whole - exposed[valid])
    best = int(likelihood.argmax())
    allowed = np.flatnonzero(likelihood[best] - likelihood <= dispersion * _loss(level))
    old = float(before[best] / exposed[best])
    new = (total - float(before[best])) / (whole - float(exposed[best]))
    return Onset(best + 1, int(allowed[0]) + 1, int(allowed[-1]) + 1, new / old if old else float("inf"))


def _term(counts: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    return np.where(counts > 0, counts * np.log(np.maximum(counts, 1e-300) / exposure), 0.0)


def _loss(level: float) -> float:
    return -log(1 - sqrt(level))
