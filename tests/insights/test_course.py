"""The course of a defect beside what the past lets expect."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.course import course
from insights.weeks import WeekCount

FIRST = date(2025, 1, 6)
WEEK = timedelta(weeks=1)


def series(counts: list[int], exposed: int = 100) -> list[WeekCount]:
    return [WeekCount(FIRST + n * WEEK, count, exposed) for n, count in enumerate(counts)]


def weekly(weeks: int) -> list[tuple[date, date]]:
    return [(FIRST + n * WEEK, FIRST + (n + 1) * WEEK) for n in range(weeks)]


def test_a_constant_rate_is_expected_to_go_on() -> None:
    [found] = course([series([5] * 60)], FIRST + 59 * WEEK, weekly(60))
    assert all(e is not None and e.mean == pytest.approx(5, rel=0.05) for e in found)
    assert all(e is not None and e.low < 5 < e.high for e in found)


def test_the_interval_holds_what_it_promises() -> None:
    generator = np.random.default_rng(7)
    inside = []
    for _ in range(20):
        counts = generator.poisson(4, size=80).tolist()
        [found] = course([series(counts)], FIRST + 79 * WEEK, weekly(80))
        inside += [e is not None and e.low <= n <= e.high for n, e in zip(counts[-13:], found[-13:], strict=True)]
    assert 0.9 <= np.mean(inside) <= 1


def test_a_rise_is_measured_by_the_time_before_it() -> None:
    counts, last = [2] * 50 + [8] * 30, FIRST + 79 * WEEK
    [learnt] = course([series(counts)], last, weekly(80))
    [before] = course([series(counts)], last, weekly(80), before=FIRST + 50 * WEEK)
    assert learnt[-1] is not None
    assert before[-1] is not None
    assert before[-1].mean == pytest.approx(2, rel=0.3)
    assert before[-1].mean < learnt[-1].mean
    assert before[-1].high < 8


def test_a_month_is_the_sum_of_its_days() -> None:
    march = (date(2025, 3, 1), date(2025, 4, 1))
    [[found]] = course([series([7] * 60)], FIRST + 59 * WEEK, [march])
    assert found is not None
    assert found.mean == pytest.approx(31, rel=0.05)


@pytest.mark.parametrize("weeks", [0, 1, 25])
def test_a_short_history_says_nothing(weeks: int) -> None:
    assert course([series([3] * weeks)], FIRST + max(weeks - 1, 0) * WEEK, weekly(weeks)) == [[None] * weeks]


def test_open_weeks_and_weeks_in_which_nobody_spoke_have_no_expectation() -> None:
    counts = series([3] * 60)
    counts[20] = WeekCount(counts[20].week, 0, 0)
    [found] = course([counts], FIRST + 58 * WEEK, weekly(61))
    assert found[20] is None
    assert [e is None for e in found[57:]] == [False, False, True, True]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 30), min_size=40, max_size=40), min_size=1, max_size=3),
    st.integers(1, 500),
)
def test_the_mean_lies_in_its_interval_and_cells_do_not_mix_their_order(cells: list[list[int]], exposed: int) -> None:
    found = course([series(counts, exposed) for counts in cells], FIRST + 39 * WEEK, weekly(40))
    assert len(found) == len(cells)
    for row in found:
        for e in row:
            assert e is not None
            assert 0 <= e.low <= e.high
            assert e.low - 1 <= e.mean <= e.high + 1
