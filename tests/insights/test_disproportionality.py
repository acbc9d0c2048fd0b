from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, gamma

from insights.disproportionality import Disproportion, Stratum, compare, is_real, q_values


def compared(*strata: tuple[int, int, int, int]) -> Disproportion:
    found = compare([Stratum(*s) for s in strata])
    assert found is not None
    return found


def test_information_component_by_hand() -> None:
    # 30 of 200 against 50 of 1000: expected 10, IC = log2(30.5 / 10.5).
    found = compared((30, 200, 50, 1000))
    assert (found.observed, found.expected) == (30, pytest.approx(10))
    assert found.ic == pytest.approx(1.53842, abs=1e-5)
    assert 2**found.ic_low == pytest.approx(gamma.ppf(0.025, 30.5) / 10.5)
    assert 2**found.ic_high == pytest.approx(gamma.ppf(0.975, 30.5) / 10.5)
    assert found.p_value == pytest.approx(fisher_exact([[30, 170], [50, 950]], alternative="greater").pvalue)


def test_two_of_three_mentions_of_a_rare_product_do_not_shout() -> None:
    rare = compared((2, 3, 40, 2000))
    assert rare.ic > 1
    assert rare.ic_low < 0
    assert is_real(rare, q_values([rare])[0]) is False


def test_many_mentions_do() -> None:
    clogged = compared((60, 300, 40, 2000))
    assert is_real(clogged, q_values([clogged])[0]) is True


def test_without_siblings_not_comparable() -> None:
    assert compare([]) is None
    assert compare([Stratum(5, 20, 0, 0)]) is None
    assert is_real(None, None) is None
    assert q_values([None, None]) == [None, None]


def test_portals_are_strata() -> None:
    # Each portal: like its siblings. Pooled, 55 of 200 against 145 of 1100 would look like twice as often.
    found = compared((50, 100, 50, 100), (5, 100, 50, 1000))
    assert found.expected == pytest.approx(55)
    assert found.ic == pytest.approx(0)
    assert found.p_value > 0.4


def test_a_portal_without_siblings_does_not_count() -> None:
    assert compared((5, 100, 50, 1000), (90, 100, 0, 0)) == compared((5, 100, 50, 1000))


def test_the_tail_over_portals_is_exact() -> None:
    # Two portals of 1 of 2 against 1 of 2: (1/6, 4/6, 1/6) twice; P(2 or more) = 1 - 1/36 - 8/36.
    assert compared((1, 2, 1, 2), (1, 2, 1, 2)).p_value == pytest.approx(27 / 36)


def test_false_discoveries_by_hand() -> None:
    cells = [Disproportion(9, 1, 2, 1, 3, p) for p in (0.01, 0.04, 0.03)]
    assert q_values([cells[0], None, cells[1], cells[2]]) == pytest.approx([0.03, None, 0.04, 0.04])


def test_counts_that_contradict_are_refused() -> None:
    with pytest.raises(ValueError, match="no part of a whole"):
        Stratum(3, 2, 0, 0)


counts = st.tuples(st.integers(0, 60), st.integers(0, 200), st.integers(0, 60), st.integers(1, 500)).map(
    lambda c: (c[0], c[0] + c[1] + 1, c[2], c[2] + c[3])
)


@given(counts)
def test_bounds_hold_the_component(c: tuple[int, int, int, int]) -> None:
    found = compared(c)
    assert found.ic_low < found.ic < found.ic_high or found.observed == 0
    assert 0 < found.p_value <= 1


@given(counts)
def test_more_persons_are_more_striking(c: tuple[int, int, int, int]) -> None:
    few, many = compared(c), compared((c[0] + 1, c[1] + 1, c[2], c[3]))
    assert many.p_value <= few.p_value + 1e-12


@given(counts)
def test_shrinkage_draws_towards_no_difference(c: tuple[int, int, int, int]) -> None:
    found = compared(c)
    if found.expected > 0:
        raw = found.observed / found.expected
        assert min(raw, 1) - 1e-9 <= 2**found.ic <= max(raw, 1) + 1e-9
