"""What a count would be if nothing had happened: a robust quasi-Poisson model of weekly counts with exposure.

The model is that of outbreak surveillance (Farrington, Andrews, Beale and Catchpole, "A Statistical Algorithm
for the Early Detection of Outbreaks of Infectious Disease", JRSS A 159, 1996; Noufaily et al., "An improved
algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine 32, 2013):
log-linear in time, over-dispersed, past outbreaks down-weighted. Three things differ. Exposure is an offset.
Trend, season and dispersion are estimated per product, and a cell departs from them as far as its own counts
carry it. And none of them is switched on or off by a test or by the length of the history: they have normal
priors, so that what the data cannot tell yet stays in the variance of the forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Days of a mean year, for the angle of the season and the scale of the trend.
YEAR: Final = 365.25
#: Prior standard deviations of a product's trend (log rate per year) and of sine and cosine of its season (log
#: rate). `benchmarks/signals.py --rates` measures, in dated reviews, the ranges that these cover.
TREND: Final = 0.25
SEASON: Final = 0.15
#: The same of a cell around its product, before the cells have shown how much they differ; and the weight of
#: this belief, in cells.
APART: Final = 0.15
APART_CELLS: Final = 4.0
#: Pseudo-count on the level: Jeffreys' prior of a Poisson rate. A part never named is rare, not impossible.
PSEUDO_COUNT: Final = 0.5
#: Standardised residual above which a stretch of the past counts as an outbreak (Noufaily et al. use 2.58 for
#: single weeks; on stretches that cuts the tail of ordinary over-dispersion).
OUTBREAK: Final = 3.3
#: Weeks taken together for that residual: an outbreak lasts, a clump of reviews does not.
STRETCH: Final = 5
#: Weight, in weeks, of the product's dispersion when that of one cell is estimated.
POOLED_WEEKS: Final = 300.0

_ROUNDS, _STEPS, _LARGEST_STEP, _TINY = 3, 2, 1.5, 1e-9


@dataclass(frozen=True)
class Baseline:
    """Fitted models of the cells of products.

    Attributes:
        coefficients: Level, trend, sine, cosine: (products, cells, 4). The level is that at day 0 of the design.
        covariance: Their covariance, dispersion included: (products, cells, 4, 4).
        dispersion: Variance over mean of a week's count, at least 1: (products, cells).
    """

    coefficients: Array
    covariance: Array
    dispersion: Array

    def expected(self, exposure: Array, columns: Array) -> Array:
        """Expected counts, (products, cells, weeks).

        Args:
            exposure: Exposure, (products, weeks).
            columns: :func:`design` of the weeks.
        """
        expected: Array = exposure[:, None, :] * np.exp(self.coefficients @ columns.T)
        return expected


def design(days: Array, phase: Array) -> Array:
    """Columns of the model: level, trend, and one harmonic of the year.

    Args:
        days: Days since the origin of the trend, negative for the past.
        phase: Days since any New Year, for the season.

    Returns:
        One row a day given: 1, years since the origin, sine, cosine.
    """
    angle = 2 * np.pi * phase / YEAR
    return np.column_stack([np.ones_like(angle), days / YEAR, np.sin(angle), np.cos(angle)])


def fit(counts: Array, exposure: Array, columns: Array) -> Baseline:
    """Fit the products' common trend and season, and then every cell around them.

    Args:
        counts: Counts, (products, cells, weeks).
        exposure: Exposure, (products, weeks); weeks of 0 say nothing and are ignored.
        columns: :func:`design` of the weeks.

    Returns:
        The models.
    """
    together = _fit(counts.sum(axis=1, keepdims=True), exposure, columns, np.zeros((len(counts), 1, 4)), learn=False)
    centre = np.broadcast_to(together.coefficients, (*counts.shape[:2], 4))
    return _fit(counts, exposure, columns, centre, learn=True)


def _fit(counts: Array, exposure: Array, columns: Array, centre: Array, *, learn: bool) -> Baseline:
    """Maximise the quasi-likelihood with the priors by Newton steps, in turn with dispersion, weights and priors."""
    products, cells, weeks = counts.shape
    rows, exposed = counts.reshape(-1, weeks), np.repeat(exposure, cells, axis=0)
    centre = centre.reshape(-1, 4) * (0, 1, 1, 1)
    coefficients = centre.copy()
    unit = exposed * np.exp(coefficients @ columns.T)
    coefficients[:, 0] = np.log((rows.sum(axis=1) + PSEUDO_COUNT) / np.maximum(unit.sum(axis=1), _TINY))
    weights, dispersion = np.where(exposed > 0, 1.0, 0.0), np.ones(len(rows))
    variance = np.tile([APART**2] * 3 if learn else [TREND**2, SEASON**2, SEASON**2], (len(rows), 1))
    for _ in range(_ROUNDS):
        # A quasi-likelihood weighs 1/dispersion against the prior.
        pull = dispersion[:, None] * np.pad(1 / variance, ((0, 0), (1, 0)))
        for _ in range(_STEPS):
            mean = exposed * np.exp(coefficients @ columns.T)
            information = _information(weights * mean, columns, pull)
            gradient = (weights * (rows - mean)) @ columns - pull * (coefficients - centre)
            gradient[:, 0] += PSEUDO_COUNT
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
            coefficients += np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        mean = exposed * np.exp(coefficients @ columns.T)
        dispersion = _dispersion(rows, mean, weights, cells)
        weights = np.where(exposed > 0, _weights(rows, mean, dispersion), 0.0)
        covariance = dispersion[:, None, None] * np.linalg.inv(information)
        if learn:
            variance = _apart(coefficients - centre, covariance, cells)
    shape = products, cells
    return Baseline(
        coefficients.reshape(*shape, 4), covariance.reshape(*shape, 4, 4), dispersion.reshape(shape)
    )  # fmt: skip


def _apart(departures: Array, covariance: Array, cells: int) -> Array:
    """How far the cells of a product depart from it: one EM step of a normal random effect.

    Laird and Ware, "Random-Effects Models for Longitudinal Data", Biometrics 38, 1982, section 4.
    """
    squares = (departures**2 + np.diagonal(covariance, axis1=1, axis2=2))[:, 1:]
    trend = _of_product(squares[:, 0], cells) / cells
    season = _of_product(squares[:, 1:].mean(axis=1), cells) / cells
    seen = np.column_stack([trend, season, season])
    variance: Array = (APART_CELLS * APART**2 + cells * seen) / (APART_CELLS + cells)
    return variance


def _information(weight: Array, columns: Array, pull: Array) -> Array:
    squares = (columns[:, :, None] * columns[:, None, :]).reshape(len(columns), 16)
    information: Array = (weight @ squares).reshape(-1, 4, 4) + pull[:, :, None] * np.eye(4)
    information[:, 0, 0] += _TINY
    return information


def _dispersion(counts: Array, mean: Array, weights: Array, cells: int) -> Array:
    """Variance over mean: the product's, raised by its standard error, and the cell's drawn towards it.

    The estimate is the ratio of sums (squared residuals over means, with n/(n-4)), which tiny means cannot
    upset as they do Pearson's. Its variance is that for a negative binomial with variance φμ, whose fourth
    cumulant is μφ(6φ²-6φ+1): φ(6φ²-6φ+1)/Σμ + 2φ²/n.
    """
    weeks = weights.sum(axis=1)
    freedom = np.maximum(weeks - 4, 1)
    squares = (weights * (counts - mean) ** 2).sum(axis=1)
    means = np.maximum((weights * mean).sum(axis=1) * freedom / np.maximum(weeks, 1), _TINY)
    all_means, all_freedom = _of_product(means, cells), _of_product(freedom, cells)
    product = np.maximum(_of_product(squares, cells) / all_means, 1)
    tail = 6 * product**2 - 6 * product + 1
    product = product + np.sqrt(product * tail / all_means + 2 * product**2 / all_freedom)
    # The same variance, in units of that of one week with a large mean: a sparse cell knows less.
    worth = freedom / (1 + tail / (2 * product) * freedom / means)
    drawn: Array = (POOLED_WEEKS * product + worth * squares / means) / (POOLED_WEEKS + worth)
    return np.maximum(drawn, 1)


def _of_product(values: Array, cells: int) -> Array:
    sums: Array = np.repeat(values.reshape(-1, cells).sum(axis=1), cells)
    return sums


def _weights(counts: Array, mean: Array, dispersion: Array) -> Array:
    """1, or the inverse square of the Anscombe residual where a week's surroundings are an outbreak."""
    observed, expected = _stretch(counts), np.maximum(_stretch(mean), _TINY)
    spread = np.broadcast_to(np.sqrt(dispersion)[:, None], observed.shape)
    # Anscombe's residual is never above Pearson's, and is dear.
    high = observed - expected > OUTBREAK * spread * np.sqrt(expected)
    observed, expected, spread = observed[high], expected[high], spread[high]
    residual = 1.5 * (np.cbrt(observed) ** 2 - np.cbrt(expected) ** 2) / (spread * expected ** (1 / 6))
    weights = np.ones_like(mean)
    weights[high] = np.where(residual > OUTBREAK, np.maximum(residual, OUTBREAK) ** -2.0, 1.0)
    return weights


def _stretch(series: Array) -> Array:
    """Sums over the surroundings of each week, as far as they reach."""
    half, weeks = STRETCH // 2, series.shape[1]
    sums = series.copy()
    for shift in range(1, min(half, weeks - 1) + 1):
        sums[:, shift:] += series[:, :-shift]
        sums[:, :-shift] += series[:, shift:]
    return sums
