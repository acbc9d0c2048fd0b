"""The figure of a seal: a mean that is never rounded up, what it stands on, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scipy.stats import t as student

_LOWEST, _HIGHEST = 1.0, 5.0
_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True)
class Sums:
    """Ratings of one stratum, such as a portal.

    Attributes:
        ratings: How many.
        total: Their sum.
        squares: The sum of their squares.
        stars: How many of each number of stars, 1 to 5.
    """

    ratings: int
    total: Decimal
    squares: Decimal
    stars: tuple[int, ...]


@dataclass(frozen=True)
class Figure:
    """What ratings come to.

    Attributes:
        ratings: How many it stands on.
        missing: How many are missing for a figure; 0 where there is one.
        mean: The mean, exact to the arithmetic of decimals; None below the floor.
        shown: The mean cut after one place: 4.49 is 4.4. None below the floor.
        low: Lower end of the 95 % interval of the mean, within the scale; None below the floor.
        high: Its upper end.
        stars: How many of each number of stars, 1 to 5.
    """

    ratings: int
    missing: int
    mean: Decimal | None
    shown: Decimal | None
    low: float | None
    high: float | None
    stars: tuple[int, ...]


def figure(strata: Sequence[Sums], floor: int) -> Figure:
    """The figure of several strata, each weighted by its number of ratings, so that each rating weighs the same.

    The interval is Student's for the mean of a sample, with the variance of all ratings together. It says how much
    chance there is in the number of ratings, not whether those who rate are like those who buy.

    Args:
        strata: The strata; those without ratings change nothing.
        floor: Ratings below which there is no figure; at least 1.

    Returns:
        The figure.
    """
    count = sum(part.ratings for part in strata)
    stars = tuple(sum(column) for column in zip(*(part.stars for part in strata), strict=True)) or (0,) * 5
    if count < max(floor, 1):
        return Figure(count, max(floor, 1) - count, None, None, None, None, stars)
    total = sum((part.total for part in strata), Decimal(0))
    mean = total / count
    # Cut by whole division: a quotient that was rounded to the context's places could be just above a tenth.
    shown = total * 10 // count * _TENTH
    half = _half_width(count, total, sum((part.squares for part in strata), Decimal(0)))
    low, high = max(_LOWEST, float(mean) - half), min(_HIGHEST, float(mean) + half)
    return Figure(count, 0, mean, shown, low, high, stars)


def _half_width(count: int, total: Decimal, squares: Decimal) -> float:
    if count < 2:
        return _HIGHEST - _LOWEST
    variance = max(float((squares - total * total / count) / (count - 1)), 0.0)
    return float(student.ppf(0.975, count - 1)) * math.sqrt(variance / count)
