"""One fixed budget of false alarms, split over cells, weekly looks and the stretches looked back over."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Final

#: Alarms that may begin per product and year in which nothing happens, all its cells together.
ONSETS_PER_YEAR: Final = 0.1
#: A product is watched as if it had at least so many cells: it must not be louder before they are found.
LEAST_CELLS: Final = 20
LOOKS_PER_YEAR: Final = 52
#: Stretches of weeks up to the newest, and the share of the budget of each. One week alone cannot find a
#: tripling, two and three can; the long ones are for rare defects.
SHARES: Final = {1: 0.10, 2: 0.28, 3: 0.24, 5: 0.18, 8: 0.12, 13: 0.08}
#: Stretches overlap, and so do looks: what they report together is less than the sum. By how much the
#: probability of one look may exceed its share is measured by `benchmarks/signals.py`.
OVERLAP: Final = 2.4
#: An alarm needs so many persons in its stretch.
LEAST_PERSONS: Final = 3


@dataclass(frozen=True)
class AlarmBudget:
    """What one look at one cell may spend."""

    cells: int
    onsets_per_year: float = ONSETS_PER_YEAR

    @property
    def probability(self) -> float:
        """Of an alarm at one look at one cell while nothing happens, the stretches taken as one."""
        return OVERLAP * self.onsets_per_year / LOOKS_PER_YEAR / max(self.cells, LEAST_CELLS)

    @property
    def score(self) -> float:
        """The same as a score, -log10: alarm at or above it."""
        return -log10(self.probability)
