"""Fixes that customers tell of a defect: which belong to it, and how many persons stand behind each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

#: Characters between a defect and a fix of it in the same text.
_REACH: Final = 200
#: How much more often the fixes of a defect name a noun than the product's texts do, for it to be a means. Two fixes
#: without it are added, so that the only fix of a defect does not make a means of "Kaffee".
_LIFT: Final = 3.0
#: Persons who must tell the same means for a fix to stand beside its defect on the list. What one person tells is
#: too often no fix at all; it stays among the offers, where somebody reads before deciding.
_TOLD_BY: Final = 2


def write_fixes(conn: Connection, lineage_id: int, products: Sequence[str]) -> None:
    """Replace the fixes on offer for some products' defects, and which of them is suggested.

    A fix belongs to a defect when it stands close behind it in a text. One without a defect before it belongs to the
    one of most persons whose part it names, else to the one of most persons of which two persons tell the same means. A
    means is a noun within a fix that the fixes of the defect name far more often than the product's texts do, and that
    is not the part itself. The one that most persons tell comes first, and is suggested where at least two tell it.

    Args:
        conn: Connection; :func:`storage.voices.make_voices` and the figures of the same products were made in the same
            transaction. Only settled rows count: what is told in a week that is still open is offered once it closes.
        lineage_id: Lineage whose fixes, mentions and terms count.
        products: The products.
    """
    values = {"lineage": lineage_id, "products": list(products), "reach": _REACH, "lift": _LIFT, "told_by": _TOLD_BY}
    with conn.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement, values)
        cursor.execute(
            "SELECT FROM voice v JOIN fix x USING (revision_id) WHERE x.lineage_id = %(lineage)s LIMIT 1", values
        )
        if cursor.fetchone() is not None:
            cursor.execute(_WRITE_FIXES, values)
            cursor.execute(_SUGGEST, values)


_FORGET: Final = (
    "DELETE FROM defect_fix x USING defect d WHERE d.defect_id = x.defect_id AND d.product = ANY(%(products)s)",
    "UPDATE defect_figure g SET fix_id = NULL FROM defect d WHERE d.defect_id = g.defect_id AND g.fix_id IS NOT NULL"
    " AND d.product = ANY(%(products)s)",
)
_SUGGEST: Final = """
UPDATE defect_figure g SET fix_id = x.fix_id FROM defect_fix x JOIN defect d USING (defect_id)
WHERE g.defect_id = x.defect_id AND x.rank = 1 AND x.persons >= %(told_by)s AND d.product = ANY(%(products)s)
"""
_WRITE_FIXES: Final = """
WITH told AS (
    SELECT x.fix_id, x.revision_id, x.field, x.fix_start, x.fix_end, v.product, v.voice
    FROM voice v JOIN fix x ON x.revision_id = v.revision_id AND x.lineage_id = %(lineage)s WHERE v.settled
), cell AS (
    SELECT d.defect_id, d.product, d.component, d.defect, g.persons_settled AS persons
    FROM defect d JOIN defect_figure g USING (defect_id)
    WHERE d.product = ANY(%(products)s)
), near AS (
    SELECT c.defect_id, t.fix_id, min(greatest(t.fix_start - m.evidence_end, 0)) AS distance
    FROM told t
    JOIN defect_mention m ON m.revision_id = t.revision_id AND m.lineage_id = %(lineage)s AND m.field = t.field
        AND t.fix_end > m.evidence_start AND t.fix_start <= m.evidence_end + %(reach)s
    JOIN cell c ON (c.product, c.component, c.defect) = (t.product, m.cell, m.defect)
    GROUP BY 1, 2
), noun AS (
    SELECT t.fix_id, t.product, n.key, coalesce(n.head, n.key) AS head, min(n.written) AS written
    FROM told t
    JOIN term n ON n.revision_id = t.revision_id AND n.lineage_id = %(lineage)s AND n.field = t.field
        AND n.term_start >= t.fix_start AND n.term_end <= t.fix_end
    GROUP BY 1, 2, 3, 4
), about AS (
    SELECT DISTINCT ON (t.fix_id) c.defect_id, t.fix_id FROM told t
    JOIN cell c ON c.product = t.product AND c.component <> '' AND c.persons > 1
    WHERE NOT EXISTS (SELECT FROM near WHERE near.fix_id = t.fix_id)
      AND EXISTS (
          SELECT FROM noun n LEFT JOIN component_alias a
              ON (a.product, a.defect, a.component) = (c.product, c.defect, n.key)
          WHERE n.fix_id = t.fix_id AND coalesce(a.canonical, n.key) = c.component)
    ORDER BY t.fix_id, c.persons DESC, c.defect_id
), own AS (
    SELECT defect_id, fix_id FROM near UNION SELECT defect_id, fix_id FROM about
), naming AS (
    SELECT v.product, n.key, count(DISTINCT v.voice)::int AS persons
    FROM voice v JOIN term n ON n.revision_id = v.revision_id AND n.lineage_id = %(lineage)s
    WHERE n.key IN (SELECT key FROM noun) AND v.product IN (SELECT product FROM noun) AND v.settled
    GROUP BY 1, 2
), spoke AS (
    SELECT product, count(DISTINCT voice)::float8 AS persons FROM voice
    WHERE product IN (SELECT product FROM noun) AND settled GROUP BY 1
), fixes AS (
    SELECT defect_id, count(*)::float8 AS fixes FROM own GROUP BY 1
), means AS (
    SELECT o.defect_id, n.key, g.persons AS named_by, count(DISTINCT t.voice) AS tellers
    FROM own o
    JOIN told t USING (fix_id)
    JOIN fixes f USING (defect_id)
    JOIN cell c USING (defect_id)
    JOIN noun n USING (fix_id)
    JOIN naming g ON (g.product, g.key) = (n.product, n.key)
    JOIN spoke s ON s.product = n.product
    LEFT JOIN component_alias a ON (a.product, a.defect, a.component) = (c.product, c.defect, n.key)
    WHERE c.component NOT IN (coalesce(a.canonical, n.key), n.head)
    GROUP BY o.defect_id, n.key, f.fixes, g.persons, s.persons
    HAVING count(DISTINCT o.fix_id) / (f.fixes + 2) >= %(lift)s * g.persons / s.persons
), belongs AS (
    SELECT defect_id, fix_id FROM own
    UNION
    (SELECT DISTINCT ON (n.fix_id) m.defect_id, n.fix_id
     FROM means m
     JOIN cell c USING (defect_id)
     JOIN noun n ON n.product = c.product AND n.key = m.key
     WHERE m.tellers > 1 AND NOT EXISTS (SELECT FROM own WHERE own.fix_id = n.fix_id)
     ORDER BY n.fix_id, c.persons DESC, m.defect_id)
), backed AS (
    SELECT b.defect_id, m.key, m.named_by, count(DISTINCT t.voice)::int AS persons
    FROM belongs b JOIN noun n USING (fix_id) JOIN means m ON (m.defect_id, m.key) = (b.defect_id, n.key)
    JOIN told t ON t.fix_id = b.fix_id
    GROUP BY 1, 2, 3
), best AS (
    SELECT DISTINCT ON (b.defect_id, b.fix_id) b.defect_id, b.fix_id, k.key AS means, n.written,
           coalesce(k.persons, 1) AS persons, coalesce(k.named_by, 1) AS named_by
    FROM belongs b
    LEFT JOIN (noun n JOIN backed k ON k.key = n.key) ON n.fix_id = b.fix_id AND k.defect_id = b.defect_id
    ORDER BY b.defect_id, b.fix_id, k.persons DESC NULLS LAST, k.named_by DESC, k.key
)
INSERT INTO defect_fix (defect_id, fix_id, rank, means, written, persons, named_by)
SELECT b.defect_id, b.fix_id,
       row_number() OVER (PARTITION BY b.defect_id ORDER BY b.persons DESC, b.means IS NULL,
                          b.means IS NOT NULL AND b.named_by = 1, near.distance NULLS LAST, b.means, b.fix_id),
       b.means, b.written, b.persons, b.named_by
FROM best b LEFT JOIN near USING (defect_id, fix_id)
"""
