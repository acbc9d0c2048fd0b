from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.components import canonical


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
