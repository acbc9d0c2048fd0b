"""Recommendation, loyalty, questions, incentives, fixes, and what clauses tell of feelings and moments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

import nlp.pipeline  # noqa: F401  registers the components
from kundenecho.analysis import EMOTIONS, EXPECTATIONS, TOUCHPOINTS, Analysis
from nlp.lexicon import DATA, load_toml
from nlp.sentences import FILES as SENTENCE_FILES
from nlp.signals import FILES, Signals
from nlp.tokenizer import TOKENIZER

Read = Callable[..., Analysis]


@pytest.fixture(scope="module")
def told() -> Callable[[str], Signals]:
    pipeline: Language = spacy.blank("de", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    for part in ("language", "clauses", "search", "cues", "signals"):
        pipeline.add_pipe(f"kundenecho_{part}_v1")

    def signals(text: str) -> Signals:
        found: Signals = pipeline(text)._.signals
        return found

    return signals


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
        ("Weiß jemand, ob man das Teil einzeln bekommt", True),
        ("Mich würde interessieren, ob das auch an das ältere Modell passt.", True),
        ("Der Ton kommt versetzt, kann man das irgendwo einstellen?", True),
        ("Toll.", False),
        ("?", False),
        ("Preis? Gut.", False),
        ("Keine Frage, gerne wieder.", False),
        ("Was will man mehr?", False),
        ("Wie kann man nur so etwas verkaufen?", False),
        ("Warum ich nur drei Sterne gebe? Weil es wackelt.", False),
        ("Ist es sein Geld wert? Ja, auf jeden Fall.", False),
        ("Schönes Stück, oder?", False),
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
        "Der Händler bot mir Geld zurück, wenn ich fünf Sterne gebe.",
        "Mir wurde das Gerät vom Hersteller überlassen, um darüber zu berichten.",
    ],
)
def test_incentive(read: Read, text: str) -> None:
    span = read(text).incentivised
    assert span is not None
    assert text[span.start : span.end] == text.rstrip(".")


@pytest.mark.parametrize(
    "text",
    [
        "Der Versand war kostenlos.",
        "Den Ersatz habe ich kostenlos bekommen.",
        "Gutschein eingelöst, hat funktioniert.",
        "Nach ausgiebigem Test kann ich sagen: taugt.",
        "Habe es geschenkt bekommen und liebe es.",
    ],
)
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
        "Filter ausgeklopft, läuft wieder.",
        "Das Gestell hat gequietscht. Schrauben nachgezogen, seitdem ist Ruhe.",
        "Nach einem Neustart war das Problem weg.",
        "Es ging immer aus, bis ich den Filter gereinigt habe.",
        "Der Hebel klemmte. Ein Tropfen Öl hat geholfen.",
        "Die Leitung war verstopft. Essig hat geholfen.",
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
        "immer wieder ist zu 100% dicht",
        "Läuft aus. Da hilft nur noch wegwerfen.",
        "Die Hotline riet zum Neustart, geholfen hat es nicht.",
        "Der Techniker hat das Problem gelöst.",
        "Nach Gebrauch ausspülen, trocknen lassen, fertig.",
        "Ausgepackt, angeschlossen, lief sofort.",
        "Dichtung getauscht und es tropft trotzdem weiter.",
        "Vielleicht ist das Problem nach einem Neustart weg.",
        "Zum Schließen noch einmal drücken und er ist wieder dicht.",
        "Schüttelt man ihn kopfüber, tropft nichts, er ist absolut dicht.",
        "Super schön anzusehen, handlich, bleibt lange warm und trocken.",
        "Die Beratung hat geholfen.",
        "Hat mir geholfen, zehn Kilo abzunehmen.",
        "Er klemmte. Wenn man ihn ölt, dann geht das auch nicht.",
    ],
)
def test_what_did_not_help(read: Read, text: str) -> None:
    assert read(text).fixes == []


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("Ich bin begeistert.", "joy"),
        ("Auf den kann ich mich verlassen.", "trust"),
        ("Da war ich verblüfft.", "surprise"),
        ("Hätte nie gedacht, dass das so viel Kraft hat.", "surprise"),
        ("Sehr schade.", "disappointment"),
        ("Das ist eine Frechheit.", "anger"),
        ("Ich habe Angst um die Kinder.", "worry"),
        ("Das Modell heißt Freude.", None),
        ("Ich bin nicht überrascht.", None),
        ("Keine Angst, so heiß wird er nicht.", None),
        ("Mir schmecken saure Gurken.", None),
    ],
)
def test_emotion_of_a_clause(told: Callable[[str], Signals], text: str, emotion: str | None) -> None:
    assert list(told(text).emotions.values()) == ([emotion] if emotion else [])


@pytest.mark.parametrize(
    ("text", "expectation"),
    [
        ("Hält, was es verspricht.", "met"),
        ("Wurde nicht enttäuscht.", "met"),
        ("Hält nicht, was es verspricht.", "disappointed"),
        ("Hatte mir mehr erwartet.", "disappointed"),
        ("Es geht schneller, als ich dachte.", "exceeded"),
        ("Positiv überrascht.", "exceeded"),
        ("Erwartet keine Wunder.", None),
    ],
)
def test_expectation(told: Callable[[str], Signals], text: str, expectation: str | None) -> None:
    assert set(told(text).expectations.values()) == ({expectation} if expectation else set())


@pytest.mark.parametrize(
    ("text", "touchpoint"),
    [
        ("In der Werbung sah es größer aus.", "advertising"),
        ("Die Verkäuferin hat uns gut beraten.", "advice"),
        ("Der Bestellvorgang war kompliziert.", "order"),
        ("Wurde nicht geliefert.", "delivery"),
        ("Alles war gut verpackt.", "packaging"),
        ("Schon beim ersten Einschalten hing alles.", "first_use"),
        ("Ich benutze es täglich.", "use"),
        ("Lässt sich leicht reinigen.", "cleaning"),
        ("Die Hotline war freundlich.", "support"),
        ("Ich habe es zurückgeschickt.", "returns"),
        ("Schon zum dritten Mal nachgekauft.", "repurchase"),
        ("Liefert guten Klang.", None),
        ("Die Heldin ist wütend.", None),
    ],
)
def test_touchpoint_of_a_clause(told: Callable[[str], Signals], text: str, touchpoint: str | None) -> None:
    assert list(told(text).touchpoints.values()) == ([touchpoint] if touchpoint else [])


@pytest.mark.parametrize("name", [*FILES, *SENTENCE_FILES])
def test_every_pattern_is_well_formed(name: str) -> None:
    for entry in load_toml(name)["cue"]:
        for pattern in entry["patterns"]:
            elements = pattern.replace("&", " ").replace("…", " ").split()
            assert elements, pattern
            assert all(form.strip("*") for element in elements for form in element.split("|")), pattern


def test_every_signal_is_one_of_the_contract() -> None:
    known = {
        *EMOTIONS,
        *(f"at_{name}" for name in TOUCHPOINTS),
        "recommend_yes",
        "recommend_no",
        "repeat",
        "churn",
        "wish",
        "referral",
    }
    known.add("recommend_part")  # cancels a recommendation, and is told to nobody
    clauses = {entry["signal"] for name in FILES for entry in load_toml(name)["cue"]}
    assert clauses == known
    expectations = {entry["signal"] for entry in load_toml("expectations.toml")["cue"]}
    assert expectations == set(EXPECTATIONS)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_what_cancels_a_construction_is_single_words(path: Path) -> None:
    for entry in load_toml(path.name).get("cue", ()):
        for word in [*entry.get("unless", ()), *entry.get("near", ())]:
            assert " " not in word, f"{path.name}: {word!r} can never be met"
