"""The terms of an analysis: what a text talks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg2.extras import execute_values

from kundenecho.analysis import Term


def write_terms(cursor: Any, lineage_id: int, terms: Mapping[int, Sequence[Term]]) -> None:
    """Store the terms of some analyses.

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


_INSERT_TERMS = """
INSERT INTO term (lineage_id, revision_id, field, term_start, term_end, evidence_start, evidence_end, key, written,
    head, construction, phrase, known, whole, common, wished) VALUES %s
"""
