from __future__ import annotations

import pytest

from insights.trend import trend_p_value


def test_trend_against_a_computed_value() -> None:
    # Two groups: the trend test is the two-sample test of shares with pooled variance.
    statistic, p_value = trend_p_value([8, 16], [40, 40])
    assert statistic == pytest.approx((0.4 - 0.2) / (0.3 * 0.7 * (1 / 40 + 1 / 40)) ** 0.5)
    assert p_value == pytest.approx(0.0510, abs=1e-4)


def test_trend_has_a_direction_and_says_nothing_without_data() -> None:
    assert trend_p_value([1, 2, 4, 9], [20, 20, 20, 20])[0] > 0
    assert trend_p_value([9, 4, 2, 1], [20, 20, 20, 20])[0] < 0
    assert trend_p_value([], []) == trend_p_value([0, 0], [5, 5]) == trend_p_value([3], [9]) == (0.0, 1.0)
