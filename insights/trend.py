"""The test of a trend over months."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import norm


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
