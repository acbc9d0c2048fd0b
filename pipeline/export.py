"""Lists as files: CSV, XLSX and JSON, row by row: a list of any length takes no more memory than a short one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError

FORMATS = ("csv", "json", "xlsx")
#: Rows of a sheet, the header included ("Excel specifications and limits").
SHEET_ROWS: Final = 1_048_576
#: Control characters that no XML document, and so no sheet, may hold (XML 1.0, 2.2).
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as a JSON list, readable, German letters as they are."""
    return "".join(json_pieces(rows))


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as CSV with a header; nested values flattened (see :func:`flatten`)."""
    return "".join(csv_pieces(rows))


def json_pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What :func:`as_json` gives, piece by piece."""
    before = "[\n"
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, indent=2, default=str)
        yield f"{before}  {text.replace(chr(10), chr(10) + '  ')}"
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def csv_pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What :func:`as_csv` gives, piece by piece."""
    out = io.StringIO(newline="")
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        flat = flatten(row)
        if writer is None:
            writer = csv.DictWriter(out, fieldnames=list(flat), lineterminator="\r\n")
            writer.writeheader()
        writer.writerow({key: _harmless(value) for key, value in flat.items()})
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if writer is None:
        yield "\r\n"


def write_file(form: str, path: Path, title: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a file as they come.

    Args:
        form: csv | json | xlsx.
        path: File to write.
        title: Of the sheet.
        rows: The rows.

    Raises:
        DataError: There are more rows than a sheet holds.
    """
    if form == "xlsx":
        write_xlsx(path, {title: rows})
        return
    # Excel takes a CSV for UTF-8 only with a byte order mark.
    with path.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as out:
        out.writelines(csv_pieces(rows) if form == "csv" else json_pieces(rows))


def write_xlsx(path: Path, sheets: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Write a workbook with one sheet per list.

    Args:
        path: File to write.
        sheets: Rows by title of the sheet.

    Raises:
        DataError: There are more rows than a sheet holds.
    """
    # Takes as long to import as all else that a list needs.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        table = (flatten(row) for row in rows)
        first = next(table, None)
        if first is None:
            continue
        sheet.append(list(first))
        for number, row in enumerate(chain([first], table), 2):
            if number > SHEET_ROWS:
                sheet.close()
                raise DataError("a sheet holds no more than 1,048,576 rows", where=str(path), remedy="Take csv or json")
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
    return _ILLEGAL.sub("\ufffd", _harmless(value)) if isinstance(value, str) else value
