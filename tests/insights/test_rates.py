from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.rates import change_p_value, jeffreys


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


def test_change_against_hand_computed_value() -> None:
    # Fisher's tea tasting: 3 of 4 against 1 of 4 gives 34/70 two-sided.
    assert change_p_value(1, 4, 3, 4) == pytest.approx(34 / 70)
    assert change_p_value(0, 0, 3, 4) == 1.0
