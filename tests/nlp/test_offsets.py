"""Every offset pair slices to what it names, whatever the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundenecho.analysis import (
    ASPECTS,
    DEFECT_TYPES,
    EMOTIONS,
    EXPECTATIONS,
    LOYALTY,
    PERSONAL_KINDS,
    POLARITIES,
    RECOMMEND,
    SENTIMENTS,
    TOUCHPOINTS,
    Analysis,
    FieldSpan,
    Mention,
    PersonalSpan,
    Term,
)
from kundenecho.text import storable
from nlp.lexicon import visible

PIECES = (
    "Die Kurbel klemmt", "läuft nicht aus", "aber", "und", "leider undicht", "Super!", "sehr gut", "😀", "👎🏽", "\u200b",
    "\u202e", "ß", "ä", "e\u0301", "...", "!!!", "\n", "\r\n", "\t", "  ", ",", "gutAber", "kaputt.Nie wieder", "\x00",
    "\ud83d", "<b>dicht</b>", "1,5", "seitdem läuft es wieder", "kostenlos zum Test erhalten", "Warum?", "nicht", "🇩🇪",
    "An der Schnalle ist der Lack ab", "DIE SCHNALLE IST KAPUTT", "die schnalle ist kaputt", "𝔉raktur", "Ünïcödé",
    "kann ich nur empfehlen", "Finger weg", "nie wieder", "kaufe ich wieder", "Danke an Sabine Huber", "Frau M.",
    "Tel. 0151 23456789", "a@example.org", "Auf der Heide 3, 12345 Musterort", "Preis und Leistung", "Klebe-Band reißt",
    "Gutschein für die Bewertung", "Büroklammer rein, fertig", "İstanbul", "\u00ad", "Sеhr gutеs Рrodukt",
)  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=14).map(" ".join) | st.text(
    max_size=80
)


def check(result: Analysis, title: str | None, text: str | None) -> None:
    """Every offset pair of a result slices to what it names, and every label is one of the contract's."""
    fields = {"title": title or "", "text": text or ""}
    for mention in result.mentions:
        check_mention(mention, fields[mention.field])
    for term in result.terms:
        check_term(term, fields[term.field])
    for name in ("recommend", "loyalty"):
        said, at = getattr(result, name), getattr(result, f"{name}_at")
        assert (at is not None) == (said != "none"), name
        if at:
            shown_words(at, fields)
    for span in [*result.fixes, *([result.incentivised] if result.incentivised else [])]:
        shown_words(span, fields)
    check_order(result.fixes)
    for one in result.personal:
        assert one.kind in PERSONAL_KINDS
        assert any(sign.isalnum() for sign in shown_words(one, fields))
    check_order(result.personal)
    assert result.recommend in RECOMMEND
    assert result.loyalty in LOYALTY
    if result.sentiment:
        assert result.sentiment.label in SENTIMENTS
        assert -1 <= result.sentiment.score <= 1
        assert 0 < result.sentiment.confidence <= 1


def check_mention(mention: Mention, field: str) -> None:
    begin, end = mention.evidence
    assert 0 <= begin < end <= len(field)
    assert field[begin:end] == field[begin:end].strip()
    assert (mention.start is None) == (mention.end is None) == (mention.target is None)
    if mention.start is not None and mention.end is not None and mention.target is not None:
        assert storable(field[mention.start : mention.end]) == mention.target
        assert begin <= mention.start < mention.end <= end
    assert mention.aspect in ASPECTS
    assert mention.polarity in POLARITIES
    assert mention.defect in (None, *DEFECT_TYPES)
    assert mention.touchpoint in (None, *TOUCHPOINTS)
    assert mention.emotion in (None, *EMOTIONS)
    assert mention.expectation in (None, *EXPECTATIONS)
    assert 0 <= mention.confidence <= 1


def check_term(term: Term, field: str) -> None:
    begin, end = term.evidence
    assert 0 <= begin <= term.start < term.end <= end <= len(field)
    shown = visible(storable(field[term.start : term.end]))
    # "Preis und Leistung" is one term, which stands where its second word does.
    assert term.written.casefold() in (shown.casefold(), "preis-leistung")


