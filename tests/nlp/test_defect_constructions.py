"""Constructions that report a problem, on goods of many kinds; and the part that a pronoun or a small letter hides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis
from nlp.engine import Text
from nlp.extensions import CLAUSES, HITS, WORDS
from nlp.nouns import whole_nouns
from nlp.parts import candidates
from nlp.pipeline import KundenechoEngine

Read = Callable[..., Analysis]


def defects(result: Analysis) -> set[str]:
    return {mention.defect for mention in result.mentions if mention.defect}


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("Nach einer Stunde ist der Tee nur noch lauwarm.", "underperformance"),
        ("Die Saugkraft hat nach einem halben Jahr stark nachgelassen.", "underperformance"),
        ("Die Kühlleistung lässt zu wünschen übrig.", "underperformance"),
        ("Die Heizwirkung ist nicht überzeugend.", "underperformance"),
        ("Die Scheibe wurde nicht richtig sauber.", "underperformance"),
        ("Mit der Zeit lässt sich der Hahn nur schwer drehen.", "blockage"),
        ("Dicht ist der Kanister leider nicht.", "leak"),
        ("Und dicht war er auch nicht.", "leak"),
        ("Es bildet sich ständig eine Pfütze darunter.", "leak"),
        ("Das Ventil verliert ständig Luft.", "leak"),
        ("Der Sensor reagiert nicht mehr.", "malfunction"),
        ("Der Scheinwerfer flackert.", "malfunction"),
        ("Die Uhr geht ständig aus.", "malfunction"),
        ("Die Lampe geht seit gestern nicht mehr an.", "malfunction"),
        ("Das Relais lässt sich nicht einschalten.", "malfunction"),
        ("Die Kapseln lösen sich nur halb auf.", "malfunction"),
        ("Das Tuch färbt ab.", "residue"),
        ("Die Lasche ist entzwei.", "breakage"),
        ("Der Bügel ist schon wieder locker.", "detachment"),
        ("Die Halterung hängt schief.", "other_defect"),
        ("Der Stuhl kippelt.", "other_defect"),
        ("Die Rollen sind schon angerostet.", "corrosion"),
        ("Statt der roten kam eine blaue.", "wrong_item"),
        ("Es lag kein Netzteil bei.", "missing_part"),
        ("Im Rohr wächst Schleim.", "hygiene"),
        ("Der Lüfter sirrt hörbar.", "noise"),
        ("Die Verpackung war beschädigt.", "damaged_on_arrival"),
    ],
)
def test_construction(read: Read, text: str, defect: str) -> None:
    assert defects(read(text)) == {defect}


@pytest.mark.parametrize(
    "text",
    [
        "Gut ist das Zelt, und es tropft nicht.",
        "Dicht ist der Kanister.",
        "Da greife ich getrost wieder zu.",
        "Es bildet sich keine Pfütze.",
        "Die Saugkraft hat nicht nachgelassen.",
        "Der Hersteller reagiert auf Mails nicht.",
        "Sechs Sterne, mehr geht nicht.",
        "Wenn sie aus der Hand fällt, geht sie nicht kaputt.",
        "Bei den meisten Konkurrenzprodukten wird der Boden nicht richtig sauber.",
    ],
)
def test_no_problem_with_the_product(read: Read, text: str) -> None:
    assert defects(read(text)) == set()


def names(text: str, at: int, defect: str) -> list[str]:
    """The nouns that may be the part, for a defect in a clause."""
    doc = KundenechoEngine().read(Text(text))
    words, clauses = doc.user_data[WORDS], doc.user_data[CLAUSES]
    whole = whole_nouns(words, clauses, doc.user_data[HITS], None)
    return [candidate.name for candidate in candidates(words, clauses, at, defect, None, whole)]


def test_a_pronoun_points_to_the_clauses_before() -> None:
    assert names("Die Kurbel ist schön, aber sie klemmt.", 1, "blockage") == ["Kurbel"]
    assert names("Der Bügel ist neu. Das ist gut. Er wackelt.", 2, "other_defect") == []
    assert "Bügel" in names("Der Bügel wackelt. Klappert auch.", 1, "noise")


def test_a_noun_written_small_may_be_the_part() -> None:
    assert names("Leider ist an der Tür der griff locker.", 0, "detachment") == ["Tür", "Griff"]


def test_the_product_is_no_part_but_its_units_are() -> None:
    assert names("Ich habe diese Kapsel gekauft. Die Kapsel platzt.", 1, "breakage") == []
    assert "Kapsel" in names("Ich habe diese Kapseln gekauft. Die Kapseln platzen.", 1, "breakage")
