"""An answer for every text, in bounded time and memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis
from nlp.engine import Text
from nlp.pipeline import MAX_CHARS, KundenechoEngine
from tests.nlp.test_offsets import check

HARD = {
    "1 MB": "Die Kurbel klemmt leider, aber sonst super. " * 24_000,
    "1 MB without a blank": "a" * 1_000_000,
    "one character": "x",
    "only emoji": "😀" * 20_000,
    "zero width": "Su\u200bper \u200e\u202e gut\u2060",
    "lone surrogates": "kaputt \ud83d leider \udc00",
    "NUL": "gut\x00schlecht\x00",
    "HTML": "<div class='x'><b>kaputt</b><script>alert(1)</script></div>" * 200,
    "base64": "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 2_000,
    "exclamation marks": "!" * 10_000,
    "alternating marks": "?!" * 10_000,
    "brackets": "(" * 20_000,
    "look-alikes": "Sеhr gutеs Рrodukt",
    "one endless sentence": "und die Kurbel klemmt nicht mehr " * 1_500,
    "commas": "," * 20_000,
    "hyphens": "a-" * 20_000,
    "repeated words": "nicht " * 8_000,
    "urls": "https://example.org/a?b=c&d=e " * 1_500,
}


@pytest.mark.parametrize("name", HARD)
def test_an_answer_within_seconds(read: Callable[..., Analysis], name: str) -> None:
    text = HARD[name]
    begin = time.perf_counter()
    result = read(text, title=text[:500])
    assert time.perf_counter() - begin < 20
    check(result, text[:500], text)


def test_only_the_head_of_a_very_long_text_is_read(read: Callable[..., Analysis]) -> None:
    result = read("Die Kurbel klemmt. " + "egal " * MAX_CHARS + "Die Schnalle ist gebrochen.")
    assert {mention.component for mention in result.mentions} == {"Kurbel"}


def test_memory_stays_flat() -> None:
    engine = KundenechoEngine()
    strings = engine._nlp.vocab.strings
    for _ in engine.analyse(Text(f"Die Kurbel{number} klemmt wort{number}.") for number in range(512)):
        pass
    before = len(strings)
    for _ in engine.analyse(Text(f"Das Rad{number} wackelt satz{number}.") for number in range(5_000)):
        pass
    assert len(strings) - before < 100
