"""From counts of one product × component × defect type to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from insights.rates import Rate, jeffreys, trend_p_value

SIGNALS: Final = ("new", "rising", "steady", "falling", "too_little_data", "undated")

#: A defect first seen within this time before the newest feedback is new.
NEW_WITHIN: Final = timedelta(days=91)
#: Two-sided error of one test. Weekly surveillance under one alarm budget replaces it.
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
    """

    persons: int
    persons_exposed: int
    mentions: int
    reviews_of_product: int
    dated: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    months: Sequence[MonthCount] = field(default_factory=tuple)


@dataclass(frozen=True)
class DefectVerdict:
    """Rate with interval, signal, and how many more persons are needed for a verdict (0 or more)."""

    rate: Rate
    signal: str
    evidence_needed: int


def judge(counts: DefectCounts, *, min_persons: int, newest: datetime | None) -> DefectVerdict:
    """Judge one defect.

    Args:
        counts: The cell's counts.
        min_persons: Persons below which nothing is said but "too little data".
        newest: Time of the newest feedback about any product: the end of the observed time.

    Returns:
        The verdict; ``signal`` is one of :data:`SIGNALS`. A rate with a significant trend over the
        months is rising or falling; one first seen within the last quarter is new; everything else
        with dates and enough persons is steady.
    """
    rate = jeffreys(counts.persons, counts.persons_exposed)
    needed = max(0, min_persons - counts.persons)
    if needed:
        return DefectVerdict(rate, "too_little_data", needed)
    if newest is None or counts.first_seen is None or counts.dated == 0:
        return DefectVerdict(rate, "undated", 0)
    return DefectVerdict(rate, _trend(counts, newest), 0)


def _trend(counts: DefectCounts, newest: datetime) -> str:
    observed_before = any(m.month <= (newest - NEW_WITHIN).date() for m in counts.months)
    if counts.first_seen is not None and counts.first_seen >= newest - NEW_WITHIN and observed_before:
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
