"""The room knows no product: what is broken is read from the sentence, so an unseen product works.

Components of the annotated reviews, the most frequent nouns of the real data and the parts that the
demo company speaks of are looked for as words in code and data files. A general word that real
reviews use often is allowed here, with the reason.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from nlp.lexicon import fold, load_toml
from tests.nlp.conftest import shared_rows

ROOT = Path(__file__).resolve().parents[2]
#: What tells persons from the works, houses and goods that bear a name says nothing of a product.
PERSONAL = ("personal", "display_names")
#: What tells a visit to a house from goods places an opinion on the journey, and says nothing of what breaks.
VISITS = "visits.toml"
FILES = [
    file
    for file in (*sorted((ROOT / "nlp").glob("*.py")), *sorted((ROOT / "nlp" / "data").iterdir()))
    if not file.name.startswith((*PERSONAL, VISITS))
    and file.suffix != ".npz"  # weights hold numbers of hashed features only
]
MOST_FREQUENT = 120

#: Products and parts of the demo company, of the reviews, and of trades that stand in no data.
PARTS = (
    "Auslaufdüse Düse Brühgruppe Brühkopf Mahlwerk Wassertank Milchaufschäumer Tropfschale Siebträger Dampfhahn "
    "Abtropfgitter Bohnenbehälter Kaffeevollautomat Kaffeemaschine Filterkaffeemaschine Kanne Deckel Becher Tasse "
    "Kaffee Tee Milch Espresso Verschluss Dichtung Griff Henkel Tab Pulver Waschmittel Spülmaschine Geschirr Wäsche "
    "Glas Besteck Schuh Sohle Naht Reißverschluss Matratze Zimmer Frühstück Pizza Schnitzel Buch Film Roman Akku "
    "Motor Display Lampe Kabel Stecker Schalter Schraube Rad Reifen Pfanne Topf Messer Säge Bohrer Schlauch Pumpe "
    "Büroklammer Nadel Entkalker Bürste"
)

ALLOWED = {
    "aspect or part of the offer, of any product": (
        "preis preise qualität geruch duft geschmack design farbe farben größe größen form material optik reinigung "
        "leistung verarbeitung funktion inhalt ergebnis lieferung verpackung packung karton paket versand service "
        "bedienung beschreibung bild haptik handhabung dosierung isolierung sauberkeit einrichtung atmosphäre ambiente "
        "lage stil komfort effekt beratung empfang rezeption personal team mitarbeiter kommunikation wartezeit "
        "wartezeiten ausstattung anleitung bedienungen gewicht menge sorte teil teile artikel produkt produkte produkts "
        "produktes gerät ware modell version stück set variante geräte ding dinger exemplar sache sachen seite seiten "
        "hersteller händler firma marke marken"
    ),
    "people": (
        "mann frau tochter sohn kind kinder familie freund freunde freunden freundin gast gäste gästen kunde kunden chef "
        "leute menschen herr kellner baby mutter vater person personen bekannten kollegen"
    ),
    "body": "hand hände händen mund zunge finger haut haare augen kopf haar nase gesicht",
    "time": (
        "tag tage tagen woche wochen monat monate monaten jahr jahre jahren zeit stunde stunden minuten morgen abend "
        "nacht mal anfang ende beginn moment dauer alltag uhr abends samstag sonntag wochenende sommer winter weihnachten"
    ),
    "place": "stadt haus arbeit auto straße weg welt land deutschland berlin wien markt laden restaurant hotel raum büro nähe",
    "trade and opinion": (
        "geld kauf euro empfehlung kaufempfehlung bewertung bewertungen rezension rezensionen meinung stern sterne sternen "
        "abzug erwartungen erwartung enttäuschung problem probleme fehler manko vorteil nachteil fazit punkt grund frage "
        "erfahrung erfahrungen eindruck test geschenk bestellung reklamation ordnung klasse wert kosten angebot amazon "
        "aktion dank spaß freude liebe highlight traum hammer witz katastrophe mist müll durchschnitt schrott genuss wahl "
        "begleiter vergleich unterschied gefühl zweck art sinn preisleistungsverhältnis alternative unternehmen rahmen "
        "ahnung text worte spannung chance interesse kritik umwelt version gebrauch einsatz benutzung nutzung zustand "
        "verfügung temperatur wärme druck laune stimmung freundlichkeit wünsche aufenthalt besuch erlebnis adresse auswahl "
        "platz fan top wetter geschichte kompromiss hinweis tipp foto fotos bilder internet beispiel blick aussicht "
        "verhältnis luft konzept lokal unterkunft location lokalität portion reservierung umgebung ausblick anlage "
        "mittel möglichkeit hälfte thema nachhinein bereich punkte fall reihe rest suche nachteile vorteile zufriedenheit "
        "ruhe urlaub rolle musik nichts alles anreise abreise abstand vorgänger"
    ),
    "the whole device, of any kind": "maschine",
    "abstractions": (
        "satz garten ort wunsch schluss serie stellen teilen titel video wahrheit glück rechnung video abschluss fragen idee informationen lust fuß fahrrad dame chefin angst "
        "gedanken nerven namen hoffnung nachfrage"
    ),
    "traces of any fault": (
        "flecken rückstände reste fett wasser flüssigkeit tropfen kratzer streifen ton bruch strom lärm staub kalk schmutz "
        "schaum getränk getränke"
    ),
    "general materials": "plastik kunststoff metall edelstahl holz glas",
    "verbs and particles that reviews write with a capital": (
        "öffnen reinigen spülen waschen trinken liegen die der das sie ihnen ihre beste besten gute ganze ganzen neues "
        "auslaufsicher langem muss ski all alt sans klasse essen"
    ),
    "words of other languages, endings or code": "bad bar pool travel star check finish gold herz kind form rest text version",
}  # fmt: skip


def words(text: str) -> set[str]:
    return {fold(word) for word in re.findall(r"[^\W\d_]+", text)}


def offenders(nouns: Iterable[str]) -> dict[str, list[str]]:
    allowed = words(" ".join(ALLOWED.values()))
    used = {file.name: words(file.read_text(encoding="utf-8")) for file in FILES}
    found = {}
    for noun in sorted({fold(noun) for noun in nouns} - allowed):
        places = [name for name, inside in used.items() if noun in inside]
        if places:
            found[noun] = places
    return found


def test_no_part_of_a_known_product() -> None:
    assert offenders(set(PARTS.split()) - {"Glas"}) == {}


def test_no_component_of_the_annotated_reviews() -> None:
    rows = [row for name in ("gold/dev.jsonl", "gold/dev_wide.jsonl") for row in shared_rows(name)]
    assert offenders(m["component"] for row in rows for m in row["mentions"] if m["component"]) == {}


@pytest.mark.parametrize("name", ["household", "restaurants", "hotels", "books_dvd"])
def test_no_frequent_noun_of_the_real_data(name: str) -> None:
    counts: Counter[str] = Counter()
    for row in shared_rows(f"data/{name}.jsonl"):
        counts.update(set(re.findall(r"(?<=[a-zäöüß,] )[A-ZÄÖÜ][a-zäöüß]{2,}", row["text"])))
    assert offenders(noun for noun, _ in counts.most_common(MOST_FREQUENT)) == {}


def test_no_product_part_of_the_demo_company() -> None:
    truth = ROOT / "demo" / "truth.jsonl"
    planted = re.findall(r'"component"\s*:\s*"([^"]+)"', truth.read_text(encoding="utf-8"))
    assert len(set(planted)) > 5
    assert offenders(planted) == {}


def test_the_check_can_fail() -> None:
    general = next(iter(load_toml("aspects.toml")["quality"])).split("|")[1].strip("*")
    assert json.dumps(offenders(["verstopft", general]))
    assert "verstopft" in offenders(["verstopft"])
