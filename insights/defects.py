"""From counts of one product × component × defect type to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from insights.disproportionality import Disproportion, Stratum, compare, is_real, q_values
from insights.held import hold
from insights.rates import Rate, jeffreys, trend_p_value
from insights.surveillance import Since, Watch, watch
from insights.weeks import WeekCount, last_closed

SIGNALS: Final = ("new", "rising", "steady", "falling", "too_little_data", "undated")

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
    """What the database counted for one cell, copies collapsed.

    Attributes:
        persons: Distinct persons who named the defect, all times.
        persons_exposed: Distinct persons who spoke of the product, all times.
        mentions: Mentions, all times; several of one person count each.
        reviews_of_product: Feedback about the product, all times.
        dated: Persons whose naming has a date of at least month precision.
        months: Counts by month, ascending; months without feedback about the product may be absent.
        weeks: Counts by week, for surveillance; weeks without feedback about the product may be absent.
        strata: Counts by portal against the sibling products.
    """

    persons: int
    persons_exposed: int
    mentions: int
    reviews_of_product: int
    dated: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    months: Sequence[MonthCount] = field(default_factory=tuple)
    weeks: Sequence[WeekCount] = field(default_factory=tuple)
    strata: Sequence[Stratum] = field(default_factory=tuple)


@dataclass(frozen=True)
class DefectVerdict:
    """What is said of one defect.

    Attributes:
        rate: Persons with the defect over persons who spoke of the product, with its interval.
        signal: One of :data:`SIGNALS`.
        evidence_needed: Persons that are missing for a verdict, 0 or more.
        is_real: Whether the product has it more often than its siblings; None: not comparable.
        disproportion: The comparison behind it.
        q_value: Its p-value, adjusted for all cells screened.
        watch: What surveillance saw; None without weekly counts.
    """

    rate: Rate
    signal: str
    evidence_needed: int
    is_real: bool | None = None
    disproportion: Disproportion | None = None
    q_value: float | None = None
    watch: Watch | None = None

    @property
    def rising_since(self) -> Since | None:
        """Begin of the rise with its interval; None unless it rises under surveillance."""
        return self.watch.since if self.watch and self.watch.state == "rising" else None


def judge(counts: DefectCounts, *, min_persons: int, newest: datetime | None) -> DefectVerdict:
    """Judge one defect alone; see :func:`judge_product`, which knows more."""
    return judge_product([counts], min_persons=min_persons, newest=newest)[0]


def judge_product(cells: Sequence[DefectCounts], *, min_persons: int, newest: datetime | None) -> list[DefectVerdict]:
    """Judge all defects of one product.

    Together, because they share a trend, a season, one budget of false alarms, and one screening against the
    sibling products.

    Args:
        cells: The counts of every cell that has any, also of those too small to be shown.
        min_persons: Persons below which nothing is said but "too little data".
        newest: Time of the newest feedback about any product: the end of the observed time.

    Returns:
        One verdict a cell, in order. With weekly counts, rising and falling are alarms of surveillance; without,
        a significant trend over the months. One first seen within the last quarter is otherwise new; everything
        else with dates and enough persons is steady, unless its weekly history is too short to say so.
    """
    compared = [compare(cell.strata) for cell in cells]
    adjusted = q_values(compared)
    watched = _watched(cells, newest)
    verdicts = []
    for cell, comparison, q_value, seen in zip(cells, compared, adjusted, watched, strict=True):
        signal, needed = _signal(cell, seen, min_persons, newest)
        rate = jeffreys(cell.persons, cell.persons_exposed)
        real = is_real(comparison, q_value)
        verdicts.append(DefectVerdict(rate, signal, needed, real, comparison, q_value, seen))
    return verdicts


def _watched(cells: Sequence[DefectCounts], newest: datetime | None) -> list[Watch | None]:
    if newest is None or not any(cell.weeks for cell in cells):
        return [None] * len(cells)
    series, last = [cell.weeks for cell in cells if cell.weeks], last_closed(newest.date())
    answers = iter(hold(series, watch(series, last), last))
    return [next(answers) if cell.weeks else None for cell in cells]


def _signal(counts: DefectCounts, seen: Watch | None, min_persons: int, newest: datetime | None) -> tuple[str, int]:
    needed = max(0, min_persons - counts.persons)
    if needed:
        return "too_little_data", needed
    if newest is None or counts.first_seen is None or counts.dated == 0:
        return "undated", 0
    if seen is None:
        return _trend(counts, newest), 0
    if seen.state in ("rising", "falling"):
        return seen.state, 0
    if _is_new(counts, counts.first_seen, newest):
        return "new", 0
    return ("too_little_data", seen.needed) if seen.state == "short" else ("steady", 0)


def _is_new(counts: DefectCounts, first_seen: datetime, newest: datetime) -> bool:
    """First seen within the last quarter, of a product that was observed before."""
    days = [m.month for m in counts.months] + [w.week for w in counts.weeks if w.exposed > 0]
    return first_seen >= newest - NEW_WITHIN and any(day <= (newest - NEW_WITHIN).date() for day in days)


def _trend(counts: DefectCounts, newest: datetime) -> str:
    if counts.first_seen is not None and _is_new(counts, counts.first_seen, newest):
        return "new"
    months = _every_month(counts.months)
    statistic, p_value = trend_p_value([m.persons for m in months], [m.exposed for m in months])
    if p_value < ALPHA:
        return "rising" if statistic > 0 else "falling"
    return "steady"


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
