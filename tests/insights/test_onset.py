from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.onset import change_point


def test_a_clear_change_is_dated() -> None:
    found = change_point([2] * 20 + [20] * 6, [1] * 26)
    assert found is not None
    assert (found.at, found.low, found.high) == (20, 20, 20)
    assert found.factor == pytest.approx(10)


def test_likelihood_by_hand() -> None:
    # Counts 1 | 1 3: a change before week 2 gains 2 log 1 + 3 log 3, before week 1 gains 4 log 2 + 0: 3.30 > 2.77.
    # The loss of 0.52 is within -log(1 - sqrt(0.95)) = 3.68, so both weeks are possible.
    found = change_point([1, 1, 3], [1, 1, 1])
    assert found is not None
    assert (found.at, found.low, found.high) == (2, 1, 2)
    assert found.factor == pytest.approx(3)


def test_exposure_is_not_a_change() -> None:
    found = change_point([5] * 10 + [50] * 5 + [200] * 5, [1] * 10 + [10] * 10)
    assert found is not None
    assert found.at == 15


def test_weeks_without_exposure_widen_the_interval() -> None:
    found = change_point([2] * 20 + [0] * 4 + [20] * 6, [1] * 20 + [0] * 4 + [1] * 6)
    assert found is not None
    assert (found.low, found.high) == (20, 24)


@pytest.mark.parametrize(("counts", "exposure"), [([], []), ([3], [1]), ([0, 0], [1, 1]), ([1, 2], [0, 1])])
def test_nothing_to_date(counts: list[float], exposure: list[float]) -> None:
    assert change_point(counts, exposure) is None


def test_series_that_contradict_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        change_point([1, 2], [1])
    with pytest.raises(ValueError, match="not negative"):
        change_point([1, -2], [1, 1])


def test_coverage_of_the_interval() -> None:
    rng, held, runs = np.random.default_rng(5), 0, 400
    for _ in range(runs):
        found = change_point(rng.poisson([4] * 30 + [9] * 12).tolist(), [1.0] * 42)
        assert found is not None
        held += found.low <= 30 <= found.high
    assert held / runs >= 0.94


series = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), min_size=2, max_size=30)


@given(series, st.floats(1, 5))
def test_interval_holds_the_estimate_and_grows_with_dispersion(weeks: list[tuple[int, int]], more: float) -> None:
    counts, exposure = [float(c) for c, _ in weeks], [float(e) for _, e in weeks]
    found, wider = change_point(counts, exposure), change_point(counts, exposure, dispersion=more)
    if found is None or wider is None:
        assert sum(counts) == 0
        return
    assert 1 <= wider.low <= found.low <= found.at <= found.high <= wider.high < len(weeks)
