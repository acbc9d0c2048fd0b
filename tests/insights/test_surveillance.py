from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from insights.alarm_budget import SHARES, AlarmBudget
from insights.baseline import Array
from insights.scan import WINDOWS, Look, look
from insights.surveillance import Watch, watch
from insights.weeks import WeekCount, spread

LAST = date(2026, 6, 1)
WEEKS = 117


def cell(counts: Sequence[float] | Array, exposed: float | Sequence[float] | Array = 100) -> list[WeekCount]:
    over = np.broadcast_to(np.asarray(exposed, dtype=float), len(counts))
    first = LAST - timedelta(weeks=len(counts) - 1)
    return [
        WeekCount(first + timedelta(weeks=n), float(c), float(e))
        for n, (c, e) in enumerate(zip(counts, over, strict=True))
    ]


def product(rates: Sequence[float], seed: int = 1, weeks: int = WEEKS) -> Array:
    return np.random.default_rng(seed).poisson(np.array(rates)[:, None], (len(rates), weeks)).astype(float)


def states(answers: Sequence[Watch]) -> list[str]:
    return [answer.state for answer in answers]


def test_quiet_products_stay_quiet() -> None:
    for seed in range(10):
        answers = watch([cell(c) for c in product([0.1, 0.5, 1, 5, 20] * 4, seed)], LAST)
        assert set(states(answers)) == {"quiet"}


@pytest.mark.parametrize(
    ("rate", "factor", "weeks"), [(0.5, 7, 8), (1, 7, 5), (5, 3, 5), (5, 7, 1), (20, 2, 5), (20, 3, 2)]
)
def test_a_planted_outbreak_rises(rate: float, factor: float, weeks: int) -> None:
    counts = product([rate] * 20)
    counts[4, -weeks:] = np.ceil(rate * factor)
    answers = watch([cell(c) for c in counts], LAST)
    assert [n for n, answer in enumerate(answers) if answer.state == "rising"] == [4]
    assert answers[4].p_value <= answers[4].limit
    assert answers[4].observed > answers[4].expected
    assert answers[4].needed == 0


def test_the_begin_is_dated_within_two_weeks() -> None:
    counts = product([5] * 20)
    counts[0, -9:] = 15
    [since] = [answer.since for answer in watch([cell(c) for c in counts], LAST) if answer.since]
    planted = LAST - timedelta(weeks=8)
    assert abs(since.week - planted) <= timedelta(weeks=2)
    assert since.low <= planted <= since.high
    assert since.factor > 2


def test_an_ended_defect_falls() -> None:
    counts = product([5] * 20)
    counts[2, -8:] = 0
    assert states(watch([cell(c) for c in counts], LAST))[2] == "falling"


def test_more_speakers_are_no_outbreak() -> None:
    rng, exposed = np.random.default_rng(4), np.full(WEEKS, 100.0)
    exposed[-6:] = 500
    cells = [cell(rng.poisson(0.05 * exposed), exposed) for _ in range(20)]
    assert set(states(watch(cells, LAST))) == {"quiet"}


def test_what_is_still_missing_is_what_raises_the_alarm() -> None:
    counts = product([5] * 20)
    needed = watch([cell(c) for c in counts], LAST)[0].needed
    assert needed >= 1
    for more, state in ((needed, "rising"), (needed - 1, "quiet")):
        struck = counts.copy()
        struck[0, -1] += more
        assert watch([cell(c) for c in struck], LAST)[0].state == state


def test_two_persons_never_alarm() -> None:
    counts = np.zeros((20, WEEKS))
    counts[:, 5] = 1
    counts[0, -1] = 2
    assert watch([cell(c) for c in counts], LAST)[0].state == "quiet"


def test_a_short_history_says_how_many_are_missing() -> None:
    # 20 of the 26 weeks needed, 1 person a week so far: 6 more.
    answer = watch([cell([1.0] * 20)], LAST)[0]
    assert (answer.state, answer.needed) == ("short", 6)


def test_nothing_is_too_little() -> None:
    assert watch([], LAST) == []
    assert [(a.state, a.week) for a in watch([[]], LAST)] == [("short", None)]


