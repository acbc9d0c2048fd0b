"""What the report of defects shows, in a few queries over whole sets.

Figures and quotes come from what was decided, and quotes through the masked views; what the report counts of its own
stands in ``storage/report_facts.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

#: Characters of the text around a quote.
_AROUND = 110
#: Persons from which a defect is shown although its history is too short to be judged.
_MANY = 10


def count_signals(conn: Connection, product: str | None) -> dict[str, int]:
    """How many defects have each signal.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only this product; None for all.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT signal, count(*)::int FROM lists.defects WHERE %(product)s::text IS NULL OR product = %(product)s"
            " GROUP BY 1",
            {"product": product},
        )
        return dict(cursor.fetchall())


def leading_defects(conn: Connection, product: str | None, limit: int) -> list[dict[str, Any]]:
    """The defects that a reader should see first.

    Rising, new and falling ones, then the rest; among equals those with a published remedy, safety, then what sibling
    products have more rarely, then by persons.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only this product; None for all.
        limit: At most so many. Defects with too few persons to say anything are left out.

    Returns:
        Rows of ``lists.defects``, and ``cell``, the name of the part that counts.
    """
    rows = _dicts(conn, _LEADING, {"product": product, "limit": limit, "many": _MANY})
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT 'D' || defect_id, component FROM defect WHERE defect_id = ANY(%s)",
            ([int(row["defect_id"][1:]) for row in rows],),
        )
        cells = dict(cursor.fetchall())
    return [{**row, "cell": cells[row["defect_id"]]} for row in rows]


_LEADING = """
SELECT * FROM lists.defects
WHERE (%(product)s::text IS NULL OR product = %(product)s)
  AND (signal <> 'too_little_data' OR persons >= %(many)s
       OR defect_id IN (SELECT r.defect_id FROM lists.remedies r WHERE r.state = 'published'))
ORDER BY array_position(ARRAY['rising', 'new', 'falling'], signal),
         defect_id IN (SELECT r.defect_id FROM lists.remedies r WHERE r.state = 'published') DESC,
         defect = 'safety' DESC, real IS TRUE DESC,
         persons DESC, rate_low DESC, length(defect_id), defect_id
LIMIT %(limit)s
"""


def remedies_of(conn: Connection, defects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The remedy of each defect that is furthest: published, approved, a draft; of several the oldest.

    Args:
        conn: Connection that may read the schema ``lists``.
        defects: Defects of ``lists.defects``.

    Returns:
        Rows of ``lists.remedies`` by defect; a withdrawn remedy is none.
    """
    rows = _dicts(
        conn,
        "SELECT DISTINCT ON (defect_id) * FROM lists.remedies WHERE defect_id = ANY(%(defects)s)"
        " AND state <> 'withdrawn'"
        " ORDER BY defect_id, array_position(ARRAY['published', 'approved', 'draft'], state),"
        " published_on, created_at, remedy_id",
        {"defects": list(defects)},
    )
    return {row["defect_id"]: row for row in rows}


def quotes_in_context(conn: Connection, defects: Sequence[int], each: int) -> list[dict[str, Any]]:
    """The best quotes of some defects with a little of the text around them, personal data masked.

    Args:
        conn: Connection of the pipeline.
        defects: Numbers of the defects.
        each: At most so many for each.

    Returns:
        Mappings with defect_id, text, ahead, behind (the text around it, empty where the text is gone), feedback_id,
        url, source, account, created_at, created_precision, rating, verified_purchase; by defect, the surest first.
    """
    return _dicts(conn, _QUOTES, {"defects": list(defects), "each": each, "around": _AROUND})


_QUOTES = """
SELECT q.defect_id, lists.quote(x.body, m.evidence_start, m.evidence_end, r.state) AS text,
       CASE WHEN x.gone THEN '' ELSE lists.quote(x.body, greatest(m.evidence_start - %(around)s, 0), m.evidence_start,
                                                 r.state) END AS ahead,
       CASE WHEN x.gone THEN '' ELSE lists.quote(x.body, m.evidence_end, m.evidence_end + %(around)s, r.state) END
           AS behind,
       m.evidence_start > %(around)s AS cut_ahead, length(x.body) > m.evidence_end + %(around)s AS cut_behind,
       'F' || f.feedback_id AS feedback_id, f.url, f.source, f.account, f.created_at, f.created_precision,
       r.rating_1_5 AS rating, f.verified_purchase
FROM defect_quote q
JOIN mention m USING (mention_id)
JOIN masked_revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id
CROSS JOIN LATERAL (
    SELECT CASE m.field WHEN 'title' THEN r.title ELSE r.text END AS body,
           r.state = 'deleted' OR CASE m.field WHEN 'title' THEN r.title ELSE r.text END IS NULL AS gone
) x
WHERE q.defect_id = ANY(%(defects)s) AND q.rank <= %(each)s
ORDER BY q.defect_id, q.rank
"""


def is_month_only(conn: Connection, moment: datetime) -> bool:
    """Whether of all feedback of a moment, such as the newest, only the month is known."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT bool_and(created_precision = 'month') FROM feedback WHERE created_at = %s", (moment,))
        row = cursor.fetchone()
    return bool(row and row[0])


def _dicts(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
