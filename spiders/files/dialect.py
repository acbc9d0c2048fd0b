"""Reading tables as tools export them: CSV in its German dialects, XLSX, JSON lines.

Encoding and delimiter are found out, one bad row does not spoil the others, and memory stays flat.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from kundenecho.errors import DataError, SettingsError
from kundenecho.records import digest_json
from spiders.card import Card
from spiders.files.csv_rows import MAX_ROW_CHARS, Broken, CsvRows, find_delimiter

#: How much of a file is looked at to find its delimiter.
_HEAD_LINES, _HEAD_CHARS = 20, 100_000
#: What a byte outside the file's encoding becomes.
_ESCAPED = re.compile("[\udc80-\udcff]")
_DAMAGED = (BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError, LookupError, OSError, ValueError)
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
JSON_SUFFIXES: Final = frozenset({".jsonl", ".ndjson"})
_DELIMITED: Final = frozenset({".csv", ".txt", ".tsv"})


@dataclass(frozen=True)
class Row:
    """One row: its number in the file from 1, and its cells by column.

    Attributes:
        fault: Why the row cannot be used; its cells may then stand under the wrong columns.
    """

    number: int
    cells: dict[str, Any]
    fault: str = ""


def read_table(file: Path, card: Card, on_header: Callable[[list[str]], None] = lambda _: None) -> Iterator[Row]:
    """Read an export row by row.

    Args:
        file: CSV (also ``.txt``, ``.tsv``), XLSX, or JSON lines (``.jsonl``, ``.ndjson``).
        card: Header rows, and encoding and delimiter where they are declared.
        on_header: Told the columns of a table before its first row, also where it has no rows.

    Yields:
        The rows, the faulty ones among them.

    Raises:
        DataError: The file is missing, empty, or no such file at all.
        SettingsError: The file's kind is not known, or it is in another encoding than the card says.
    """
    if not file.is_file():
        raise DataError("the file does not exist", where=str(file))
    if not file.stat().st_size:
        raise DataError("the file is empty", where=file.name, remedy="Export it again")
    suffix = file.suffix.lower()
    if suffix in JSON_SUFFIXES:
        return _json_lines(file)
    if suffix == ".xlsx":
        return _workbook(file, card, on_header)
    if suffix in _DELIMITED:
        return _delimited(file, card, on_header)
    raise SettingsError(
        f"files of kind {suffix or 'without ending'} cannot be read",
        where=file.name,
        remedy="Export it as CSV, XLSX or JSON lines (.jsonl)",
    )


def ends_in_a_row(file: Path) -> bool:
    """Whether a delimited file ends without a line break, as one does that was cut off.

    A file written by hand may end so as well; what was cut off between two rows does not show at all.
    """
    if file.suffix.lower() not in _DELIMITED:
        return False
    with file.open("rb") as content:
        content.seek(-min(2, file.stat().st_size), 2)
        return not set(content.read()) & {0x0A, 0x0D}


def _json_lines(file: Path) -> Iterator[Row]:
    with file.open("rb") as lines:
        number = 0
        while raw := lines.readline(MAX_ROW_CHARS + 1):
            number += 1
            if len(raw) > MAX_ROW_CHARS:
                while raw and not raw.endswith(b"\n"):
                    raw = lines.readline(MAX_ROW_CHARS)
                yield Row(number, {}, f"the row has more than {MAX_ROW_CHARS} bytes")
            elif raw.strip():
                yield _json_row(number, raw)


def _json_row(number: int, raw: bytes) -> Row:
    # What cannot be taken apart cannot be keyed, so only its digest is kept.
    trace = {"digest": digest_json(raw.hex())}
    try:
        cells = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return Row(number, trace, "the row is not UTF-8")
    except (ValueError, RecursionError) as error:
        return Row(number, trace, f"the row is not JSON: {str(error).split(':')[0]}")
    return Row(number, cells) if isinstance(cells, dict) else Row(number, trace, "the row is no JSON object")


def _workbook(file: Path, card: Card, on_header: Callable[[list[str]], None]) -> Iterator[Row]:
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            rows = enumerate(map(list, book.worksheets[0].iter_rows(values_only=True)), 1)
            header = _header(rows, file, card)
            on_header(header)
            yield from _body(rows, header)
        finally:
            book.close()
    except _DAMAGED as error:
        raise DataError(
            f"the file is no workbook, or a damaged one ({type(error).__name__})",
            where=file.name,
            remedy="Save it as XLSX again",
        ) from None


def _delimited(file: Path, card: Card, on_header: Callable[[list[str]], None]) -> Iterator[Row]:
    encoding = _encoding(file, card)
    # UTF-16 cannot be told apart byte by byte: what is broken there becomes U+FFFD.
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    with file.open(encoding=encoding, errors="replace" if wide else "surrogateescape", newline="") as lines:
        head = "".join(islice(iter(lambda: lines.readline(_HEAD_CHARS), ""), _HEAD_LINES))[:_HEAD_CHARS]
        lines.seek(0)
        rows = CsvRows(lines, card.delimiter or find_delimiter(head))
        header = _header(rows, file, card)
        on_header(header)
        rows.width = len(header)
        for row in _body(rows, header):
            text = "".join(row.cells.values())
            if "\ufffd" in text if wide else _ESCAPED.search(text):
                cells = {key: _ESCAPED.sub("\ufffd", value) for key, value in row.cells.items()}
                yield Row(row.number, cells, row.fault or "the row holds bytes that are not in the file's encoding")
            else:
                yield row


def _header(rows: Iterable[tuple[int, list[Any]]], file: Path, card: Card) -> list[str]:
    """The columns' names: the first row that holds something, or two rows joined, each name once."""
    rows = iter(rows)
    first = next((values for _, values in rows if any(_name(value) for value in values)), None)
    if first is None:
        raise DataError("the file has no header row", where=file.name, remedy="Export it with column names")
    names = [_name(value) for value in first]
    if card.header_rows == 2:
        names = _joined(names, next(rows, (0, []))[1])
    counted: dict[str, int] = {}
    for index, name in enumerate(names):
        counted[name] = counted.get(name, 0) + 1
        if counted[name] > 1:
            names[index] = f"{name} ({counted[name]})"
    return names