def test_a_product_nobody_speaks_of_any_more_is_quiet() -> None:
    counts, exposed = product([5] * 20), np.full(WEEKS, 100.0)
    counts[:, -20:], exposed[-20:] = 0, 0
    assert set(states(watch([cell(c, exposed) for c in counts], LAST))) == {"quiet"}


def test_the_open_week_is_not_looked_at() -> None:
    counts = product([5] * 20)
    later = [[*cell(c), WeekCount(LAST + timedelta(weeks=1), 90, 100)] for c in counts]
    assert watch(later, LAST) == watch([cell(c) for c in counts], LAST)


def test_months_spread_over_weeks_stay_quiet_and_still_find() -> None:
    rng = np.random.default_rng(6)
    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(29)]
    for factor, state in ((1, "quiet"), (5, "rising")):
        counts = rng.poisson(20, 29) * np.where(np.arange(29) < 27, 1, factor)
        dated = [WeekCount(m, float(c), 400) for m, c in zip(months, counts, strict=True)]
        assert watch([list(spread(dated))], date(2026, 5, 25))[0].state == state


def one_look(counts: Array) -> Look:
    return look(counts[None], np.ones((1, counts.shape[-1])), 0.0)


def test_scores_by_hand() -> None:
    counts = product([5] * 20)
    counts[0, -2:] = 12
    seen = one_look(counts)
    mean, variance = seen.expected[0, 0, 1], seen.variance[0, 0, 1]
    assert seen.observed[0, 0, 1] == 24
    assert mean == pytest.approx(10, rel=0.1)
    tail = nbinom.sf(23, mean**2 / (variance - mean), mean / variance)
    assert seen.rising()[0, 0, 1] == pytest.approx(-np.log10(tail / SHARES[2]))
    low = nbinom.cdf(24, mean**2 / (variance - mean), mean / variance)
    assert low > 0.5
    assert seen.falling()[0, 0, 1] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(1, 30), st.sampled_from([0.1, 1, 5]))
def test_more_mentions_are_more_surprising(seed: int, more: int, rate: float) -> None:
    counts = product([rate] * 5, seed)
    struck = counts.copy()
    struck[0, -1] += more
    before, after = one_look(counts), one_look(struck)
    assert (after.rising()[0, 0] >= before.rising()[0, 0] - 1e-9).all()
    assert (after.falling()[0, 0] <= before.falling()[0, 0] + 1e-9).all()
    assert after.rising()[0, 1:] == pytest.approx(before.rising()[0, 1:])
    assert (after.variance >= after.expected).all()
    assert after.observed.shape[-1] == len(WINDOWS)


def test_quiet_years_keep_the_budget() -> None:
    # 8 product-years: 0.8 onsets are the budget; five or more would have a chance of 0.1 %.
    rng, limit = np.random.default_rng(8), AlarmBudget(20).score
    counts, exposure = rng.poisson(2.0, (8, 20, 156)).astype(float), np.ones((8, 156))
    scores = [look(counts[..., :w], exposure[:, :w], 7.0 * w).rising().max(axis=-1) for w in range(105, 157)]
    alarm = np.stack(scores, axis=-1) >= limit
    assert alarm[..., 0].sum() + (alarm[..., 1:] & ~alarm[..., :-1]).sum() < 5


def test_the_order_of_the_cells_does_not_matter() -> None:
    counts = product([0.5, 5, 20, 1])
    forward, backward = (watch([cell(c) for c in rows], LAST) for rows in (counts, counts[::-1]))
    for one, other in zip(forward, reversed(backward), strict=True):
        assert (one.state, one.window, one.needed) == (other.state, other.window, other.needed)
        assert one.p_value == pytest.approx(other.p_value)


def test_weeks_may_be_absent_and_in_any_order() -> None:
    counts, exposed = product([5] * 20), np.full(WEEKS, 100.0)
    counts[:, 50:55], exposed[50:55] = 0, 0
    whole = [cell(c, exposed) for c in counts]
    sparse = [[w for w in reversed(c) if w.exposed] for c in whole]
    assert watch(sparse, LAST) == watch(whole, LAST)


def test_more_cells_make_each_alarm_harder() -> None:
    counts = product([5] * 20)
    few, many = watch([cell(c) for c in counts], LAST)[0], watch([cell(c) for c in np.tile(counts, (10, 1))], LAST)[0]
    assert many.limit == pytest.approx(few.limit / 10)
    assert many.needed >= few.needed
