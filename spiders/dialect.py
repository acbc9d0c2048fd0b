"""Reading tables as tools export them: CSV in its German dialects, XLSX, JSON lines.

Encoding and delimiter are found out, one bad row does not spoil the others, and memory stays flat.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from kundenecho.errors import DataError, SettingsError
from spiders.card import Card

#: Longest row that is read, in characters; a longer one is a fault of the export.
MAX_ROW_CHARS: Final = 1_000_000
_DELIMITERS: Final = (";", ",", "\t", "|")
#: How much of a file is looked at to find its delimiter.
_HEAD_CHARS = 100_000
_BROKEN = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Row:
    """One row: its number in the file from 1, and its cells by column; or why it is none."""

    number: int
    cells: dict[str, Any]
    fault: str = ""


def read_table(file: Path, card: Card) -> Iterator[Row]:
    """Read an export row by row.

    Args:
        file: CSV (also ``.txt``, ``.tsv``), XLSX, or JSON lines (``.jsonl``, ``.ndjson``).
        card: Header rows, and encoding and delimiter where they are declared.

    Yields:
        The rows; a row with a fault has no cells.

    Raises:
        DataError: The file is missing, empty, or no such file at all.
        SettingsError: The file's kind is not known.
    """
    if not file.is_file():
        raise DataError("the file does not exist", where=str(file))
    if not file.stat().st_size:
        raise DataError("the file is empty", where=file.name, remedy="Export it again")
    suffix = file.suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        return _json_lines(file)
    if suffix == ".xlsx":
        return _workbook(file, card)
    if suffix in {".csv", ".txt", ".tsv"}:
        return _delimited(file, card)
    raise SettingsError(
        f"files of kind {suffix or 'without ending'} cannot be read",
        where=file.name,
        remedy="Export it as CSV, XLSX or JSON lines (.jsonl)",
    )


def _json_lines(file: Path) -> Iterator[Row]:
    with file.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            if len(raw) > MAX_ROW_CHARS:
                yield Row(number, {}, f"the row has {len(raw)} bytes, at most {MAX_ROW_CHARS} are read")
                continue
            try:
                cells = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError:
                yield Row(number, {}, "the row is not UTF-8")
            except ValueError as error:
                yield Row(number, {}, f"the row is not JSON: {str(error).split(':')[0]}")
            else:
                yield Row(number, cells) if isinstance(cells, dict) else Row(number, {}, "the row is no JSON object")


def _workbook(file: Path, card: Card) -> Iterator[Row]:
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise DataError(
            f"the file is no workbook ({type(error).__name__})", where=file.name, remedy="Save it as XLSX again"
        ) from None
    try:
        sheet = book.worksheets[0]
        rows = ((number, list(values)) for number, values in enumerate(sheet.iter_rows(values_only=True), 1))
        yield from _with_header(rows, file, card)
    finally:
        book.close()


def _delimited(file: Path, card: Card) -> Iterator[Row]:
    encoding = card.encoding or _encoding(file)
    csv.field_size_limit(MAX_ROW_CHARS)
    with file.open(encoding=encoding, errors="surrogateescape", newline="") as lines:
        head = "".join(line for line, _ in zip(lines, range(20), strict=False))[:_HEAD_CHARS]
        lines.seek(0)
        reader = csv.reader(lines, delimiter=card.delimiter or _delimiter(head))
        yield from _with_header(_csv_rows(reader), file, card)


def _csv_rows(reader: Any) -> Iterator[tuple[int, list[Any] | str]]:
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, f"the row cannot be read: {error}"
            continue
        if any(_BROKEN.search(value) for value in values):
            yield reader.line_num, "the row holds bytes that are not in the file's encoding"
        elif sum(map(len, values)) > MAX_ROW_CHARS:
            yield reader.line_num, f"the row has more than {MAX_ROW_CHARS} characters"
        else:
            yield reader.line_num, values


def _with_header(rows: Iterator[tuple[int, list[Any] | str]], file: Path, card: Card) -> Iterator[Row]:
    header: list[str] = []
    for _, values in rows:
        if isinstance(values, list) and any(_name(value) for value in values):
            header = [_name(value) for value in values]
            break
    if not header:
        raise DataError("the file has no header row", where=file.name, remedy="Export it with column names")
    if card.header_rows == 2:
        header = _joined(header, next(rows, (0, []))[1])
    for number, values in rows:
        if isinstance(values, str):
            yield Row(number, {}, values)
        elif not any(value not in (None, "") for value in values):
            continue
        elif len(values) > len(header) and any(value not in (None, "") for value in values[len(header) :]):
            yield Row(number, {}, f"the row has {len(values)} cells, the header {len(header)}")
        else:
            yield Row(number, dict(zip(header, values, strict=False)))


def _joined(first: list[str], second: list[Any] | str) -> list[str]:
    """Two header rows as one: the question filled forward, and the sub-label behind a bar."""
    names, question = [], ""
    for index, name in enumerate(first):
        question = name or question
        label = _name(second[index]) if isinstance(second, list) and index < len(second) else ""
        names.append(f"{question} | {label}" if label else question)
    return names


def _name(value: Any) -> str:
    return " ".join(str(value).replace("\ufeff", "").split()) if value is not None else ""


def _encoding(file: Path) -> str:
    """UTF-8 or UTF-16 by their mark; else UTF-8 where most non-ASCII lines are, else cp1252."""
    with file.open("rb") as lines:
        start = lines.read(4)
        if start.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig"
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        lines.seek(0)
        good = bad = 0
        for line in lines:
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return "utf-8" if good >= bad else "cp1252"


def _delimiter(head: str) -> str:
    """The delimiter that splits the first lines into the most, and equally many, cells."""
    best, score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(head.splitlines(keepends=True), delimiter=delimiter) if row]
        same = sum(width == widths[0] for width in widths) if widths else 0
        if widths and widths[0] > 1 and (same, widths[0]) > score:
            best, score = delimiter, (same, widths[0])
    return best