def shown_words(span: FieldSpan | PersonalSpan, fields: dict[str, str]) -> str:
    """The words of a span, which lies inside its field and begins and ends with a sign."""
    field = fields[span.field]
    assert 0 <= span.start < span.end <= len(field)
    shown = field[span.start : span.end]
    assert shown == shown.strip()
    return shown


def check_order(spans: Sequence[FieldSpan] | Sequence[PersonalSpan]) -> None:
    """Spans of a field stand in order, and none overlaps another."""
    behind = {"title": 0, "text": 0}
    for span in spans:
        assert span.start >= behind[span.field]
        behind[span.field] = span.end


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, title=st.none() | texts)
def test_offsets_hold(read: Callable[..., Analysis], text: str, title: str | None) -> None:
    check(read(text, title), title, text)


def test_offsets_point_into_their_own_field(read: Callable[..., Analysis]) -> None:
    title, text = "Schnalle gebrochen 😀", "  😀 Leider klemmt auch die Kurbel."
    result = read(text, title)
    check(result, title, text)
    assert {(m.field, m.target) for m in result.mentions} == {("title", "Schnalle"), ("text", "Kurbel")}


def test_a_fix_in_title_and_text_is_two_spans(read: Callable[..., Analysis]) -> None:
    said = "Mit einer Nadel gereinigt, seitdem läuft es wieder"
    spans = read(said, said).fixes
    assert [(span.field, span.start, span.end) for span in spans] == [("title", 0, len(said)), ("text", 0, len(said))]


def test_code_points_are_counted_not_bytes_or_utf_16(read: Callable[..., Analysis]) -> None:
    text = "😀😀😀 Die Kurbel klemmt."
    (mention,) = read(text).mentions
    assert (mention.start, mention.end) == (8, 14)


def test_evidence_is_the_clause_without_its_conjunction(read: Callable[..., Analysis]) -> None:
    text = "Die Farbe ist toll, aber die Kurbel klemmt ständig."
    (mention,) = [m for m in read(text).mentions if m.defect]
    assert text[slice(*mention.evidence)] == "die Kurbel klemmt ständig"


SAID = {
    "mention": ("Die Kurbel klemmt", "Die Kurbel klemmt"),
    "recommend": ("kann ich nur empfehlen", "Das kann ich nur empfehlen"),
    "loyalty": ("Nie wieder diese Firma", "Nie wieder diese Firma"),
    "fix": ("Mit einer Nadel gereinigt, seitdem läuft es wieder", "Mit einer Nadel gereinigt, seitdem läuft es wieder"),
    "incentivised": ("kostenlos zum Test erhalten", "Habe das Teil kostenlos zum Test erhalten"),
    "term": ("Kurbel", "Die Kurbel klemmt"),
    "personal": ("Sabine Huber", "Danke an Sabine Huber"),
}


@pytest.mark.parametrize("field", ["title", "text"])
@pytest.mark.parametrize("name", SAID)
def test_every_kind_of_offset_slices_to_what_it_names(read: Callable[..., Analysis], name: str, field: str) -> None:
    words, sentence = SAID[name]
    body = f"😀 Soso. {sentence}!"
    title, text = (body, "Na ja.") if field == "title" else ("Na ja 😀", body)
    result = read(text, title)
    check(result, title, text)
    found: dict[str, list[tuple[str, int, int]]] = {
        "mention": [(one.field, *one.evidence) for one in result.mentions],
        "fix": [(one.field, one.start, one.end) for one in result.fixes],
        "term": [(one.field, one.start, one.end) for one in result.terms],
        "personal": [(one.field, one.start, one.end) for one in result.personal],
    }
    for single in ("recommend_at", "loyalty_at", "incentivised"):
        at = getattr(result, single)
        found[single.removesuffix("_at")] = [(at.field, at.start, at.end)] if at else []
    assert any(where == field and words in body[start:end] for where, start, end in found[name]), found[name]
