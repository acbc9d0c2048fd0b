"""A rise that stays is said until it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from insights.alarm_budget import LEAST_PERSONS
from insights.held import hold, still_up
from insights.surveillance import SINCE_WITHIN, Watch, watch
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


def looked_back(cells: list[list[WeekCount]], last: date) -> tuple[list[Watch], int]:
    """The rule itself: the latest alarm of each quiet cell within a year, by looking at every past week; how many hold."""
    now = watch(cells, last)
    past = [watch(cells, last - timedelta(weeks=back)) for back in range(1, SINCE_WITHIN + 1)]
    answers = list(now)
    for row, cell in enumerate(cells):
        newest = sum(count.persons for count in cell if last - timedelta(weeks=13) < count.week <= last)
        alarm = next((seen[row] for seen in past if seen[row].state in ("rising", "falling")), None)
        since = alarm.since if alarm and alarm.state == "rising" else None
        if since and now[row].state == "quiet" and newest >= LEAST_PERSONS and still_up(cell, since, last):
            answers[row] = replace(now[row], state="rising", needed=0, since=since)
    return answers, sum(one != other for one, other in zip(now, answers, strict=True))


def test_the_answer_is_that_of_looking_at_every_past_week() -> None:
    kept = 0
    for seed in range(6):
        draw = np.random.default_rng(seed)
        length = int(draw.integers(60, 130))
        begin = length - int(draw.integers(20, 50))
        exposed = draw.integers(0, 30, length)
        cells = []
        for factor in (1, draw.choice([2.5, 4]), draw.choice([4, 6]), 0.2):
            rate = draw.choice([0.02, 0.06]) * np.where(np.arange(length) >= begin, factor, 1)
            named = np.minimum(draw.poisson(rate * exposed), exposed)
            start = int(draw.integers(0, 30))
            cells.append([
                WeekCount(FIRST + timedelta(weeks=n), float(named[n]), float(exposed[n])) for n in range(start, length)
            ])  # fmt: skip
        last = FIRST + timedelta(weeks=length - 1)
        expected, held_there = looked_back(cells, last)
        assert hold(cells, watch(cells, last), last) == expected
        kept += held_there
    assert kept > 3
