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


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin auf Empfehlung meiner Tochter darauf gestoßen.",
        "Eine Freundin hat ihn mir wärmstens empfohlen.",
        "Besonders zu empfehlen ist der Wein.",
        "Unbedingt das Bier probieren.",
        "Ich würde empfehlen auf Englisch zu bestellen.",
        "Ich empfehle die größere.",
        "Noch ein Tipp: vorher ausspülen.",
        "Das gleiche kann man auch im Laden kaufen.",
        "Jeder kann ja mal einen schlechten Tag haben.",
    ],
)
def test_a_recommendation_received_or_of_a_part_is_none(read: Read, text: str) -> None:
    assert read(text).recommend == "none"


@pytest.mark.parametrize(
    "text",
    [
        "Auf jeden Fall zu empfehlen.",
        "Immer wieder zu empfehlen!",
        "Ich empfehle die Kanne sehr.",
        "Von mir ein Kauftipp!",
    ],
)
def test_a_recommendation_of_the_whole(read: Read, text: str) -> None:
    assert read(text).recommend == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "Es gibt ihn in vier Farben.",
        "Bisher haben wir immer die großen Beutel gekauft.",
        "Er ist nach wie vor dicht.",
        "Schnell abgewaschen und sofort wieder einsatzbereit.",
        "Früher war ich immer zufrieden damit.",
        "Lieferung wie immer schnell.",
        "Hoffentlich nächstes Mal wieder besser.",
    ],
)
def test_what_sounds_like_loyalty_and_is_none(read: Read, text: str) -> None:
    assert read(text).loyalty != "repeat"


@pytest.mark.parametrize(
    "text",
    [
        "Erst war ich skeptisch, inzwischen hat meine Nachbarin auch eine.",
        "Zwei Arbeitskollegen haben sich daraufhin auch gleich eins bestellt.",
        "Bei uns im Verein haben jetzt sieben von uns denselben Rucksack.",
        "Die halbe Abteilung hat sie nun.",
        "Ich habe schon mehrere Freunde damit angesteckt.",
        "Auf meine Empfehlung hin hat sie gleich bestellt.",
        "Den gleichen habe ich noch einmal für meinen Schwager gekauft.",
        "Meine beiden Enkel haben mittlerweile je einen.",
    ],
)
def test_others_who_came_through_the_author(read: Read, text: str) -> None:
    assert read(text).referral_at is not None


@pytest.mark.parametrize(
    "text",
    [
        "Meine Schwester hat mich überredet.",
        "Meine Frau hat jetzt auch Rückenschmerzen.",
        "Auf Empfehlung meines Bruders gekauft.",
        "Für meine Frau und die Kinder gekauft.",
        "Meine Mutter hat inzwischen auch Probleme damit.",
        "Mein Vater hat sich dann doch einen anderen gekauft.",
        "Davon hat die ganze Familie etwas.",
    ],
)
def test_nobody_came_through_the_author(read: Read, text: str) -> None:
    assert read(text).referral_at is None


@pytest.mark.parametrize(
    "text",
    [
        "Da bleibe ich gern Kundin.",
        "Als langjähriger Kunde kenne ich das nicht anders.",
        "Seit elf Jahren Kunde und nie enttäuscht.",
        "Drittes Mal bestellt.",
        "Imma wieda!",
        "Des dad i glei nomoi kaufn.",
        "Schon wieder einer!",
    ],
)
def test_who_stays_in_other_words(read: Read, text: str) -> None:
    assert read(text).loyalty == "repeat"


@pytest.mark.parametrize(
    "text",
    [
        "Wer noch schwankt: zugreifen!",
        "Das erzähle ich überall.",
        "Gönnt ihn euch ruhig.",
        "Ich habe jedem in der Firma davon erzählt.",
    ],
)
def test_advice_in_other_words(read: Read, text: str) -> None:
    assert read(text).recommend == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "Würde ich sofort wieder nehmen.",
        "Wir durften sofort Platz nehmen.",
        "Meine Tante hat uns bei jedem Besuch davon erzählt.",
        "Ich empfehle dem Betreiber, mehr Leute einzustellen.",
        "Wir haben uns etwas empfehlen lassen.",
        "Wer überlegt schon lange.",
    ],
)
def test_what_only_sounds_like_advice(read: Read, text: str) -> None:
    assert read(text).recommend == "none"
