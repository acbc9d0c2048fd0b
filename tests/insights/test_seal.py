"""The figure of a seal: never rounded up, nothing from too few, each rating weighs the same."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from insights.seal import Sums, figure

HALVES = st.integers(2, 10).map(lambda n: Decimal(n) / 2)


def sums(ratings: list[Decimal]) -> Sums:
    stars = tuple(sum(1 for r in ratings if n - 1 < r - Decimal("0.5") <= n) for n in range(1, 6))
    return Sums(len(ratings), sum(ratings, Decimal(0)), sum((r * r for r in ratings), Decimal(0)), stars)


@given(st.lists(HALVES | st.decimals("1", "5", places=9), min_size=1, max_size=60))
def test_it_is_cut_and_never_rounded_up(ratings: list[Decimal]) -> None:
    found = figure([sums(ratings)], 1)
    exact = sum(map(Fraction, ratings), Fraction(0)) / len(ratings)
    assert found.shown is not None
    assert Fraction(found.shown) <= exact < Fraction(found.shown) + Fraction(1, 10)


@pytest.mark.parametrize(
    ("ratings", "shown"),
    [
        ([5] * 11 + [4] * 14, "4.4"),
        ([5] * 49 + [4] * 51, "4.4"),
        ([5] * 30, "5.0"),
        ([4] * 30, "4.0"),
        ([5, 4, 4], "4.3"),
    ],
)
def test_444_is_not_45(ratings: list[int], shown: str) -> None:
    assert str(figure([sums([Decimal(r) for r in ratings])], 1).shown) == shown


@given(st.lists(st.lists(HALVES, max_size=20), max_size=4))
def test_strata_weigh_by_their_number(portals: list[list[Decimal]]) -> None:
    together = [rating for portal in portals for rating in portal]
    if together:
        assert figure([sums(portal) for portal in portals], 1) == figure([sums(together)], 1)


def test_below_the_floor_it_says_how_many_are_missing() -> None:
    found = figure([sums([Decimal(5)] * 20), sums([Decimal(5)] * 9)], 30)
    assert (found.shown, found.mean, found.low, found.ratings, found.missing) == (None, None, None, 29, 1)
    assert figure([sums([Decimal(5)] * 30)], 30).missing == 0
    assert figure([], 30).missing == 30
    assert figure([], 30).stars == (0, 0, 0, 0, 0)


def test_the_interval_is_students() -> None:
    ratings = [5, 5, 4, 3, 5, 1, 4, 5, 5, 2, 5, 4]
    found = figure([sums([Decimal(r) for r in ratings])], 1)
    low, high = stats.t.interval(0.95, len(ratings) - 1, loc=sum(ratings) / len(ratings), scale=stats.sem(ratings))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(min(high, 5)))


def test_one_rating_says_nothing_about_the_mean() -> None:
    found = figure([sums([Decimal(3)])], 1)
    assert (found.low, found.high) == (1.0, 5.0)
