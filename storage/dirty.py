"""What has changed since the last decide, and who is whom.

Every write leaves the keys it touched in ``dirty_key``; deciding takes them,
settles the persons behind the authors, and widens the keys to all they reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


@dataclass(frozen=True)
class Dirty:
    """What has changed since the last decide.

    Attributes:
        seqs: Rows of ``dirty_key`` that were read; just these are deleted at the end.
        products: Products whose defects are recomputed.
        persons: Persons whose advocacy is recomputed.
    """

    seqs: list[int]
    products: list[str]
    persons: list[int]


def active_lineage(conn: Connection) -> int | None:
    """Id of the active lineage, None before the first complete analysis."""
    found: int | None = _one(conn, "SELECT lineage_id FROM lineage WHERE state = 'active'")
    return found


def newest_feedback(conn: Connection) -> datetime | None:
    """Time of the newest feedback about any product, the end of the observed time."""
    newest: datetime | None = _one(conn, "SELECT max(created_at) FROM feedback")
    return newest


def take_dirty(conn: Connection, *, everything: bool = False) -> Dirty:
    """Read the dirty keys, settle who is whom, and widen the keys to all they reach.

    A person's change reaches every product that the person spoke of, and the copies of the texts.

    Args:
        conn: Connection; the caller's transaction goes on.
        everything: Recompute all products and persons instead.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT seq FROM dirty_key ORDER BY seq")
        seqs = [row[0] for row in cursor]
        cursor.execute("CREATE TEMP TABLE dirty_author (author_id bigint PRIMARY KEY) ON COMMIT DROP")
        cursor.execute(
            "INSERT INTO dirty_author"
            " SELECT DISTINCT author_id FROM dirty_key WHERE author_id IS NOT NULL AND seq = ANY(%s)"
            " UNION SELECT author_id FROM author WHERE person_id IS NULL OR %s",
            (seqs, everything),
        )
        persons = settle_persons(conn)
        if everything:
            cursor.execute("SELECT product FROM product")
        else:
            cursor.execute(_DIRTY_PRODUCTS, {"seqs": seqs, "persons": persons})
        products = sorted(row[0] for row in cursor)
    return Dirty(seqs, products, persons)


_DIRTY_PRODUCTS = """
SELECT DISTINCT product FROM dirty_key WHERE seq = ANY(%(seqs)s) AND product IS NOT NULL
UNION
SELECT f.product FROM author a JOIN feedback f USING (author_id)
WHERE a.person_id = ANY(%(persons)s) AND f.product IS NOT NULL
UNION
SELECT copy.product
FROM author a
JOIN feedback f USING (author_id)
JOIN revision mine ON mine.feedback_id = f.feedback_id AND mine.copy_digest IS NOT NULL
JOIN revision other ON other.copy_digest = mine.copy_digest
JOIN feedback copy ON copy.feedback_id = other.feedback_id
WHERE a.person_id = ANY(%(persons)s) AND copy.product IS NOT NULL
"""


def settle_persons(conn: Connection) -> list[int]:
    """Give each dirty author a person; authors that share a sure identifier share the person.

    Reads the temporary table ``dirty_author``. Sure identifiers are the keyed e-mail address,
    customer, order and telephone number.

    Returns:
        The persons of the dirty authors, ascending.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "WITH fresh AS (SELECT author_id, nextval(pg_get_serial_sequence('person', 'person_id')) AS person_id"
            "               FROM author JOIN dirty_author USING (author_id) WHERE person_id IS NULL),"
            " made AS (INSERT INTO person (person_id) OVERRIDING SYSTEM VALUE SELECT person_id FROM fresh)"
            " UPDATE author SET person_id = fresh.person_id FROM fresh WHERE author.author_id = fresh.author_id"
        )
        while True:
            cursor.execute(_MERGE_PERSONS)
            merged = [row[0] for row in cursor]
            if not merged:
                break
            cursor.execute(
                "DELETE FROM person p WHERE person_id = ANY(%s)"
                " AND NOT EXISTS (SELECT FROM author a WHERE a.person_id = p.person_id)",
                (merged,),
            )
        cursor.execute("SELECT DISTINCT person_id FROM author JOIN dirty_author USING (author_id) ORDER BY 1")
        return [row[0] for row in cursor]


_MERGE_PERSONS = """
WITH pair AS (
    SELECT DISTINCT theirs.person_id AS old_id, min(ours.person_id) OVER (PARTITION BY i.kind, i.key) AS new_id
    FROM dirty_author
    JOIN author_identifier mine USING (author_id)
    JOIN author_identifier i ON i.kind = mine.kind AND i.key = mine.key
    JOIN author theirs ON theirs.author_id = i.author_id
    JOIN author_identifier j ON j.kind = i.kind AND j.key = i.key
    JOIN author ours ON ours.author_id = j.author_id
), best AS (
    SELECT old_id, min(new_id) AS new_id FROM pair WHERE new_id < old_id GROUP BY old_id
), moved AS (
    UPDATE author SET person_id = best.new_id FROM best WHERE author.person_id = best.old_id
    RETURNING best.old_id, author.author_id
), noted AS (
    INSERT INTO dirty_author SELECT author_id FROM moved ON CONFLICT DO NOTHING
)
SELECT DISTINCT old_id FROM moved
"""


def clear_dirty(conn: Connection, dirty: Dirty) -> None:
    """Forget the keys that were read; a key marked again meanwhile stays."""
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM dirty_key WHERE seq = ANY(%s)", (dirty.seqs,))


def _one(conn: Connection, query: str) -> Any:
    with conn.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None
