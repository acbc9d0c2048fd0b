"""What has changed since the last decide.

Every write leaves the keys it touched in ``dirty_key``, and feedback in ``dirty_feedback``; deciding takes them,
settles the persons behind the accounts (:mod:`storage.persons`), and finds what they reach (:mod:`storage.counted`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from storage.voices import BELIEVED


@dataclass(frozen=True)
class Dirty:
    """What has changed since the last decide.

    Attributes:
        seqs: Rows of ``dirty_key`` that were read; just these are deleted at the end.
        persons: Persons whose advocacy is recomputed.
        moved: Persons that gained or lost an account.
    """

    seqs: list[int]
    persons: list[int]
    moved: list[int]


def active_lineage(conn: Connection) -> int | None:
    """Id of the active lineage, None before the first complete analysis."""
    found: int | None = _one(conn, "SELECT lineage_id FROM lineage WHERE state = 'active'")
    return found


def newest_feedback(conn: Connection) -> datetime | None:
    """Time of the newest feedback about any product, the end of the observed time; dates in the future do not count."""
    newest: datetime | None = _one(
        conn,
        "SELECT c.created_at FROM (SELECT f.created_at, r.collected_at, r.load_id FROM feedback f"  # noqa: S608
        " JOIN revision r ON r.revision_id = f.current_revision_id) c"
        f" JOIN load l USING (load_id) WHERE {BELIEVED} ORDER BY c.created_at DESC LIMIT 1",
    )
    return newest


def mark_dirty(conn: Connection, *, everything: bool = False) -> list[int]:
    """Read the dirty keys and make ``dirty_author``, the temporary table of accounts that were touched.

    Args:
        conn: Connection; the caller's transaction goes on.
        everything: All accounts instead.

    Returns:
        Rows of ``dirty_key`` that were read.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT seq FROM dirty_key ORDER BY seq")
        seqs = [row[0] for row in cursor]
        cursor.execute("CREATE TEMP TABLE dirty_author (author_id bigint PRIMARY KEY) ON COMMIT DROP")
        if everything:
            cursor.execute("INSERT INTO dirty_author SELECT author_id FROM author")
        else:
            cursor.execute(
                "INSERT INTO dirty_author"
                " SELECT d.author_id FROM dirty_key d JOIN author USING (author_id) WHERE d.seq = ANY(%s)"
                " UNION SELECT author_id FROM author WHERE person_id IS NULL OR own_person_id IS NULL",
                (seqs,),
            )
        cursor.execute("ANALYZE dirty_author")
    return seqs


def clear_dirty(conn: Connection, dirty: Dirty) -> None:
    """Forget the keys that were read; a key marked again meanwhile stays."""
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM dirty_key WHERE seq = ANY(%s)", (dirty.seqs,))


def _one(conn: Connection, query: str) -> Any:
    with conn.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None
