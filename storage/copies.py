"""Copies of texts: their sketches, which are near, and which feedback counts for which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values


class SketchRow(NamedTuple):
    """What is kept of a text; see :class:`kundenecho.copies.Sketch`."""

    copy_digest: str
    words: int
    shingles: list[int]
    bands: list[int]


class NearRow(NamedTuple):
    """Two texts that share a band, the smaller digest first, with their shingles."""

    one_digest: str
    other_digest: str
    one: list[int]
    other: list[int]


class PostingRow(NamedTuple):
    """Current feedback with a text that has copies."""

    feedback_id: int
    person_id: int | None
    copy_digest: str
    words: int


class CollapseRow(NamedTuple):
    """Feedback that counts for another, as written to the table ``collapse``."""

    feedback_id: int
    counts_as: int
    copy_digest: str
    kind: str
    similarity: float


def take_copies(conn: Connection, persons: Sequence[int], *, everything: bool = False) -> None:
    """Make the temporary table ``touched`` of the texts that decide looks at.

    Args:
        conn: Connection; the caller's transaction goes on. The marks are taken in it.
        persons: Persons who may have been joined or parted; their texts are touched.
        everything: All texts instead.
    """
    with conn.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE touched (copy_digest text PRIMARY KEY) ON COMMIT DROP")
        cursor.execute(_TAKE, {"persons": list(persons), "everything": everything})
        cursor.execute("ANALYZE touched")


_TAKE = """
WITH taken AS (DELETE FROM dirty_copy RETURNING copy_digest)
INSERT INTO touched
SELECT copy_digest FROM taken
UNION
SELECT r.copy_digest
FROM author a JOIN feedback f USING (author_id) JOIN revision r ON r.revision_id = f.current_revision_id
WHERE a.person_id = ANY(%(persons)s) AND r.copy_digest IS NOT NULL
UNION
SELECT copy_digest FROM revision WHERE %(everything)s AND copy_digest IS NOT NULL
UNION
SELECT copy_digest FROM collapse WHERE %(everything)s
"""


def unsketched(conn: Connection, size: int) -> Iterator[list[tuple[str, str]]]:
    """Texts in ``touched`` of which no sketch is kept yet, as (digest, text), in portions.

    Args:
        conn: Connection; :func:`take_copies` ran in the same transaction.
        size: Texts of a portion.
    """
    with conn.cursor("unsketched") as cursor:
        cursor.itersize = size
        cursor.execute(
            "SELECT DISTINCT ON (r.copy_digest) r.copy_digest, r.text"
            " FROM touched t JOIN revision r USING (copy_digest)"
            " WHERE r.text IS NOT NULL AND NOT EXISTS (SELECT FROM copy_sketch s WHERE s.copy_digest = r.copy_digest)"
            " ORDER BY r.copy_digest, r.revision_id"
        )
        while portion := cursor.fetchmany(size):
            yield portion


def add_sketches(conn: Connection, sketches: Iterable[SketchRow]) -> list[NearRow]:
    """Keep sketches, and find the texts that may be near to them.

    Args:
        conn: Connection; the caller's transaction goes on.
        sketches: New ones.

    Returns:
        Pairs that share a band, each once.
    """
    rows = list(sketches)
    with conn.cursor() as cursor:
        execute_values(cursor, "INSERT INTO copy_sketch (copy_digest, words, shingles, bands) VALUES %s", rows)
        cursor.execute(_CANDIDATES, ([row.copy_digest for row in rows if row.bands],))
        return [NearRow._make(row) for row in cursor]


_CANDIDATES = """
SELECT DISTINCT ON (least(a.copy_digest, b.copy_digest), greatest(a.copy_digest, b.copy_digest))
       least(a.copy_digest, b.copy_digest), greatest(a.copy_digest, b.copy_digest),
       CASE WHEN a.copy_digest < b.copy_digest THEN a.shingles ELSE b.shingles END,
       CASE WHEN a.copy_digest < b.copy_digest THEN b.shingles ELSE a.shingles END
