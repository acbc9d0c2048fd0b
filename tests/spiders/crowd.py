"""Invented customers in any number, for tests that need more voices than anybody would write by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from demo.company import Company, Person, Voice

FIRST = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PRODUCTS = ("HM-310", "HM-120", "HM-450")


def crowd(kind: str, count: int, *, last: datetime | None = None, edited: datetime | None = None) -> Company:
    """So many voices on one channel, an hour apart, each by a person of its own but for every seventh.

    Args:
        kind: Channel, which is the kind of its fake.
        count: Number of voices.
        last: When the newest was written; else they begin in January 2026.
        edited: When every tenth thought better of it and wrote so; None for never.
    """
    persons = {f"c{n}": _person(n, kind) for n in range(count)}
    start = last - timedelta(hours=count - 1) if last else FIRST
    return Company(persons, tuple(_voice(n, kind, start + timedelta(hours=n), edited) for n in range(count)))


def _person(n: int, kind: str) -> Person:
    name = f"Ottilie Zwirn{n}"
    return Person(f"c{n}", name, {kind: f"O. Zwirn{n}"}, f"zwirn{n}@example.org", f"K-9{n:04d}", "DE", "Kassel")


def _voice(n: int, kind: str, date: datetime, edited: datetime | None) -> Voice:
    stars, said = n % 5 + 1, f"Urteil Nummer {n}: die Düse & der Deckel – »schön«, läuft. 😊"
    values: dict[str, Any] = {
        "stars": stars,
        "title": f"Titel {n}" if n % 3 else None,
        "text": said if n % 4 else None,
        "verified": bool(n % 2),
        "anonymous": n % 7 == 0,
        "recommendation": int(stars > 2),
        "categories": {"Qualität": stars},
        "reply": {"date": (date + timedelta(days=1)).isoformat(), "text": f"Danke für Nummer {n}."}
        if n % 5 == 0
        else None,
        "order": f"BEST-{10000 + n}" if n % 2 else None,
        "experienced": date.date().isoformat(),
        "language": "de",
        "type": "SERVICE_REVIEW" if n % 2 else "PRODUCT_REVIEW",
        "video": "aurora-reinigen",
        "likes": n % 9,
        "parent": None,
        "app_version": "5.1.2",
        "nps": n % 11,
        "scores": {"Tempo": stars, "Freundlichkeit": 6 - stars},
        "answers": {"gut": said, "besser": f"Mehr davon, sagt {n}." if n % 2 else None},
        "source_heard": "Empfehlung",
        "status": "completed",
    }
    if kind == "youtube":
        values["text"] = said
    change = {
        "stars": 5,
        "text": f"Nachtrag zu {n}: jetzt läuft sie.",
        "answers": {"gut": f"Nachtrag zu {n}: jetzt läuft sie.", "besser": values["answers"]["besser"]},
        "categories": {"Qualität": 5},
        "recommendation": 1,
    }
    edits = ({"date": edited.isoformat(), **change},) if edited and n % 10 == 3 else ()
    return Voice(f"v{n}", kind, None if n % 7 == 0 else f"c{n}", date, values, PRODUCTS[n % 3], edits)
