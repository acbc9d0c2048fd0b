from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.components import Pair, canonical, chain, likely


@pytest.mark.parametrize(
    ("mentions", "aliases"),
    [
        ({"auslaufdüse": 5, "düse": 9}, {"düse": "auslaufdüse"}),
        ({"kannendeckel": 4, "tankdeckel": 4, "deckel": 9}, {}),
        ({"kannendeckel": 8, "tankdeckel": 1, "deckel": 9}, {"deckel": "kannendeckel"}),
        (
            {"kaffeeauslaufdüse": 2, "auslaufdüse": 9, "düse": 3},
            {"düse": "auslaufdüse", "auslaufdüse": "kaffeeauslaufdüse"},
        ),
        ({"tab": 5, "spülmaschinentab": 5}, {}),
        ({"deckel": 3}, {}),
        ({}, {}),
    ],
)
def test_heads_find_their_compound(mentions: dict[str, int], aliases: dict[str, str]) -> None:
    found = canonical(mentions)
    assert set(found) == set(aliases)
    for name, target in aliases.items():
        assert found[name] == aliases.get(target, target)


names = st.dictionaries(st.text("abcde", min_size=1, max_size=12), st.integers(1, 50), max_size=12)


@given(names)
def test_a_canonical_name_ends_in_its_alias_and_is_final(mentions: dict[str, int]) -> None:
    found = canonical(mentions)
    for name, target in found.items():
        assert target in mentions
        assert target.endswith(name)
        assert target != name
        assert target not in found


@pytest.mark.parametrize(
    ("mentions", "same", "different", "aliases"),
    [
        # Two compounds are one by decision; then the head has nothing to choose from.
        ({"auslaufdüse": 4, "kaffeedüse": 4, "düse": 9}, [], [], {}),
        (
            {"auslaufdüse": 5, "kaffeedüse": 4, "düse": 9},
            [("auslaufdüse", "kaffeedüse")],
            [],
            {"düse": "auslaufdüse", "kaffeedüse": "auslaufdüse"},
        ),
        # "Different" beats what would be joined by itself.
        ({"auslaufdüse": 5, "düse": 9}, [], [("auslaufdüse", "düse")], {}),
        # Also through a third name, whether or not it is spoken of.
        ({"hahn": 5, "zapfer": 9}, [("hahn", "auslauf"), ("auslauf", "zapfer")], [], {"hahn": "zapfer"}),
        ({"a": 1, "b": 2, "c": 3}, [("a", "b"), ("b", "c")], [("a", "c")], {"a": "b"}),
        # Spelling.
        ({"wasser-tank": 2, "wassertank": 5}, [], [], {"wasser-tank": "wassertank"}),
        ({"auslaufduese": 2, "auslaufdüse": 5}, [], [], {"auslaufduese": "auslaufdüse"}),
        ({"wasser-tank": 2, "wassertank": 5}, [], [("wasser-tank", "wassertank")], {}),
    ],
)
def test_decisions_of_people(
    mentions: dict[str, int], same: list[Pair], different: list[Pair], aliases: dict[str, str]
) -> None:
    assert canonical(mentions, same, different) == aliases


few = st.sampled_from(["düse", "auslaufdüse", "kaffeedüse", "tank", "wassertank", "wasser-tank"])
pairs = st.lists(st.tuples(few, few).filter(lambda p: p[0] < p[1]), max_size=5)


@given(st.dictionaries(few, st.integers(1, 50)), pairs, pairs)
def test_different_beats_everything(mentions: dict[str, int], same: list[Pair], different: list[Pair]) -> None:
    found = canonical(mentions, same, different)
    for one, other in different:
        if one in mentions and other in mentions:
            assert found.get(one, one) != found.get(other, other)
    assert not set(found) & set(found.values())


def test_a_chain_of_decisions() -> None:
    same = [("a", "b"), ("c", "b"), ("x", "y")]
    assert chain("a", "c", same) == [("a", "b"), ("c", "b")]
    assert chain("a", "x", same) == []


def test_likely_pairs() -> None:
    mentions = {"düse": 9, "auslaufdüse": 5, "kaffeedüse": 3, "deckel": 8, "deckell": 1, "henkel": 4}
    assert likely(mentions) == [
        ("auslaufdüse", "düse"),
        ("auslaufdüse", "kaffeedüse"),
        ("düse", "kaffeedüse"),
        ("deckel", "deckell"),
    ]
