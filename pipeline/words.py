"""German words for the labels, the same in terminal, pages and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

DEFECT: Final = {
    "leak": "undicht",
    "breakage": "gebrochen",
    "detachment": "löst sich ab",
    "corrosion": "rostet",
    "blockage": "verstopft oder klemmt",
    "malfunction": "funktioniert nicht",
    "underperformance": "leistet zu wenig",
    "odour_taste": "Geruch oder Geschmack",
    "noise": "Geräusche",
    "residue": "Rückstände",
    "hygiene": "Schimmel oder nicht zu reinigen",
    "damaged_on_arrival": "beschädigt angekommen",
    "missing_part": "Teil fehlt",
    "wrong_item": "nicht wie angeboten",
    "safety": "Sicherheit",
    "other_defect": "sonstiger Mangel",
}
#: The same as a state of the part, for titles such as "Auslaufdüse: verstopft".
TROUBLE: Final = {
    "leak": "undicht",
    "breakage": "gebrochen",
    "detachment": "lose",
    "corrosion": "Rost",
    "blockage": "verstopft",
    "malfunction": "ohne Funktion",
    "underperformance": "zu schwach",
    "odour_taste": "Geruch oder Geschmack",
    "noise": "Geräusche",
    "residue": "Rückstände",
    "hygiene": "Schimmel oder Schmutz",
    "damaged_on_arrival": "beschädigt angekommen",
    "missing_part": "fehlt in der Lieferung",
    "wrong_item": "anders als angeboten",
    "safety": "Sicherheit",
    "other_defect": "Störung",
}
SIGNAL: Final = {
    "new": "neu",
    "rising": "steigend",
    "steady": "gleichbleibend",
    "falling": "fallend",
    "too_little_data": "zu wenig Daten",
    "undated": "ohne Datum",
}
MONTHS: Final = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
REASON: Final = {
    "recommendation": "empfiehlt weiter",
    "promoter": "NPS 9 oder 10",
    "repeat_purchase": "hat wieder bestellt",
    "loyal": "bleibt treu",
    "ticked": "würde empfehlen (angekreuzt)",
    "referral": "bringt neue Kunden",
    "reach": "hilfreich für andere",
    "recent": "vor kurzem gelobt",
    "duplicate": "derselbe Text wie von anderen",
    "burst": "alles auf einmal geschrieben",
    "recovered": "erst verärgert, jetzt zufrieden",
    "fix_contributed": "nennt eine Lösung",
    "several_portals": "spricht auf mehreren Portalen",
    "praise": "lobt",
    "top_rating": "volle Sternzahl",
    "incentivised": "Gegenleistung erhalten",
    "contradiction": "Sterne und Text widersprechen sich",
    "detractor": "rät ab oder wechselt",
    "complaint": "zuletzt unzufrieden",
}
#: How a number proves a reason.
PROOF: Final = {
    "promoter": "NPS {}",
    "detractor": "NPS {}",
    "top_rating": "{} Sterne",
    "contradiction": "{} Sterne",
    "reach": "{}-mal hilfreich",
    "repeat_purchase": "an {} Tagen bestellt",
    "several_portals": "{} Quellen",
    "burst": "{} Beiträge",
}
STAGE: Final = {
    "buy": "kauft",
    "enjoy": "genießt",
    "bond": "ist treu",
    "advocate": "empfiehlt",
    "at_risk": "gefährdet",
    "lost": "verloren",
    "recovered": "zurückgewonnen",
}
CAUSE: Final = {
    "ordered": "hat bestellt",
    "ordered_again": "hat wieder bestellt",
    "spoke": "hat sich geäußert",
    "praised": "ist zufrieden",
    "stays": "bleibt treu",
    "recommended": "empfiehlt weiter",
    "referred": "hat geworben",
    "complained": "beschwert sich",
    "left": "geht oder rät ab",
    "unsubscribed": "hat sich abgemeldet",
    "changed_mind": "hat das Urteil geändert",
    "content_again": "ist wieder zufrieden",
}
VERDICT: Final = {"same": "dieselbe Person", "not_same": "verschiedene Personen", "undecided": "unentschieden"}
IDENTIFIER: Final = {
    "customer": "Kundennummer",
    "order": "Bestellung",
    "email": "E-Mail-Adresse",
    "phone": "Telefonnummer",
}
LIKENESS: Final = {
    "full": "derselbe ausgeschriebene Name",
    "family": "derselbe Familienname mit Initiale",
    "given": "derselbe Vorname mit Initiale",
    "handle": "derselbe Kontoname",
    "text": "derselbe Text",
    "identifier": "gemeinsame Adresse oder Nummer, aber zwei Kundennummern",
}
FIGURE: Final = {
    "product": "Produkt",
    "product_name": "Name",
    "component": "Bauteil",
    "defect": "Mangel",
    "part_of": "Zählt jetzt bei",
    "persons": "Personen mit dem Mangel",
    "persons_exposed": "Personen, die über das Produkt sprachen",
    "mentions": "Nennungen",
    "reviews_of_product": "Bewertungen des Produkts",
    "rate": "Anteil",
    "rate_low": "Anteil mindestens",
    "rate_high": "Anteil höchstens",
    "signal": "Signal",
    "rising_since": "Steigt seit der Woche vom",
    "rising_since_low": "Frühestens seit",
    "rising_since_high": "Spätestens seit",
    "rising_factor": "Rate gegenüber vorher, das Wievielfache",
    "watch_window": "Neueste Wochen zusammen",
    "watch_observed": "Personen in diesen Wochen",
    "watch_expected": "Erwartet nach der Vergangenheit",
    "exposed_star_only": "Davon nur Sterne, ohne Text",
    "exposed_anonymous": "Davon ohne Namen, je eine Person",
    "persons_anonymous": "Mit dem Mangel ohne Namen, je eine Person",
    "persons_verified": "Mit dem Mangel und bestätigtem Kauf",
    "persons_incentivised": "Mit dem Mangel, die eine Gegenleistung nennen",
    "copies": "Kopien, die nicht eigens zählen",
    "units_sold": "Verkaufte Stück, Retouren abgezogen",
    "return_months": "Monate mit mehr Retouren als Verkäufen, zählen als null",
    "per_thousand_sold": "Je 1.000 verkaufte",
    "real": "Häufiger als bei Schwesterprodukten",
    "ic": "Wie viel häufiger (log2)",
    "ic_low": "Wie viel häufiger mindestens (log2)",
    "first_seen": "Zuerst",
    "last_seen": "Zuletzt",
    "evidence_needed": "Noch nötige Nennungen",
    "lineage": "Stand des Textverständnisses",
    "decided_at": "Berechnet",
    "person_id": "Person",
    "names": "Namen",
    "sources": "Quellen",
    "score": "Punkte",
    "points_for": "Punkte dafür",
    "points_against": "Punkte dagegen",
    "days": "Tage, an denen etwas dafür spricht",
    "shrinkage": "Abschlag für wenige Belege",
    "stage": "Stufe",
    "listed": "Auf der Liste",
    "contactable": "Kontakt",
    "contactable_reason": "Warum",
    "source": "Quelle",
    "account": "Konto",
    "native_id": "Kennung an der Quelle",
    "kind": "Art",
    "url": "Adresse",
    "state": "Zustand",
    "created_at": "Geschrieben",
    "created_precision": "Genauigkeit der Zeit",
    "rating_1_5": "Sterne",
    "raw_value": "Bewertung wie angegeben",
    "raw_min": "Skala von",
    "raw_max": "Skala bis",
    "nps_0_10": "Weiterempfehlung (0–10)",
    "would_recommend": "Würde empfehlen",
    "verified_purchase": "Kauf bestätigt",
    "revision_number": "Fassung",
    "language": "Sprache",
    "sentiment": "Stimmung",
    "confidence": "Sicherheit",
    "abstained": "Enthaltung",
    "recommend": "Empfehlung im Text",
    "loyalty": "Treue im Text",
    "title": "Titel",
    "text": "Text",
}
SAME: Final = {True: "ein Bauteil", False: "zwei Bauteile"}
SUBJECT: Final = {"defect": "Mangel", "person": "Person", "feedback": "Bewertung"}
CONTACT: Final = {"yes": "ja", "no": "nein", "reply_only": "nur als Antwort auf dem Portal"}


def day(value: date | datetime | str | None) -> str:
    """A day in German notation from a date, a time or an ISO 8601 text; a dash for none."""
    if not value:
        return "–"
    text = value if isinstance(value, str) else value.isoformat()
    return f"{text[8:10]}.{text[5:7]}.{text[:4]}"


def points(value: float, *, sign: bool = False) -> str:
    """Points as a German number, at most two decimals, such as ``41,6`` or with a sign ``+16``."""
    text = f"{value:+.2f}" if sign else f"{value:.2f}"
    return text.rstrip("0").rstrip(".").replace(".", ",").replace("-", "−")


def proof(kind: str, value: float) -> str:
    """The number that proves a reason in words, such as ``NPS 10``."""
    return PROOF.get(kind, "{}").format(f"{value:g}".replace(".", ","))


def per_hundred(share: float) -> str:
    """A share as a German number per hundred, such as ``7,8``."""
    return f"{100 * share:.1f}".replace(".", ",")


def defect_name(defect: Mapping[str, Any]) -> str:
    """Component and type of a defect in words, such as ``Auslaufdüse: verstopft oder klemmt``."""
    return f"{defect['component'] or 'ganzes Produkt'}: {DEFECT[defect['defect']]}"


def verdict(defect: Mapping[str, Any]) -> str:
    """The signal of a defect in words; says since when it rises, and how much is missing where data is thin."""
    if defect["signal"] == "too_little_data":
        needed = defect["evidence_needed"]
        return f"zu wenig Daten, noch {needed} {'Nennung' if needed == 1 else 'Nennungen'} nötig"
    since = defect.get("rising_since")
    if defect["signal"] == "rising" and since:
        # A week counts for the month that most of its days are in.
        middle = since + timedelta(days=3)
        return f"steigt seit {MONTHS[middle.month - 1]} {middle.year}"
    return SIGNAL[defect["signal"]]


def exposure(defect: Mapping[str, Any]) -> str:
    """Who the counted persons are, in one line: star-only, without a name, purchase confirmed, paid, copies, sold."""
    exposed, persons = defect["persons_exposed"], defect["persons"]
    parts = [f"Kauf bestätigt bei {defect['persons_verified']} von {persons}"]
    if defect["persons_anonymous"]:
        parts.append(f"{defect['persons_anonymous']} von {persons} ohne Namen, jede als eine Person gezählt")
    if defect["persons_incentivised"]:
        parts.append(f"{defect['persons_incentivised']} mit Gegenleistung")
    if defect["exposed_star_only"]:
        parts.append(f"{defect['exposed_star_only']} der {exposed} gaben nur Sterne")
    if defect["copies"]:
        parts.append(
            "1 Kopie zählt nicht eigens" if defect["copies"] == 1 else f"{defect['copies']} Kopien zählen nicht eigens"
        )
    if defect["per_thousand_sold"] is not None:
        parts.append(f"{defect['per_thousand_sold']:.2f} je 1.000 verkaufte".replace(".", ",", 1))
    return "; ".join(parts)


def scope(kind: str, name: str) -> str:
    """Where a decision about names of parts holds."""
    return {"product": f"Produkt {name}", "group": f"Gruppe {name}", "everywhere": "überall"}[kind]


def voice(said: Sequence[Mapping[str, Any]]) -> str:
    """A voice of ``why`` in words: who, and with how many mentions."""
    key, count = said[0]["voice"], len(said)
    who = f"Person {key}" if key.startswith("P") else f"Ohne Namen ({key})"
    return f"{who}, {count} {'Nennung' if count == 1 else 'Nennungen'}"


def copy(piece: Mapping[str, Any]) -> str:
    """Why a piece of evidence counts for another one."""
    alike = (
        "gleicher Text" if piece["copy_kind"] == "exact" else f"zu {100 * piece['copy_similarity']:.0f} % gleicher Text"
    )
    place = "auf einem anderen Portal" if piece["cross_post"] else "am selben Portal"
    return f"Kopie von {piece['counts_as']} ({alike} {place}), zählt mit dieser zusammen einmal"


def defect_sentence(defect: Mapping[str, Any]) -> str:
    """One plain sentence about a defect, for people who read nothing else."""
    return (
        f"{defect['product']}, {defect_name(defect)}: {defect['persons']} von {defect['persons_exposed']} Personen "
        f"({per_hundred(defect['rate'])} je 100 Bewertungen, {per_hundred(defect['rate_low'])} bis "
        f"{per_hundred(defect['rate_high'])}), {verdict(defect)}"
    )


def figure(key: str, value: Any) -> tuple[str, str]:
    """A figure of ``why`` as label and text in German."""
    maps = {"defect": DEFECT, "signal": SIGNAL, "stage": STAGE, "contactable": CONTACT}
    if key in maps:
        shown = maps[key].get(value, str(value))
    elif key.startswith("rate") and isinstance(value, float) and key != "rating_1_5":
        shown = f"{per_hundred(value)} je 100 Bewertungen"
    elif isinstance(value, bool):
        shown = "ja" if value else "nein"
    elif isinstance(value, datetime):
        shown = f"{value:%d.%m.%Y %H:%M} UTC"
    elif isinstance(value, date):
        shown = f"{value:%d.%m.%Y}"
    elif isinstance(value, float):
        shown = f"{value:.4g}".replace(".", ",")
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return FIGURE.get(key, key), shown
