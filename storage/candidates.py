"""Accounts that may be one person: what they are recognised by, and who is alike in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from psycopg2.extras import execute_values

from storage.connect import Connection

_PORTION: Final = 5000


class NameRow(NamedTuple):
    """What an account is called: by itself, or by the customer it is known to be; and where that customer lives."""

    author_id: int
    name: str | None
    place: str | None


class LikenessRow(NamedTuple):
    """Two accounts of two persons that are alike, see :class:`insights.identity.Likeness`."""

    author_a: int
    author_b: int
    kind: str
    key: str
    alike: int
    same_product: bool | None
    same_place: bool | None


def start_blocks(conn: Connection) -> None:
    """Make the temporary table ``block``: what the touched accounts were recognised by until now.

    Args:
        conn: Connection; the caller's transaction goes on.
    """
    with conn.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE block (kind text, key text, PRIMARY KEY (kind, key)) ON COMMIT DROP")
        cursor.execute("CREATE TEMP TABLE seen_author ON COMMIT DROP AS SELECT author_id FROM near_author")
        cursor.execute("ANALYZE seen_author")
        cursor.execute(_TOUCHED)
        cursor.execute(_TOUCHED_TRAITS)


_TOUCHED_TRAITS: Final = """
INSERT INTO block
SELECT DISTINCT t.kind, t.key FROM seen_author JOIN author_trait t USING (author_id)
WHERE t.kind NOT IN ('name', 'place') ON CONFLICT DO NOTHING
"""
# A text that nobody else has makes no pair; pairs that it made before are touched by themselves.
_TOUCHED: Final = """
INSERT INTO block
SELECT 'text', r.copy_digest FROM seen_author JOIN feedback f USING (author_id) JOIN revision r USING (feedback_id)
WHERE r.copy_digest IS NOT NULL
  AND (SELECT true FROM revision o WHERE o.copy_digest = r.copy_digest AND o.feedback_id <> r.feedback_id LIMIT 1)
UNION
SELECT 'identifier', i.key FROM seen_author JOIN author_identifier i USING (author_id)
UNION
SELECT c.kind, c.key FROM seen_author n JOIN identity_candidate c ON c.author_a = n.author_id
UNION
SELECT c.kind, c.key FROM seen_author n JOIN identity_candidate c ON c.author_b = n.author_id
ON CONFLICT DO NOTHING
"""


def account_names(conn: Connection) -> Iterator[NameRow]:
    """What the touched accounts are called: display names, and names of the customers they are known to be.

    An account that is known for two customers has neither's name.
    """
    with conn.cursor() as cursor:
        cursor.execute(_NAMES)
        for row in cursor:
            yield NameRow._make(row)


_NAMES: Final = """
SELECT author_id, display_name, NULL FROM seen_author JOIN author_name USING (author_id)
UNION ALL
SELECT k.author_id, min(c.name), min(c.city)
FROM (SELECT n.author_id, i.key AS customer_key FROM seen_author n
      JOIN author_identifier i ON i.author_id = n.author_id AND i.kind = 'customer'
      UNION
      SELECT n.author_id, k.customer_key FROM seen_author n
      JOIN author_identifier i USING (author_id) JOIN key_customer k USING (kind, key)) k
