"""Who stays, who leaves, who advises: construction by construction, in sentences that stand in no data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis
from nlp.attitudes import FILES, expand
from nlp.lexicon import load_toml

Read = Callable[..., Analysis]


@pytest.mark.parametrize(
    "text",
    [
        "Das werde ich wieder bestellen.",
        "Jederzeit gerne wieder!",
        "Immer wieder!",
        "Das ist schon mein dritter von dieser Firma.",
        "Habe meiner Schwester auch einen gekauft.",
        "Wir kommen gerne wieder.",
        "Wir waren schon mehrmals hier.",
        "Ich schwöre auf diese Marke.",
        "Nochmal kaufen? Ja, jederzeit.",
        "Der Nachschub ist schon bestellt.",
        "Nie wieder etwas anderes.",
        "Hatte ihn zurückgeschickt. Jetzt habe ich ihn nochmal gekauft.",
    ],
)
def test_who_stays(read: Read, text: str) -> None:
    assert read(text).loyalty == "repeat"


@pytest.mark.parametrize(
    "text",
    [
        "Kaufe ich nicht mehr.",
        "Einmal und nie wieder.",
        "Ich habe es zurückgeschickt.",
        "Zurückgesandt.",
        "Ich werde den Vertrag kündigen.",
        "Das Sparabo habe ich abbestellt.",
        "Nochmal kaufen? Eher nicht.",
        "Ich habe mir einen anderen geholt.",
        "Ich hätte es gern behalten.",
        "Kommt mir nicht mehr ins Haus.",
        "Wir nutzen es seit Jahren. Jetzt kaufe ich woanders.",
    ],
)
def test_who_leaves(read: Read, text: str) -> None:
    assert read(text).loyalty == "churn"


@pytest.mark.parametrize(
    "text",
    [
        "Da sammelt sich immer wieder Feuchtigkeit.",
        "Das konnte man bald nicht mehr verwenden.",
        "Hätte ich die Schachtel noch, hätte ich es zurückgeschickt.",
        "Wir haben schon lange gesucht.",
        "Mir wurde nach zwei Fällen gekündigt.",
        "Habe es zurückgeschickt und Ersatz bekommen.",
        "Wir haben schon mehrere ausprobiert.",
        "Ich nehme ihn immer mit zur Arbeit.",
        "Nie wieder nasse Füße.",
    ],
)
def test_what_decides_nothing(read: Read, text: str) -> None:
    assert read(text).loyalty == "none"


@pytest.mark.parametrize(
    ("text", "recommend"),
    [
        ("Das kann ich jedem ans Herz legen.", "yes"),
        ("Kauft ihn euch!", "yes"),
        ("Alles bestens. Kaufen!", "yes"),
        ("Sollte man mal ausprobieren.", "yes"),
        ("Weiterempfehlung: ja", "yes"),
        ("Weiterempfehlung: nein", "no"),
        ("Holt euch etwas anderes.", "no"),
        ("Ich empfehle es, aber nicht mehr.", "no"),
        ("Würde ich keinem raten.", "no"),
        ("Nur bedingt zu empfehlen.", "none"),
        ("Danach muss man ein paar Minuten warten.", "none"),
    ],
)
def test_advice(read: Read, text: str, recommend: str) -> None:
    assert read(text).recommend == recommend


def test_a_class_stands_for_its_words() -> None:
    assert expand("@a|x … y & @a", {"a": ["b", "c"]}) == "b|c|x … y & b|c"


@pytest.mark.parametrize("name", FILES)
def test_every_class_is_known(name: str) -> None:
    data = load_toml(name)
    classes = load_toml("loyalty.toml")["classes"] | data.get("classes", {})
    assert all(expand(pattern, classes) for entry in data["cue"] for pattern in entry["patterns"])
