"""Recommendation, loyalty, questions, incentives and fixes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis

Read = Callable[..., Analysis]


@pytest.mark.parametrize(
    ("text", "recommend"),
    [
        ("Kann ich nur weiterempfehlen.", "yes"),
        ("Klare Kaufempfehlung!", "yes"),
        ("Nur zu empfehlen", "yes"),
        ("Nicht empfehlenswert.", "no"),
        ("Kann ich leider nicht empfehlen.", "no"),
        ("Finger weg!", "no"),
        ("Von mir keine Empfehlung.", "no"),
        ("Ich rate davon ab.", "no"),
        ("Es wird empfohlen, das Gerät zu entkalken, sagt der Hersteller.", "none"),
        ("Schönes Gerät.", "none"),
    ],
)
def test_recommendation(read: Read, text: str, recommend: str) -> None:
    assert read(text).recommend == recommend


@pytest.mark.parametrize(
    ("text", "loyalty"),
    [
        ("Gerne wieder!", "repeat"),
        ("Würde ich immer wieder kaufen.", "repeat"),
        ("Habe schon die zweite gekauft.", "repeat"),
        ("Wir benutzen das seit Jahren.", "repeat"),
        ("Nie wieder!", "churn"),
        ("Würde ich nicht nochmal kaufen.", "churn"),
        ("Geht zurück.", "churn"),
        ("Ich habe gekündigt.", "churn"),
        ("Mir wurde von der Firma gekündigt.", "none"),
        ("Kaufe ich nicht mehr.", "churn"),
        ("Ein schönes Gerät.", "none"),
    ],
)
def test_loyalty(read: Read, text: str, loyalty: str) -> None:
    assert read(text).loyalty == loyalty


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Warum blinkt die Lampe? Weiß das jemand?", True),
        ("Wie entkalke ich das?", True),
        ("Toll.", False),
        ("?", False),
    ],
)
def test_question(read: Read, text: str, asked: bool) -> None:
    assert read(text).question is asked


@pytest.mark.parametrize(
    "text",
    [
        "Ich durfte das Gerät kostenlos testen.",
        "Habe es gratis für eine ehrliche Bewertung erhalten.",
        "Gutschein für die Bewertung bekommen.",
    ],
)
def test_incentive(read: Read, text: str) -> None:
    span = read(text).incentivised
    assert span is not None
    assert text[span.start : span.end] == text.rstrip(".")


@pytest.mark.parametrize("text", ["Der Versand war kostenlos.", "Den Ersatz habe ich kostenlos bekommen."])
def test_free_of_charge_is_no_incentive(read: Read, text: str) -> None:
    assert read(text).incentivised is None


@pytest.mark.parametrize(
    "text",
    [
        "Mit einer Nadel habe ich die Leitung frei gemacht, seitdem läuft es wieder.",
        "Nadel rein, fertig, läuft wieder wie am ersten Tag!",
        "Der Tipp mit der Zahnbürste hat geholfen.",
        "Essig schafft Abhilfe.",
        "Problem gelöst: einmal durchspülen.",
        "Die Leitung war verstopft. Da hilft nur kräftig durchpusten.",
        "Die Leitung war verstopft. Nadel rein, fertig.",
    ],
)
def test_what_helped(read: Read, text: str) -> None:
    spans = read(text).fixes
    assert spans
    assert "." not in text[spans[-1].start : spans[-1].end]


def test_the_means_may_stand_in_the_sentence_before(read: Read) -> None:
    (span,) = read("War lange zu. Ich habe die Leitung mit einer Nadel gereinigt. Seitdem läuft alles wieder.").fixes
    assert (span.start, span.end) == (14, 88)


@pytest.mark.parametrize(
    "text",
    [
        "Das Personal war nett und hat uns bei jeder Frage geholfen.",
        "Da hilft alles nichts.",
        "Läuft immer wieder aus.",
        "Vielleicht würde ein Filter Abhilfe schaffen.",
        "Für mich die beste Lösung.",
        "Tablette rein, Klappe zu, fertig.",
        "Dieses Problem hat sich durch diesen Kocher gelöst.",
    ],
)
def test_what_did_not_help(read: Read, text: str) -> None:
    assert read(text).fixes == []
