"""Personal data in texts: found, nothing else taken for it, offsets and lengths kept whatever the text."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundenecho.analysis import Analysis
from nlp.engine import Text, load_engine
from nlp.personal import CODE, KINDS, MARK, find_personal, is_touched, mask
from nlp.personal_evaluation import read_labelled, score_personal
from nlp.pipeline import _CODE

LABELLED = Path(__file__).resolve().parents[2] / "training" / "texts" / "personal.jsonl"

PIECES = (
    "Frau Sauerwein", "Herr Dr.", "herrn", "Sabine", "und", ",", "LG", "Gruß\n", "K. H.", "von der", "Familie", "İ", "ẞ",
    "030 23125 417", "+49 171 39200 12", "a.b@example.org", "DE02 1203 0000 0000 2020 51", "Kundennr.", "4471920", "null",
    "eins zwei", "Musterweg 12", "12345 Musterstadt", "B-XY 1234", "@ostsee_ole", "Kennzeichen", "e\u0301", "😀", "\u200b",
    "\x00", "\ud83d", "\n", "  ", "-", "(", ")", "'", "Karl-May-Filme", "Buch", "www.", "•",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=14).map(" ".join) | st.text(
    max_size=60
)


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in find_personal(text)]


@settings(max_examples=400, deadline=None)
@given(text=texts)
def test_spans_stand_in_the_text_and_masking_keeps_its_length(text: str) -> None:
    spans = find_personal(text)
    behind = 0
    for span in spans:
        assert behind <= span.start < span.end <= len(text)
        assert span.kind in KINDS
        behind = span.end
    masked = mask(text, spans)
    assert len(masked) == len(text)
    hidden = {at for span in spans for at in range(span.start, span.end)}
    assert all(masked[at] == (MARK if at in hidden else text[at]) for at in range(len(text)))


@pytest.mark.parametrize(
    "unseen", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u200e", "\u202e", "\u2067\u200b"]
)
@pytest.mark.parametrize(
    ("text", "hidden", "kind"),
    [
        ("Frau Dr. Sau|erwein war nett", "Sau|erwein", "name"),
        ("Fr|au Sauerwein war nett", "Sauerwein", "name"),
        ("Frau|Sauerwein war nett", "Sauerwein", "name"),
        ("Danke an Frau |Sauerwein", "Sauerwein", "name"),
        ("Tel. 030 231|25 118!", "030 231|25 118", "phone"),
        ("an lena_p@exam|ple.org bitte", "lena_p@exam|ple.org", "email"),
        ("in der Garten|straße 17, hinten", "Garten|straße 17", "address"),
    ],
)
def test_an_unseen_character_splits_no_name_and_no_number(text: str, hidden: str, kind: str, unseen: str) -> None:
    assert found(text.replace("|", unseen)) == [(hidden.replace("|", unseen), kind)]


@settings(max_examples=60, deadline=None)
@given(text=texts, title=st.none() | texts)
def test_the_analysis_has_them_with_offsets_into_each_field(
    read: Callable[..., Analysis], text: str, title: str | None
) -> None:
    expected = [
        (field, *span) for field, body in (("title", title), ("text", text)) for span in find_personal(body or "")
    ]
    assert [(s.field, s.start, s.end, s.kind) for s in read(text, title).personal] == expected


@pytest.mark.parametrize(
    ("text", "hidden", "kind"),
    [
        ("Frau Dr. Sauerwein war nett", "Sauerwein", "name"),
        ("danke an sabine vom service", "sabine", "name"),
        ("Herr Koch aus der Küche", "Koch", "name"),
        ("bei herrn nowak angerufen", "nowak", "name"),
        ("Frau M. aus Köln", "M.", "name"),
        ("MfG\nRolf-Dieter Kampe", "Rolf-Dieter Kampe", "name"),
        ("Herr von der Heide kam", "von der Heide", "name"),
        ("Tel. (030) 23125-118!", "(030) 23125-118", "phone"),
        ("null drei null zwei drei eins zwei fünf", "null drei null zwei drei eins zwei fünf", "phone"),
        ("an lena_p (at) example (dot) org", "lena_p (at) example (dot) org", "email"),
        ("auf CH93 0076 2011 6238 5295 7 bitte", "CH93 0076 2011 6238 5295 7", "iban"),
        ("Kundennummer ist 0049-3381, danke", "0049-3381", "number"),
        ("in der Gartenstraße 17, hinten", "Gartenstraße 17", "address"),
        ("Wir wohnen Unter den Eichen 44.", "Unter den Eichen 44", "address"),
        ("der mit B-XY 1234 parkt", "B-XY 1234", "plate"),
        ("ich bin @ostsee_ole dort", "@ostsee_ole", "handle"),
    ],
)
def test_german_forms(text: str, hidden: str, kind: str) -> None:
    assert found(text) == [(hidden, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "Meine Frau ist froh, der Herr an der Kasse auch.", "Karl-May-Filme auf DVD", "Tina Turner CD", "DIN EN 71",
        "Am 12.03.2024 um 14.30 Uhr, 3 Stück für 1.299,00 Euro", "Roman von Sebastian Fitzek", "Hotel Maria", "EN 13432",
        "Im August beim Autohaus Wolf", "Modell 310, Version 5.1.2", "Platz 1 in meiner Liste", "Hotline 0800 1234567",
        "Danke an das Team", "Dr. Oetker Pizza", "Ihr Kundenservice", "heiße Flüssigkeiten", "dank der Dichtung", "4 @ home",
    ],
)  # fmt: skip
def test_what_only_looks_like_it(text: str) -> None:
    assert found(text) == []


def test_the_labelled_texts() -> None:
    parts = score_personal(LABELLED)
    for part, recall, precision in (("all", 0.97, 0.97), ("held_back", 0.95, 0.95)):
        figures = parts[part]
        assert (figures.recall() or 0) >= recall, figures.missed
        assert (figures.precision() or 0) >= precision, figures.wrong
    assert parts["held_back"].texts >= 200
    assert all(parts["all"].labelled[kind] >= 15 for kind in KINDS)


def test_the_labelled_texts_use_reserved_addresses_only() -> None:
    for text in read_labelled(LABELLED):
        for span in text.spans:
            shown = text.text[span.start : span.end].lower()
            assert span.kind != "email" or "example" in shown, text.id


def test_every_module_decides_the_lineage() -> None:
    modules = {path.stem for path in Path(find_personal.__code__.co_filename).parent.glob("personal*.py")}
    assert set(CODE) == modules - {"personal_evaluation"}
    assert set(CODE) <= set(_CODE)
    assert "personal.toml" in load_engine().describe()["data"]


def test_the_baseline_engine_finds_them_too() -> None:
    (result,) = load_engine("textblob-de").analyse([Text("Frau Sauerwein hilft.", "Danke Murat")])
    assert [(span.field, span.kind) for span in result.personal] == [("title", "name"), ("text", "name")]


def test_the_output_line_has_none(read: Callable[..., Analysis]) -> None:
    assert "personal" not in read("Danke an Sabine").to_contract("1", "x")


@pytest.mark.parametrize(
    "piece",
    [
        "1", "0 ", "a@", "Sabine, ", "Frau M. ", "Herr von ", "Anna-", "straße 1", "null eins ", "nr. 1 ", "A. ", "DE02 ",
        "Prof. Dr. ", "Dr ", "Am Ring 1 ", "liebe Liebe liebe ", "A", "-", "!", " ", "Danke an ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "Ich wohne hier. Frau "])
def test_no_text_takes_the_square_of_its_length(piece: str, before: str) -> None:
    started = time.process_time()
    find_personal(before + piece * (50_000 // len(piece)))
    assert time.process_time() - started < 3


def test_a_word_of_fifty_thousand_letters() -> None:
    started = time.process_time()
    assert len(find_personal("Danke an Frau X" + "abcdefghij" * 5_000)) <= 1
    assert time.process_time() - started < 1


def test_only_so_many_degrees_are_read() -> None:
    assert found("Frau Prof. Dr. Dr. Amari") == found("Frau Amari") == [("Amari", "name")]


@given(cuts=st.lists(st.integers(0, 30), unique=True), start=st.integers(0, 30), length=st.integers(1, 10))
def test_a_stretch_is_touched_where_it_shares_a_character(cuts: list[int], start: int, length: int) -> None:
    edges = sorted(cuts)
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    shared = any(at in range(*span) for span in spans for at in range(start, start + length))
    assert is_touched(spans, start, start + length) is shared
