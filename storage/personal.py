"""Where texts hold personal data: stored beside their analysis, read by the views that mask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg2.extras import execute_values

from kundenecho.analysis import Analysis, Mention, PersonalSpan

# A text that was withdrawn while it was analysed keeps no spans.
_INSERT = """
INSERT INTO personal_span (lineage_id, revision_id, field, span_start, span_end, kind)
SELECT v.* FROM (VALUES %s) AS v (lineage_id, revision_id, field, span_start, span_end, kind)
JOIN revision r ON r.revision_id = v.revision_id AND r.withdrawn_at IS NULL
ON CONFLICT DO NOTHING
"""


def write_spans(cursor: Any, lineage_id: int, revisions: Iterable[int], by_revision: Mapping[int, Analysis]) -> None:
    """Store where some texts hold personal data.

    Args:
        cursor: Cursor of the caller's transaction.
        lineage_id: The lineage that found it; its analyses are written already.
        revisions: Revisions to write.
        by_revision: Analyses by revision.
    """
    rows = [
        (lineage_id, revision, span.field, span.start, span.end, span.kind)
        for revision in revisions
        for span in by_revision[revision].personal
    ]
    if rows:
        execute_values(cursor, _INSERT, rows, template="(%s::int, %s::bigint, %s, %s::int, %s::int, %s)")


def drop_spans(cursor: Any, feedback: Sequence[int]) -> None:
    """Forget where the texts of some feedback held personal data, in every revision and lineage.

    Args:
        cursor: Cursor of the caller's transaction.
        feedback: Feedback ids.
    """
    cursor.execute(
        "DELETE FROM personal_span s USING revision r WHERE r.revision_id = s.revision_id AND r.feedback_id = ANY(%s)",
        (list(feedback),),
    )


def words_of(mention: Mention, spans: Iterable[PersonalSpan]) -> tuple[str | None, str | None]:
    """Target and component of a mention as they are stored: a person is no part of a product.

    Args:
        mention: The mention.
        spans: Personal data of its text.
    """
    start, end = mention.start, mention.end
    if start is None or end is None:
        return mention.target, mention.component
    person = any(span.field == mention.field and span.start < end and start < span.end for span in spans)
    return (None, None) if person else (mention.target, mention.component)
