"""How long a false alarm is shown: an alarm lasts as long as the newest weeks are above those before it.

Simulates quiet products of 20 defects as benchmarks/signals.py does, two years after 104 weeks of history, and prints
by scenario: alarms that begin per product-year; how many weeks each is shown, with and without lasting; and the share
of product-weeks in which at least one defect is shown as rising though nothing happens.

Usage: python benchmarks/held.py [--products N]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
from surveillance.simulate import CELLS, HISTORY, PLAIN, RATES, SCENARIOS, YEAR, Array, Scenario, simulate

from insights.alarm_budget import AlarmBudget
from insights.held import still_up
from insights.scan import look
from insights.surveillance import SINCE_WITHIN, Since, since_of
from insights.weeks import WeekCount

SHOWN = (PLAIN, SCENARIOS[1], SCENARIOS[6], SCENARIOS[-1])
WEEKS, PORTION = 2 * YEAR, 50
FIRST = date(2020, 1, 6)


def weeks_shown(counts: Array, exposure: Array) -> tuple[list[int], list[int], int, int]:
    """Weeks that each alarm is shown, alone and lasting, and product-weeks with any, of quiet products."""
    products, threshold = len(counts), AlarmBudget(CELLS).score
    alone: dict[tuple[int, int], list[int]] = defaultdict(list)
    since: dict[tuple[int, int], tuple[int, Since | None]] = {}
    lasting: list[list[int]] = []
    loud, loud_lasting = np.zeros((products, WEEKS), bool), np.zeros((products, WEEKS), bool)
    current: dict[tuple[int, int], list[int]] = {}
    for step in range(WEEKS):
        end = HISTORY + step + 1
        seen = look(counts[..., :end], exposure[:, :end], 7.0 * (end - 1))
        up, down = seen.rising().max(axis=-1), seen.falling().max(axis=-1)
        days = [FIRST + timedelta(weeks=n) for n in range(end)]
        for product, cell in zip(*np.nonzero(np.maximum(up, down) >= threshold), strict=True):
            at = (int(product), int(cell))
            if up[at] < down[at]:
                since[at] = (step, None)
                continue
            since[at] = (step, since_of(seen, counts[product, cell, :end], at, days))
            alone[at].append(step)
            loud[product, step] = True
        for at, (alarm, begin) in since.items():
            product, cell = at
            shown = alarm == step and begin is not None
            if not shown and begin is not None and step - alarm <= SINCE_WITHIN:
                pairs = zip(days, counts[product, cell, :end], exposure[product, :end], strict=True)
                shown = still_up([WeekCount(*pair) for pair in pairs], begin, days[-1])
            if not shown:
                current.pop(at, None)
                continue
            if at not in current:
                lasting.append([])
                current[at] = lasting[-1]
            current[at].append(step)
            loud_lasting[product, step] = True
    runs = [len(run) for steps in alone.values() for run in np.split(steps, np.flatnonzero(np.diff(steps) > 1) + 1)]
    return runs, [len(run) for run in lasting], int(loud.sum()), int(loud_lasting.sum())


def measure(scenario: Scenario, rate: str, products: int) -> str:
    """One line of the table."""
    rng = np.random.default_rng(20261126)
    alone: list[int] = []
    lasting: list[int] = []
    loud = loud_lasting = 0
    for done in range(0, products, PORTION):
        drawn = simulate(rng, scenario, RATES[rate], min(PORTION, products - done), WEEKS)
        # Exposure in persons: the test of two rates needs whole ones only for the counts.
        one, other, weeks, more = weeks_shown(drawn.counts, drawn.exposure * 1000)
        alone, lasting, loud, loud_lasting = alone + one, lasting + other, loud + weeks, loud_lasting + more
    onsets, every = len(alone) / products / (WEEKS / YEAR), products * WEEKS
    shown = " / ".join(f"{np.quantile(lasting, q):.0f}" for q in (0.5, 0.9)) if lasting else "–"
    before = " / ".join(f"{np.quantile(alone, q):.0f}" for q in (0.5, 0.9)) if alone else "–"
    return (
        f"| {scenario.name} | {rate} | {onsets:.3f} | {before} | {shown} | {100 * loud / every:.2f} |"
        f" {100 * loud_lasting / every:.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=200, help="quiet products a line, each for two years")
    products = parser.parse_args().products
    print("| quiet scenario | a week | alarms a product-year | weeks alone | weeks lasting | % alone | % lasting |")
    print("|---|---|---|---|---|---|---|")
    for scenario in SHOWN:
        for rate in ("1", "5"):
            print(measure(scenario, rate, products), flush=True)


if __name__ == "__main__":
    main()
