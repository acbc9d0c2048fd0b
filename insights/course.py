"""How a defect went over time: what the past lets expect in each week or month, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from scipy.stats import nbinom

from insights.baseline import YEAR, Array, design, fit
from insights.scan import LEFT_OUT
from insights.surveillance import LEAST_BASELINE
from insights.weeks import WeekCount, every_week

_WEEK: Final = timedelta(days=7)
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Expected:
    """Persons expected in one period, with the interval in which a count lies if nothing has changed."""

    mean: float
    low: float
    high: float


def course(
    cells: Sequence[Sequence[WeekCount]],
    last: date,
    periods: Sequence[tuple[date, date]],
    *,
    before: date | None = None,
    level: float = 0.95,
) -> list[list[Expected | None]]:
    """What the past lets expect of the defects of one product, by period.

    The model is that of surveillance (:mod:`insights.baseline`): fitted to all cells of the product, without the
    newest weeks, and here also without those from ``before`` on, so that a rise which lasts does not become its own
    expectation. A period's count is taken as negative binomial; its variance adds dispersion (φm) and the covariance
    of the coefficients (delta method).

    Args:
        cells: Weekly counts, one series a defect, all of one product.
        last: Monday of the last closed week.
        periods: Half-open (first day, day behind the last one); a week counts for the days that it shares.
        before: Only weeks that begin earlier are learnt from.
        level: Coverage of the interval, between 0 and 1.

    Returns:
        For each cell and period, in order, the expectation; None where the history is too short to say, where the
        period reaches beyond the closed weeks, or where nobody spoke of the product.
    """
    series = [every_week(cell, last) for cell in cells]
    longest = max(series, key=len, default=[])
    weeks = [count.week for count in longest]
    nothing: list[list[Expected | None]] = [[None] * len(periods) for _ in cells]
    counts, exposure = np.zeros((len(cells), len(weeks))), np.zeros(len(weeks))
    for row, cell in enumerate(series):
        start = len(weeks) - len(cell)
        counts[row, start:] = [count.persons for count in cell]
        exposure[start:] = np.maximum(exposure[start:], [count.exposed for count in cell])
    learnt = max(len(weeks) - LEFT_OUT, 0)
    if before is not None:
        learnt = min(learnt, sum(week < before for week in weeks))
    if np.count_nonzero(exposure[:learnt]) < LEAST_BASELINE:
        return nothing
    days: Array = 7.0 * np.arange(1 - len(weeks), 1, dtype=np.float64)
    columns = design(days, days + float((weeks[-1] - date(weeks[-1].year, 1, 1)).days) % YEAR)
    baseline = fit(counts[None, :, :learnt], exposure[None, :learnt], columns[:learnt])
    weekly = baseline.expected(exposure[None], columns)[0]
    shares = _shares(weeks, periods)
    spoke = shares @ exposure > 0
    complete = np.array([end <= weeks[-1] + _WEEK for _, end in periods], dtype=bool)
    for row in range(len(cells)):
        mean = shares @ weekly[row]
        slopes = shares @ (weekly[row][:, None] * columns)
        of_model = np.einsum("pi,ij,pj->p", slopes, baseline.covariance[0, row], slopes)
        low, high = _interval(mean, baseline.dispersion[0, row] * mean + of_model, level)
        for at in np.flatnonzero(spoke & complete):
            nothing[row][at] = Expected(float(mean[at]), float(low[at]), float(high[at]))
    return nothing


def _interval(mean: Array, variance: Array, level: float) -> tuple[Array, Array]:
    mean = np.maximum(mean, _TINY)
    variance = np.maximum(variance, mean * (1 + 1e-6))
    size, chance = mean**2 / (variance - mean), mean / variance
    return nbinom.ppf((1 - level) / 2, size, chance), nbinom.ppf((1 + level) / 2, size, chance)


def _shares(weeks: Sequence[date], periods: Sequence[tuple[date, date]]) -> Array:
    """Which part of each week lies in each period: (periods, weeks)."""
    shares = np.zeros((len(periods), len(weeks)))
    for row, (start, end) in enumerate(periods):
        for column, week in enumerate(weeks):
            shares[row, column] = max((min(end, week + _WEEK) - max(start, week)).days, 0) / 7
    return shares
