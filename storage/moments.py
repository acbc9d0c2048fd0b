"""The moments of an analysis: what a text tells of the customer's journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg2.extras import execute_values

from kundenecho.analysis import Moment


def write_moments(cursor: Any, lineage_id: int, moments: Mapping[int, Sequence[Moment]]) -> None:
    """Store the moments of some analyses; the views of the journey read them as they are, so nothing is marked.

    Args:
        cursor: Cursor of the transaction that writes the analyses.
        lineage_id: The lineage.
        moments: Moments by revision.
    """
    rows = [
        (
            lineage_id,
            revision,
            m.field,
            *m.evidence,
            *m.quote,
            m.phase,
            m.touchpoint,
            m.mood,
            m.emotion,
            m.expectation,
            m.confidence,
        )
        for revision, found in moments.items()
        for m in found
    ]
    if rows:
        execute_values(cursor, _INSERT, rows, page_size=1000)


_COLUMNS = (
    "revision_id, field, evidence_start, evidence_end, quote_start, quote_end, phase, touchpoint, mood, emotion,"
    " expectation, confidence"
)
_INSERT = f"INSERT INTO moment (lineage_id, {_COLUMNS}) VALUES %s"  # noqa: S608  no values
#: A withdrawn text cannot be analysed again: a new lineage takes over what the active one said of it.
INHERIT: Final = f"""
    INSERT INTO moment (lineage_id, {_COLUMNS})
    SELECT %(new)s, {_COLUMNS.replace("revision_id", "m.revision_id")}
    FROM moment m JOIN lineage l ON l.lineage_id = m.lineage_id AND l.state = 'active' AND l.lineage_id <> %(new)s
    JOIN revision r ON r.revision_id = m.revision_id AND r.withdrawn_at IS NOT NULL
    WHERE NOT EXISTS (SELECT FROM moment x WHERE x.lineage_id = %(new)s AND x.revision_id = m.revision_id)
"""  # noqa: S608  no values
