"""What came of a remedy: no effect is rarely taken for one, even when published at a peak, and a real one is found."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.remedies import QUIET, START, simulate
from insights.remedy_effect import LEAST_WEEKS, effect, first_week
from insights.weeks import WeekCount


def series(counts: list[float], exposed: float = 100.0) -> list[WeekCount]:
    return [WeekCount(START + timedelta(weeks=n), c, exposed) for n, c in enumerate(counts)]


def week(number: int) -> date:
    return START + timedelta(weeks=number)


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, 0.93),
        ({"base": 1.0}, 0.93),
        ({"dispersion": 2.0}, 0.90),
        ({"raised": 3.0, "lasted": 8}, 0.93),
    ],
)
def test_no_effect_is_seen_where_there_is_none_though_published_at_a_peak(
    changes: dict[str, float], held: float
) -> None:
    scenario = QUIET.__class__(**{**QUIET.__dict__, **changes})
    chance = np.random.default_rng(3)
    drawn = [simulate(scenario, chance) for _ in range(60)]
    found = [one for one, _ in drawn]
    assert sum(one.ratio_low <= 1 <= one.ratio_high for one in found if one.ratio is not None) >= held * len(found)
    assert sum(one.verdict == "fewer" for one in found) <= 5
    # The plain comparison, which this stands in for, flatters.
    assert np.median([plain for _, plain in drawn]) < 0.8


def test_half_is_found() -> None:
    scenario = QUIET.__class__(**{**QUIET.__dict__, "effect": 0.5})
    chance = np.random.default_rng(4)
    found = [simulate(scenario, chance)[0] for _ in range(40)]
    assert sum(one.verdict == "fewer" for one in found) >= 0.9 * len(found)
    assert 0.4 < np.median([one.ratio for one in found]) < 0.6
    assert sum(one.ratio_low <= 0.5 <= one.ratio_high for one in found) >= 0.9 * len(found)


def test_a_rate_that_has_lasted_is_the_level() -> None:
    counts = [1.0] * 60 + [6.0] * 26 + [3.0] * 26
    found = effect([series(counts)], week(86), week(111))
    assert found is not None
    assert found.verdict == "fewer"
    assert found.level_since == week(60)
    assert found.ratio == pytest.approx(0.5, abs=0.08)


def test_a_short_rise_leaves_open_what_would_have_come() -> None:
    counts = [1.0] * 80 + [6.0] * 6 + [3.0] * 26
    found = effect([series(counts)], week(86), week(111))
    assert found is not None
    assert found.verdict == "unclear"
    assert found.expected_low < 30
    assert found.expected_high > 120


def test_too_little_data_says_how_long_it_takes() -> None:
    found = effect([series([1.0] * 60 + [0.0] * 3)], week(60), week(62))
    assert found is not None
    assert (found.verdict, found.ratio) == ("too_little_data", None)
    assert found.weeks_needed == 2
    assert found.observed == 0
    young = effect([series([3.0] * 60 + [0.0] * 2)], week(60), week(61))
    assert young is not None
    assert young.weeks_needed == LEAST_WEEKS - 2


def test_nothing_seen_before_is_never_compared() -> None:
    found = effect([series([2.0] * 40)], week(5), week(39))
    assert found is not None
    assert (found.verdict, found.weeks_needed) == ("too_little_data", 0)


def test_weeks_count_from_the_first_whole_one() -> None:
    assert first_week(date(2026, 8, 10)) == date(2026, 8, 10)  # a Monday
    assert first_week(date(2026, 8, 12)) == date(2026, 8, 17)
    assert effect([series([1.0] * 60)], week(59) + timedelta(days=2), week(59)) is None


def test_weeks_without_feedback_say_nothing() -> None:
    silent = [WeekCount(week(n), 2.0 if n < 60 else 0.0, 100.0 if n < 60 or n % 2 else 0.0) for n in range(80)]
    found = effect([silent], week(60), week(79))
    assert found is not None
    assert found.weeks == 10
    assert found.expected == pytest.approx(20, rel=0.15)


def test_only_the_weeks_since_a_later_publication() -> None:
    counts = [4.0] * 60 + [4.0] * 10 + [1.0] * 10
    whole = effect([series(counts)], week(60), week(79))
    later = effect([series(counts)], week(60), week(79), since=week(70))
    assert whole is not None
    assert later is not None
    assert (later.first, later.observed) == (week(70), 10)
    assert later.ratio is not None
    assert whole.ratio is not None
    assert later.ratio < whole.ratio
