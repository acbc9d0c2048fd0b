"""Every offset pair slices to what it names, whatever the text."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, LOYALTY, POLARITIES, RECOMMEND, SENTIMENTS, Analysis

PIECES = (
    "Die Kurbel klemmt", "läuft nicht aus", "aber", "und", "leider undicht", "Super!", "sehr gut", "😀", "👎🏽", "\u200b",
    "\u202e", "ß", "ä", "e\u0301", "...", "!!!", "\n", "\r\n", "\t", "  ", ",", "gutAber", "kaputt.Nie wieder", "\x00",
    "\ud83d", "<b>dicht</b>", "1,5", "seitdem läuft es wieder", "kostenlos zum Test erhalten", "Warum?", "nicht", "🇩🇪",
    "An der Schnalle ist der Lack ab", "DIE SCHNALLE IST KAPUTT", "die schnalle ist kaputt", "𝔉raktur", "Ünïcödé",
)  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=14).map(" ".join) | st.text(
    max_size=80
)


def check(result: Analysis, title: str | None, text: str | None) -> None:
    fields = {"title": title or "", "text": text or ""}
    for mention in result.mentions:
        field = fields[mention.field]
        begin, end = mention.evidence
        assert 0 <= begin < end <= len(field)
        assert (mention.start is None) == (mention.end is None) == (mention.target is None)
        if mention.start is not None and mention.end is not None and mention.target is not None:
            shown = field[mention.start : mention.end]
            assert shown.replace("\x00", "\ufffd") == mention.target
            assert begin <= mention.start < mention.end <= end
        assert mention.aspect in ASPECTS
        assert mention.polarity in POLARITIES
        assert mention.defect is None or mention.defect in DEFECT_TYPES
        assert 0 <= mention.confidence <= 1
    for span in [*result.fixes, *([result.incentivised] if result.incentivised else [])]:
        assert 0 <= span.start < span.end <= len(fields[span.field])
    assert result.recommend in RECOMMEND
    assert result.loyalty in LOYALTY
    if result.sentiment:
        assert result.sentiment.label in SENTIMENTS
        assert -1 <= result.sentiment.score <= 1
        assert 0 < result.sentiment.confidence <= 1


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