JOIN customer c ON c.customer_key = k.customer_key AND c.known_until IS NULL
GROUP BY k.author_id HAVING count(*) = 1
"""


def write_traits(conn: Connection, traits: Iterable[tuple[int, str, str]]) -> None:
    """Replace what the touched accounts are recognised by.

    Args:
        conn: Connection; :func:`start_blocks` ran in the same transaction.
        traits: Account, kind and key, in any order; repeated ones count once.
    """
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM author_trait t USING seen_author n WHERE n.author_id = t.author_id")
        execute_values(
            cursor,
            "INSERT INTO author_trait (author_id, kind, key) VALUES %s ON CONFLICT DO NOTHING",
            sorted(set(traits)),
            page_size=_PORTION,
        )
        cursor.execute(_TOUCHED_TRAITS)
        cursor.execute("ANALYZE block")


def likenesses(conn: Connection, max_alike: int) -> list[LikenessRow]:
    """All pairs of named accounts of two persons that are alike in a touched block.

    Two accounts of one source are compared by texts and identifiers only: nobody needs two of the same name there.
    Names that contradict each other, written out on both, part two accounts; so does a block of too many persons.

    Args:
        conn: Connection; :func:`write_traits` ran in the same transaction.
        max_alike: Persons from which a block tells nothing.
    """
    with conn.cursor() as cursor:
        cursor.execute(_MEMBERS, {"most": 4 * max_alike, "persons": max_alike})
        cursor.execute("ANALYZE member")
        cursor.execute(_PAIRS)
        return [LikenessRow._make(row) for row in cursor]


# A block's members are read up to a limit, so that a name of thousands costs no more than one of fifty; and a block of
# one, or of too many, goes before anything is looked up for its members. Who is alike in a name has one; whether the
# others have is asked one by one: as EXISTS the planner would read the names of everybody.
_MEMBERS: Final = """
CREATE TEMP TABLE member ON COMMIT DROP AS
WITH found AS (
    SELECT b.kind, b.key, unnest(m.accounts) AS author_id FROM block b
    CROSS JOIN LATERAL (SELECT array_agg(author_id) AS accounts FROM (
                            SELECT t.author_id FROM author_trait t
                            WHERE t.kind = b.kind AND t.key = b.key AND t.kind IN ('full', 'family', 'given', 'handle')
                            LIMIT %(most)s + 1) few) m
    WHERE b.kind IN ('full', 'family', 'given', 'handle') AND cardinality(m.accounts) BETWEEN 2 AND %(most)s
    UNION ALL
    SELECT b.kind, b.key, unnest(m.accounts) FROM block b
    CROSS JOIN LATERAL (SELECT array_agg(author_id) AS accounts FROM (
                            SELECT DISTINCT f.author_id FROM revision r
                            JOIN feedback f ON f.current_revision_id = r.revision_id
                            WHERE r.copy_digest = b.key AND r.state <> 'deleted' AND f.author_id IS NOT NULL
                            LIMIT %(most)s + 1) few) m
    WHERE b.kind = 'text' AND cardinality(m.accounts) > 1
    UNION ALL
    SELECT b.kind, b.key, i.author_id FROM block b
    JOIN doubtful_key d ON d.key = b.key
    JOIN author_identifier i ON (i.kind, i.key) = (d.kind, d.key)
    WHERE b.kind = 'identifier'
), named AS (
    SELECT f.kind, f.key, f.author_id, a.person_id, a.source, count(*) OVER (PARTITION BY f.kind, f.key) AS accounts
    FROM found f JOIN author a USING (author_id)
    WHERE f.kind NOT IN ('text', 'identifier')
       OR (SELECT true FROM author_trait t WHERE t.author_id = f.author_id AND t.kind = 'name' LIMIT 1)
), counted AS (
    SELECT kind, key, count(DISTINCT person_id)::int AS alike FROM named WHERE accounts <= %(most)s
    GROUP BY kind, key HAVING count(DISTINCT person_id) BETWEEN 2 AND %(persons)s
)
SELECT n.kind, n.key, n.author_id, n.person_id, n.source, c.alike,
       ARRAY(SELECT t.key FROM author_trait t WHERE t.author_id = n.author_id AND t.kind = 'full') AS names,
       ARRAY(SELECT t.key FROM author_trait t WHERE t.author_id = n.author_id AND t.kind = 'place') AS places,
       ARRAY(SELECT DISTINCT f.product FROM feedback f WHERE f.author_id = n.author_id AND f.product IS NOT NULL
             UNION
             SELECT o.product FROM author_identifier i JOIN customer_order o ON o.customer_key = i.key
             WHERE i.author_id = n.author_id AND i.kind = 'customer' AND o.known_until IS NULL) AS products
FROM named n JOIN counted c USING (kind, key)
"""
_PAIRS: Final = """
SELECT x.author_id, y.author_id, x.kind, x.key, x.alike,
       CASE WHEN x.products <> '{}' AND y.products <> '{}' THEN x.products && y.products END,
       CASE WHEN x.places <> '{}' AND y.places <> '{}' THEN x.places && y.places END
FROM member x JOIN member y ON (y.kind, y.key) = (x.kind, x.key) AND y.author_id > x.author_id
WHERE x.person_id <> y.person_id
  AND (x.source <> y.source OR x.kind IN ('text', 'identifier'))
  AND (x.names = '{}' OR y.names = '{}' OR x.names && y.names OR x.kind IN ('text', 'identifier'))
ORDER BY 1, 2, 3, 4
"""


def write_candidates(conn: Connection, rows: Iterable[tuple[LikenessRow, float]]) -> int:
    """Replace the candidates of the touched blocks.

    Args:
        conn: Connection; :func:`write_traits` ran in the same transaction.
        rows: Pairs worth offering, each with how likely it is, 0 to 1.

    Returns:
        Number of pairs offered by the touched blocks.
    """
    kept = [(*row, score) for row, score in rows]
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM identity_candidate c USING block b WHERE (b.kind, b.key) = (c.kind, c.key)")
        execute_values(
            cursor,
            "INSERT INTO identity_candidate (author_a, author_b, kind, key, alike, same_product, same_place, score)"
            " VALUES %s",
            kept,
            page_size=_PORTION,
        )
    return len(kept)
