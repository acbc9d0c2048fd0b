from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.weeks import WeekCount, every_week, last_closed, spread, standardised

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("newest", "closed"),
    [
        (date(2026, 3, 10), date(2026, 2, 23)),  # Tuesday: the week to Sunday 8 March is open
        (date(2026, 3, 11), MONDAY),  # Wednesday: three days after that Sunday
        (date(2026, 3, 17), MONDAY),
        (date(2026, 3, 18), date(2026, 3, 9)),
    ],
)
def test_a_week_closes_on_the_wednesday_after_it(newest: date, closed: date) -> None:
    assert last_closed(newest) == closed


def test_open_weeks_are_left_out_and_gaps_filled() -> None:
    later = [WeekCount(MONDAY + timedelta(days=d), 1, 4) for d in (0, 6, 15, 40)]
    assert every_week(later, MONDAY + timedelta(weeks=3)) == [
        WeekCount(MONDAY, 2, 8),
        WeekCount(MONDAY + timedelta(weeks=1), 0, 0),
        WeekCount(MONDAY + timedelta(weeks=2), 1, 4),
        WeekCount(MONDAY + timedelta(weeks=3), 0, 0),
    ]


def test_nobody_names_a_defect_without_speaking() -> None:
    assert every_week([WeekCount(MONDAY, 3, 0)], MONDAY) == [WeekCount(MONDAY, 3, 3)]


def test_without_exposure_there_is_no_series() -> None:
    assert every_week([WeekCount(MONDAY, 0, 0)], MONDAY) == []


def test_a_month_is_spread_over_its_days() -> None:
    # February 2026 begins on a Sunday: one day, then three whole weeks, then six days.
    parts = list(spread([WeekCount(date(2026, 2, 1), 28, 280)]))
    assert [p.persons for p in parts] == pytest.approx([1, 7, 7, 7, 6])
    assert [p.exposed for p in parts] == pytest.approx([10, 70, 70, 70, 60])
    assert parts[0].week == date(2026, 1, 26)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 50))
def test_spreading_loses_nobody(month: date, persons: int) -> None:
    parts = list(spread([WeekCount(month, persons, 2 * persons)]))
    assert sum(p.persons for p in parts) == pytest.approx(persons)
    assert all(p.week.weekday() == 0 for p in parts)
    assert 5 <= len(parts) + (len(parts) == 4) <= 6


def test_a_portal_that_joins_is_no_rise() -> None:
    calm = [WeekCount(MONDAY + timedelta(weeks=n), 2, 100) for n in range(20)]
    angry = [WeekCount(MONDAY + timedelta(weeks=n), 20, 100) for n in range(10, 20)]
    exposure = standardised([calm, angry])
    before, after = exposure[MONDAY], exposure[MONDAY + timedelta(weeks=19)]
    assert (2 + 20) / after == pytest.approx(2 / before, rel=0.02)


def test_one_portal_keeps_its_exposure() -> None:
    assert standardised([[WeekCount(MONDAY, 3, 50), WeekCount(MONDAY + timedelta(days=8), 0, 20)]]) == pytest.approx(
        {MONDAY: 50, MONDAY + timedelta(weeks=1): 20}
    )
    assert standardised([[WeekCount(MONDAY, 0, 50)]]) == {MONDAY: 50}
    assert standardised([]) == {}
