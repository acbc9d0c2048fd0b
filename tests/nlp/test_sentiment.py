"""Sentiment of whole texts: negation, contrast, verdicts, emoji, abstention."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis

Read = Callable[..., Analysis]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Super Gerät, bin sehr zufrieden!", "positive"),
        ("Leider nach zwei Wochen kaputt. Nie wieder!", "negative"),
        ("Nicht gut.", "negative"),
        ("Gar nicht zufrieden, die Kurbel klemmt.", "negative"),
        ("Der Tank läuft nicht aus und alles funktioniert perfekt.", "positive"),
        ("Sieht toll aus und ist schick, aber ich bin sehr enttäuscht und kaufe es nicht nochmal.", "negative"),
        ("Ganz okay, mehr aber auch nicht.", "mixed"),
        ("Klare Empfehlung", "positive"),
        ("Finger weg", "negative"),
        ("suuuuper", "positive"),
        ("👍👍👍", "positive"),
        ("👎😡", "negative"),
        ("Grosse Klasse, weiss nichts auszusetzen", "positive"),
    ],
)
def test_label(read: Read, text: str, label: str) -> None:
    sentiment = read(text).sentiment
    assert sentiment is not None
    assert sentiment.label == label


def test_score_and_label_point_the_same_way(read: Read) -> None:
    good, bad = read("Alles super, perfekt!").sentiment, read("Schrott, total kaputt.").sentiment
    assert good is not None
    assert bad is not None
    assert good.score > 0.5 > -0.5 > bad.score


def test_intensifiers_strengthen(read: Read) -> None:
    weak, strong = read("etwas enttäuschend").sentiment, read("extrem enttäuschend").sentiment
    assert weak is not None
    assert strong is not None
    assert strong.score < weak.score


def test_nothing_said_is_abstained(read: Read) -> None:
    result = read("Gestern im Park gewesen.")
    assert result.abstained
    assert result.sentiment is not None


def test_a_clear_text_is_not_abstained(read: Read) -> None:
    assert not read("Absolut perfekt, ich bin begeistert und kann es nur empfehlen.").abstained


def test_the_title_counts(read: Read) -> None:
    without, with_title = read("Kam am Montag.").sentiment, read("Kam am Montag.", "Totaler Schrott").sentiment
    assert without is not None
    assert with_title is not None
    assert with_title.label == "negative"
    assert with_title.score < without.score
