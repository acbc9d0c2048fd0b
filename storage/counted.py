"""Which feedback stands in the figures, which came since, and which products must be counted as a whole.

Feedback that came since is added to what stands there (:mod:`storage.additions`). What was counted already and has
changed would have to be taken out again, so its product is counted as a whole (:mod:`storage.defects`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from storage.voices import make_voices_of


def take_feedback(conn: Connection, moved: Sequence[int], reached: Sequence[int], closed: date | None) -> None:
    """Make the temporary tables ``recount``, feedback that may count otherwise than it did, and ``voice`` of it.

    Args:
        conn: Connection; the caller's transaction goes on. The marks are taken in it.
        moved: Persons that gained or lost an account.
        reached: Feedback whose copies were looked at.
        closed: Monday of the last closed week.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE recount (feedback_id bigint PRIMARY KEY, changed boolean NOT NULL) ON COMMIT DROP"
        )
        cursor.execute(
            "WITH taken AS (DELETE FROM dirty_feedback RETURNING feedback_id)"
            " INSERT INTO recount SELECT DISTINCT feedback_id, true FROM taken"
        )
        cursor.execute(_REACHED, {"moved": list(moved), "reached": list(reached)})
        cursor.execute("ANALYZE recount")
    make_voices_of(conn, "recount", closed)


_REACHED = """
WITH own AS (
    SELECT f.feedback_id FROM author a JOIN feedback f USING (author_id) WHERE a.person_id = ANY(%(moved)s)
)
INSERT INTO recount
SELECT feedback_id, false FROM (
    SELECT unnest(%(reached)s::bigint[]) AS feedback_id
    UNION SELECT feedback_id FROM own
    UNION SELECT k.feedback_id FROM own JOIN collapse k ON k.counts_as = own.feedback_id
) r ON CONFLICT DO NOTHING
"""


def whole_products(conn: Connection, seqs: Sequence[int], closed: date | None) -> list[str]:
    """Products that are counted as a whole.

    That is where something changed that was counted, or feedback came for weeks that are closed; where the last
    counting was for another week, or no week was closed; and what was marked so.

    Args:
        conn: Connection; :func:`take_feedback` ran in the same transaction.
        seqs: Rows of ``dirty_key`` that count.
        closed: Monday of the last closed week.
    """
    with conn.cursor() as cursor:
        cursor.execute(_WHOLE, {"seqs": list(seqs), "closed": closed})
        return [row[0] for row in cursor]


_WHOLE = """
WITH became AS (
    SELECT r.changed, c.product AS was_of, v.product, v.closed, c.feedback_id IS NULL AS came,
           (v.product, v.voice, v.copy) IS DISTINCT FROM (c.product, c.voice, c.copy) AS differs
    FROM recount r LEFT JOIN counted_feedback c USING (feedback_id) LEFT JOIN voice v USING (feedback_id)
)
SELECT product FROM dirty_key WHERE seq = ANY(%(seqs)s) AND whole AND product IS NOT NULL
UNION
SELECT p.product FROM became b CROSS JOIN LATERAL (VALUES (b.was_of), (b.product)) AS p (product)
WHERE NOT b.came AND (b.changed OR b.differs) AND p.product IS NOT NULL
UNION
SELECT b.product FROM became b LEFT JOIN product_figure g USING (product)
WHERE b.came AND b.product IS NOT NULL AND (b.closed OR g.settled IS NOT TRUE)
UNION
SELECT product FROM product_figure WHERE closed_week IS DISTINCT FROM %(closed)s
ORDER BY 1
"""


def products_naming(conn: Connection, lineage_id: int, names: Sequence[str]) -> list[str]:
    """Products of which a part is called by one of some names in the feedback that came, and was not before.

    Args:
        conn: Connection; :func:`take_feedback` ran in the same transaction.
        lineage_id: Lineage whose mentions count.
        names: Names of parts, lower case.
    """
    with conn.cursor() as cursor:
        cursor.execute(_NAMING, {"lineage": lineage_id, "names": list(names)})
        return [row[0] for row in cursor]


_NAMING = """
SELECT DISTINCT v.product
FROM voice v JOIN mention m ON m.revision_id = v.revision_id AND m.lineage_id = %(lineage)s
WHERE m.defect IS NOT NULL AND m.polarity <> 'pos' AND lower(m.component) = ANY(%(names)s)
  AND NOT EXISTS (SELECT FROM component_count k
                  WHERE (k.product, k.defect, k.component) = (v.product, m.defect, lower(m.component)))
ORDER BY 1
"""


def take_fresh(conn: Connection, whole: Sequence[str], closed: date | None) -> list[str]:
    """Make ``voice`` of the feedback that is added, and of what the same voices said of the same products before.

    Makes the temporary table ``fresh`` of the feedback that is added.

    Args:
        conn: Connection; :func:`take_feedback` ran in the same transaction.
        whole: Products that are counted as a whole, and left out here.
        closed: Monday of the last closed week.

    Returns:
        The products that something is added to.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE fresh ON COMMIT DROP AS"
            " SELECT v.feedback_id, v.product, v.voice, v.copy FROM voice v"
            " LEFT JOIN counted_feedback c USING (feedback_id)"
            " WHERE c.feedback_id IS NULL AND v.product <> ALL(%s)",
            (list(whole),),
        )
        cursor.execute("ANALYZE fresh")
        cursor.execute(
            "CREATE TEMP TABLE beside ON COMMIT DROP AS SELECT feedback_id FROM fresh UNION"
            " SELECT c.feedback_id FROM fresh f JOIN counted_feedback c USING (product, voice)"
        )
        cursor.execute("ANALYZE beside")
    make_voices_of(conn, "beside", closed)
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO counted_feedback SELECT feedback_id, product, voice, copy FROM fresh")
        cursor.execute("SELECT DISTINCT product FROM fresh ORDER BY 1")
        return [row[0] for row in cursor]


def remember(conn: Connection, products: Sequence[str]) -> None:
    """Keep which feedback of some products was counted as a whole.

    Args:
        conn: Connection; :func:`storage.voices.make_voices` ran for the same products.
        products: The products.
    """
    with conn.cursor() as cursor:
        # Nearly all of it stands there already, and is not written again every week.
        cursor.execute(
            "DELETE FROM counted_feedback c WHERE product = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM voice v WHERE v.feedback_id = c.feedback_id)",
            (list(products),),
        )
        cursor.execute(
            "INSERT INTO counted_feedback SELECT v.feedback_id, v.product, v.voice, v.copy FROM voice v"
            " LEFT JOIN counted_feedback c USING (feedback_id)"
            " WHERE (v.product, v.voice, v.copy) IS DISTINCT FROM (c.product, c.voice, c.copy)"
            " ON CONFLICT (feedback_id)"
            " DO UPDATE SET product = excluded.product, voice = excluded.voice, copy = excluded.copy"
        )
