"""Working time: hours, weekends, holidays of the states, and nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.business_time import ZONES, Calendar, known_subdivisions

DAY = ((time(8), time(12)), (time(13), time(17)))
NIGHT = ((time(0), time(6)), (time(22), time(23, 30)))
MOMENTS = st.integers(1_704_067_200, 1_924_992_000).map(lambda second: datetime.fromtimestamp(second, UTC))
STATES = [(country, state) for country in ZONES for state in ("", *known_subdivisions(country))]


def office(country: str = "DE", subdivision: str = "HE", **values: Any) -> Calendar:
    return Calendar(country, subdivision, values.pop("hours", (DAY,) * 5 + ((), ())), **values)


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@settings(deadline=None, max_examples=150)
@given(
    place=st.sampled_from(STATES),
    week=st.lists(st.sampled_from([(), DAY, NIGHT, ((time(9, 30), time(15)),)]), min_size=7, max_size=7).filter(any),
    start=MOMENTS,
    work=st.integers(1, 200 * 3600).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_what_passes_until_due_is_the_time_exactly(
    place: tuple[str, str], week: list[Any], start: datetime, work: timedelta
) -> None:
    calendar = Calendar(*place, tuple(week))
    due = calendar.add(start, work)
    assert due > start
    assert calendar.between(start, due) == work
    # The earliest such moment: any earlier one is short of it.
    assert calendar.between(start, due - timedelta(seconds=1)) < work


@settings(deadline=None, max_examples=60)
@given(
    place=st.sampled_from(STATES),
    start=MOMENTS,
    days=st.integers(1, 30),
)
def test_days_are_working_days_after_that_of_the_start(place: tuple[str, str], start: datetime, days: int) -> None:
    calendar = office(*place)
    due = calendar.end_of_day(start, days).astimezone(calendar.zone)
    first = start.astimezone(calendar.zone).date()
    assert due.time() == time(17)
    between = [first + timedelta(days=n) for n in range(1, (due.date() - first).days + 1)]
    assert sum(not calendar.is_free(day) for day in between) == days
    assert not calendar.is_free(due.date())


def test_a_tat_over_a_holiday() -> None:
    # Thursday 13:00, then Good Friday, the weekend and Easter Monday.
    assert office().add(local("2026-04-02 13:00"), timedelta(hours=8)) == local("2026-04-07 12:00")
    # Corpus Christi is a holiday in Hesse, not in Berlin.
    assert office().add(local("2026-06-03 16:00"), timedelta(hours=2)) == local("2026-06-05 09:00")
    assert office("DE", "BE").add(local("2026-06-03 16:00"), timedelta(hours=2)) == local("2026-06-04 09:00")
    # The eighth of December in Austria; Berchtold's day in Berne.
    assert office("AT", "7").is_free(local("2026-12-08 00:00").date())
    assert office("CH", "BE").is_free(local("2026-01-02 00:00").date())
    assert not office("DE", "HE").is_free(local("2026-12-08 00:00").date())


@pytest.mark.parametrize(("country", "zone"), ZONES.items())
def test_a_tat_over_a_clock_change(country: str, zone: str) -> None:
    watch = office(country, "", hours=(((time(0), time(6)),),) * 7)
    # The night of 29 March 2026 lasts five hours from midnight to six, that of 25 October seven.
    assert watch.add(local("2026-03-28 23:00", zone), timedelta(hours=5)) == local("2026-03-29 06:00", zone)
    assert watch.add(local("2026-10-24 23:00", zone), timedelta(hours=7)) == local("2026-10-25 06:00", zone)
    # By day the clocks change nothing: Friday 16:00 to Monday 09:00.
    by_day = office(country, "")
    assert by_day.add(local("2026-03-27 16:00", zone), timedelta(hours=2)) == local("2026-03-30 09:00", zone)


def test_closed_days() -> None:
    calendar = office(closed=frozenset({(12, 24), local("2026-08-03 00:00").date()}))
    assert calendar.is_free(local("2027-12-24 00:00").date())
    assert calendar.is_free(local("2026-08-03 00:00").date())
    assert not calendar.is_free(local("2027-08-03 00:00").date())


@pytest.mark.parametrize("work", [timedelta(0), timedelta(hours=-1)])
def test_nothing_to_add_is_refused(work: timedelta) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        office().add(local("2026-05-05 10:00"), work)
    with pytest.raises(ValueError, match="at least one"):
        office().end_of_day(local("2026-05-05 10:00"), 0)


def test_a_calendar_without_work_says_so() -> None:
    nobody = office(hours=((),) * 7)
    with pytest.raises(ValueError, match="no working day"):
        nobody.add(local("2026-05-05 10:00"), timedelta(hours=1))
    with pytest.raises(ValueError, match="no working day"):
        nobody.end_of_day(local("2026-05-05 10:00"), 1)
