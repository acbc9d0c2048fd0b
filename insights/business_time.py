"""Time that counts only while a team works: its hours, its weekends, the holidays of its state, in its time zone.

Hours of a working day are local; what passes between them is measured in UTC, so that a night in which the
clocks change counts for what it lasted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Time zone of each country whose holidays are known here.
ZONES: Final[Mapping[str, str]] = {"DE": "Europe/Berlin", "AT": "Europe/Vienna", "CH": "Europe/Zurich"}
#: A calendar without a working day for so long has none.
_LONGEST_BREAK: Final = 400


@dataclass(frozen=True)
class Calendar:
    """When a team works.

    Attributes:
        country: DE, AT or CH.
        subdivision: Bundesland, Land or Kanton as the package ``holidays`` abbreviates it; empty for the holidays
            that the whole country has.
        hours: For each weekday, from Monday, the stretches of work as local (begin, end), ascending; end before
            midnight.
        closed: Days without work beyond the holidays: a date, or month and day for every year.
    """

    country: str
    subdivision: str
    hours: tuple[tuple[tuple[time, time], ...], ...]
    closed: frozenset[date | tuple[int, int]] = field(default_factory=frozenset)

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the hours."""
        return ZoneInfo(ZONES[self.country])

    @cached_property
    def _holidays(self) -> Any:
        return holidays.country_holidays(self.country, subdiv=self.subdivision or None)

    def is_free(self, day: date) -> bool:
        """Whether nobody works on a day: a weekday without hours, a holiday, a closed day."""
        return (
            not self.hours[day.weekday()]
            or day in self.closed
            or (day.month, day.day) in self.closed
            or day in self._holidays
        )

    def stretches(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of work of a day in UTC, ascending; none on a free day."""
        if not self.is_free(day):
            for begin, end in self.hours[day.weekday()]:
                yield self._moment(day, begin), self._moment(day, end)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def add(self, start: datetime, work: timedelta) -> datetime:
        """The moment by which ``work`` has passed in working hours.

        Args:
            start: Aware; need not lie in working hours.
            work: More than nothing.

        Returns:
            In UTC. The earliest such moment: work that ends with a day's hours is due then, not the next morning.

        Raises:
            ValueError: If there is no work to wait for, or no working day within a year.
        """
        if work <= timedelta(0):
            raise ValueError("the time to add must be more than nothing")
        left, day = work, start.astimezone(self.zone).date()
        for number in range(_LONGEST_BREAK + work.days * 24 * 7):
            for begin, end in self.stretches(day + timedelta(days=number)):
                passed = end - max(begin, start)
                if passed <= timedelta(0):
                    continue
                if passed >= left:
                    return max(begin, start).astimezone(UTC) + left
                left -= passed
        raise ValueError("the calendar has no working day")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``, both aware; nothing where ``end`` is not later."""
        total, day = timedelta(0), start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        while day <= last:
            for begin, stop in self.stretches(day):
                total += max(timedelta(0), min(stop, end) - max(begin, start))
            day += timedelta(days=1)
        return total

    def end_of_day(self, start: datetime, days: int) -> datetime:
        """The end of the ``days``-th working day after that of ``start``.

        The day itself does not count (BGB § 187 (1), ABGB § 902 (1), OR Art. 77 (1)).

        Args:
            start: Aware.
            days: One or more.

        Returns:
            End of that day's hours, in UTC.

        Raises:
            ValueError: If ``days`` is less than one, or there is no working day within a year.
        """
        if days < 1:
            raise ValueError("the number of days must be at least one")
        day, left = start.astimezone(self.zone).date(), days
        for _ in range(_LONGEST_BREAK + 7 * days):
            day += timedelta(days=1)
            stretches = list(self.stretches(day))
            if stretches:
                left -= 1
                if not left:
                    return stretches[-1][1]
        raise ValueError("the calendar has no working day")


def known_subdivisions(country: str) -> Sequence[str]:
    """Abbreviations of the country's subdivisions, as the package ``holidays`` has them."""
    found: Sequence[str] = getattr(holidays, holidays.registry.COUNTRIES[_MODULES[country]][0]).subdivisions
    return found


_MODULES: Final = {"DE": "germany", "AT": "austria", "CH": "switzerland"}
