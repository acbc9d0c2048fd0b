"""Loading the company's own lists: only what differs, the older versions kept, the dirty keys marked.

The caller holds the transaction open from :func:`stage_list` to :func:`merge_list` by :func:`list_transaction`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import psycopg2
from psycopg2.extras import execute_values

from kundenecho.company_lists import LISTS, ListRow
from kundenecho.errors import DataError
from storage.blocks import drop_blocked, hold_off_erasures
from storage.connect import Connection, translated
from storage.feed import copy_cell

_PORTION: Final = 5000
_TABLES: Final = {
    "customers": "customer", "orders": "customer_order", "consents": "consent", "contacts": "contact",
    "sales": "sale", "unsubscribes": "unsubscribe", "testimonials": "testimonial",
}  # fmt: skip
#: What becomes of a column where a file has several rows of one key; else the last row counts.
_WITHIN_FILE: Final = {
    ("consents", "withdrawn_at"): "min(withdrawn_at) OVER same",
    ("testimonials", "withdrawn_at"): "min(withdrawn_at) OVER same",
    ("sales", "units"): "(sum(units) OVER same)::bigint",
}
#: What becomes of a column where a row is known already; else the file counts.
_WITH_KNOWN: Final = {
    (kind, "withdrawn_at"): "least(i.withdrawn_at, o.withdrawn_at)" for kind in ("consents", "testimonials")
}
#: Kinds of identifier by the column that holds them, see ``author_identifier``.
_IDENTIFIERS: Final = {"customer_key": "customer", "email_key": "email", "phone_key": "phone", "order_key": "order"}


@dataclass(frozen=True)
class ListFile:
    """The file that a list came from.

    Attributes:
        name: Its name, without a path.
        digest: Digest of its bytes.
        unsaid: Columns about which it says nothing; what is known there stays.
    """

    name: str
    digest: str
    unsaid: Collection[str] = ()


@dataclass(frozen=True)
class ListReport:
    """What one import did, in rows by their natural key; ``unchanged`` ones were not written at all.

    ``blocked`` counts rows of the file that belong to erased persons and were not taken in.
    """

    new: int
    revised: int
    unchanged: int
    blocked: int = 0


@contextmanager
def list_transaction(conn: Connection, what: str) -> Iterator[None]:
    """One transaction for staging, judging and merging; rolled back on any error.

    Args:
        conn: Connection without a transaction in progress; committed at the end.
        what: What is being done, for messages.

    Raises:
        RetryError: The database went away; nothing was changed.
        DataError: The database refuses the rows. Its message is not told, since it may quote them.
    """
    with translated(what):
        try:
            yield
            conn.commit()
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            conn.rollback()
            raise DataError(f"the database refuses the list ({type(error).__name__})", where=what) from None
        except BaseException:
            if not conn.closed:
                conn.rollback()
            raise


def stage_list(conn: Connection, kind: str, rows: Iterable[ListRow], progress: Callable[[int], None]) -> int:
    """Copy the rows of a file into the temporary table ``incoming``.

    Args:
        conn: Connection; the caller's transaction goes on.
        kind: One of :data:`kundenecho.company_lists.LISTS`.
        rows: The rows, of that kind.
        progress: Told how many have been copied.

    Returns:
        Number of rows.
    """
    names = _staged_columns(kind)
    left, done = iter(rows), 0
    with conn.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT 0 AS line, {', '.join(names)}"  # noqa: S608  our own names
            f" FROM {_TABLES[kind]} WHERE false"
        )
        while portion := list(islice(left, _PORTION)):
            text = io.StringIO()
            for line, row in enumerate(portion, done):
                text.write("\t".join((str(line), *(copy_cell(getattr(row, name)) for name in names))) + "\n")
            text.seek(0)
            cursor.copy_expert("COPY incoming FROM STDIN", text)
            done += len(portion)
            progress(done)
    return done


def merge_list(
    conn: Connection, kind: str, file: ListFile, refused: Sequence[tuple[str, str]], *, items: int, run_id: int
) -> ListReport:
    """Write what differs from what is known, end the versions it replaces, and mark the dirty keys.

    A file that was imported before and brings nothing new writes nothing.

    Args:
        conn: Connection; :func:`stage_list` ran in the same transaction.
        kind: Kind of the list.
        file: Where the rows came from.
        refused: Place and reason of each row that was refused.
        items: Rows that were staged.
        run_id: Run that imports.

    Returns:
        The report.
    """
    with conn.cursor() as cursor:
        # Nothing is known yet of how the rows written here are spread, and then the planner likes nested loops,
        # which take hours over two long lists.
        cursor.execute("SET LOCAL jit = off; SET LOCAL enable_nestloop = off")
        hold_off_erasures(cursor)
        columns = [name for name in LISTS[kind].column_names() if name in {"customer_key", "email_key", "order_key"}]
        blocked = drop_blocked(cursor, "incoming", columns) if columns else 0
        unchanged = _settle(cursor, kind, file.unsaid)
        cursor.execute("SELECT count(*) FILTER (WHERE NOT known), count(*) FILTER (WHERE known) FROM staged")
        new, revised = _row(cursor)
        report = ListReport(new, revised, unchanged, blocked)
        cursor.execute("SELECT EXISTS (SELECT FROM list_import WHERE kind = %s AND digest = %s)", (kind, file.digest))
        if not new and not revised and _row(cursor)[0]:
            return report
        cursor.execute(
            "INSERT INTO list_import (run_id, kind, file, digest, items, new, revised, unchanged, rejected)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING import_id",
            (run_id, kind, file.name, file.digest, items, new, revised, unchanged, len(refused)),
        )
        _write(cursor, kind, _row(cursor)[0])
        _mark_dirty(cursor, kind)
    keep_refused(conn, kind, refused, run_id=run_id)
    return report


def keep_refused(conn: Connection, kind: str, refused: Sequence[tuple[str, str]], *, run_id: int) -> None:
    """Store which rows were refused, without their content.

    Args:
        conn: Connection; the caller commits.
        kind: Kind of the list.
        refused: Place and reason of each row.
        run_id: Run that refused them.
    """
    if refused:
        with conn.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO rejected (run_id, source, place, reason) VALUES %s",
                [(run_id, kind, place, reason) for place, reason in refused],
            )


def _staged_columns(kind: str) -> list[str]:
    row = LISTS[kind]
    return list(dict.fromkeys((*row.NATURAL_KEY, *row.column_names())))


def _values(kind: str) -> list[str]:
    return [name for name in LISTS[kind].column_names() if name not in LISTS[kind].NATURAL_KEY]


def _same_key(kind: str, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in LISTS[kind].NATURAL_KEY)


def _settle(cursor: Any, kind: str, unsaid: Collection[str]) -> int:
    """Make ``staged``: one row for each key that is new or differs; gives how many do not."""
    table, values = _TABLES[kind], _values(kind)
    key = ", ".join(LISTS[kind].NATURAL_KEY)
    last = ", ".join(f"{_WITHIN_FILE.get((kind, name), name)} AS {name}" for name in values)
    merged = [f"{_with_known(kind, name, unsaid)} AS {name}" for name in values]
    keys = [f"i.{name}" for name in LISTS[kind].NATURAL_KEY]
    cursor.execute("ANALYZE incoming")
    cursor.execute(
        "CREATE TEMP TABLE staged ON COMMIT DROP AS"  # noqa: S608  our own names
        f" SELECT {', '.join(keys + merged)}, o.known_from IS NOT NULL AS known"
        f" FROM (SELECT DISTINCT ON ({key}) {key}, {last} FROM incoming"
        f"       WINDOW same AS (PARTITION BY {key}) ORDER BY {key}, line DESC) i"
        f" LEFT JOIN {table} o ON {_same_key(kind, 'o', 'i')} AND o.known_until IS NULL"
    )
    ours, theirs = (", ".join(f"{alias}.{name}" for name in values) for alias in ("s", "o"))
    cursor.execute(
        f"DELETE FROM staged s USING {table} o WHERE {_same_key(kind, 'o', 's')} AND o.known_until IS NULL"  # noqa: S608
        f" AND ROW({ours}) IS NOT DISTINCT FROM ROW({theirs})"
    )
    return int(cursor.rowcount)


def _with_known(kind: str, name: str, unsaid: Collection[str]) -> str:
    if name in unsaid:
        return f"CASE WHEN o.known_from IS NULL THEN i.{name} ELSE o.{name} END"
    return _WITH_KNOWN.get((kind, name), f"i.{name}")


def _write(cursor: Any, kind: str, import_id: int) -> None:
    """End the versions that are replaced and insert the new ones; whom they concern goes to ``touched``."""
    table, names = _TABLES[kind], ", ".join(LISTS[kind].column_names())
    cursor.execute("CREATE TEMP TABLE touched (kind text, key text, PRIMARY KEY (kind, key)) ON COMMIT DROP")
    for rows in (
        f"UPDATE {table} o SET known_until = now() FROM staged s"  # noqa: S608  our own names
        f" WHERE {_same_key(kind, 'o', 's')} AND o.known_until IS NULL RETURNING o.*",
        f"INSERT INTO {table} ({names}, import_id) SELECT {names}, {int(import_id)} FROM staged RETURNING *",  # noqa: S608
    ):
        found = [column for column in _IDENTIFIERS if column in LISTS[kind].column_names()]
        cursor.execute(f"WITH hit AS ({rows}) {_touch(found)}" if found else rows)


def _touch(columns: Sequence[str]) -> str:
    """The statement that adds the identifiers of ``hit`` to ``touched``."""
    pairs = ", ".join(f"('{_IDENTIFIERS[column]}', hit.{column})" for column in columns)
    return (
        "INSERT INTO touched SELECT DISTINCT k.kind, k.key"  # noqa: S608  our own names
        f" FROM hit CROSS JOIN LATERAL (VALUES {pairs}) AS k (kind, key)"
        " WHERE k.key IS NOT NULL ON CONFLICT DO NOTHING"
    )


#: A consent may be known by customer number and the author by e-mail address: customers and orders join them.
_KNOWN_TOGETHER = " UNION ".join(
    f"SELECT i.* FROM touched t JOIN known_identity i ON i.{column} = t.key WHERE t.kind = '{kind}'"  # noqa: S608
    for column, kind in _IDENTIFIERS.items()
)


def _mark_dirty(cursor: Any, kind: str) -> None:
    # What may be published counts for nothing that is decided.
    if "product" in LISTS[kind].column_names() and kind != "testimonials":
        cursor.execute("INSERT INTO dirty_key (product) SELECT DISTINCT product FROM staged")
    cursor.execute("ANALYZE touched")
    cursor.execute("SELECT EXISTS (SELECT FROM touched)")
    reached = _row(cursor)[0]
    while reached:
        cursor.execute(f"WITH hit AS ({_KNOWN_TOGETHER}) {_touch(tuple(_IDENTIFIERS))}")
        reached = cursor.rowcount
    cursor.execute(
        "INSERT INTO dirty_key (author_id) SELECT DISTINCT a.author_id FROM author_identifier a JOIN touched t"
        " ON t.kind = a.kind AND t.key = a.key"
    )


def _row(cursor: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] = cursor.fetchone()
    return row
