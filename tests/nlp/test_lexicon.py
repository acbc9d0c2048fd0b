"""The pattern language and the data files written in it."""

from __future__ import annotations

import pytest

from nlp.clauses import Clause
from nlp.cues import FILES, CueTable, cue_table
from nlp.lemmas import lemma
from nlp.lexicon import fold, load_toml


def matches(pattern: str, text: str) -> bool:
    table = CueTable()
    table.add(pattern, None)
    words = fold(text).split()
    return bool(table.find(words, Clause(0, len(words), 0, True)))


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


@pytest.mark.parametrize("name", [*FILES, "feelings.toml", "journey.toml"])
def test_every_pattern_is_well_formed(name: str) -> None:
    for entry in load_toml(name)["cue"]:
        for pattern in entry["patterns"]:
            elements = pattern.replace("&", " ").replace("…", " ").split()
            assert elements, pattern
            assert all(form.strip("*") for element in elements for form in element.split("|")), pattern


def test_every_cue_has_known_labels() -> None:
    from kundenecho.analysis import ASPECTS, DEFECT_TYPES, EMOTIONS, EXPECTATIONS, TOUCHPOINTS

    for cue in (entry.value for entry in cue_table().entries()):
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
