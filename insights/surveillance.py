"""Is it rising? Weekly surveillance of the defects of one product under one budget of false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Final, Literal

import numpy as np
from scipy.stats import nbinom

from insights.alarm_budget import LEAST_PERSONS, ONSETS_PER_YEAR, SHARES, AlarmBudget
from insights.baseline import Array
from insights.onset import change_point
from insights.scan import LEFT_OUT, WINDOWS, Look, look
from insights.weeks import WeekCount, every_week

#: Weeks with exposure that the baseline needs.
LEAST_BASELINE: Final = 13
#: Newest weeks among which the begin of a rise or fall is looked for.
SINCE_WITHIN: Final = 52

State = Literal["rising", "falling", "quiet", "short"]


@dataclass(frozen=True)
class Since:
    """When a rate changed: best week and 95 % interval, as Mondays, and new rate over old."""

    week: date
    low: date
    high: date
    factor: float


@dataclass(frozen=True)
class Watch:
    """What the last closed week says of one defect.

    Attributes:
        state: rising or falling, with an alarm; quiet, without; short, if the history is.
        week: Monday of the last closed week; None without any.
        window: Weeks taken together, of those that speak loudest; 0 if short.
        observed: Persons in that window.
        expected: Persons that the past lets expect there.
        p_value: Chance of such a count while nothing happens, over the window's share of the budget.
        limit: Alarm at or below this p-value.
        needed: Further persons in the last week until it rises; if short, until it can be watched.
        since: Begin of the rise or fall.
    """

    state: State
    week: date | None
    window: int
    observed: float
    expected: float
    p_value: float
    limit: float
    needed: int
    since: Since | None = None


def watch(cells: Sequence[Sequence[WeekCount]], last: date, *, onsets_per_year: float = ONSETS_PER_YEAR) -> list[Watch]:
    """Look at the defects of one product in the last closed week.

    Args:
        cells: Weekly counts, one series a defect, all of one product: its exposure is the same in all of them.
        last: Monday of the last closed week (:func:`insights.weeks.last_closed`); later weeks are ignored.
        onsets_per_year: Budget: alarms that may begin in a year without cause, all cells together.

    Returns:
        One answer a cell, in order.
    """
    return watch_series(series_of(cells, last), last, onsets_per_year=onsets_per_year)


@dataclass(frozen=True)
class Series:
    """Weekly counts of the defects of one product, side by side.

    Attributes:
        counts: Persons, (cells, weeks), the newest week last.
        exposure: Persons who spoke, (weeks,): the most that any of the cells tells.
        weeks: Mondays from the first exposure to the last closed week.
    """

    counts: Array
    exposure: Array
    weeks: Sequence[date]

    def until(self, last: date) -> Series:
        """The same as it was when a week of the past was the last closed one."""
        end = sum(week <= last for week in self.weeks)
        return Series(self.counts[:, :end], self.exposure[:end], self.weeks[:end])


def series_of(cells: Sequence[Sequence[WeekCount]], last: date) -> Series:
    """The weekly counts of one product's defects side by side, up to a closed week."""
    series = [every_week(cell, last) for cell in cells]
    weeks = [count.week for count in max(series, key=len, default=[])]
    counts, exposure = np.zeros((len(cells), len(weeks))), np.zeros(len(weeks))
    for row, cell in enumerate(series):
        start = len(weeks) - len(cell)
        counts[row, start:] = [count.persons for count in cell]
        exposure[start:] = np.maximum(exposure[start:], [count.exposed for count in cell])
    return Series(counts, exposure, weeks)


def watch_series(series: Series, last: date, *, onsets_per_year: float = ONSETS_PER_YEAR) -> list[Watch]:
    """The same as :func:`watch` for series that are side by side already, up to ``last``."""
    counts, exposure, weeks = series.counts, series.exposure, series.weeks
    budget = AlarmBudget(len(counts), onsets_per_year)
    if np.count_nonzero(exposure[:-LEFT_OUT]) < LEAST_BASELINE:
        return [_short(cell, exposure, last, budget) for cell in counts]
    newest = weeks[-1]
    phase = float((newest - date(newest.year, 1, 1)).days)
    return _answers(look(counts[None], exposure[None], phase), counts, weeks, budget)


def _short(counts: Array, exposure: Array, last: date, budget: AlarmBudget) -> Watch:
    seen = max(int(np.count_nonzero(exposure)), 1)
    missing = max(LEFT_OUT + LEAST_BASELINE - seen, 1)
    needed = max(1, ceil(missing * counts.sum() / seen))
    week = last if len(counts) else None
    return Watch("short", week, 0, float(counts.sum()), 0.0, 1.0, budget.probability, needed)


def _answers(seen: Look, counts: Array, weeks: Sequence[date], budget: AlarmBudget) -> list[Watch]:
    rising, falling, critical = seen.rising()[0], seen.falling()[0], _critical(seen, budget)
    answers = []
    for row, cell in enumerate(counts):
        up, down = rising[row], falling[row]
        scores = up if up.max() >= down.max() else down
        at, alarm = int(scores.argmax()), bool(scores.max() >= budget.score)
        state: State = "quiet" if not alarm else "rising" if scores is up else "falling"
        answers.append(
            Watch(
                state=state,
                week=weeks[-1],
                window=WINDOWS[at],
                observed=float(seen.observed[0, row, at]),
                expected=float(seen.expected[0, row, at]),
                p_value=float(10.0 ** -scores.max()),
                limit=budget.probability,
                needed=0 if state == "rising" else max(1, ceil((critical[row] - seen.observed[0, row]).min())),
                since=since_of(seen, cell, (0, row), weeks) if alarm else None,
            )
        )
    return answers


def _critical(seen: Look, budget: AlarmBudget) -> Array:
    """The smallest counts that alarm, (cells, windows)."""
    mean, variance = seen.expected[0], seen.variance[0]
    allowed = budget.probability * np.array(tuple(SHARES.values()))
    critical: Array = nbinom.isf(allowed, mean**2 / (variance - mean), mean / variance) + 1
    return np.maximum(critical, LEAST_PERSONS)


def since_of(seen: Look, counts: Array, at: tuple[int, int], weeks: Sequence[date]) -> Since | None:
    """Begin of the rise or fall of one series that was looked at.

    Args:
        seen: The look.
        counts: Counts of the series, all weeks that were looked at.
        at: Its product and cell in the look.
        weeks: Mondays of the weeks.

    Returns:
        None where no week divides what was expected.
    """
    expected = seen.history[at][-SINCE_WITHIN:]
    dispersion = float(seen.baseline.dispersion[at])
    found = change_point(counts[-len(expected) :].tolist(), expected.tolist(), dispersion=dispersion)
    if found is None:
        return None
    first = weeks[-1] - timedelta(weeks=len(expected) - 1)
    week, low, high = (first + timedelta(weeks=n) for n in (found.at, found.low, found.high))
    return Since(week, low, high, found.factor)
