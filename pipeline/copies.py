"""Settle which feedback counts for which, before anything is counted: a part of decide."""

from __future__ import annotations

from collections.abc import Sequence

from insights.copies import Posting, collapse
from kundenecho.copies import LEAST_WORDS, NEAR, similarity, sketch
from storage.connect import Connection
from storage.copies import (
    CollapseRow,
    SketchRow,
    add_near,
    add_sketches,
    copies_of_touched,
    take_copies,
    unsketched,
    write_collapses,
)

#: Texts that are sketched at once, to keep memory flat.
_TEXTS = 5000


def settle_copies(conn: Connection, persons: Sequence[int], *, everything: bool) -> list[int]:
    """Find the copies of the texts that came, went or changed hands since the last decide.

    Args:
        conn: Connection; the caller's transaction goes on.
        persons: Persons who may have been joined or parted.
        everything: All texts instead.

    Returns:
        Feedback that may count for another than before.
    """
    take_copies(conn, [] if everything else persons, everything=everything)
    for portion in unsketched(conn, _TEXTS):
        sketches = [(digest, sketch(text)) for digest, text in portion]
        pairs = add_sketches(
            conn, [SketchRow(digest, s.words, list(s.shingles), list(s.bands)) for digest, s in sketches]
        )
        compared = [(row.one_digest, row.other_digest, similarity(row.one, row.other)) for row in pairs]
        add_near(conn, [pair for pair in compared if pair[2] >= NEAR])
    rows, near = copies_of_touched(conn)
    postings = [Posting(row.feedback_id, row.person_id, row.copy_digest, row.words >= LEAST_WORDS) for row in rows]
    return write_collapses(
        conn,
        rows,
        [
            CollapseRow(c.posting.feedback, c.counts_as, c.posting.text, "exact" if c.exact else "near", c.similarity)
            for c in collapse(postings, near)
        ],
    )
