"""Lists as files: CSV, XLSX and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

FORMATS = ("csv", "json", "xlsx")


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a JSON list, readable, German letters as they are."""
    return json.dumps(list(rows), ensure_ascii=False, indent=2, default=str) + "\n"


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV with a header; nested values flattened (see :func:`flatten`)."""
    table = [flatten(row) for row in rows]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(table[0]) if table else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in table)
    return out.getvalue()


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write a workbook with one sheet per list.

    Args:
        path: File to write.
        sheets: Rows by title of the sheet.
    """
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        table = [flatten(row) for row in rows]
        if table:
            sheet.append(list(table[0]))
        for row in table:
            sheet.append([_cell(value) for value in row.values()])
    book.save(path)


def flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """One list row as a flat mapping: lists of quotes or reasons become one readable cell."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, list):
            flat[key] = " | ".join(_phrase(item) for item in value)
        elif isinstance(value, Mapping):
            flat[key] = _phrase(value)
        else:
            flat[key] = value
    return flat


def _phrase(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    text = item.get("text") or item.get("quote") or ""
    kind = f"{item['kind']} ({item['weight']:+g})" if "kind" in item else ""
    where = f"[{item['feedback_id']}]" if item.get("feedback_id") else ""
    return " ".join(part for part in (kind, f"„{text}“" if text else "", where) if part)


def _harmless(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula (OWASP, "CSV Injection")."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _cell(value: Any) -> Any:
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", _harmless(value)) if isinstance(value, str) else value
