"""German words of the follow-up, the same in terminal, pages and messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

KIND: Final = {
    "complaint": "Beschwerde",
    "defect_report": "Mangel gemeldet",
    "question": "Frage",
    "thanks": "Dank schuldig",
    "testimonial_request": "Um Referenz bitten",
    "remedy_to_tell": "Abhilfe mitteilen",
    "welcome": "Willkommen heißen",
    "unsubscribe_confirmation": "Abmeldung bestätigen",
}
STATE: Final = {"open": "offen", "waiting": "wartet auf den Kunden", "answered": "beantwortet", "closed": "geschlossen"}
OUTCOME: Final = {
    "solved": "gelöst",
    "answered": "beantwortet, seither still",
    "recovered": "Kunde ist wieder zufrieden",
    "unfounded": "unbegründet",
    "gone": "an der Quelle gelöscht",
    "nothing_to_do": "nichts zu tun",
    "sent": "Nachricht verschickt",
    "told": "über die Abhilfe informiert",
    "granted": "Referenz erlaubt",
}
PRIORITY: Final = {1: "sofort", 2: "hoch", 3: "normal", 4: "niedrig"}
ACT: Final = {
    "opened": "eröffnet",
    "take": "übernommen",
    "assign": "zugewiesen",
    "note": "Notiz",
    "answer": "beantwortet",
    "wait": "wartet auf den Kunden",
    "close": "geschlossen",
    "reopen": "wieder geöffnet",
    "answered_at_source": "an der Quelle beantwortet",
    "owner_gone": "Zuständiger ausgeschieden",
    "escalated": "überfällig, gemeldet",
    "alerted": "als unzufriedener wichtiger Kunde gemeldet",
    "recovered": "durch späteres Lob des Kunden geschlossen",
    "proof_gone": "wieder geöffnet, der Grund für das Schließen ist weggefallen",
    "gone": "geschlossen, an der Quelle gelöscht",
    "went_quiet": "geschlossen, seit der Antwort still",
    "sent": "freigegebene Nachricht verschickt",
    "told": "über die Abhilfe informiert",
    "granted": "geschlossen, der Kunde hat der Veröffentlichung zugestimmt",
    "not_sent": "Nachricht nicht zugestellt, bitte selbst antworten",
}


def moment(at: datetime | str | None, zone: str) -> str:
    """A moment in German, in a time zone."""
    if at is None:
        return "–"
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{found.astimezone(ZoneInfo(zone)):%d.%m.%Y %H:%M}"


def deadline(case: Mapping[str, Any], zone: str) -> str:
    """When a case is or was due, and whether it kept to it."""
    if case["answered_at"] and not case["answer_dated"]:
        return "beantwortet, die Quelle sagt nicht wann"
    if case["answered_at"]:
        late = _time(case["answered_at"]) > _time(case["due_at"])
        return f"beantwortet {moment(case['answered_at'], zone)}{' (zu spät)' if late else ''}"
    if case["outcome"] == "granted":
        return f"erledigt {moment(case['closed_at'], zone)}"
    if case["state"] == "closed":
        return "ohne Antwort geschlossen"
    return f"{'überfällig seit' if case['overdue'] else 'bis'} {moment(case['due_at'], zone)}"


def actor(name: str) -> str:
    """Who did something; what a rule did happened by itself."""
    return "von selbst" if name == "rule" else name


def who(case: Mapping[str, Any]) -> str:
    """Name, and what makes the person matter."""
    marks = [word for key, word in (("valuable", "wertvoll"), ("advocate", "Fürsprecher")) if case[key]]
    name = case["display_name"] or "ohne Namen"
    return f"{name} ({', '.join(marks)})" if marks else str(name)


def overdue_subject(count: int) -> str:
    """Subject of the message about overdue cases."""
    return "Ein Vorgang ist überfällig" if count == 1 else f"{count} Vorgänge sind überfällig"


def unhappy_subject(count: int) -> str:
    """Subject of the message about valuable customers and advocates who are unhappy."""
    return "Ein wichtiger Kunde ist unzufrieden" if count == 1 else f"{count} wichtige Kunden sind unzufrieden"


def alert_body(cases: Sequence[Mapping[str, Any]], count: int) -> str:
    """Body of a message about cases: no names and no texts, which stand where people log in."""
    lines = [
        f"- V{c['case_id']}: {KIND[c['kind']]}, {c['product'] or 'kein Produkt'}, {c['channel']}, bei {c['owner']}, "
        f"fällig {moment(c['due_at'], 'Europe/Berlin')}{', Fürsprecher' if c['advocate'] else ''}"
        for c in cases
    ]
    if count > len(cases):
        lines.append(f"- und {count - len(cases)} weitere")
    return "\n".join([*lines, "", "Einzelheiten: kundenecho cases show V…"])


def _time(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
