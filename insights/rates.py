"""Rates with intervals, and the test that a signal needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta, norm


@dataclass(frozen=True)
class Rate:
    """A share with its interval, each from 0 to 1."""

    value: float
    low: float
    high: float


def jeffreys(successes: int, trials: int, level: float = 0.95) -> Rate:
    """Share of ``successes`` in ``trials`` with the Jeffreys interval.

    The interval is the equal-tailed posterior of a binomial share under the prior Beta(1/2, 1/2);
    at 0 and at ``trials`` the end point is set to 0 and 1 (Brown, Cai and DasGupta, "Interval
    Estimation for a Binomial Proportion", Statistical Science 16, 2001, section 4.1.2).

    Args:
        successes: Persons with the property, 0 to ``trials``.
        trials: Persons in all, 0 or more.
        level: Coverage of the interval, between 0 and 1.

    Raises:
        ValueError: If the counts contradict each other.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if trials == 0:
        return Rate(0.0, 0.0, 1.0)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes + 0.5, trials - successes + 0.5))
    high = 1.0 if successes == trials else float(beta.ppf(1 - tail, successes + 0.5, trials - successes + 0.5))
    return Rate(successes / trials, low, high)


def trend_p_value(successes: Sequence[int], trials: Sequence[int]) -> tuple[float, float]:
    """Whether a share grows or shrinks over equal steps of time (Cochran-Armitage test for trend).

    Scores are 0, 1, 2, …; the variance is that under no trend (Armitage, "Tests for Linear Trends in
    Proportions and Frequencies", Biometrics 11, 1955). The normal approximation is used.

    Args:
        successes: Persons with the property, by step.
        trials: Persons in all, by step.

    Returns:
        The statistic (positive: growing) and the two-sided p-value; 0 and 1 where nothing can be said.
    """
    total, hits = sum(trials), sum(successes)
    if total < 2 or hits == 0 or hits == total:
        return 0.0, 1.0
    share = hits / total
    mean = sum(step * count for step, count in enumerate(trials)) / total
    excess = sum(
        (step - mean) * (hit - share * count) for step, (hit, count) in enumerate(zip(successes, trials, strict=True))
    )
    variance = share * (1 - share) * sum(count * (step - mean) ** 2 for step, count in enumerate(trials))
    if variance <= 0:
        return 0.0, 1.0
    statistic = excess / variance**0.5
    return statistic, float(2 * norm.sf(abs(statistic)))
