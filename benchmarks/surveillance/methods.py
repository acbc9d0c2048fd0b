"""Ways to raise an alarm. Each gives scores (products, cells, weeks after the history): alarm at a threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from surveillance.simulate import CELLS, HISTORY, RUN_IN, Array, Simulated

from insights.alarm_budget import AlarmBudget
from insights.scan import look

Score = Callable[[Simulated], Array]


@dataclass(frozen=True)
class Method:
    """A score, and the threshold that was published for it (none: only tuned)."""

    name: str
    score: Score
    published: float | None


def ours(drawn: Simulated, history: int = HISTORY) -> Array:
    """Kundenecho: :func:`insights.scan.look` at every week, with so many weeks of history."""
    return np.stack(list(_looks(drawn, HISTORY - history)), axis=-1)


def _looks(drawn: Simulated, first: int) -> Iterator[Array]:
    for week in range(HISTORY + 1, drawn.counts.shape[-1] + 1):
        seen = look(drawn.counts[..., first:week], drawn.exposure[:, first:week], 7.0 * (week - 1))
        yield seen.rising().max(axis=-1)


def last_week(drawn: Simulated) -> Array:
    """A multiple of last week, from 3 mentions on."""
    now, before = drawn.counts[..., HISTORY:], drawn.counts[..., HISTORY - 1 : -1]
    return np.where(now >= 3, now / np.maximum(before, 1), 0)


def ears_c2(drawn: Simulated) -> Array:
    """EARS C2 on weeks: standard deviations over the mean of seven weeks, two weeks between.

    Hutwagner et al., "The bioterrorism preparedness and response Early Aberration Reporting System (EARS)", Journal
    of Urban Health 80, 2003. The deviation is at least 0.5, as Burkom suggests for sparse counts.
    """
    weeks = range(HISTORY, drawn.counts.shape[-1])
    past = np.stack([drawn.counts[..., week - 9 : week - 2] for week in weeks], axis=-2)
    spread = np.maximum(past.std(axis=-1, ddof=1), 0.5)
    return (drawn.counts[..., HISTORY:] - past.mean(axis=-1)) / spread


def _cusum(steps: Array) -> Array:
    level, levels = np.zeros(steps.shape[:-1]), np.empty_like(steps)
    for week in range(steps.shape[-1]):
        level = np.maximum(level + steps[..., week], 0)
        levels[..., week] = level
    return levels[..., RUN_IN:]


def _usual(drawn: Simulated) -> Array:
    """Expected counts since the run-in, at the mean rate of the history."""
    rate = drawn.counts[..., :HISTORY].sum(axis=-1) / drawn.exposure[:, None, :HISTORY].sum(axis=-1)
    return np.maximum(rate, 1e-3)[..., None] * drawn.exposure[:, None, HISTORY - RUN_IN :]


def cusum_rossi(drawn: Simulated) -> Array:
    """Poisson CUSUM of Rossi, Lampugnani and Marchi (Statistics in Medicine 18, 1999), k = 1.04."""
    count, mean = drawn.counts[..., HISTORY - RUN_IN :], _usual(drawn)
    normal = (count - 3 * mean + 2 * np.sqrt(mean * count)) / (2 * np.sqrt(mean))
    return _cusum(normal - 1.04)


def cusum_lucas(drawn: Simulated) -> Array:
    """Poisson CUSUM built for a tripling (Lucas, "Counted Data CUSUM's", Technometrics 27, 1985)."""
    mean = _usual(drawn)
    return _cusum(drawn.counts[..., HISTORY - RUN_IN :] - mean * 2 / np.log(3))


def farrington(drawn: Simulated) -> Array:
    """Farrington et al. (JRSS A 159, 1996): seven weeks around this one in each of two years before.

    Over-dispersed Poisson with exposure, reweighted by Anscombe residuals above 1, limit on the 2/3 power scale;
    no trend (it asks for three years), and none below five mentions in four weeks. The score is the normal
    quantile at which the limit would equal the count.
    """
    return np.stack([_farrington(drawn, week) for week in range(HISTORY, drawn.counts.shape[-1])], axis=-1)


def _farrington(drawn: Simulated, week: int) -> Array:
    past = [week - 52 * back + shift for back in (1, 2) for shift in range(-3, 4)]
    past = [p for p in past if p >= 0]
    counts, exposure = drawn.counts[..., past], drawn.exposure[:, None, past]
    weights, freedom = np.ones_like(counts), len(past) - 1
    for _ in range(2):
        rate = (weights * counts).sum(axis=-1, keepdims=True) / (weights * exposure).sum(axis=-1, keepdims=True)
        mean = np.maximum(rate, 1e-3) * exposure
        dispersion = np.maximum((weights * (counts - mean) ** 2 / mean).sum(axis=-1) / freedom, 1)
        residual = (
            1.5
            * (np.cbrt(counts) ** 2 - np.cbrt(mean) ** 2)
            / (mean ** (1 / 6) * np.sqrt(dispersion[..., None] * (1 - 1 / len(past))))
        )
        weights = np.where(residual > 1, np.maximum(residual, 1) ** -2.0, 1)
        weights *= len(past) / weights.sum(axis=-1, keepdims=True)
    expected = mean[..., 0] / exposure[..., 0] * drawn.exposure[:, None, week]
    error = dispersion * expected**2 / (weights * mean).sum(axis=-1)
    power = (drawn.counts[..., week] / expected) ** (2 / 3) - 1
    score = 1.5 * power * expected / np.sqrt(dispersion * expected + error)
    return np.where(drawn.counts[..., week - 3 : week + 1].sum(axis=-1) >= 5, score, 0)


def known(factor: float) -> Method:
    """The limit when the start is unknown: the CUSUM of the likelihood ratio for known Poisson rates.

    Moustakides, "Optimal Stopping Times for Detecting Changes in Distributions", Annals of Statistics 14, 1986: of
    all methods with its false alarms none has a shorter delay in the worst case.
    """

    def score(drawn: Simulated) -> Array:
        weeks = slice(HISTORY - RUN_IN, None)
        return _cusum(np.log(factor) * drawn.counts[..., weeks] - (factor - 1) * drawn.quiet[..., weeks])

    return Method("known rates (limit)", score, None)


METHODS = (
    Method("Kundenecho", ours, AlarmBudget(CELLS).score),
    Method("multiple of last week", last_week, 2.0),
    Method("EARS C2", ears_c2, 3.0),
    Method("Poisson CUSUM (Rossi)", cusum_rossi, 2.26),
    Method("Poisson CUSUM for 3x (Lucas)", cusum_lucas, None),
    Method("Farrington 1996", farrington, 2.576),
)
