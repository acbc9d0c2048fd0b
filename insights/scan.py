"""One weekly look at many cells: how surprising are the last 1, 2, 3, … weeks, taken together?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from insights.alarm_budget import LEAST_PERSONS, SHARES
from insights.baseline import Array, Baseline, design, fit

WINDOWS: Final = tuple(SHARES)
#: Newest weeks that the baseline leaves out, so that an outbreak does not become its own expectation.
LEFT_OUT: Final = max(WINDOWS)
#: Weeks of the past that the baseline sees at most; older ones say little of today.
LONGEST_HISTORY: Final = 156
#: Relative standard error of a forecast beyond what the model knows: no real rate is exactly log-linear.
MODEL_ERROR: Final = 0.03

_FLOOR, _TINY = 1e-300, 1e-9
_SHARES = np.array(tuple(SHARES.values()))


@dataclass(frozen=True)
class Look:
    """One look at the newest week of some series.

    Attributes:
        observed: Counts of the last 1, 2, 3, … weeks of :data:`WINDOWS`: (products, cells, windows).
        expected: What the baseline expects there.
        variance: Of the count around it: dispersion, and the error of the forecast.
        baseline: The fitted models.
        history: Expected counts of all weeks looked at, the newest last: (products, cells, weeks).
    """

    observed: Array
    expected: Array
    variance: Array
    baseline: Baseline
    history: Array

    def rising(self) -> Array:
        """Scores (products, cells, windows): -log10 of the tail probability over the window's share.

        0 where the count is not above expectation or from fewer than the least persons.
        """
        high = (self.observed > self.expected) & (self.observed >= LEAST_PERSONS)
        return self._scores(high, upper=True)

    def falling(self) -> Array:
        """Scores of a count as low as this, like those of :meth:`rising`."""
        return self._scores(self.observed < self.expected, upper=False)

    def _scores(self, where: NDArray[np.bool_], *, upper: bool) -> Array:
        scores, share = np.zeros_like(self.observed), np.broadcast_to(_SHARES, self.observed.shape)[where]
        mean, variance, count = self.expected[where], self.variance[where], self.observed[where]
        # Negative binomial with this mean and variance; its tail is an incomplete beta function.
        size, chance = mean**2 / (variance - mean), 1 - mean / variance
        tail = betainc(count, size, chance) if upper else betainc(size, count + 1, 1 - chance)
        scores[where] = np.maximum(np.log10(share) - np.log10(np.maximum(tail, _FLOOR)), 0)
        return scores


def look(counts: Array, exposure: Array, phase: float) -> Look:
    """Look at the newest week.

    The baseline is fitted to the weeks before the last :data:`LEFT_OUT`; a stretch of weeks is compared with a
    negative binomial whose variance adds dispersion (φm), the covariance of the coefficients (delta method)
    and :data:`MODEL_ERROR`.

    Args:
        counts: Weekly counts, (products, cells, weeks), oldest first; more weeks than :data:`LEFT_OUT`.
        exposure: Weekly exposure, (products, weeks).
        phase: Days from New Year to the newest week, for the season.

    Returns:
        The look.
    """
    counts, exposure = counts[..., -LEFT_OUT - LONGEST_HISTORY :], exposure[..., -LEFT_OUT - LONGEST_HISTORY :]
    days = 7.0 * np.arange(1 - counts.shape[-1], 1)
    columns = design(days, days + phase)
    baseline = fit(counts[..., :-LEFT_OUT], exposure[..., :-LEFT_OUT], columns[:-LEFT_OUT])
    history = baseline.expected(exposure, columns)
    recent, last = history[..., : -LEFT_OUT - 1 : -1], np.array(WINDOWS) - 1
    mean = np.maximum(np.cumsum(recent, axis=-1)[..., last], _TINY)
    slopes = np.cumsum(recent[..., None] * columns[: -LEFT_OUT - 1 : -1], axis=-2)[..., last, :]
    of_model = np.einsum("pcwi,pcij,pcwj->pcw", slopes, baseline.covariance, slopes, optimize=True)
    counted = np.cumsum(recent + _excess(history, baseline.dispersion), axis=-1)[..., last]
    variance = counted + of_model + (MODEL_ERROR * mean) ** 2
    observed = np.cumsum(counts[..., : -LEFT_OUT - 1 : -1], axis=-1)[..., last]
    return Look(observed, mean, np.maximum(variance, mean * (1 + 1e-6)), baseline, history)


def _excess(history: Array, dispersion: Array) -> Array:
    """Variance of the newest weeks' counts beyond Poisson, newest first.

    Whether variance over mean stays (negative binomial 1) or grows with the mean (negative binomial 2) when
    exposure changes cannot be told from such counts; the larger is taken.
    """
    past, recent = history[..., :-LEFT_OUT], history[..., : -LEFT_OUT - 1 : -1]
    usual = (past**2).sum(axis=-1, keepdims=True) / np.maximum(past.sum(axis=-1, keepdims=True), _TINY)
    growth = np.maximum(recent / np.maximum(usual, _TINY), 1)
    excess: Array = (dispersion[..., None] - 1) * recent * growth
    return excess
