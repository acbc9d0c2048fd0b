"""Weekly counts of products, quiet and with planted outbreaks, like those in dated reviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CELLS, HISTORY, YEAR = 20, 104, 52
#: Weeks before the end of the history in which methods with a memory already run.
RUN_IN = 26


@dataclass(frozen=True)
class Scenario:
    """How counts come about; logs of rates, per year where of time.

    Attributes:
        name: For the table.
        dispersion: Variance over mean of a week's count around its rate.
        trend: Common trend.
        season: Amplitude of the common season, its phase different in every product.
        own_trend: Standard deviation of the trends of single cells.
        own_season: Amplitude of the seasons of single cells, each with a phase of its own.
        exposure: constant | changing (a season of 1 to 5, growth by half a year, and a step of 2 at any time).
    """

    name: str
    dispersion: float = 1.0
    trend: float = 0.0
    season: float = 0.0
    own_trend: float = 0.0
    own_season: float = 0.0
    exposure: str = "constant"


PLAIN = Scenario("Poisson, constant")
SCENARIOS = (
    PLAIN,
    Scenario("over-dispersed 1.5", dispersion=1.5),
    Scenario("over-dispersed 2", dispersion=2),
    Scenario("trend +30 % a year", trend=0.3),
    Scenario("trend -30 % a year", trend=-0.3),
    Scenario("season ±30 %", season=0.3),
    Scenario("cells' own trends, seasons", own_trend=0.1, own_season=0.2),
    Scenario("changing exposure", exposure="changing"),
    Scenario("all of these", 1.5, 0.15, 0.2, 0.1, 0.1, "changing"),
)
#: Mentions a week and cell at an exposure of 1; mixed: 20, 10, 6.7, … 1, as parts share complaints.
RATES: dict[str, Array] = {
    "0.5": np.full(CELLS, 0.5),
    "1": np.full(CELLS, 1.0),
    "5": np.full(CELLS, 5.0),
    "20": np.full(CELLS, 20.0),
    "20 to 0.1": 20.0 * np.geomspace(1, 0.005, CELLS),
}


@dataclass(frozen=True)
class Simulated:
    """Counts (products, cells, weeks), exposure (products, weeks) and the rates without outbreak, history first."""

    counts: Array
    exposure: Array
    quiet: Array


def simulate(
    rng: np.random.Generator, scenario: Scenario, base: Array, products: int, weeks: int, factors: Array | None = None
) -> Simulated:
    """Draw products.

    Args:
        rng: Random numbers.
        scenario: How the counts come about.
        base: Mentions a week of each cell.
        products: Products to draw.
        weeks: Weeks after the history.
        factors: By how much each cell's rate is multiplied after the history.
    """
    week = np.arange(HISTORY + weeks)
    time, angle = (week - HISTORY) / 52.18, 2 * np.pi * week / 52.18
    phase, own_phase = (rng.uniform(0, 2 * np.pi, (products, cells, 1)) for cells in (1, len(base)))
    trend = scenario.trend + rng.normal(0, scenario.own_trend, (products, len(base), 1))
    log_rate = trend * time + scenario.season * np.sin(angle + phase) + scenario.own_season * np.sin(angle + own_phase)
    exposure = np.ones((products, len(week)))
    if scenario.exposure == "changing":
        swing = 0.8 * np.sin(angle + rng.uniform(0, 2 * np.pi, (products, 1)))
        step = np.log(2) * (week >= rng.integers(0, len(week), (products, 1)))
        exposure = np.exp(swing + 0.4 * time + step - step[:, :HISTORY].mean(axis=1, keepdims=True))
    quiet = base[:, None] * np.exp(log_rate) * exposure[:, None, :]
    rates = quiet.copy()
    if factors is not None:
        rates[:, :, HISTORY:] *= factors[:, None]
    over = scenario.dispersion - 1
    counts = rng.negative_binomial(rates / over, 1 / (1 + over)) if over else rng.poisson(rates)
    return Simulated(counts.astype(np.float64), exposure, quiet)
