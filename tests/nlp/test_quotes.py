from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.display_names import DisplayName, read_display_name
from nlp.quotes import LONGEST, convincing, sentence


@pytest.mark.parametrize(
    ("text", "words", "quote"),
    [
        (
            "Bin begeistert. Ich kann nur jedem raten, sie zu kaufen! Bald mehr.",
            "zu kaufen",
            "Ich kann nur jedem raten, sie zu kaufen!",
        ),
        ("Gut. Noch ein Tipp. Man muss sie z. B. vorher spülen.", "Noch ein Tipp", "Noch ein Tipp. Man muss sie z. B. vorher spülen."),
        ("Die 2. Maschine läuft seit dem 3. Mai ohne Fehler. Super.", "läuft", "Die 2. Maschine läuft seit dem 3. Mai ohne Fehler."),
        ("Traut euch", "Traut euch", "Traut euch"),
        ("Immer wieder\nKlare Empfehlung an alle, die Kaffee mögen", "Empfehlung", "Klare Empfehlung an alle, die Kaffee mögen"),
    ],
)  # fmt: skip
def test_the_sentence_that_convinces(text: str, words: str, quote: str) -> None:
    start = text.index(words)
    first, last = convincing(text, start, start + len(words))
    assert text[first:last] == quote


@given(st.text(alphabet="ab .!\n", max_size=700), st.integers(0, 699), st.integers(1, 40))
def test_the_stretch_is_always_in_its_quote(text: str, start: int, length: int) -> None:
    start = min(start, max(0, len(text) - 1))
    end = min(len(text), start + length)
    first, last = convincing(text, start, end)
    assert 0 <= first <= start
    assert end <= last <= len(text)
    assert last - first <= max(LONGEST, end - start)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        (None, DisplayName(anonymous=True)),
        ("Amazon Kunde", DisplayName(anonymous=True)),
        ("★★★", DisplayName(anonymous=True)),
        ("Michael", DisplayName(anonymous=False)),
        ("Michael1", DisplayName(anonymous=False)),
        ("Anna & Peter Kern", DisplayName(anonymous=False)),
        ("Familie Kern", DisplayName(anonymous=False)),
        ("Sabine O.", DisplayName(anonymous=False, given="sabine", family="o")),
        ("S. Oltmann", DisplayName(anonymous=False, given="s", family="oltmann")),
        ("Oltmann, Sabine", DisplayName(anonymous=False, given="sabine", family="oltmann")),
        ("Dr. Sabine von Oltmann", DisplayName(anonymous=False, given="sabine", family="oltmann")),
        ("mircop77", DisplayName(anonymous=False, handle="mircop77")),
        ("@Kaffeetante", DisplayName(anonymous=False, handle="kaffeetante")),
        ("kaffeetante", DisplayName(anonymous=False)),
    ],
)
def test_display_names(shown: str | None, read: DisplayName) -> None:
    assert read_display_name(shown) == read


def test_the_sentence_of_a_clause() -> None:
    text = "Toll, kann ich nur empfehlen! Der Kaffee schmeckt."
    assert sentence(text, 6, 28) == sentence(text, 0, 4) == (0, 29)
    assert sentence(text, 30, 49) == (30, 50)


def test_over_two_sentences_and_without_marks_a_clause_stands_for_itself() -> None:
    assert sentence("Gut. Besser.", 0, 12) is None
    assert sentence("wort " * LONGEST, 5, 9) is None
