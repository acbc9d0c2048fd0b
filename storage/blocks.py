"""What erased persons left: keyed blocks, and the lock by which loads and erasures wait for one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from kundenecho.errors import BusyError
from kundenecho.keying import Keyer
from storage.subject import Subject

#: Advisory lock of erasures: loads, imports and decide hold it shared for their transaction, an erasure alone.
ERASURES: Final = (0x4B45, 0x45524153)


def hold_off_erasures(cursor: Any) -> None:
    """Let no erasure begin until the transaction ends; several loads may hold this at once."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", ERASURES)


def hold_off(conn: Connection) -> None:
    """Let no erasure begin until the transaction of a connection ends, see :func:`hold_off_erasures`."""
    with conn.cursor() as cursor:
        hold_off_erasures(cursor)


def wait_for_loads(conn: Connection) -> None:
    """Wait for the loads and the decide in progress and hold off new ones until the transaction ends.

    Raises:
        BusyError: A load has been writing for longer than an erasure waits.
    """
    with conn.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10min'")
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", ERASURES)
        except psycopg2.errors.LockNotAvailable:
            raise BusyError(
                "a load or decide still writes", where="erase", remedy="Wait for it, then try again"
            ) from None


def feedback_key(keyer: Keyer, source: str, account: str, native_id: str) -> str:
    """Key of a feedback's identity at its source, by which it is not taken in again."""
    return str(keyer.key("feedback", f"{source}\x1f{account}\x1f{native_id}"))


def blocks_feedback(cursor: Any) -> bool:
    """Whether any feedback is blocked by its own identity."""
    cursor.execute("SELECT EXISTS (SELECT FROM blocked_key WHERE kind = 'feedback')")
    return bool(cursor.fetchone()[0])


def blocks_of(subject: Subject) -> list[tuple[str, str]]:
    """Kind and key of what must not be taken in again, besides the feedback itself."""
    return [(kind, key) for key, kind in subject.keys.items() if kind in {"account", "email", "customer", "order"}]


def drop_blocked(cursor: Any, table: str, columns: Sequence[str]) -> int:
    """Delete the staged rows of whoever was erased.

    Args:
        cursor: Cursor of the load's transaction, after :func:`hold_off_erasures`.
        table: Temporary table with the staged rows.
        columns: Its columns of keys.

    Returns:
        Rows that were not taken in.
    """
    any_key = sql.SQL(", ").join(sql.Identifier("s", column) for column in columns)
    cursor.execute(
        sql.SQL("DELETE FROM {} s WHERE EXISTS (SELECT FROM blocked_key b WHERE b.key IN ({}))").format(
            sql.Identifier(table), any_key
        )
    )
    return int(cursor.rowcount)


def all_blocked(conn: Connection) -> set[str]:
    """Every blocked key, for the search through files."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT key FROM blocked_key")
        return {row[0] for row in cursor}
