"""What is known of the defect that a case names, for whoever answers it."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

_NAMED = """
SELECT 'D' || i.defect_id FROM case_file k JOIN feedback f USING (feedback_id)
JOIN lineage l ON l.state = 'active'
JOIN defect_mention m ON m.revision_id = f.current_revision_id AND m.lineage_id = l.lineage_id
JOIN defect i ON (i.product, i.component, i.defect) = (m.product, m.cell, m.defect)
WHERE k.case_id = %s
"""


def case_remedies(conn: Connection, case_id: int) -> list[dict[str, Any]]:
    """The approved and published remedies against the defects that the feedback of a case names.

    Args:
        conn: Connection.
        case_id: Number of the case.

    Returns:
        One mapping per remedy, published ones first: remedy_id, defect_id, title, text, steps.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT remedy_id, defect_id, title, text, steps FROM lists.remedies"  # noqa: S608  our own words
            f" WHERE state IN ('approved', 'published') AND defect_id IN ({_NAMED})"
            " ORDER BY state DESC, created_at, remedy_id",
            (case_id,),
        )
        return [dict(row) for row in cursor]


def case_defects(conn: Connection, case_id: int) -> list[dict[str, Any]]:
    """The recurring defects that the feedback of a case names.

    Args:
        conn: Connection.
        case_id: Number of the case.

    Returns:
        One mapping per defect, the best supported first: defect_id, product, component, defect, persons, and
        fix_quote with fix_feedback_id, what another customer says helped (masked), or None.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT d.defect_id, d.product, d.component, d.defect, d.persons, d.fix_quote,"  # noqa: S608  our own words
            " d.fix_feedback_id"
            f" FROM lists.defects d WHERE d.defect_id IN ({_NAMED}) ORDER BY d.persons DESC, d.defect_id",
            (case_id,),
        )
        return [dict(row) for row in cursor]
