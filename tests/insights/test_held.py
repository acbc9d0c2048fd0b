"""A rise that stays is said until it is over."""

from __future__ import annotations

from datetime import date, timedelta

from insights.held import hold
from insights.surveillance import Watch, watch
from insights.weeks import WeekCount

FIRST = date(2024, 1, 1)
RISE, END = 40, 75


def weeks(counts: list[int]) -> list[WeekCount]:
    return [WeekCount(FIRST + timedelta(weeks=n), count, 20) for n, count in enumerate(counts)]


def held(counts: list[int]) -> tuple[Watch, Watch]:
    """The answers without and with memory, in the last week of a series that has a calm neighbour."""
    cells, last = [weeks(counts), weeks([n % 2 for n in range(len(counts))])], FIRST + timedelta(weeks=len(counts) - 1)
    now = watch(cells, last)
    answers = hold(cells, now, last)
    assert answers[1] == now[1]
    return now[0], answers[0]


def test_a_rise_that_stays_is_still_said() -> None:
    now, answer = held([n % 2 for n in range(RISE)] + [4] * (END - RISE))
    assert (now.state, answer.state) == ("quiet", "rising")
    assert answer.since is not None
    assert abs(answer.since.week - (FIRST + timedelta(weeks=RISE))) <= timedelta(weeks=2)
    assert (answer.observed, answer.window, answer.needed) == (now.observed, now.window, 0)


def test_a_rise_that_is_over_is_not() -> None:
    assert held([n % 2 for n in range(RISE)] + [4] * 10 + [n % 2 for n in range(25)])[1].state != "rising"


def test_without_an_alarm_there_is_nothing_to_hold() -> None:
    now, answer = held([n % 2 for n in range(END)])
    assert (answer.state, answer) == ("quiet", now)
