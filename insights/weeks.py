"""Weeks: Monday to Sunday, when they close, and how months are spread over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

#: Days after its Sunday until a week is judged: portals check texts before they show them.
CLOSING_DAYS: Final = 3
_WEEK: Final = timedelta(days=7)


class WeekCount(NamedTuple):
    """Distinct persons of one week: with the defect, and who spoke of the product.

    Attributes:
        week: Any day of the week.
        persons: With the defect; a fraction where a month was spread.
        exposed: Who spoke of the product.
    """

    week: date
    persons: float
    exposed: float


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def last_closed(newest: date) -> date:
    """Monday of the last week that is complete.

    Args:
        newest: Day of the newest feedback of the whole installation: the end of the observed time.

    Returns:
        The week whose Sunday lies at least :data:`CLOSING_DAYS` days before it.
    """
    return monday(newest - timedelta(days=CLOSING_DAYS) + timedelta(days=1)) - _WEEK


def observed_until(closed: date) -> datetime:
    """The end of the observed time by which verdicts are given: the earliest moment at which a week is closed.

    Verdicts of one closed week are thus the same, however much of the weeks after it has come in.

    Args:
        closed: Monday of the last closed week.
    """
    return datetime.combine(closed + _WEEK + timedelta(days=CLOSING_DAYS - 1), time.max, UTC)


def spread(months: Iterable[WeekCount]) -> Iterator[WeekCount]:
    """Spread counts of months evenly over their days, and so over weeks.

    For dates that are known to the month only. A window of weeks then varies less than independent weeks
    would, so alarms come later and not more often. A month must be complete: leave the running one out.

    Args:
        months: Counts of months; ``week`` is any day of the month.

    Yields:
        Their parts, one for each month and week.
    """
    for month in months:
        first = month.week.replace(day=1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        week = monday(first)
        while week < after:
            share = (min(week + _WEEK, after) - max(week, first)) / (after - first)
            yield WeekCount(week, month.persons * share, month.exposed * share)
            week += _WEEK


def every_week(counts: Iterable[WeekCount], last: date) -> list[WeekCount]:
    """The series without gaps and without weeks that are still open.

    Args:
        counts: Counts in any order; several of one week are added up.
        last: Monday of the last closed week.

    Returns:
        One count a Monday from the first exposure to ``last``; a week in which nobody spoke stands there with
        zeros. Nobody names a defect without speaking: exposure is at least the persons.
    """
    persons: dict[date, float] = {}
    exposed: dict[date, float] = {}
    for count in counts:
        week = monday(count.week)
        if week <= last:
            persons[week] = persons.get(week, 0.0) + count.persons
            exposed[week] = exposed.get(week, 0.0) + max(count.exposed, count.persons)
    known = [week for week, over in exposed.items() if over > 0]
    if not known:
        return []
    first = min(known)
    weeks = [first + n * _WEEK for n in range((last - first) // _WEEK + 1)]
    return [WeekCount(week, persons.get(week, 0.0), exposed.get(week, 0.0)) for week in weeks]


def standardised(portals: Iterable[Iterable[WeekCount]]) -> dict[date, float]:
    """Exposure of a product as if all its portals complained alike.

    A portal whose users complain more than others would raise every rate when it joins, and lower it when it
    leaves. So each portal's exposure weighs its own rate over that of all (indirect standardisation; Breslow and
    Day, "Statistical Methods in Cancer Research", vol. II, IARC 1987, chapter 2).

    Args:
        portals: One series a portal; ``persons`` are those of the product with any defect.

    Returns:
        Exposure by Monday, in persons. A portal's rate is drawn to that of all by half a person.
    """
    series = [[*counts] for counts in portals]
    sums = [(sum(c.persons for c in counts), sum(c.exposed for c in counts)) for counts in series]
    named, spoke = (sum(values) for values in zip(*sums, strict=True)) if sums else (0.0, 0.0)
    exposure: dict[date, float] = {}
    for counts, (persons, exposed) in zip(series, sums, strict=True):
        weight = (persons + 0.5) / (exposed * named / spoke + 0.5) if named else 1.0
        for count in counts:
            week = monday(count.week)
            exposure[week] = exposure.get(week, 0.0) + weight * count.exposed
    return exposure
