"""What came of a remedy: the persons who still name a defect, against those to be expected without the remedy.

A plain comparison of before and after flatters, since remedies are published at peaks, and peaks pass by themselves
(regression to the mean: Barnett, van der Pols and Dobson, International Journal of Epidemiology 34, 2005). So the time
after is compared with the forecast of :mod:`insights.baseline` from the time before, and the weeks that led to the
publication do not set the level unless they have lasted (interrupted time series with a forecast as counterfactual:
Brodersen et al., Annals of Applied Statistics 9, 2015; Bernal, Cummins and Gasparrini, International Journal of
Epidemiology 46, 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, inf
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f, nbinom

from insights.baseline import Array, Baseline, design, fit
from insights.onset import Onset, change_point
from insights.scan import LEFT_OUT, LONGEST_HISTORY, MODEL_ERROR
from insights.surveillance import LEAST_BASELINE, SINCE_WITHIN
from insights.weeks import WeekCount, every_week, monday

#: Persons to be expected, and weeks, below which nothing is said: of 5 expected, 0 come by chance in 0.7 of 100 cases.
LEAST_EXPECTED: Final = 5.0
LEAST_WEEKS: Final = 4
#: Weeks that the level needs without the newest, for these to be left out of it.
ENOUGH_WITHOUT: Final = 26
#: Chance of taking any week of the year before for a change of level where there is none.
FALSE_CHANGE: Final = 0.01
LEVEL: Final = 0.95

_TINY = 1e-9
_Weeks = NDArray[np.int_]

Verdict = Literal["fewer", "more", "unclear", "too_little_data"]


@dataclass(frozen=True)
class Effect:
    """What the weeks since a publication say.

    Attributes:
        first: Monday of the first whole week since the publication.
        last: Monday of the last week that counts.
        weeks: Weeks among them in which somebody spoke of the product.
        observed: Persons who named the defect in them.
        expected: Persons to be expected in them without the remedy.
        expected_low: Lower end of the 95 % range of that count.
        expected_high: Upper end.
        ratio: Rate over the rate to be expected; None from too little data.
        ratio_low: Lower end of its 95 % interval.
        ratio_high: Upper end.
        verdict: fewer or more, where the interval leaves out 1; unclear; too_little_data.
        weeks_needed: Weeks still missing for a verdict at the present pace; 0 also where none will ever come, since too
            little was seen before.
        level_since: Monday since which the rate had stood where it was; None where it never changed.
    """

    first: date
    last: date
    weeks: int
    observed: float
    expected: float
    expected_low: float
    expected_high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: Verdict
    weeks_needed: int
    level_since: date | None = None


class _Forecast(NamedTuple):
    """Expected persons of the weeks after; variance of their count, and of the expectation itself."""

    mean: float
    counted: float
    of_model: float


@dataclass(frozen=True)
class _Table:
    """Weekly counts (cells, weeks) and exposure (weeks) of one product, with the columns of the model."""

    weeks: Sequence[date]
    counts: Array
    exposure: Array
    columns: Array


def first_week(published: date) -> date:
    """Monday of the first whole week that has seen a publication."""
    return monday(published - timedelta(days=1)) + timedelta(weeks=1)


def effect(
    cells: Sequence[Sequence[WeekCount]], published: date, last: date, *, since: date | None = None
) -> Effect | None:
    """Compare the weeks since a publication with what the time before lets expect.

    The forecast is that of the product's surveillance: trend and season of the product, level of the defect. The level
    comes from the time before, without its newest 13 weeks, which are those that made somebody publish. Where the rate
    changed within the last year (likelihood ratio of two Poisson rates, 1 % over all weeks), it comes from the weeks
    since the change if they are 13 for sure. From fewer weeks nobody can tell a new level from a peak: then both
    forecasts count, and the ranges reach from the one to the other.

    The interval of the ratio is that of two gamma variables: the persons observed (Jeffreys, over the dispersion) over
    the forecast, hence an F distribution.

    Args:
        cells: Weekly counts of all defects of a product with the same exposure, the defect of the remedy first.
        published: Day of the first publication, which ends the time before.
        last: Monday of the last week that counts.
        since: Day of a later publication, if only the weeks since then are to be compared.

    Returns:
        The effect, or nothing before the first whole week is closed.
    """
    first = first_week(since or published)
    if first > last or not cells:
        return None
    table = _table(cells, last)
    before = np.array([week < monday(published) for week in table.weeks], dtype=bool)
    after = np.array([first <= week for week in table.weeks], dtype=bool)
    weeks = int(np.count_nonzero(table.exposure[after]))
    observed = float(table.counts[0, after].sum())
    nothing = Effect(first, last, weeks, observed, 0, 0, 0, None, None, None, "too_little_data", 0)
    if np.count_nonzero(table.exposure[before]) < LEAST_BASELINE:
        return nothing
    known = np.flatnonzero(before)[-LONGEST_HISTORY:]
    change = _change(table, known)
    forecasts = [_forecast(table, window, after) for window in _windows(table, known, change)]
    level = table.weeks[known[0] + change.at] if change else None
    return _answer(nothing, forecasts, level)


def _answer(seen: Effect, forecasts: Sequence[_Forecast], level: date | None) -> Effect:
    """The effect against one forecast, or the envelope of two."""
    expected = sum(f.mean for f in forecasts) / len(forecasts)
    counts = [_count_range(f) for f in forecasts]
    pace = min(f.mean for f in forecasts) / seen.weeks if seen.weeks else 0.0
    missing = LEAST_EXPECTED - pace * seen.weeks
    needed = max(LEAST_WEEKS - seen.weeks, ceil(missing / pace) if pace > _TINY and missing > 0 else 0, 0)
    ratio = low = high = None
    verdict: Verdict = "too_little_data"
    if not needed and pace > _TINY:
        ratio = seen.observed / expected
        ranges = [_ratio_range(seen.observed, f) for f in forecasts]
        low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
        verdict = "fewer" if high < 1 else "more" if low > 1 else "unclear"
    return Effect(
        seen.first,
        seen.last,
        seen.weeks,
        seen.observed,
        expected,
        min(c[0] for c in counts),
        max(c[1] for c in counts),
        ratio,
        low,
        high,
        verdict,
        needed,
        level,
    )


def _table(cells: Sequence[Sequence[WeekCount]], last: date) -> _Table:
    series = [every_week(cell, last) for cell in cells]
    weeks = [count.week for count in max(series, key=len)]
    counts, exposure = np.zeros((len(cells), len(weeks))), np.zeros(len(weeks))
    for row, cell in enumerate(series):
        start = len(weeks) - len(cell)
        counts[row, start:] = [count.persons for count in cell]
        exposure[start:] = np.maximum(exposure[start:], [count.exposed for count in cell])
    days: Array = np.arange(1 - len(weeks), 1, dtype=np.float64) * 7
    phase = float((last - date(last.year, 1, 1)).days)
    return _Table(weeks, counts, exposure, design(days, days + phase))


def _windows(table: _Table, known: _Weeks, change: Onset | None) -> list[_Weeks]:
    """The weeks before the publication that each forecast learns from."""
    if change is None:
        without = known[:-LEFT_OUT]
        enough = np.count_nonzero(table.exposure[without]) >= ENOUGH_WITHOUT
        return [without if enough else known]
    since, until = known[change.at :], known[: change.at]
    # It has lasted for sure where the latest begin that the data allow is long enough ago.
    if np.count_nonzero(table.exposure[known[change.high :]]) >= LEFT_OUT or not table.exposure[until].any():
        return [since]
    return [until, since]


def _change(table: _Table, known: _Weeks) -> Onset | None:
    """The week of the last year before, as a position in ``known``, in which the rate surely changed."""
    skipped = max(len(known) - SINCE_WITHIN, 0)
    # Over the bare exposure: a model with a trend would take half of a step for one.
    counts, over = table.counts[0, known[skipped:]], table.exposure[known[skipped:]]
    dispersion = float(_fit(table, known).dispersion[0, 0])
    found = change_point(counts.tolist(), over.tolist(), dispersion=dispersion)
    if found is None:
        return None
    parts = [(counts[: found.at].sum(), over[: found.at].sum()), (counts[found.at :].sum(), over[found.at :].sum())]
    gain = sum(_likelihood(*part) for part in parts) - _likelihood(counts.sum(), over.sum())
    if 2 * gain / dispersion < chi2.isf(FALSE_CHANGE / max(len(counts) - 1, 1), 1):
        return None
    return Onset(found.at + skipped, found.low + skipped, found.high + skipped, found.factor)


def _likelihood(count: float, over: float) -> float:
    return float(count * np.log(count / over)) if count > 0 else 0.0


def _fit(table: _Table, window: _Weeks) -> Baseline:
    return fit(table.counts[None][..., window], table.exposure[None, window], table.columns[window])


def _forecast(table: _Table, window: _Weeks, after: NDArray[np.bool_]) -> _Forecast:
    """Forecast of the first cell in the weeks after, from the weeks of a window (delta method, as in scan.look)."""
    baseline = _fit(table, window)
    mean = baseline.expected(table.exposure[None, after], table.columns[after])[0, 0]
    slopes = mean @ table.columns[after]
    total = max(float(mean.sum()), _TINY)
    of_model = float(slopes @ baseline.covariance[0, 0] @ slopes) + (MODEL_ERROR * total) ** 2
    return _Forecast(total, float(baseline.dispersion[0, 0]) * total, of_model)


def _count_range(forecast: _Forecast) -> tuple[float, float]:
    """Range of the count to be expected: negative binomial with the forecast's mean and variance."""
    mean, variance = forecast.mean, max(forecast.counted + forecast.of_model, forecast.mean * (1 + 1e-6))
    tail = (1 - LEVEL) / 2
    low, high = nbinom.ppf([tail, 1 - tail], mean**2 / (variance - mean), mean / variance)
    return float(low), float(high)


def _ratio_range(observed: float, forecast: _Forecast) -> tuple[float, float]:
    """Interval of the rate over the expected one: a ratio of gamma variables, thus F."""
    dispersion = forecast.counted / forecast.mean
    above, below = 2 * (observed + 0.5) / dispersion, 2 * forecast.mean**2 / forecast.of_model
    tail = (1 - LEVEL) / 2
    scale = (observed + 0.5) / forecast.mean
    low = 0.0 if observed == 0 else scale * float(f.ppf(tail, above, below))
    high = scale * float(f.ppf(1 - tail, above, below))
    return low, high if high == high else inf
