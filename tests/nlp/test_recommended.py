"""What a recommendation recommends: the house, a part of what it offers, or a way to behave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis

Read = Callable[..., Analysis]
#: Tells that the text is about a house with guests.
AT = "Nettes Restaurant, in dem wir zu viert einen schönen Abend hatten, und flinke Kellner. "


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Das Gulasch ist sehr zu empfehlen.", "Gulasch"),
        ("Kann nur den Rotwein nach Art des Hauses empfehlen!", "Rotwein"),
        ("Kartoffelsalat sehr empfehlenswert.", "Kartoffelsalat"),
        ("Empfehlenswerte Terrasse.", "Terrasse"),
        ("Es gab eine Gemüselasagne, die absolut zu empfehlen ist.", "Gemüselasagne"),
        ("Meine Empfehlung: die Ente.", "Ente"),
        ("Maultaschen in Brühe, unbedingt probieren!", "Maultasche"),
        ("Es gibt viele Suppen die empfehlenswert sind.", "Suppe"),
        ("Zu empfehlen ... Apfelschorle mit Minze.", "Apfelschorle"),
        ("Der Parkplatz und das Schwimmbad sind zu empfehlen.", "Schwimmbad"),
    ],
)
def test_a_part_is_praised_and_the_house_not_recommended(read: Read, text: str, part: str) -> None:
    found = read(AT + text)
    assert found.recommend == "none"
    praise = [m for m in found.mentions if m.component == part]
    assert [(m.aspect, m.polarity) for m in praise] == [("quality", "pos")]
    start, end = praise[0].evidence
    assert (AT + text)[start:end] in text


@pytest.mark.parametrize(
    "text",
    [
        "Absolut empfehlenswert!",
        "Dieses Lokal kann ich nur empfehlen.",
        "Das Haus ist sehr zu empfehlen.",
        "Ein Besuch ist sehr zu empfehlen.",
        "Können wir jedem Freund der Hausmannskost empfehlen.",
        "Für Wanderer und Radler sehr zu empfehlen.",
        "Die Ente war zart, wir können es nur empfehlen.",
        "Tolle Ente, freundliche Leute, sehr zu empfehlen.",
        "Dicke Empfehlung!",
        "Wir können den Tschurzim nur empfehlen.",
        "Die Bedienung war nett immer gern wieder und auf alle Fälle absolut zu empfehlen.",
        "Wer gute Knödel sucht ist hier genau richtig.",
    ],
)
def test_the_house_is_recommended(read: Read, text: str) -> None:
    assert read(AT + text).recommend == "yes"


@pytest.mark.parametrize(
    "text",
    ["Der Rucksack ist sehr zu empfehlen.", "Ich kann die Leiter nur empfehlen.", "Empfehlenswerter Roller."],
)
def test_a_thing_is_recommended_itself(read: Read, text: str) -> None:
    assert read(text).recommend == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "Eine Reservierung ist zu empfehlen.",
        "Wir hatten reserviert (sehr zu empfehlen).",
        "Vorbestellung empfehlenswert.",
    ],
)
def test_how_to_behave_is_no_recommendation(read: Read, text: str) -> None:
    assert read(text).recommend == "none"
    assert all(m.component is None for m in read(text).mentions)


def test_the_name_of_the_house_tells_it_from_its_parts(read: Read) -> None:
    text = "Die Schwalbe ist sehr zu empfehlen."
    assert read(AT + text, product="Gasthaus Schwalbe").recommend == "yes"
    assert read(text, product="Gasthaus Adler").recommend == "none"
