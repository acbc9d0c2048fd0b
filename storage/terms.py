"""The terms of an analysis: what a text talks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg2.extras import execute_values

from kundenecho.analysis import Term


def write_terms(cursor: Any, lineage_id: int, terms: Mapping[int, Sequence[Term]]) -> None:
    """Store the terms of some analyses, and mark the products that they speak of.

    Args:
        cursor: Cursor of the transaction that writes the analyses.
        lineage_id: The lineage.
        terms: Terms by revision.
    """
    rows = [
        (lineage_id, revision, t.field, t.start, t.end, *t.evidence, t.key, t.written, t.head, t.construction, t.phrase,
         t.known, t.whole, t.common, t.wished)
        for revision, found in terms.items()
        for t in found
    ]  # fmt: skip
    if rows:
        execute_values(cursor, _INSERT_TERMS, rows, page_size=1000)
        cursor.execute(_MARK, (lineage_id, [revision for revision, found in terms.items() if found]))


_INSERT_TERMS = """
INSERT INTO term (lineage_id, revision_id, field, term_start, term_end, evidence_start, evidence_end, key, written,
    head, construction, phrase, known, whole, common, wished) VALUES %s
"""
# A lineage that is only building changes no figure yet.
_MARK = """
INSERT INTO dirty_key (product, whole)
SELECT DISTINCT f.product, false
FROM revision r JOIN feedback f USING (feedback_id), lineage l
WHERE l.lineage_id = %s AND l.state = 'active' AND r.revision_id = ANY(%s) AND f.product IS NOT NULL
"""
