from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from insights.defects import (
    SIGNALS,
    Course,
    DefectCounts,
    DefectVerdict,
    MonthCount,
    Standing,
    judge_product,
    signal_of,
)
from insights.disproportionality import Stratum
from insights.weeks import WeekCount

NEWEST = datetime(2026, 10, 31, tzinfo=UTC)


def series(persons: dict[tuple[int, int], int], exposed: int = 40) -> tuple[MonthCount, ...]:
    months = [(2025, m) for m in range(9, 13)] + [(2026, m) for m in range(1, 11)]
    return tuple(MonthCount(date(y, m, 1), persons.get((y, m), 0), exposed) for y, m in months)


def judged(cells: list[DefectCounts], persons: int = 20) -> list[tuple[str, int, DefectVerdict]]:
    """Signal, persons missing, and verdict of each cell, of a product that was spoken of a year before."""
    found = []
    for cell, verdict in zip(cells, judge_product(cells, observed=NEWEST), strict=True):
        now = Standing(persons, persons, cell.first_seen, verdict.course, datetime(2025, 10, 1, tzinfo=UTC))
        found.append((*signal_of(now, min_persons=3, observed=NEWEST), verdict))
    return found


def by_months(persons: dict[tuple[int, int], int], first: datetime) -> tuple[str, int]:
    return judged([DefectCounts(first, months=series(persons))])[0][:2]


def test_growing_defect_rises() -> None:
    grown = {
        (2026, 3): 2,
        (2026, 4): 3,
        (2026, 5): 4,
        (2026, 6): 4,
        (2026, 7): 5,
        (2026, 8): 9,
        (2026, 9): 11,
        (2026, 10): 9,
    }
    assert by_months(grown, datetime(2026, 3, 4, tzinfo=UTC)) == ("rising", 0)


def test_ended_defect_falls() -> None:
    ended = {(2025, 9): 9, (2025, 10): 11, (2025, 11): 8, (2025, 12): 7, (2026, 1): 9, (2026, 2): 8}
    assert by_months(ended, datetime(2025, 9, 4, tzinfo=UTC)) == ("falling", 0)


def test_even_defect_is_steady() -> None:
    even = {(2025, 9): 1, (2025, 12): 1, (2026, 3): 1, (2026, 6): 1, (2026, 9): 1}
    assert by_months(even, datetime(2025, 9, 4, tzinfo=UTC)) == ("steady", 0)


def test_first_seen_lately_is_new() -> None:
    late = {(2026, 9): 2, (2026, 10): 2}
    assert by_months(late, datetime(2026, 9, 4, tzinfo=UTC)) == ("new", 0)


@pytest.mark.parametrize(("persons", "needed"), [(1, 2), (2, 1)])
def test_thin_data_says_how_much_is_missing(persons: int, needed: int) -> None:
    now = Standing(persons, persons, NEWEST, Course("rising"), NEWEST)
    assert signal_of(now, min_persons=3, observed=NEWEST) == ("too_little_data", needed)


def test_without_dates_nothing_is_said_about_time() -> None:
    assert signal_of(Standing(20, 0, None, None, None), min_persons=3, observed=None) == ("undated", 0)
    assert signal_of(Standing(20, 0, None, None, NEWEST), min_persons=3, observed=NEWEST) == ("undated", 0)


def test_what_only_open_weeks_know_is_new_or_waits_for_them_to_close() -> None:
    lately, long_ago = NEWEST - timedelta(days=2), NEWEST - timedelta(days=200)
    assert signal_of(Standing(5, 5, lately, None, long_ago), min_persons=3, observed=NEWEST) == ("new", 0)
    assert signal_of(Standing(5, 5, lately, None, lately), min_persons=3, observed=NEWEST) == ("too_little_data", 1)


def test_signals_are_those_of_the_contract() -> None:
    assert set(SIGNALS) == {"new", "rising", "steady", "falling", "too_little_data", "undated"}


def weekly(counts: list[float], strata: tuple[Stratum, ...] = ()) -> DefectCounts:
    last = date(2026, 10, 19)
    weeks = [WeekCount(last - timedelta(weeks=len(counts) - 1 - n), c, 100) for n, c in enumerate(counts)]
    named = [w.week for w in weeks if w.persons]
    first = datetime(named[0].year, named[0].month, named[0].day, tzinfo=UTC)
    return DefectCounts(first, weeks=weeks, strata=strata)


EVEN = [5.0, 4.0, 6.0, 5.0, 3.0, 7.0] * 20


def test_weekly_counts_are_watched() -> None:
    cells = [weekly(EVEN), weekly([*EVEN[:-6], *[15.0] * 6]), weekly([*EVEN[:-10], *[0.0] * 10])]
    signals, _, verdicts = zip(*judged(cells), strict=True)
    assert signals == ("steady", "rising", "falling")
    since = verdicts[1].rising_since
    assert since is not None
    assert since.low <= date(2026, 9, 14) <= since.high
    assert verdicts[0].rising_since is verdicts[2].rising_since is None


def test_a_new_defect_that_alarms_rises_and_another_is_new() -> None:
    few, many = weekly([*[0.0] * 112, 1, 0, 0, 1, 0, 0, 1, 0]), weekly([*[0.0] * 114, *[2.0] * 6])
    assert [signal for signal, _, _ in judged([few, many, weekly(EVEN)])] == ["new", "rising", "steady"]


def test_a_short_weekly_history_claims_nothing() -> None:
    assert judged([weekly([2.0] * 20)])[0][:2] == ("too_little_data", 12)


def test_real_is_judged_over_all_cells_screened() -> None:
    strong, weak = (Stratum(60, 300, 40, 2000),), (Stratum(9, 300, 25, 2000),)
    [alone] = judge_product([weekly(EVEN, weak)], observed=NEWEST)
    cells = [weekly(EVEN, s) for s in (strong, weak, *[(Stratum(5, 300, 40, 2000),)] * 20)]
    verdicts = judge_product(cells, observed=NEWEST)
    assert verdicts[0].is_real is True
    assert alone.q_value is not None
    assert verdicts[1].q_value is not None
    assert verdicts[1].q_value > alone.q_value


def test_without_siblings_or_weeks_these_answers_stay_open() -> None:
    [verdict] = judge_product([DefectCounts()], observed=None)
    assert verdict.course is None
    assert verdict.is_real is verdict.q_value is verdict.disproportion is verdict.watch is verdict.rising_since is None


def test_no_cells_no_verdicts() -> None:
    assert judge_product([], observed=NEWEST) == []
