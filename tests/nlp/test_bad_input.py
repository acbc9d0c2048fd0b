"""An answer for every text, in bounded time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy

from kundenecho.analysis import Analysis
from nlp.batch import analyse_file
from nlp.engine import Text
from nlp.pipeline import MAX_CHARS, KundenechoEngine
from tests.nlp.test_offsets import check

HARD = {
    "a text of 1 MB": "Die Kurbel klemmt leider, aber sonst super. " * 24_000,
    "1 MB without a blank": "a" * 1_000_000,
    "one character": "x",
    "only emoji": "😀" * 20_000,
    "zero-width and right-to-left marks": "Su\u200bper \u200e\u202e gut\u2060 \u200f\u2067Kurbel\u2069 klemmt",
    "only zero-width and right-to-left marks": "\u200b\u200e\u202e\u2060" * 5_000,
    "unpaired surrogates": "kaputt \ud83d leider \udc00",
    "a null byte": "gut\x00schlecht\x00",
    "HTML": "<div class='x'><b>kaputt</b><script>alert(1)</script></div>" * 200,
    "a base64 image": "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 2_000,
    "ten thousand exclamation marks": "!" * 10_000,
    "Cyrillic look-alikes": "Sеhr gutеs Рrodukt, nur der Hеbel klemmt",
    "another language": "The lid leaks and the handle broke after two days. " * 200,
    "only blanks": " \t\n\u00a0" * 5_000,
    "an empty text": "",
    "alternating marks": "?!" * 10_000,
    "brackets": "(" * 20_000,
    "one endless sentence": "und die Kurbel klemmt nicht mehr " * 1_500,
    "commas": "," * 20_000,
    "hyphens": "a-" * 20_000,
    "repeated words": "nicht " * 8_000,
    "urls": "https://example.org/a?b=c&d=e " * 1_500,
}


@pytest.mark.parametrize("name", HARD)
def test_an_answer_within_seconds(read: Callable[..., Analysis], name: str) -> None:
    text = HARD[name]
    begin = time.process_time()
    result = read(text, title=text[:500])
    assert time.process_time() - begin < 10
    check(result, text[:500], text)


#: What gets one clear error line in a file: more than is stored of a text, and nothing at all.
REFUSED = {
    "a text of 1 MB": "the text has 1056000 characters, at most 200000 are allowed",
    "1 MB without a blank": "the text has 1000000 characters, at most 200000 are allowed",
    "only zero-width and right-to-left marks": "text and title are empty",
    "only blanks": "text and title are empty",
    "an empty text": "text and title are empty",
}


def test_no_line_ends_the_batch(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"id": name, "text": text, "title": text[:500]}) for name, text in HARD.items()]
    source.write_text("\n".join([*lines, '{"id": "last", "text": "Die Kurbel klemmt."}']) + "\n", encoding="utf-8")
    report = analyse_file(source, target, engine="kundenecho")
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [*HARD, "last"]
    assert {row["id"]: row["error"] for row in rows if "error" in row} == REFUSED
    assert report.analysed + report.errors == len(rows)
    assert rows[-1]["mentions"][0]["component"] == "Kurbel"


@pytest.mark.parametrize("title", ["", None, " ", "\u200b"])
def test_an_empty_title_changes_nothing(read: Callable[..., Analysis], title: str | None) -> None:
    text = "Die Kurbel klemmt."
    result = read(text, title)
    check(result, title, text)
    (mention,) = result.mentions
    assert (mention.field, mention.target, mention.evidence) == ("text", "Kurbel", (0, 17))


def test_a_title_without_a_text(read: Callable[..., Analysis]) -> None:
    result = read(None, "Die Kurbel klemmt")
    check(result, "Die Kurbel klemmt", None)
    assert [(mention.field, mention.target) for mention in result.mentions] == [("title", "Kurbel")]


@pytest.mark.parametrize(
    ("name", "language", "judged"),
    [
        ("only emoji", "und", True),
        ("another language", "en", False),
        ("Cyrillic look-alikes", "de", True),
        ("an empty text", "und", False),
        ("only blanks", "und", False),
        ("HTML", "de", True),
    ],
)
def test_what_the_answer_is(read: Callable[..., Analysis], name: str, language: str, judged: bool) -> None:
    result = read(HARD[name])
    assert (result.language, result.sentiment is not None) == (language, judged)


def test_marks_and_tags_do_not_hide_what_is_said(read: Callable[..., Analysis]) -> None:
    for text in (
        "<div class='x'><b>Die Kurbel klemmt</b></div>",
        "Die Kurbel klemmt" + "!" * 10_000,
        "Die Kurbel \ud83d klemmt",
        "Die Kurbel klemmt\x00",
        "\u202eDie Kurbel klemmt\u202c",
        "😀" * 2_000 + " Die Kurbel klemmt",
    ):
        assert "Kurbel" in {mention.target for mention in read(text).mentions if mention.defect}, text[:30]


#: Pieces that make slow what looks at everything behind each of them.
PIECES = (
    "1", "12 34 ", "a@", "A", "HALLO ", "!", " ", "\n", "-", "a-", "liebe Liebe liebe ", "a", "Ab", "Frau Dr. ", "A. ",
    "von ", "Am Ring 1 ", "_", "Sabine, ", "DE02 ", "Kundennr. A1 ", "null ", "Danke an ", "nicht ", "aber, ", "(", "😀",
    "\u200b", "Auslaufdüse", "kostenlos zum Test erhalten ", "läuft nicht aus, ", "\u0301",
)  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_text_takes_seconds_whatever_it_repeats(read: Callable[..., Analysis], piece: str) -> None:
    begin = time.process_time()
    read("Frau " + piece * (MAX_CHARS // len(piece)))
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad\u200b"])
def test_an_invisible_character_splits_no_word(read: Callable[..., Analysis], invisible: str) -> None:
    text = f"Leider ist die Auslauf{invisible}düse ver{invisible}stopft. Tolle Ver{invisible}packung!"
    result = read(text)
    check(result, None, text)
    (defect,) = [mention for mention in result.mentions if mention.defect]
    assert (defect.component, defect.defect) == ("Auslaufdüse", "blockage")
    assert defect.target == f"Auslauf{invisible}düse"
    assert {(term.key, term.written) for term in result.terms} >= {("auslaufdüse", "Auslaufdüse")}
    assert [term.construction for term in result.terms] == [
        term.construction for term in read(text.replace(invisible, "")).terms
    ]


def test_only_the_head_of_a_very_long_text_is_read(read: Callable[..., Analysis]) -> None:
    result = read("Die Kurbel klemmt. " + "egal " * MAX_CHARS + "Die Schnalle ist gebrochen.")
    assert {mention.component for mention in result.mentions if mention.defect} == {"Kurbel"}


def test_the_vocabulary_of_a_spacy_model_stays_flat(tmp_path: Path) -> None:
    spacy.blank("de").to_disk(tmp_path / "german")
    engine = KundenechoEngine(str(tmp_path / "german"))
    strings = engine._nlp.vocab.strings
    for _ in engine.analyse(Text(f"Die Kurbel{number} klemmt wort{number}.") for number in range(512)):
        pass
    before = len(strings)
    for _ in engine.analyse(Text(f"Das Rad{number} wackelt satz{number}.") for number in range(5_000)):
        pass
    assert len(strings) - before < 100
