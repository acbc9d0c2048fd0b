"""The seal in German: its lines, and how it was counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypedDict

from insights.seal import Figure
from pipeline.notation import day, number
from pipeline.seal import PORTAL_FLOOR, Group, LeftOut, Origin, Portal, Seal

GROUP: Final = {"verified": "mit bestätigtem Kauf", "unverified": "ohne bestätigten Kauf"}
_REASON: Final = {
    "hidden": "nicht veröffentlicht: noch nicht freigegeben oder vom Portal verborgen",
    "incentivised": "nach eigener Aussage gegen eine Gegenleistung geschrieben",
    "again": "mehrfach abgegeben: von derselben Person oder als Kopie eines Textes",
    "undated": "ohne glaubhaftes Datum",
}
WITHHELD: Final = {
    "withdrawn": "Einwilligung widerrufen",
    "objected": "Widerspruch gegen Werbung und Auswertung",
    "in_future": "Einwilligung gilt erst später",
    "no_wording": "zur Einwilligung fehlt der Wortlaut",
    "no_proof": "zur Einwilligung fehlt der Nachweis",
}


class Passage(TypedDict):
    """A heading and its sentences."""

    heading: str
    sentences: list[str]


def grade(value: Decimal | None) -> str:
    """A figure such as ``4,4``; a dash for none."""
    return "–" if value is None else f"{value:.1f}".replace(".", ",")


def ratings(count: int) -> str:
    """How many ratings, such as ``1.204 Bewertungen``."""
    return "1 Bewertung" if count == 1 else f"{number(count)} Bewertungen"


def period(seal: Seal) -> str:
    """The period, such as ``27.11.2025 bis 26.11.2026``."""
    return f"{day(seal.first)} bis {day(seal.last)}"


def group_line(group: Group) -> str:
    """A group in one line, such as ``4,4 von 5 aus 132 Bewertungen mit bestätigtem Kauf``."""
    found = group.figure
    told = f"{ratings(found.ratings)} {GROUP[group.name]}"
    if found.shown is not None:
        return f"{grade(found.shown)} von 5 aus {told}"
    if not found.ratings:
        return f"keine Bewertungen {GROUP[group.name]}"
    return f"keine Note aus {told}: zu wenig Daten, noch {found.missing} nötig"


def portal_line(portal: Portal) -> str:
    """One source in one line, such as ``Trustpilot: 3,7 aus 18 Bewertungen``."""
    return f"{portal.title}: {grade(portal.figure.shown)} aus {ratings(portal.figure.ratings)}"


def summary(seal: Seal) -> str:
    """The seal in one sentence, for those who do not see the picture."""
    leading = seal.leading
    if leading is None:
        return f"{seal.subject}: kein Siegel, zu wenig Daten."
    beside = f" Daneben: {group_line(seal.other)}." if seal.other.figure.ratings else ""
    return f"{seal.subject}: {group_line(leading)}, {period(seal)}.{beside}"


def left_out_line(found: LeftOut) -> str:
    """Why ratings do not count, such as ``3 Bewertungen ohne glaubhaftes Datum (im Mittel 4,0)``."""
    mean = f" (im Mittel {grade(found.mean)})" if found.reason != "again" else ""
    return f"{ratings(found.ratings)}, {_REASON[found.reason]}{mean}"


def origin_line(origin: Origin) -> str:
    """How a source makes sure of a purchase."""
    if origin.verification and origin.confirms:
        return f"{origin.title}: {origin.verification}"
    if origin.confirms:
        return (
            f"{origin.title}: Als bestätigt gilt, was die Quelle so kennzeichnet; wie sie prüft, ist nicht angegeben."
        )
    return f"{origin.title}: Diese Quelle bestätigt keine Käufe; ob jemand gekauft hat, wurde nicht geprüft."


def method(seal: Seal) -> list[Passage]:
    """How the seal was counted, as § 5b (3) UWG and a reader want to know it."""
    what = "dieses Produkts" if seal.product else "des Unternehmens"
    others = "" if seal.product else " Bewertungen einzelner Produkte zählen hier nicht mit."
    titles = ", ".join(origin.title for origin in seal.origins) or "keiner Quelle"
    chosen = " Andere Quellen wurden für dieses Siegel nicht herangezogen." if seal.narrowed else ""
    found: list[Passage] = [
        {
            "heading": "Was gezählt wird",
            "sentences": [
                f"Alle veröffentlichten Bewertungen {what} mit Sternen vom {period(seal)}, gute wie schlechte, aus: "
                f"{titles}.{others}{chosen}"
            ],
        },
        {
            "heading": "Ob die Bewertungen von Käufern stammen",
            "sentences": [
                "Bewertungen mit und ohne bestätigten Kauf stehen getrennt und werden nie zusammengerechnet. Bestätigt "
                "ist ein Kauf, wo die Quelle ihn bestätigt:",
                *map(origin_line, seal.origins),
            ],
        },
        {
            "heading": "Wie gerechnet wird",
            "sentences": [
                "Je Person zählt eine Bewertung, die neueste; Kopien eines Textes zählen einmal. Wer ohne Konto "
                "schreibt, zählt als eine Person.",
                "Jede Bewertung wiegt gleich viel, eine Quelle also so viel, wie sie Bewertungen hat; die Note jeder "
                "Quelle steht daneben. Andere Skalen sind auf 1 bis 5 umgerechnet, 5 ist am besten.",
                f"Die Note ist das Mittel, nach einer Stelle abgeschnitten und nie aufgerundet: 4,49 ist 4,4. Unter "
                f"{seal.floor} Bewertungen gibt es keine, für eine einzelne Quelle unter {PORTAL_FLOOR}.",
                *_sure(seal.leading.figure if seal.leading else None),
            ],
        },
    ]
    if seal.left_out or seal.unassessed:
        unread = (
            [f"{ratings(seal.unassessed)}, die zählen, sind noch nicht auf Gegenleistungen gelesen."]
            if seal.unassessed
            else []
        )
        found.append(
            {"heading": "Was nicht gezählt wird", "sentences": [f"{left_out_line(o)}." for o in seal.left_out] + unread}
        )
    if seal.quotes:
        found.append(
            {
                "heading": "Kundenstimmen",
                "sentences": [
                    "Ausgewählt vom Unternehmen, veröffentlicht mit Einwilligung; sie sind kein Durchschnitt. "
                    "Der Kauf ist bestätigt, wo eine Bestellung bekannt ist."
                ],
            }
        )
    return found


def advice(seal: Seal) -> list[str]:
    """What whoever issues the seal should know and readers need not, one sentence each."""
    found = []
    hidden = next((left for left in seal.left_out if left.reason == "hidden"), None)
    if hidden:
        found.append(
            f"Achtung: {left_out_line(hidden)}. Wer schlechte Bewertungen nicht freigibt, darf nicht mit den anderen "
            "werben (Anhang zu § 3 Abs. 3 UWG, Nr. 23c)."
        )
    if seal.product is None:
        found.append("Google zeigt für Noten einer Firma auf ihren eigenen Seiten keine Sterne im Suchergebnis.")
    elif len(seal.origins) > 1:
        found.append(
            "Google verlangt für Sterne im Suchergebnis, dass die Bewertungen auf den eigenen Seiten abgegeben wurden: "
            "dafür --source mit dem eigenen Shop."
        )
    return found


def _sure(found: Figure | None) -> list[str]:
    if found is None or found.low is None or found.high is None:
        return []
    low, high = (f"{value:.2f}".replace(".", ",") for value in (found.low, found.high))
    return [
        f"Bei {number(found.ratings)} Bewertungen liegt das Mittel mit 95 % Sicherheit zwischen {low} und {high}. Das "
        "sagt nicht, ob die, die bewerten, so denken wie die, die kaufen."
    ]
