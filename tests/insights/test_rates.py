from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.rates import jeffreys, trend_p_value


def test_known_jeffreys_interval() -> None:
    # Brown, Cai and DasGupta (2001), table 5: n = 10, x = 1 and x = 5.
    one, five = jeffreys(1, 10), jeffreys(5, 10)
    assert (round(one.low, 3), round(one.high, 3)) == (0.011, 0.381)
    assert (round(five.low, 3), round(five.high, 3)) == (0.224, 0.776)


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_rate(counts: tuple[int, int]) -> None:
    successes, trials = counts
    rate = jeffreys(successes, trials)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    if trials:
        mirror = jeffreys(trials - successes, trials)
        assert rate.low == pytest.approx(1 - mirror.high, abs=1e-9)


@given(st.integers(1, 60), st.integers(2, 5))
def test_more_data_narrows(successes: int, factor: int) -> None:
    few, many = jeffreys(successes, successes * 3), jeffreys(successes * factor, successes * 3 * factor)
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize("counts", [(3, 2), (-1, 4)])
def test_contradicting_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no share"):
        jeffreys(*counts)


def test_trend_against_a_computed_value() -> None:
    # Two groups: the trend test is the two-sample test of shares with pooled variance.
    statistic, p_value = trend_p_value([8, 16], [40, 40])
    assert statistic == pytest.approx((0.4 - 0.2) / (0.3 * 0.7 * (1 / 40 + 1 / 40)) ** 0.5)
    assert p_value == pytest.approx(0.0510, abs=1e-4)


def test_trend_has_a_direction_and_says_nothing_without_data() -> None:
    assert trend_p_value([1, 2, 4, 9], [20, 20, 20, 20])[0] > 0
    assert trend_p_value([9, 4, 2, 1], [20, 20, 20, 20])[0] < 0
    assert trend_p_value([], []) == trend_p_value([0, 0], [5, 5]) == trend_p_value([3], [9]) == (0.0, 1.0)
