"""The pattern language and the data files written in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.cues import FILES, read_cues
from nlp.lemmas import lemma
from nlp.lexicon import FAR, NEAR, fold, load_toml
from nlp.patterns import Matches, PatternTable


def search(pattern: str, text: str, *clauses: tuple[int, int], over_sentence: bool = False) -> Matches:
    table = PatternTable()
    table.add(pattern, None, over_sentence=over_sentence)
    words = fold(text).split()
    found: Matches = {}
    table.search(words, clauses or [(0, len(words))], found)
    return found


def matches(pattern: str, text: str) -> bool:
    return bool(search(pattern, text))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("läuft … aus", "es läuft ständig aus", True),
        ("läuft … aus", "aus dem tank läuft es", False),
        ("reste & bleiben", "bleiben immer reste", True),
        ("nie wieder", "nie im leben wieder", True),
        ("nie wieder", "nie habe ich so etwas gutes wieder", False),
        ("undicht*", "undichtes", True),
        ("*geruch", "plastikgeruch", True),
        ("groß", "gross", True),
        ("schön", "schoen", True),
        ("super", "suuuuper", True),
        ("gut & gut", "gut", False),
    ],
)
def test_pattern(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_the_words_of_a_pattern_stand_in_one_clause_or_for_some_in_one_sentence() -> None:
    text, clauses = "die kurbel klemmt , läuft aber sonst", ((0, 3), (4, 7))
    assert not search("klemmt … läuft", text, *clauses)
    assert not search("läuft & klemmt", text, *clauses)
    ((begin, (match,)),) = search("klemmt … läuft", text, *clauses, over_sentence=True)[""].items()
    assert (begin, match.at) == (0, (2, 4))
    assert set(search("läuft & sonst", text, *clauses)[""]) == {4}
    assert [set(search(word, text, *clauses)[""]) for word in ("kurbel", "sonst")] == [{0}, {4}]
    assert not search(",", text, *clauses)
    assert search(",", text, *clauses, over_sentence=True)


@given(words=st.lists(st.sampled_from("abcd"), max_size=12), joint=st.sampled_from((" ", " & ", " … ")))
def test_a_pattern_is_found_at_each_place_that_it_names(words: list[str], joint: str) -> None:
    """Against the definition: of the places that may follow the nearest."""
    expected = []
    for at in (at for at, word in enumerate(words) if word == "a"):
        places = [place for place, word in enumerate(words) if word == "b"]
        if joint == " & ":
            free = sorted(places, key=lambda place: (abs(place - at), place))
        else:
            free = [place for place in places if at < place <= at + (FAR if joint == " … " else NEAR)]
        expected += [(at, free[0])] if free else []
    found = search(f"a{joint}b", " ".join(words)) if words else {}
    assert [match.at for match in found.get("", {}).get(0, [])] == expected


@pytest.mark.parametrize("name", [*FILES, "feelings.toml", "journey.toml", "wishes.toml"])
def test_every_pattern_is_well_formed(name: str) -> None:
    for entry in load_toml(name)["cue"]:
        for pattern in entry["patterns"]:
            elements = pattern.replace("&", " ").replace("…", " ").split()
            assert elements, pattern
            assert all(form.strip("*") for element in elements for form in element.split("|")), pattern


def test_every_cue_has_known_labels() -> None:
    from kundenecho.analysis import ASPECTS, DEFECT_TYPES, EMOTIONS, EXPECTATIONS, TOUCHPOINTS

    for _, cue in read_cues():
        assert cue.aspect in (*ASPECTS, "*")
        assert -1 <= cue.score <= 1
        assert {cue.defect, cue.denied_defect} <= {None, *DEFECT_TYPES}
        assert cue.touchpoint in (None, *TOUCHPOINTS)
        assert cue.emotion in (None, *EMOTIONS)
        assert cue.expectation in (None, *EXPECTATIONS)
        assert cue.defect is None or cue.score < 0


@pytest.mark.parametrize(
    ("word", "singular"),
    [
        ("Düsen", "Düse"), ("Auslaufdüsen", "Auslaufdüse"), ("Tabs", "Tab"), ("Knöpfe", "Knopf"), ("Verschluß", "Verschluss"),
        ("Klick-Verschlüsse", "Klick-Verschluss"), ("KURBEL", "Kurbel"), ("griff", "Griff"), ("Füße", "Fuß"),
        ("Tropfschale", "Tropfschale"), ("Tauben", "Taube"), ("Xyzzy", "Xyzzy"), ("", ""), ("-", "-"),
    ],
)  # fmt: skip
def test_lemma(word: str, singular: str) -> None:
    assert lemma(word) == singular
