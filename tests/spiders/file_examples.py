"""An example export of every kind that is read from files, in any number of rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook

Cells = Sequence[Any]


@dataclass(frozen=True)
class Example:
    """How a tool's export looks.

    Attributes:
        header: One or two rows.
        row: Cells of the n-th row.
        closed: Position of the cell that takes words of a closed list only.
        card: What the card says beside the kind's.
        suffixes: Endings that the export comes with.
        delimiter: Of its CSV.
    """

    header: tuple[Cells, ...]
    row: Callable[[int], list[Any]]
    closed: int
    card: dict[str, Any] = field(default_factory=dict)
    suffixes: tuple[str, ...] = (".csv", ".xlsx")
    delimiter: str = ";"

    def table(self, count: int) -> list[list[Any]]:
        """Header and rows."""
        return [*map(list, self.header), *(self.row(n) for n in range(count))]


def said(n: int) -> str:
    """What the n-th customer says; the longest cell, so that most cuts fall into it."""
    return f"Urteil Nummer {n}: die Düse; der Deckel und »schön« – läuft, {'sehr ' * 5}gut."


def _file(n: int) -> list[Any]:
    return [f"r{n}", said(n), n % 5 + 1, f"{n % 28 + 1:02d}.03.2026", "sichtbar", f"zwirn{n}@example.org"]


def _monkey(n: int) -> list[Any]:
    start = f"{n % 12 + 1:02d}/{n % 28 + 1:02d}/2026 05:01:22 PM"
    person = ("192.0.2.7", f"zwirn{n}@example.org", "Ottilie", f"Zwirn{n}")
    return [str(118200447000 + n), "441002", start, start, *person, str(n % 11), "Aurora", "", said(n), n % 5 + 1]


def _lime(n: int) -> list[Any]:
    date = f"2026-02-{n % 28 + 1:02d} 09:31:02"
    return [str(n + 1), date, "3", "de", "183", date, date, "192.0.2.7", f"{n % 11}", said(n), "sehr zufrieden"]


def _survio(n: int) -> list[Any]:
    return [n + 1, f"{n % 28 + 1}. März 2026", f"zwirn{n}@example.org", n % 11, n % 5 + 1, said(n)]


def _ask(n: int) -> list[Any]:
    return [5000 + n, f"{n % 28 + 1:02d}.03.2026 18:30", f"K-9{n:04d}", n % 11, n % 6 + 1, said(n)]


def _referral(n: int) -> list[Any]:
    people = (f"zwirn{n}@example.org", f"neu{n}@example.net")
    return [f"E-{n}", *people, "Frühling", f"{n % 28 + 1:02d}.03.2026", "gekauft", "1.234,56 €", said(n)]


_MONKEY = (
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "End Date",
    "IP Address",
    "Email Address",
    "First Name",
    "Last Name",
)
_LIME = ("Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Zufallsstartwert", "Datum gestartet",
         "Datum letzte Aktivität", "IP-Adresse")  # fmt: skip

EXAMPLES = {
    "file": Example(
        (("Kennung", "Urteil für uns", "Sterne", "Datum", "Zustand", "E-Mail"),), _file, 4,
        {"feedback_kind": "review", "columns": {"native_id": "Kennung", "text": "Urteil für uns", "rating": "Sterne",
                                                "created_at": "Datum", "state": "Zustand", "email": "E-Mail"}},
        (".csv", ".xlsx", ".jsonl"),
    ),
    "surveymonkey_export": Example(
        ((*_MONKEY, "Empfehlen Sie uns?", "Welche Geräte?", "", "Was können wir tun?", "Tempo?"),
         (*[""] * 8, "Response", "Aurora", "Piccola", "Open-Ended Response", "Response")), _monkey, 8,
        {"columns": {"nps": "Empfehlen Sie uns?", "product": "Welche Geräte?"}, "scores": {"tempo": "Tempo?"},
         "answers": {"besser": "Was können wir tun?"}},
        delimiter=",",
    ),
    "limesurvey_export": Example(
        ((*_LIME, "Würden Sie uns weiterempfehlen?", "Was können wir tun?", "Wie zufrieden … [Preis]"),), _lime, 10,
        {"columns": {"nps": "Würden Sie uns weiterempfehlen?"}, "answers": {"besser": "Was können wir tun?"},
         "scores": {"preis": "Wie zufrieden … [Preis]"}, "labels": {"sehr zufrieden": "5"}},
        delimiter=",",
    ),
    "survio": Example(
        (("Nr.", "Datum", "E-Mail", "Weiterempfehlung", "Zufriedenheit für alles", "Was gefällt?"),), _survio, 4,
        {"columns": {"native_id": "Nr.", "created_at": "Datum", "email": "E-Mail", "nps": "Weiterempfehlung",
                     "rating": "Zufriedenheit für alles"}, "answers": {"gut": "Was gefällt?"}},
    ),
    "2ask": Example(
        (("ID", "Abgeschickt am", "Kundennummer", "Weiterempfehlung", "Schulnote", "Was stört für gewöhnlich?"),), _ask, 4,
        {"rating_max": 6, "rating_best": "low", "answers": {"kritik": "Was stört für gewöhnlich?"},
         "columns": {"native_id": "ID", "created_at": "Abgeschickt am", "customer": "Kundennummer",
                     "nps": "Weiterempfehlung", "rating": "Schulnote"}},
    ),
    "referrals": Example(
        (("Empfehlungs-ID", "Werber", "Geworbener", "Kampagne", "Datum", "Status", "Bestellwert", "Bemerkung"),), _referral, 5,
        {"columns": {"reward_value": "Prämie / -"}},
    ),
}  # fmt: skip


def write(example: Example, file: Path, table: list[list[Any]], encoding: str = "utf-8") -> Path:
    """Write a table as its tool would, by the ending of the file."""
    if file.suffix == ".xlsx":
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in table:
            sheet.append([cell if cell != "" else None for cell in row])
        book.save(file)
    elif file.suffix == ".jsonl":
        rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
        lines = [json.dumps({k: v for k, v in row.items() if v != ""}, ensure_ascii=False) for row in rows]
        file.write_text("\n".join([*lines, ""]), encoding=encoding)
    else:
        text = io.StringIO()
        csv.writer(text, delimiter=example.delimiter, lineterminator="\r\n").writerows(table)
        file.write_bytes(text.getvalue().encode(encoding, "replace"))
    return file
