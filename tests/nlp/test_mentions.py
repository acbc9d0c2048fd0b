"""Defects, components and aspects, on products that stand in no list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis

Read = Callable[..., Analysis]


def defects(result: Analysis) -> set[tuple[str | None, str | None]]:
    return {(mention.defect, mention.component) for mention in result.mentions if mention.defect}


@pytest.mark.parametrize(
    ("text", "defect", "component"),
    [
        ("Die Auslaufdüse ist dauernd verstopft.", "blockage", "Auslaufdüse"),
        ("Wegen der verstopften Leitung dreimal angerufen.", "blockage", "Leitung"),
        ("Dritte Verstopfung der Leitung in fünf Monaten.", "blockage", "Leitung"),
        ("Der Reißverschluss klemmt ständig.", "blockage", "Reißverschluss"),
        ("Der Dampfhahn lässt sich kaum noch drehen", "blockage", "Dampfhahn"),
        ("Nach drei Monaten kommt nur noch tröpfchenweise Wasser aus der Leitung.", "blockage", "Leitung"),
        ("Der Wassertank leckt am Boden.", "leak", "Wassertank"),
        ("Wassertank undicht, Küche unter Wasser.", "leak", "Wassertank"),
        ("Das Mahlwerk ist nach einem Jahr kaputt gegangen.", "breakage", "Mahlwerk"),
        ("Die Sohle hat sich nach 2 Wochen gelöst.", "detachment", "Sohle"),
        ("Am Griff blättert der Lack ab.", "detachment", "Lack"),
        ("Die Schrauben sind nach einer Woche verrostet.", "corrosion", "Schraube"),
        ("Leider funktioniert der Schalter nicht mehr.", "malfunction", "Schalter"),
        ("Die App stürzt ständig ab.", "malfunction", "App"),
        ("Die Scharniere quietschen furchtbar.", "noise", "Scharnier"),
        ("Der Dichtungsring stinkt nach Chemie.", "odour_taste", "Dichtungsring"),
        ("In den Fugen ist Schimmel.", "hygiene", "Fuge"),
        ("Die Tropfschale war bei der Lieferung gebrochen.", "damaged_on_arrival", "Tropfschale"),
        ("Es fehlte der Messlöffel.", "missing_part", "Messlöffel"),
        ("Das Gehäuse ist nach zwei Tagen völlig zerkratzt.", "other_defect", "Gehäuse"),
        ("Ich habe mir daran die Finger verbrannt.", "safety", None),
        ("Reinigt leider überhaupt nicht gründlich.", "underperformance", None),
        ("Leider nach zwei Wochen defekt.", "breakage", None),
        ("Geliefert wurde die falsche Farbe.", "wrong_item", None),
    ],
)
def test_defect_and_component(read: Read, text: str, defect: str, component: str | None) -> None:
    assert defects(read(text)) == {(defect, component)}


@pytest.mark.parametrize(
    "text",
    [
        "Der Tank läuft nicht aus.",
        "Bisher ist noch nichts ausgelaufen.",
        "Kein Rost, keine Flecken, nichts verstopft.",
        "Die Tabletten lösen sich ohne Rückstände auf.",
        "Es gab noch nie einen Defekt und nie eine Störung.",
        "Mein alter Kocher war undicht.",
        "Ich hatte Angst, dass er undicht sein könnte.",
        "Entfernt zuverlässig Flecken und Schlieren.",
    ],
)
def test_denied_earlier_and_feared_problems_are_no_defects(read: Read, text: str) -> None:
    assert defects(read(text)) == set()


def test_a_denied_problem_is_praise(read: Read) -> None:
    (mention,) = read("Der Tank läuft nicht aus.").mentions
    assert (mention.aspect, mention.polarity, mention.defect) == ("function", "pos", None)


@pytest.mark.parametrize(
    "text",
    [
        "Das Kind hat es kaputt gemacht, nach einem Jahr.",
        "Amazon ist kaputt.",
        "Nach einer Woche war das Gerät kaputt.",
        "Meine Freundin sagt, das Teil ist kaputt.",
        "In Hamburg war alles kaputt.",
        "Beim Öffnen ist es kaputt gegangen.",
        "Entweder ist es kaputt oder ich bin zu dumm.",
    ],
)
def test_people_places_times_and_generic_nouns_are_no_components(read: Read, text: str) -> None:
    assert {mention.component for mention in read(text).mentions} <= {None}


def test_the_product_itself_is_no_component(read: Read) -> None:
    assert defects(read("Die Pumpe ist undicht.", product="Aquafix Pumpe 200")) == {("leak", None)}
    assert defects(read("Ich habe die Pumpe im Mai gekauft. Die Pumpe ist undicht.")) == {("leak", None)}
    assert defects(read("Die Pumpe ist undicht.", product="Aquafix Tank 200")) == {("leak", "Pumpe")}


@pytest.mark.parametrize(
    "text", ["die schnalle klemmt", "schnalle klemmt", "DIE SCHNALLE KLEMMT", "Die Schnallen klemmen."]
)
def test_one_spelling_for_one_component(read: Read, text: str) -> None:
    assert defects(read(text)) == {("blockage", "Schnalle")}


@pytest.mark.parametrize(
    ("text", "aspect", "polarity"),
    [
        ("Die Lieferung war super schnell.", "delivery", "pos"),
        ("Der Preis ist viel zu hoch.", "price", "neg"),
        ("Sehr freundliches Personal!", "service", "pos"),
        ("Der Kundenservice antwortet nicht auf Mails.", "service", "neg"),
        ("Lässt sich leicht reinigen.", "cleaning", "pos"),
        ("Sieht richtig edel aus.", "design", "pos"),
        ("Liegt gut in der Hand.", "usability", "pos"),
        ("Das Essen war sehr lecker.", "smell_taste", "pos"),
        ("Gut verarbeitet und stabil.", "quality", "pos"),
        ("Alles wie beschrieben.", "description", "pos"),
        ("War gut verpackt.", "packaging", "pos"),
        ("Ich bin sehr zufrieden.", "overall", "pos"),
        ("Ist ganz okay.", "overall", "neu"),
    ],
)
def test_aspect_and_polarity(read: Read, text: str, aspect: str, polarity: str) -> None:
    assert (aspect, polarity) in {(mention.aspect, mention.polarity) for mention in read(text).mentions}


def test_a_defect_is_told_once(read: Read) -> None:
    result = read("Die Kurbel klemmt. Die Kurbel klemmt immer wieder. Sie klemmt!")
    assert [(m.defect, m.component) for m in result.mentions] == [("blockage", "Kurbel")]


def test_touchpoint_emotion_and_expectation_where_a_cue_says_so(read: Read) -> None:
    delivery = read("Der Versand hat leider ewig gedauert.").mentions[0]
    assert delivery.touchpoint == "delivery"
    disappointed = read("Ich bin sehr enttäuscht.").mentions[0]
    assert (disappointed.emotion, disappointed.expectation) == ("disappointment", "disappointed")
    plain = read("Die Kurbel klemmt.").mentions[0]
    assert (plain.touchpoint, plain.emotion, plain.expectation) == (None, None, None)
