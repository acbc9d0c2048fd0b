"""Rates with intervals, and the tests that a signal needs."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import beta, fisher_exact


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


def change_p_value(before: int, before_of: int, after: int, after_of: int) -> float:
    """Two-sided p-value that two shares are equal (Fisher's exact test).

    Args:
        before: Persons with the property in the earlier window, of ``before_of``.
        before_of: Persons in the earlier window.
        after: Persons with the property in the later window, of ``after_of``.
        after_of: Persons in the later window.

    Returns:
        Between 0 and 1; 1.0 where a window is empty, since nothing can be said.
    """
    if not before_of or not after_of:
        return 1.0
    table = [[before, before_of - before], [after, after_of - after]]
    return float(fisher_exact(table).pvalue)
