"""The register of lists that left as files: who, when, which, how narrowed, how many, and whom they told of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import Json, execute_values

#: Rows that are noted at once, before they leave.
_PORTION: Final = 1000


@dataclass(frozen=True)
class Export:
    """One list that leaves as a file.

    Attributes:
        kind: Which list, such as ``advocates`` or ``newsletter``.
        made_by: Who takes it.
        form: csv | xlsx | json | html.
        items: Rows handed out.
        way: command | page.
        filters: How it was narrowed; no personal data.
    """

    kind: str
    made_by: str
    form: str
    items: int
    way: str = "command"
    filters: Mapping[str, Any] = field(default_factory=dict)


def register_export(conn: Connection, export: Export, *, keys: Iterable[str] = (), persons: Iterable[int] = ()) -> int:
    """Note an export and whom it tells of.

    Args:
        conn: Connection; the caller commits.
        export: The export.
        keys: Keys of customers or accounts that it tells of.
        persons: Persons that it tells of; their accounts are noted, since persons may be parted again.

    Returns:
        Number of the export.
    """
    filters = {name: value for name, value in export.filters.items() if value is not None}
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO export_register (kind, made_by, way, form, filters, items) VALUES (%s, %s, %s, %s, %s, %s)"
            " RETURNING export_id",
            (export.kind, export.made_by, export.way, export.form, Json(filters), export.items),
        )
        row = cursor.fetchone()
        number = int(row[0]) if row else 0
        found = sorted(set(keys))
        if found:
            execute_values(
                cursor, "INSERT INTO export_person (export_id, key) VALUES %s", [(number, key) for key in found]
            )
        cursor.execute(_NOTE, (number, list(persons)))
    return number


def registered(conn: Connection, export: Export, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Rows on their way out, each noted in the register before it leaves; commits by the portion.

    Args:
        conn: Connection of its own.
        export: The export; its number of items is counted.
        rows: The rows; a ``person_id`` such as ``P7`` is whom they tell of.

    Yields:
        The same rows.
    """
    number = register_export(conn, replace(export, items=0))
    conn.commit()
    left = iter(rows)
    while portion := list(islice(left, _PORTION)):
        persons = [int(row["person_id"][1:]) for row in portion if str(row.get("person_id") or "").startswith("P")]
        with conn.cursor() as cursor:
            cursor.execute("UPDATE export_register SET items = items + %s WHERE export_id = %s", (len(portion), number))
            cursor.execute(_NOTE, (number, persons))
        conn.commit()
        yield from portion


_NOTE: Final = """
INSERT INTO export_person (export_id, key) SELECT %s, author_key FROM author WHERE person_id = ANY(%s)
ON CONFLICT DO NOTHING
"""
