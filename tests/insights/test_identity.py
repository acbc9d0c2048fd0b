from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from insights.identity import Judgement, Likeness, contradicting, join_accounts, likelihood


def same(number: int, one: int, other: int) -> Judgement:
    return Judgement(number, one, other, "same")


def apart(number: int, one: int, other: int) -> Judgement:
    return Judgement(number, one, other, "not_same")


def test_sure_evidence_joins_to_the_oldest_account() -> None:
    assert join_accounts([[4, 2], [4, 9]], []) == {2: 2, 4: 2, 9: 2}


def test_what_people_hold_apart_stays_apart() -> None:
    assert join_accounts([[1, 2]], [apart(1, 1, 2)]) == {}
    # 2 is held apart from 1, but not from 3: the identifier still joins those it may.
    assert join_accounts([[1, 2, 3]], [apart(1, 1, 2), apart(2, 1, 3)]) == {2: 2, 3: 2}


def test_held_apart_also_through_others() -> None:
    joined = join_accounts([[1, 3], [2, 3]], [apart(1, 1, 2)])
    assert joined == {1: 1, 3: 1}


def test_people_come_before_identifiers() -> None:
    assert join_accounts([[1, 2]], [same(2, 2, 3), apart(1, 1, 3)]) == {2: 2, 3: 2}


def test_a_circle_of_judgements_names_all_of_it() -> None:
    known = [same(1, 10, 11), same(2, 11, 12), same(3, 20, 21)]
    assert contradicting(known, apart(0, 10, 12)) == [1, 2]
    assert contradicting(known, apart(0, 10, 20)) is None


def test_same_against_not_same_names_both_sides() -> None:
    known = [same(1, 10, 11), apart(4, 10, 12)]
    assert contradicting(known, same(0, 11, 12)) == [1, 4]
    assert contradicting(known, same(0, 11, 13)) is None
    assert contradicting(known, Judgement(0, 10, 12, "undecided")) is None


def test_a_name_alone_is_never_offered() -> None:
    for kind in ("full", "family", "given"):
        assert likelihood(Likeness(kind, 2)) is None
        assert likelihood(Likeness(kind, 2, same_product=False)) is None
    assert likelihood(Likeness("full", 2, same_product=True)) is not None
    assert likelihood(Likeness("given", 2, same_place=True)) is not None


def test_a_name_of_many_tells_nothing() -> None:
    assert likelihood(Likeness("handle", 13)) is None
    few, more = likelihood(Likeness("full", 2, True, True)), likelihood(Likeness("full", 3, True, True))
    assert few is not None
    assert more is not None
    assert few > more


def test_another_place_speaks_against() -> None:
    assert likelihood(Likeness("full", 2, same_product=True, same_place=False)) is None


accounts = st.integers(0, 8)
pairs = st.tuples(accounts, accounts).filter(lambda pair: pair[0] != pair[1])


@given(st.lists(st.lists(accounts, min_size=2, max_size=4, unique=True), max_size=6), st.lists(pairs, max_size=6))
def test_joining_is_a_partition_that_obeys_people(groups: list[list[int]], held: list[tuple[int, int]]) -> None:
    judgements = [apart(number, *pair) for number, pair in enumerate(held)]
    joined = join_accounts(groups, judgements)
    assert all(joined.get(one, one) != joined.get(other, other) for one, other in held)
    assert all(joined[first] == first for first in joined.values())
    assert all(first <= account for account, first in joined.items())
    # The order in which accounts are told within an identifier does not matter.
    assert join_accounts([group[::-1] for group in groups], judgements[::-1]) == joined


@given(st.lists(st.tuples(pairs, st.booleans()), max_size=10))
def test_what_is_not_refused_never_contradicts(wanted: list[tuple[tuple[int, int], bool]]) -> None:
    known: list[Judgement] = []
    for number, (pair, alike) in enumerate(wanted, 1):
        new = Judgement(number, *pair, "same" if alike else "not_same")
        if contradicting(known, new) is None:
            known.append(new)
    joined = join_accounts([], known)
    for j in known:
        assert (joined.get(j.one, j.one) == joined.get(j.other, j.other)) == (j.verdict == "same")
