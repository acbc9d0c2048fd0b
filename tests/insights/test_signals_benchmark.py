"""The figures of the benchmark of signals are counted as it says."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays


@pytest.fixture(scope="module")
def signals() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[2] / "benchmarks")
        return importlib.import_module("signals")


def test_the_limit_is_that_of_the_issue(signals: ModuleType) -> None:
    assert signals.exact_limit(5, 3)[:3] == pytest.approx([0.43, 0.84, 0.98], abs=0.006)


def test_an_alarm_that_goes_on_begins_once(signals: ModuleType) -> None:
    scores = np.array([[[1.0, 5, 5, 1, 5], [5, 5, 5, 5, 5], [1, 1, 1, 1, 1]]])
    assert signals.begins(scores, 5) == 3


@given(arrays.arrays(float, (2, 3, 20), elements=st.integers(0, 6)))
def test_a_tuned_threshold_keeps_the_budget(signals: ModuleType, scores: np.ndarray) -> None:
    threshold = signals.tuned(scores, 10)
    assert signals.begins(scores, threshold) <= 1


def test_found_counts_every_run_so_far(signals: ModuleType) -> None:
    share, median, outbreaks = signals.found(np.array([[[0.0, 2, 0, 0], [0, 0, 0, 2], [0, 2, 2, 2]]]), 1)
    assert share == pytest.approx([0, 2 / 3, 2 / 3, 1])
    assert (median, outbreaks) == (2, 3)


def test_planted_outbreaks_multiply_the_rate(signals: ModuleType) -> None:
    rng = np.random.default_rng(1)
    drawn = signals.simulate(rng, signals.PLAIN, signals.RATES["5"], 50, 13, signals.PLANTED)
    after = drawn.counts[..., 104:].mean(axis=(0, 2)).reshape(4, 5).mean(axis=1)
    assert after == pytest.approx([7.5, 10, 15, 35], rel=0.05)
    assert drawn.counts[..., :104].mean() == pytest.approx(5, rel=0.02)


@pytest.mark.parametrize("scenario", range(9))
def test_every_method_scores_every_week(signals: ModuleType, scenario: int) -> None:
    drawn = signals.simulate(np.random.default_rng(2), signals.SCENARIOS[scenario], signals.RATES["1"], 2, 3)
    for method in (*signals.METHODS, signals.known(3.0)):
        scores = method.score(drawn)
        assert scores.shape == (2, 20, 3), method.name
        assert np.isfinite(scores).all(), method.name
