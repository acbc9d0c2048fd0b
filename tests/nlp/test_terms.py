"""Terms: which nouns a text talks of, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundenecho.analysis import Analysis
from nlp.engine import Engine, Text
from nlp.lexicon import visible
from nlp.terms import head_of, name_of

Read = Callable[..., Analysis]


def said(analysis: Analysis) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {}
    for term in analysis.terms:
        found.setdefault(term.key, set()).add(term.construction)
    return found


def phrases(analysis: Analysis) -> set[str | None]:
    return {term.phrase for term in analysis.terms}


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("Dazu hätte ich gern einen Milchaufschäumer.", {"milchaufschäumer"}),
        ("Der Kaffee ist gut, ein Milchaufschäumer dazu wäre schön.", {"milchaufschäumer"}),
        ("Ich wünsche mir eine passende Bürste.", {"bürste"}),
        ("Wo bekomme ich Entkalker?", {"entkalker"}),
        ("Mir fehlt nur noch ein Milchaufschäumer.", {"milchaufschäumer"}),
        ("Wir bräuchten noch eine zweite Kanne. Die erste Kanne ist super.", {"kanne"}),
        ("Die Bürste ist schön, den Entkalker habe ich auch.", set()),
        ("Ich hätte gern mein Geld und die Kanne zurück.", set()),
        ("Von der Kanne hätte ich mir mehr erwartet.", set()),
        ("Ich vermisse die Pappbecher kein bisschen.", set()),
    ],
)
def test_what_a_clause_wishes_for(read: Read, text: str, wished: set[str]) -> None:
    analysis = read(text)
    found = [term for term in analysis.terms if term.wished]
    assert {term.key for term in found} == wished
    for term in found:
        assert term.evidence[0] <= term.start < term.end <= term.evidence[1]


@pytest.mark.parametrize(
    ("text", "key", "construction", "phrase"),
    [
        ("Der Riegel schließt nicht.", "riegel", "nicht schliessen", "Riegel schließt nicht"),
        ("Es stört der Geruch nach Gummi.", "geruch", "nach gummi", "Geruch nach Gummi"),
        ("Der Kundenservice ist nicht erreichbar.", "kundenservice", "unerreichbar", "Kundenservice nicht erreichbar"),
        ("Die Hotline war unerreichbar.", "hotline", "unerreichbar", "Hotline unerreichbar"),
        (
            "Wir hatten eine lange Anfahrt, aber freundliches Personal.",
            "personal",
            "freundlich",
            "Freundliches Personal",
        ),
        ("Das Personal war sehr freundlich.", "personal", "freundlich", "Personal freundlich"),
        ("Die Farbe blättert nach einer Woche ab.", "farbe", "abblättern", "Farbe blättert ab"),
        ("Die Kapseln lösen sich nicht auf.", "kapsel", "nicht auflösen", "Kapseln lösen sich nicht auf"),
        ("Die Suppe bleibt lange heiß.", "suppe", "heiss", "Suppe bleibt heiß"),
        ("Ich konnte den Filter leicht reinigen.", "filter", "reinigen", "Filter reinigen"),
        ("Der Empfang war nicht besetzt.", "empfang", "nicht besetzen", "Empfang nicht besetzt"),
        ("Hinterlässt keine Schlieren.", "schliere", "kein", "Keine Schlieren"),
    ],
)
def test_what_is_said_of_a_noun(read: Read, text: str, key: str, construction: str, phrase: str) -> None:
    analysis = read(text)
    assert construction in said(analysis)[key]
    assert phrase in phrases(analysis)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("der Verschluß", "der Verschluss"),
        ("die Kurbeln", "die Kurbel"),
        ("Preis-Leistung", "das Preis-Leistungs-Verhältnis"),
        ("Preis und Leistung", "das Preisleistungsverhältnis"),
        ("ein Fleck", "die Flecken"),
    ],
)
def test_spelling_and_inflection_count_under_one_key(read: Read, one: str, other: str) -> None:
    found = [set(said(read(f"Da stimmt {noun} endlich einmal."))) for noun in (one, other)]
    assert len(found[0]) == 1
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("compound", "head"),
    [
        ("drehverschluss", "verschluss"),
        ("plastikgeruch", "geruch"),
        ("kundenservice", "service"),
        ("spa-bereich", "bereich"),
        ("verschluss", None),
        ("beilage", None),
        ("schlauch", None),
        ("personal", None),
    ],
)
def test_heads(compound: str, head: str | None) -> None:
    assert head_of(compound) == head


@pytest.mark.parametrize("word", ["Zeit", "Woche", "Problem", "Produkt", "Frau", "Fazit", "Meinung", "Sterne", "Euro"])
def test_words_that_are_no_topic(word: str) -> None:
    assert name_of(word).key == ""


@pytest.mark.parametrize("word", ["Lieferung", "Kratzer", "Kundenservice", "Wartezeit", "Schimmel", "Anleitung"])
def test_words_that_are_one(word: str) -> None:
    assert name_of(word).key


def test_the_product_itself_is_marked(read: Read) -> None:
    analysis = read("Diese Lampe habe ich im Mai gekauft. Der Schirm ist schief.", product="Tischlampe Luna")
    whole = {term.key: term.whole for term in analysis.terms}
    assert whole["lampe"]
    assert not whole["schirm"]


def test_names_behind_a_title_are_no_terms(read: Read) -> None:
    assert {"meier"}.isdisjoint(said(read("Frau Meier war sehr freundlich, Herr Doktor Bauer auch.")))


def test_names_of_persons_are_no_terms(read: Read) -> None:
    text = "Unser Kellner Alberto Rossi war freundlich, vielen Dank an Herrn Brunner für die Beratung."
    keys = set(said(read(text, title="Danke, Frau Weidner")))
    assert {"alberto", "rossi", "brunner", "weidner"}.isdisjoint(keys)
    assert {"kellner", "beratung"} <= keys


def test_other_products_and_possibilities_say_nothing(read: Read) -> None:
    assert said(read("Bei anderen Herstellern klemmt der Riegel.")).get("riegel") == {None}
    assert said(read("Vielleicht klemmt der Riegel.")).get("riegel") == {None}


def test_a_repeated_term_is_given_once(read: Read) -> None:
    analysis = read("Der Riegel klemmt. Der Riegel klemmt! Ja, der Riegel klemmt.")
    assert [(t.key, t.construction) for t in analysis.terms] == [("riegel", "klemmen")]


def test_another_language_has_none(read: Read) -> None:
    assert read("The lid is great, I love this very much and so do my friends.").terms == []


def test_terms_stand_in_title_and_text(read: Read) -> None:
    analysis = read("Das Ventil ist undicht.", title="Schlechte Verarbeitung")
    assert {(t.field, t.key) for t in analysis.terms} == {("title", "verarbeitung"), ("text", "ventil")}


def test_terms_are_no_part_of_the_output_line(read: Read) -> None:
    line = read("Das Ventil ist undicht.").to_contract("1", "x")
    assert "terms" not in line


PIECES = (
    "Der", "Die", "Riegel", "Kurbel", "Geruch", "nach", "Gummi", "ist", "war", "nicht", "undicht", "klemmt", "löst", "sich",
    "auf", "ab", "und", ",", ".", "!", "\n", "-", "keine", "ohne", "Preis-Leistung", "Leistung", "Preis", "sehr",
    "freundliches", "Personal", "😀", "\u200b", "ß", "ẞ", "Straße", "GROSS", "groß", "é", "—", "\x00", "\ud83d",
)  # fmt: skip
WORDS = st.sampled_from(PIECES)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=120), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join)
    ),
    st.one_of(st.none(), st.text(max_size=30)),
)
def test_offsets_slice_to_the_term(engine: Engine, text: str, title: str | None) -> None:
    for term in next(engine.analyse([Text(text, title)])).terms:
        field = (title if term.field == "title" else text) or ""
        noun = visible(field[term.start : term.end])
        assert noun
        assert noun.casefold() == term.written.casefold() or term.key == "preisleistung"
        assert term.evidence[0] <= term.start < term.end <= term.evidence[1] <= len(field)
        assert (term.construction is None) == (term.phrase is None)
        assert term.key == term.key.lower()
        assert "-" not in term.key
