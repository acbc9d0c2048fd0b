from __future__ import annotations

import numpy as np
import pytest

from insights.baseline import Array, Baseline, design, fit

WEEKS = 104
DAYS = 7.0 * np.arange(1 - WEEKS, 1)
COLUMNS = design(DAYS, DAYS)
EVEN = np.ones((1, WEEKS))


def drawn(rate: float | Array, cells: int = 20, seed: int = 1, exposure: Array = EVEN) -> Array:
    return np.random.default_rng(seed).poisson(rate * exposure, (1, cells, WEEKS)).astype(float)


def level(fitted: Baseline) -> Array:
    return fitted.expected(EVEN, COLUMNS)[0, :, -1]


def test_an_even_rate_is_found() -> None:
    fitted = fit(drawn(5), EVEN, COLUMNS)
    assert level(fitted).mean() == pytest.approx(5, rel=0.1)
    assert fitted.dispersion.max() < 1.25


def test_a_constant_count_is_its_own_expectation() -> None:
    fitted = fit(np.full((1, 1, WEEKS), 5.0), EVEN, COLUMNS)
    assert level(fitted)[0] == pytest.approx(5, rel=0.01)
    assert fitted.dispersion[0, 0] >= 1


def test_exposure_is_an_offset() -> None:
    exposure = np.exp(np.sin(np.arange(WEEKS) / 5))[None]
    fitted = fit(drawn(5, exposure=exposure), exposure, COLUMNS)
    assert level(fitted).mean() == pytest.approx(5, rel=0.1)
    scaled = fit(drawn(5, exposure=exposure), exposure * 300, COLUMNS)
    assert level(scaled) * 300 == pytest.approx(level(fitted), rel=1e-3)


def test_trend_and_season_of_the_product_are_found() -> None:
    true = 20 * np.exp(0.3 * COLUMNS[:, 1] + 0.3 * COLUMNS[:, 2])
    fitted = fit(drawn(true), EVEN, COLUMNS)
    assert fitted.coefficients[0, :, 1:].mean(axis=0) == pytest.approx([0.3, 0.3, 0], abs=0.06)


def test_cells_of_their_own_season_are_believed_when_they_show_it() -> None:
    counts = drawn(20)
    counts[0, 3] = np.random.default_rng(2).poisson(20 * np.exp(0.4 * COLUMNS[:, 3]))
    fitted = fit(counts, EVEN, COLUMNS)
    assert fitted.coefficients[0, 3, 3] > 0.25
    assert np.abs(np.delete(fitted.coefficients[0, :, 3], 3)).max() < 0.1


def test_a_past_outbreak_hardly_counts() -> None:
    counts = drawn(5)
    struck = counts.copy()
    struck[0, 0, 30:38] *= 4
    assert level(fit(struck, EVEN, COLUMNS))[0] == pytest.approx(level(fit(counts, EVEN, COLUMNS))[0], rel=0.1)


def test_over_dispersion_is_found_and_shared() -> None:
    counts = np.random.default_rng(3).negative_binomial(5, 0.5, (1, 20, WEEKS)).astype(float)
    assert fit(counts, EVEN, COLUMNS).dispersion == pytest.approx(np.full((1, 20), 2.0), rel=0.3)


def test_a_short_history_is_less_sure() -> None:
    counts = drawn(5)
    long, short = fit(counts, EVEN, COLUMNS), fit(counts[..., -30:], EVEN[:, -30:], COLUMNS[-30:])
    assert (short.covariance[0, :, 0, 0] > long.covariance[0, :, 0, 0]).all()


@pytest.mark.parametrize("counts", [np.zeros((1, 3, WEEKS)), np.eye(3, WEEKS)[None] * 1e5])
def test_extremes_stay_finite(counts: Array) -> None:
    fitted = fit(counts, EVEN, COLUMNS)
    assert np.isfinite(fitted.expected(EVEN, COLUMNS)).all()
    assert np.isfinite(fitted.covariance).all()
    assert (fitted.expected(EVEN, COLUMNS) > 0).all()


def test_weeks_without_exposure_say_nothing() -> None:
    counts, exposure = drawn(5), EVEN.copy()
    exposure[0, 40:60] = 0
    counts[0, :, 40:60] = 0
    assert level(fit(counts, exposure, COLUMNS)).mean() == pytest.approx(5, rel=0.1)


def test_without_any_exposure_nothing_breaks() -> None:
    fitted = fit(np.zeros((1, 2, WEEKS)), np.zeros((1, WEEKS)), COLUMNS)
    assert np.isfinite(fitted.expected(np.zeros((1, WEEKS)), COLUMNS)).all()
