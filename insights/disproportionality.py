"""Is a defect real for this product: does it have more of it than its sibling products?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

import numpy as np
from scipy.stats import false_discovery_control, gamma, hypergeom

from insights.baseline import Array

#: Share of false ones among the cells that are called real.
FALSE_DISCOVERIES: Final = 0.05
#: Prior of the ratio of observed to expected: so many observed and expected persons more.
SHRINKAGE: Final = 0.5


@dataclass(frozen=True)
class Stratum:
    """Persons of one portal: of the product and of its siblings, with the defect and in all.

    Raises:
        ValueError: If more persons have the defect than there are.
    """

    persons: int
    exposed: int
    sibling_persons: int
    sibling_exposed: int

    def __post_init__(self) -> None:
        if not (0 <= self.persons <= self.exposed and 0 <= self.sibling_persons <= self.sibling_exposed):
            raise ValueError(f"{self} is no part of a whole")


@dataclass(frozen=True)
class Disproportion:
    """A product against its siblings.

    Attributes:
        observed: Persons with the defect, where there are siblings to compare with.
        expected: Persons there would be at the rate of the siblings.
        ic: Information component, log2 of the shrunk ratio: 1 is twice as often, -1 half as often.
        ic_low: Its lower bound (2.5 %).
        ic_high: Its upper bound (97.5 %).
        p_value: Of so many persons or more, if the product were like its siblings.
    """

    observed: int
    expected: float
    ic: float
    ic_low: float
    ic_high: float
    p_value: float


def compare(strata: Sequence[Stratum]) -> Disproportion | None:
    """Compare a product with its siblings.

    IC = log2((O + 1/2) / (E + 1/2)), its bounds from the posterior Gamma(O + 1/2, E + 1/2) of the ratio (Norén,
    Hopstadius and Bate, "Shrinkage observed-to-expected ratios for robust and transparent large-scale pattern
    discovery", Statistical Methods in Medical Research 22, 2013). E sums, over the portals, the product's persons
    times the siblings' rate. The p-value is exact and one-sided: given all margins, the product's persons with
    the defect are hypergeometric in each portal, independent between portals (Mantel and Haenszel, "Statistical
    Aspects of the Analysis of Data From Retrospective Studies of Disease", JNCI 22, 1959).

    Args:
        strata: Counts by portal; portals are never pooled.

    Returns:
        The comparison, or nothing ("nicht vergleichbar") if no portal knows both the product and a sibling.
    """
    comparable = [s for s in strata if s.exposed and s.sibling_exposed]
    if not comparable:
        return None
    observed = sum(s.persons for s in comparable)
    expected = sum(s.exposed * s.sibling_persons / s.sibling_exposed for s in comparable)
    posterior = gamma(observed + SHRINKAGE, scale=1 / (expected + SHRINKAGE))
    low, high = (log2(max(float(q), 1e-300)) for q in posterior.ppf([0.025, 0.975]))
    ic = log2((observed + SHRINKAGE) / (expected + SHRINKAGE))
    return Disproportion(observed, expected, ic, low, high, _tail(comparable, observed))


def _tail(strata: Sequence[Stratum], observed: int) -> float:
    distribution, least = np.ones(1), 0
    for s in strata:
        chances, lowest = _margin(s)
        distribution, least = np.convolve(distribution, chances), least + lowest
    return float(min(distribution[max(observed - least, 0) :].sum(), 1.0))


def _margin(s: Stratum) -> tuple[Array, int]:
    named, everybody = s.persons + s.sibling_persons, s.exposed + s.sibling_exposed
    lowest = max(0, named - s.sibling_exposed)
    values = np.arange(lowest, min(named, s.exposed) + 1)
    return hypergeom.pmf(values, everybody, named, s.exposed), lowest


def q_values(compared: Sequence[Disproportion | None]) -> list[float | None]:
    """Share of false ones if this cell and all more striking ones were called real.

    Benjamini and Hochberg, "Controlling the False Discovery Rate", JRSS B 57, 1995, over all cells that were
    screened and can be compared.

    Args:
        compared: All cells screened, whatever came out; those not comparable stay out of the count.

    Returns:
        The adjusted p-values in the same order, None where not comparable.
    """
    known = [c.p_value for c in compared if c is not None]
    adjusted = iter(false_discovery_control(known)) if known else iter(())
    return [None if c is None else float(next(adjusted)) for c in compared]


def is_real(compared: Disproportion | None, q_value: float | None) -> bool | None:
    """Whether the product has the defect more often than its siblings: both bound and q-value say so.

    Args:
        compared: The comparison.
        q_value: From :func:`q_values` over all cells screened with it.

    Returns:
        The answer, or None: not comparable.
    """
    if compared is None or q_value is None:
        return None
    return compared.ic_low > 0 and q_value <= FALSE_DISCOVERIES
