"""From counts of one product × component × defect type to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from insights.disproportionality import Disproportion, Stratum, compare, is_real, q_values
from insights.held import hold
from insights.surveillance import Since, Watch, watch
from insights.trend import trend_p_value
from insights.weeks import WeekCount, last_closed

SIGNALS: Final = ("new", "rising", "steady", "falling", "too_little_data", "undated")
COURSES: Final = ("rising", "falling", "quiet", "short")

#: A defect first seen within this time before the newest feedback is new.
NEW_WITHIN: Final = timedelta(days=91)
#: Two-sided error of the test that stands in where no weekly counts are given.
ALPHA: Final = 0.05


@dataclass(frozen=True)
class MonthCount:
    """Distinct persons of one month: with the defect, and who spoke of the product."""

    month: date
    persons: int
    exposed: int


@dataclass(frozen=True)
class DefectCounts:
    """What the database counted for one cell up to the last closed week, copies collapsed.

    Attributes:
        first_seen: When it was named first.
        months: Counts by month, ascending; months without feedback about the product may be absent.
        weeks: Counts by week, for surveillance; weeks without feedback about the product may be absent.
        strata: Counts by portal against the sibling products.
    """

    first_seen: datetime | None = None
    months: Sequence[MonthCount] = field(default_factory=tuple)
    weeks: Sequence[WeekCount] = field(default_factory=tuple)
    strata: Sequence[Stratum] = field(default_factory=tuple)


@dataclass(frozen=True)
class Course:
    """How a defect went on up to the last closed week: one of :data:`COURSES`.

    ``needed`` persons more are missing until its weekly history is long enough to be watched, if it is short.
    """

    state: str
    needed: int = 0


@dataclass(frozen=True)
class DefectVerdict:
    """What the closed weeks say of one defect.

    Attributes:
        course: How it went on; None without dates.
        is_real: Whether the product has it more often than its siblings; None: not comparable.
        disproportion: The comparison behind it.
        q_value: Its p-value, adjusted for all cells screened.
        watch: What surveillance saw; None without weekly counts.
    """

    course: Course | None
    is_real: bool | None = None
    disproportion: Disproportion | None = None
    q_value: float | None = None
    watch: Watch | None = None

    @property
    def rising_since(self) -> Since | None:
        """Begin of the rise with its interval; None unless it rises under surveillance."""
        return self.watch.since if self.watch and self.watch.state == "rising" else None


@dataclass(frozen=True)
class Standing:
    """What is known of a defect today, with the weeks that are still open.

    Attributes:
        persons: Distinct persons who named it, all times.
        dated: Those whose naming has a date of at least month precision.
        first_seen: When it was named first.
        course: What the closed weeks say of it; None where they do not know it.
        observed_since: Time of the oldest feedback about the product.
    """

    persons: int
    dated: int
    first_seen: datetime | None
    course: Course | None
    observed_since: datetime | None


def judge_product(cells: Sequence[DefectCounts], *, observed: datetime | None) -> list[DefectVerdict]:
    """Judge all defects of one product by the closed weeks.

    Together, because they share a trend, a season, one budget of false alarms, and one screening against the
    sibling products.

    Args:
        cells: The counts of every cell that the closed weeks know, also of those too small to be shown.
        observed: End of the observed time, see :func:`insights.weeks.observed_until`; None without any date.

    Returns:
        One verdict a cell, in order. With weekly counts, rising and falling are alarms of surveillance; without,
        a significant trend over the months.
    """
    compared = [compare(cell.strata) for cell in cells]
    adjusted = q_values(compared)
    watched = _watched(cells, observed)
    return [
        DefectVerdict(_course(cell, seen, observed), is_real(comparison, q_value), comparison, q_value, seen)
        for cell, comparison, q_value, seen in zip(cells, compared, adjusted, watched, strict=True)
    ]


def signal_of(now: Standing, *, min_persons: int, observed: datetime | None) -> tuple[str, int]:
    """What is said of a defect on the list.

    Args:
        now: What is known of it today.
        min_persons: Persons below which nothing is said but "too little data".
        observed: End of the observed time; None without any date.

    Returns:
        One of :data:`SIGNALS`, and the persons that are missing for a verdict, 0 or more. What neither rises nor falls
        and was first seen within the last quarter is new; everything else with dates and enough persons is steady,
        unless its weekly history is too short to say so.
    """
    needed = max(0, min_persons - now.persons)
    if needed:
        return "too_little_data", needed
    if observed is None or now.first_seen is None or now.dated == 0:
        return "undated", 0
    if now.course and now.course.state in ("rising", "falling"):
        return now.course.state, 0
    since = observed - NEW_WITHIN
    if now.first_seen >= since and now.observed_since is not None and now.observed_since <= since:
        return "new", 0
    if now.course is None or now.course.state == "short":
        return "too_little_data", now.course.needed if now.course else 1
    return "steady", 0


def _watched(cells: Sequence[DefectCounts], observed: datetime | None) -> list[Watch | None]:
    if observed is None or not any(cell.weeks for cell in cells):
        return [None] * len(cells)
    series, last = [cell.weeks for cell in cells if cell.weeks], last_closed(observed.date())
    answers = iter(hold(series, watch(series, last), last))
    return [next(answers) if cell.weeks else None for cell in cells]


def _course(counts: DefectCounts, seen: Watch | None, observed: datetime | None) -> Course | None:
    if observed is None or counts.first_seen is None:
        return None
    if seen:
        return Course(seen.state, seen.needed if seen.state == "short" else 0)
    # A defect that has just begun rises by any test of its months, and is called new.
    return Course("quiet" if counts.first_seen >= observed - NEW_WITHIN else _trend(counts))


def _trend(counts: DefectCounts) -> str:
    months = _every_month(counts.months)
    statistic, p_value = trend_p_value([m.persons for m in months], [m.exposed for m in months])
    if p_value < ALPHA:
        return "rising" if statistic > 0 else "falling"
    return "quiet"


def _every_month(months: Sequence[MonthCount]) -> list[MonthCount]:
    """The series without gaps: a month in which nobody spoke stands there with zeros."""
    if not months:
        return []
    known = {m.month: m for m in months}
    month, last, series = min(known), max(known), []
    while month <= last:
        series.append(known.get(month, MonthCount(month, 0, 0)))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return series
