"""Moments: what each clause tells of the journey, and where an opinion without a touchpoint of its own belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kundenecho.analysis import EMOTIONS, EXPECTATIONS, PHASES, TOUCHPOINTS, Analysis
from nlp import places as table
from nlp.engine import Engine, Text
from nlp.moods import mood_of
from nlp.places import places
from nlp.signal_evaluation import read_signal_texts

Read = Callable[..., Analysis]
LABELLED = Path(__file__).resolve().parents[2] / "training" / "texts" / "signals.jsonl"


@pytest.fixture
def told(read: Read) -> Callable[..., list[tuple[str | None, int]]]:
    return lambda text, **more: [(m.touchpoint, m.mood) for m in read(text, **more).moments]


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("Das Paket kam am Dienstag an.", [("delivery", 0)]),
        ("Die Lieferung war schnell.", [("delivery", 1)]),
        ("Die Verarbeitung ist hervorragend.", [("use", 1)]),
        ("Der Preis ist viel zu hoch.", [("order", -1)]),
        ("Der Kundenservice war unfreundlich.", [("support", -1)]),
        ("Schnelle Lieferung und gute Qualität.", [("delivery", 1), ("use", 1)]),
        ("Kam beschädigt an.", [("delivery", -1)]),
        ("Nie wieder!", [("repurchase", -1)]),
        ("Würde ich jederzeit wieder kaufen.", [("repurchase", 1)]),
        ("Ich bin begeistert!", [(None, 2)]),
        ("Die Klappe ist jetzt zum dritten Mal gebrochen.", [("use", -1)]),
        ("Läuft aus, kaufe ich nie wieder.", [("use", -1), ("repurchase", -1)]),
        ("Die Verarbeitung ist schlecht. Sehr ärgerlich!", [("use", -1), ("use", -2)]),
    ],
)
def test_touchpoint_and_mood(told: Callable[..., list[tuple[str | None, int]]], text: str, moments: object) -> None:
    assert told(text) == moments


@pytest.mark.parametrize(
    "text",
    [
        "Wir wurden im Restaurant sehr freundlich bedient.", "Tolles Ambiente im Lokal. Der Service war schnell.",
        "Die Zimmer waren sauber, das Frühstück gut und der Service aufmerksam.",
        "Das Schnitzel kam schnell, das Bier war kalt.", "Leckere Pizza, super Service!",
    ],
)  # fmt: skip
def test_who_visits_a_house_meets_its_service_there(read: Read, text: str) -> None:
    assert {m.touchpoint for m in read(text).moments} == {"use"}


@pytest.mark.parametrize("text", ["Das Gerät läuft.\nMit freundlichen Grüßen", "Gerät läuft. Freundliche Grüße Müller"])
def test_a_greeting_praises_nobody(read: Read, text: str) -> None:
    assert "support" not in {m.touchpoint for m in read(text).moments}


def test_words_weigh_once_and_against_each_other() -> None:
    visits = places().visits
    assert visits.weigh(["essen", "essen", "tisch"]) == 2
    assert visits.weigh(["rezeption", "paket"]) == 0
    assert visits.weigh(["hersteller"]) < 0 == visits.weigh(["super"])
    assert visits.weigh(["hersteller"], "Seehotel Rot") >= 1 > visits.weigh(["hersteller"], "HM-310 Aurora")


def test_the_name_of_a_house_tells_a_visit(told: Callable[..., list[tuple[str | None, int]]]) -> None:
    assert told("Super Service!", product="Hotel Sonnblick") == [("use", 1)]
    assert told("Alles sehr sauber!", product="Gasthof Linde") == [("use", 1)]


def test_a_service_that_no_words_place_has_no_touchpoint(told: Callable[..., list[tuple[str | None, int]]]) -> None:
    assert told("Super Service!") == [(None, 1)]
    assert told("Super Service! Das Gerät läuft.")[0] == ("support", 1)
    assert told("Super Service, der Sachbearbeiter war freundlich.")[0] == ("support", 1)


def test_from_afar_a_house_gives_support_and_takes_orders(read: Read) -> None:
    def touchpoints(text: str) -> set[str | None]:
        return {m.touchpoint for m in read(text, product="Hotel Sonnblick").moments}

    assert touchpoints("Die Buchung am Telefon war sehr freundlich.") <= {"support", "order"}
    assert touchpoints("Die Bestellung wurde nicht richtig aufgenommen.") <= {"use", None}
    assert "support" in touchpoints("Auf meine E-Mail kam keine Antwort, schlechter Service.")


@pytest.mark.parametrize(
    ("text", "touchpoint"),
    [
        ("Das Essen im Restaurant war in Ordnung.", "use"),
        ("Ein tolles Restaurant.", None),
        ("Ein toller Abend im Lokal!", None),
    ],
)
def test_a_verdict_on_a_part_of_a_visit_is_use(read: Read, text: str, touchpoint: str | None) -> None:
    assert {m.touchpoint for m in read(text).moments} == {touchpoint}


def test_what_contradicts_the_verdict_on_the_text_is_read_less_surely(read: Read) -> None:
    praise = "Großartig, ich bin begeistert, ein wunderbares Gerät, klare Empfehlung. "
    [alone] = [m for m in read("Das Geräusch ist unangenehm.").moments if m.mood < 0]
    inside = [m for m in read(praise + "Das Geräusch ist unangenehm.").moments if m.mood < 0]
    assert all(0 <= m.confidence < alone.confidence <= 1 for m in inside)


def test_a_parcel_is_no_visit(read: Read) -> None:
    moments = read("Wie im Restaurant! Die Lieferung war schnell.").moments
    assert "delivery" in {m.touchpoint for m in moments}


@pytest.mark.parametrize(
    "text", ["Der Vorgänger hat mich sehr enttäuscht.", "Ich würde mich freuen, wenn er länger hielte."]
)
def test_other_products_and_wishes_are_no_moments(read: Read, text: str) -> None:
    assert [m for m in read(text).moments if m.emotion] == []


def test_a_feeling_that_contradicts_the_opinion_is_none(read: Read) -> None:
    assert {(m.mood, m.emotion) for m in read("Die Qualität ist unfassbar gut.").moments} == {(1, None)}


@pytest.mark.parametrize(
    ("said", "emotion", "expectation", "mood"),
    [
        (0, None, None, 0), (1, None, None, 1), (-1, None, None, -1), (1, "joy", None, 2), (0, "anger", None, -2),
        (-1, "joy", None, -1), (1, "surprise", None, 2), (0, "surprise", None, 0), (0, None, "met", 1),
        (-1, None, "met", -1), (0, None, "exceeded", 2), (0, None, "disappointed", -2), (1, None, "disappointed", 1),
    ],
)  # fmt: skip
def test_five_steps(said: int, emotion: str | None, expectation: str | None, mood: int) -> None:
    assert mood_of(said, emotion, expectation) == mood


def test_quotes_hold_their_clause_and_offsets_their_field(engine: Engine) -> None:
    texts = [Text(one.text, "Titel: schnelle Lieferung, sehr ärgerlich!") for one in read_signal_texts(LABELLED)[:300]]
    for text, analysis in zip(texts, engine.analyse(texts), strict=True):
        assert any(m.field == "title" for m in analysis.moments)
        for m in analysis.moments:
            field = text.title if m.field == "title" else text.text
            assert field is not None
            assert 0 <= m.quote[0] <= m.evidence[0] < m.evidence[1] <= m.quote[1] <= len(field)
            assert field[m.evidence[0] : m.evidence[1]].strip()
            assert (m.phase is None) == (m.touchpoint is None)
            assert m.phase in (None, *PHASES)
            assert m.touchpoint in (None, *TOUCHPOINTS)
            assert m.emotion in (None, *EMOTIONS)
            assert m.expectation in (None, *EXPECTATIONS)
            assert 0 <= m.confidence <= 1


def test_what_is_not_german_has_no_moments(read: Read) -> None:
    assert read("The delivery was late and I am very disappointed with the service.").moments == []


@pytest.mark.parametrize(
    "broken",
    [
        {"phases": {"before": ["advertising"], "during": [], "after": []}},
        {"phases": {"before": ["moon"]}},
        {"aspects": {"use": ["quality", "quality"]}},
        {"defects": {"use": ["luck"]}},
    ],
)
def test_a_broken_table_is_refused(monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]) -> None:
    load = table.load_toml
    monkeypatch.setattr(table, "load_toml", lambda name: {**load(name), **(broken if name == table.FILE else {})})
    with pytest.raises(ValueError, match=r"touchpoints\.toml"):
        places.__wrapped__()


def test_a_visit_turns_touchpoints_only(monkeypatch: pytest.MonkeyPatch) -> None:
    load = table.load_toml
    more = {"use": ["moon"]}
    monkeypatch.setattr(table, "load_toml", lambda name: {**load(name), **(more if name == table.VISITS else {})})
    with pytest.raises(ValueError, match=r"visits\.toml: \['moon'\]"):
        places.__wrapped__()


def test_every_touchpoint_has_a_phase() -> None:
    assert set(places().phases) == set(TOUCHPOINTS)
    assert set(places().phases.values()) == set(PHASES)
