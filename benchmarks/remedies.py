"""The effect of a remedy: how often is one seen where there is none, and found where there is?

Simulates the weekly counts of a product with six defects, publishes a remedy of the first one, and compares the weeks after
with the forecast. Published is at the worst moment: after the eight weeks of the year with the most complaints. Beside it
the plain comparison: the rate after over that of the eight weeks before.

Usage: python benchmarks/remedies.py [--runs N]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

import numpy as np

from insights.remedy_effect import Effect, effect
from insights.weeks import WeekCount

START = date(2023, 1, 2)
BEFORE, SEARCHED, OTHERS = 8, 52, 5


@dataclass(frozen=True)
class Scenario:
    """Persons a week, what happens, and what the remedy does to the rate.

    Attributes:
        history: Weeks before the year in which it is published.
        trend: Growth a year, as log rate.
        raised: The rate of the last weeks before the publication, as a multiple.
        lasted: How many weeks it was raised.
        stays: Without the remedy it would stay raised; else it passes by itself.
        effect: The rate with the remedy over that without.
    """

    title: str
    base: float = 5.0
    history: int = 104
    after: int = 26
    dispersion: float = 1.0
    trend: float = 0.0
    raised: float = 1.0
    lasted: int = 0
    stays: bool = False
    effect: float = 1.0


QUIET = Scenario("no effect")
SCENARIOS = (
    QUIET,
    replace(QUIET, title="1 a week", base=1),
    replace(QUIET, title="20 a week", base=20),
    replace(QUIET, title="half a year of history", history=0, after=26),
    replace(QUIET, title="over-dispersed 2", dispersion=2),
    replace(QUIET, title="trend +30 % a year", trend=0.26),
    replace(QUIET, title="trend -30 % a year", trend=-0.36),
    replace(QUIET, title="3× for 4 weeks, passes by itself", raised=3, lasted=4),
    replace(QUIET, title="3× for 8 weeks, passes by itself", raised=3, lasted=8),
    replace(QUIET, title="2× for 12 weeks, passes by itself", raised=2, lasted=12),
    replace(QUIET, title="3× for 26 weeks, stays", raised=3, lasted=26, stays=True),
    replace(QUIET, title="halved", effect=0.5),
    replace(QUIET, title="halved, 13 weeks after", effect=0.5, after=13),
    replace(QUIET, title="halved, 1 a week", base=1, effect=0.5),
    replace(QUIET, title="3× for 26 weeks, then halved", raised=3, lasted=26, stays=True, effect=0.5),
    replace(QUIET, title="3× for 8 weeks, then a quarter of the usual", raised=3, lasted=8, effect=0.25),
)


def simulate(of: Scenario, chance: np.random.Generator) -> tuple[Effect, float]:
    """One product: the effect that is found, and the plain ratio of after and before."""
    weeks = of.history + (26 if of.history == 0 else SEARCHED) + of.after
    rate = of.base * np.exp(of.trend * np.arange(weeks) / 52)
    counts = _draw(rate, of.dispersion, chance)
    at = weeks - of.after
    if of.raised == 1 and of.history:
        sums = np.convolve(counts[: weeks - of.after], np.ones(BEFORE), "valid")
        at = int(sums[of.history - BEFORE :].argmax()) + of.history
    counts = counts[: at + of.after]
    changed = rate[: at + of.after].copy()
    changed[at - of.lasted : at] *= of.raised
    changed[at:] *= of.effect * (of.raised if of.stays else 1)
    for part, new in ((slice(at - of.lasted, at), of.raised != 1), (slice(at, None), of.effect != 1 or of.stays)):
        if new:
            counts[part] = _draw(changed[part], of.dispersion, chance)
    others = _draw(np.tile(rate[: len(counts)], (OTHERS, 1)), of.dispersion, chance)
    cells = [
        [WeekCount(START + timedelta(weeks=n), float(c), 20.0 * of.base) for n, c in enumerate(row)]
        for row in [counts, *others]
    ]
    found = effect(cells, START + timedelta(weeks=at), START + timedelta(weeks=len(counts) - 1))
    assert found is not None  # noqa: S101  weeks after are always there
    return found, float(counts[at:].mean() / max(counts[at - BEFORE : at].mean(), 1 / BEFORE))


def _draw(rate: np.ndarray, dispersion: float, chance: np.random.Generator) -> np.ndarray:
    if dispersion == 1:
        return chance.poisson(rate)
    return chance.negative_binomial(rate / (dispersion - 1), 1 / dispersion)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="products a scenario")
    runs = parser.parse_args().runs
    print(
        "| 5 a week, 2 to 3 years of history | true | interval holds it | *fewer* | *more* | median ratio | plain comparison |"
    )
    print("|---|---|---|---|---|---|---|")
    for number, scenario in enumerate(SCENARIOS):
        chance = np.random.default_rng(number)
        drawn = [simulate(scenario, chance) for _ in range(runs)]
        found = [one for one, _ in drawn if one.ratio is not None]
        held = sum(one.ratio_low <= scenario.effect <= one.ratio_high for one in found) / max(len(found), 1)
        said = [one.verdict for one, _ in drawn]
        print(
            f"| {scenario.title} | {scenario.effect:g} | {held:.2f} | {said.count('fewer') / runs:.2f} | "
            f"{said.count('more') / runs:.2f} | {median(one.ratio for one in found):.2f} | "
            f"{median(plain for _, plain in drawn):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
