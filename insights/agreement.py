"""How far two groupings of the same things agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from math import comb
from typing import TypeVar

_Thing = TypeVar("_Thing", bound=Hashable)


def adjusted_rand(one: Mapping[_Thing, Hashable], other: Mapping[_Thing, Hashable]) -> float:
    """Adjusted Rand index of two groupings, over the things that stand in both.

    1 for equal groupings, 0 for what chance gives (Hubert and Arabie, "Comparing partitions", Journal
    of Classification 2, 1985, equation 5).

    Args:
        one: Group by thing.
        other: Group by thing; things that stand in one of the two only are left out.

    Raises:
        ValueError: If fewer than two things stand in both.
    """
    both = set(one) & set(other)
    if len(both) < 2:
        raise ValueError("there is nothing to compare")
    cells = sum(comb(n, 2) for n in Counter((one[x], other[x]) for x in both).values())
    rows = sum(comb(n, 2) for n in Counter(one[x] for x in both).values())
    columns = sum(comb(n, 2) for n in Counter(other[x] for x in both).values())
    chance = rows * columns / comb(len(both), 2)
    most = (rows + columns) / 2
    return 1.0 if most == chance else (cells - chance) / (most - chance)
