"""An export file as Feedback records, row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kundenecho.records import Feedback
from spiders.build import ODD, reason_of
from spiders.card import Card
from spiders.context import Context
from spiders.files.columns import Columns, folded
from spiders.files.dialect import JSON_SUFFIXES, ends_in_a_row, read_table
from spiders.files.rows import RowReader
from spiders.output import Reject
from spiders.personal import keyed_cells


def read_export(
    file: Path, context: Context, notice: Callable[[str], None] = lambda _: None
) -> Iterator[Feedback | Reject]:
    """Read one export file.

    Args:
        file: The file.
        context: Card of a source that reads files, account, keyer, begin of the run.
        notice: Told in one sentence what does not stop the reading but should be known: columns that the card
            neither maps nor ignores, responses that say nothing, a file that ends in the middle.

    Yields:
        Records, and the rows that were refused with their reason.

    Raises:
        DataError: The file is missing, empty or unreadable.
        SettingsError: A column that the card maps is not in the file.
    """
    columns: dict[str, None] = {}

    def check(names: list[str]) -> None:
        columns.update(dict.fromkeys(names))
        reader.columns.check(columns, file.name, table=file.suffix.lower() not in JSON_SUFFIXES)

    rows = read_table(file, context.card, check)
    reader = RowReader(context, _envelope(file))
    for row in rows:
        where = f"{file.name}:{row.number}"
        if row.fault:
            yield Reject(where, row.fault, keyed_cells(row.cells, context.keyer))
            continue
        if not columns:
            check(list(row.cells))
        columns.update(dict.fromkeys(row.cells))
        try:
            yield from reader.records(row.cells)
        except ODD as error:
            yield Reject(where, reason_of(error), reader.fragment(row.cells))
    if unknown := unknown_columns(columns, context.card):
        notice(f"{file.name}: the card neither maps nor ignores {', '.join(map(repr, unknown))}")
    if reader.silent:
        notice(f"{file.name}: {reader.silent} responses were not submitted and say nothing; they are left out")
    if ends_in_a_row(file):
        notice(f"{file.name}: the last row does not end; the file may be cut off")


def unknown_columns(columns: Mapping[str, Any], card: Card) -> list[str]:
    """Columns that the card neither maps nor ignores: something new at the source."""
    known = {"", *map(folded, Columns(card).of(columns).used()), *map(folded, card.ignore)}
    return [column for column in columns if folded(column) not in known]


def _envelope(file: Path) -> dict[str, Any]:
    """The file in the place of a page: its name, its time and the digest of its bytes."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:32]
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return {"url": file.name, "fetched_at": written.isoformat(), "status": None, "digest": digest}