FROM copy_sketch a JOIN copy_sketch b ON b.bands && a.bands AND b.copy_digest <> a.copy_digest
WHERE a.copy_digest = ANY(%s)
"""


def add_near(conn: Connection, pairs: Iterable[tuple[str, str, float]]) -> None:
    """Keep which texts are near: (smaller digest, other digest, similarity)."""
    rows = list(pairs)
    if rows:
        with conn.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO near_copy (one_digest, other_digest, similarity) VALUES %s ON CONFLICT DO NOTHING",
                rows,
            )


def copies_of_touched(conn: Connection) -> tuple[list[PostingRow], dict[tuple[str, str], float]]:
    """The current feedback whose text has copies among what was touched, as far as near-copies reach.

    Widens ``touched`` by the texts that are near to those in it, and to these, as long as someone still has them.

    Args:
        conn: Connection; :func:`take_copies` ran in the same transaction, and the sketches are there.

    Returns:
        The feedback; the similarities of near texts, by digests, the smaller first.
    """
    with conn.cursor() as cursor:
        cursor.execute(_WIDEN)
        while cursor.rowcount:
            cursor.execute(_WIDEN)
        cursor.execute("ANALYZE touched")
        cursor.execute(_POSTINGS)
        postings = [PostingRow._make(row) for row in cursor]
        cursor.execute(
            "SELECT one_digest, other_digest, similarity FROM near_copy"
            " JOIN touched a ON a.copy_digest = one_digest JOIN touched b ON b.copy_digest = other_digest"
        )
        return postings, {(row[0], row[1]): row[2] for row in cursor}


_LIVE = """
SELECT FROM revision r JOIN feedback f ON f.current_revision_id = r.revision_id
WHERE r.copy_digest = n.copy_digest AND r.state <> 'deleted'
"""
_WIDEN = f"""
INSERT INTO touched
SELECT DISTINCT n.copy_digest
FROM touched t
CROSS JOIN LATERAL (
    SELECT other_digest AS copy_digest FROM near_copy WHERE one_digest = t.copy_digest
    UNION ALL SELECT one_digest FROM near_copy WHERE other_digest = t.copy_digest
) n
WHERE EXISTS ({_LIVE}) AND NOT EXISTS (SELECT FROM touched k WHERE k.copy_digest = n.copy_digest)
"""  # noqa: S608  no values
_POSTINGS = """
WITH live AS (
    SELECT f.feedback_id, a.person_id, r.copy_digest, count(*) OVER (PARTITION BY r.copy_digest) AS copies
    FROM touched t
    JOIN revision r USING (copy_digest)
    JOIN feedback f ON f.current_revision_id = r.revision_id
    LEFT JOIN author a USING (author_id)
    WHERE r.state <> 'deleted'
)
SELECT l.feedback_id, l.person_id, l.copy_digest, coalesce(s.words, 0)
FROM live l LEFT JOIN copy_sketch s USING (copy_digest)
WHERE l.copies > 1 OR EXISTS (SELECT FROM near_copy n WHERE n.one_digest = l.copy_digest)
   OR EXISTS (SELECT FROM near_copy n WHERE n.other_digest = l.copy_digest)
"""


def write_collapses(conn: Connection, postings: Sequence[PostingRow], rows: Sequence[CollapseRow]) -> list[int]:
    """Replace the collapses of what was touched, and forget texts that nobody has any more.

    Args:
        conn: Connection; :func:`copies_of_touched` ran in the same transaction.
        postings: The feedback that it gave.
        rows: All collapses among it.

    Returns:
        Feedback that may count for another than before.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "DELETE FROM collapse k USING touched t WHERE k.copy_digest = t.copy_digest"
            " RETURNING k.feedback_id, k.counts_as"
        )
        reached = {feedback for row in cursor for feedback in row} | {posting.feedback_id for posting in postings}
        if rows:
            execute_values(
                cursor,
                "INSERT INTO collapse (feedback_id, counts_as, copy_digest, kind, similarity) VALUES %s",
                rows,
            )
        cursor.execute(_FORGET)
        return sorted(reached)


# A text that was withdrawn counts on; one that is gone leaves nothing.
_FORGET = """
DELETE FROM copy_sketch s USING touched t
WHERE t.copy_digest = s.copy_digest AND NOT EXISTS (
    SELECT FROM revision r LEFT JOIN feedback f ON f.current_revision_id = r.revision_id
    WHERE r.copy_digest = s.copy_digest
      AND (r.text IS NOT NULL OR (f.feedback_id IS NOT NULL AND r.state <> 'deleted'))
)
"""