def _body(rows: Iterable[tuple[int, list[Any]]], header: list[str]) -> Iterator[Row]:
    for number, values in rows:
        spare = [value for value in values[len(header) :] if value not in (None, "")]
        if isinstance(values, Broken) or spare:
            names = [*header, *(f"column {n}" for n in range(len(header) + 1, len(values) + 1))]
            fault = getattr(values, "fault", f"the row has {len(values)} cells, the header {len(header)}")
            yield Row(number, dict(zip(names, values, strict=False)), fault)
        elif any(value is not None and str(value).strip() for value in values):
            yield Row(number, dict(zip(header, values, strict=False)))


def _joined(first: list[str], second: list[Any]) -> list[str]:
    """Two header rows as one: the question filled forward, and the sub-label behind a bar."""
    names, question = [], ""
    for index in range(max(len(first), len(second))):
        question = (first[index] if index < len(first) else "") or question
        label = _name(second[index]) if index < len(second) else ""
        names.append(f"{question} | {label}" if label else question)
    return names


def _name(value: Any) -> str:
    return " ".join(str(value).replace("\ufeff", "").split()) if value is not None else ""


def _encoding(file: Path, card: Card) -> str:
    """What the card says; else UTF-8 or UTF-16 by their mark, UTF-8 where most non-ASCII lines are, else cp1252."""
    with file.open("rb") as lines:
        start = lines.read(4)
        if not card.encoding and start.startswith(_UTF16_MARKS):
            return "utf-16"
        lines.seek(0)
        good = bad = 0
        while line := lines.readline(MAX_ROW_CHARS):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    if card.encoding:
        # Each byte is a letter there, so UTF-8 would be read without a fault, and wrong.
        if good and not bad and codecs.lookup(card.encoding).name.startswith(("cp125", "iso8859")):
            remedy = "Leave encoding out of the card, then it is found out"
            raise SettingsError(f"the file is UTF-8, the card says {card.encoding}", where=file.name, remedy=remedy)
        return card.encoding
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-8" if good >= bad else "cp1252"
