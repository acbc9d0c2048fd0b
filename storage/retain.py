"""Taking texts away while their counts and labels stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from storage.connect import Connection
from storage.personal import drop_spans


def retain(
    conn: Connection, days_by_source: Mapping[str, int], now: datetime, *, refreshed: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Withdraw the texts whose retention is over.

    Args:
        conn: Connection; the caller commits.
        days_by_source: Days that a source's terms allow texts to be kept, counted from their collection.
        now: Moment to judge at, aware.
        refreshed: Days after which a source's texts go that it has not shown again ("refresh or delete").

    Returns:
        Number of feedback whose text was withdrawn, by source.
    """
    withdrawn: dict[str, int] = {}
    ages = [(days_by_source, "r.collected_at"), (refreshed or {}, "greatest(r.collected_at, f.refreshed_at)")]
    with conn.cursor() as cursor:
        for days_of, seen in ages:
            for source, days in days_of.items():
                cursor.execute(
                    "SELECT DISTINCT f.feedback_id FROM feedback f JOIN revision r USING (feedback_id)"  # noqa: S608
                    " WHERE f.source = %s AND r.withdrawn_at IS NULL AND (r.text IS NOT NULL OR r.title IS NOT NULL)"
                    f" AND {seen} < %s",
                    (source, now - timedelta(days=days)),
                )
                count = withdraw_texts(cursor, [row[0] for row in cursor])
                withdrawn[source] = withdrawn.get(source, 0) + count
    return withdrawn


def withdraw_texts(cursor: Any, feedback: Sequence[int]) -> int:
    """Take title, text, reply and raw fragment of some feedback away, in every revision.

    Analyses, mentions and figures stay; quotes read "Zitat nicht mehr verfügbar".

    Args:
        cursor: Cursor of the caller's transaction.
        feedback: Feedback ids.

    Returns:
        Number of feedback.
    """
    if not feedback:
        return 0
    ids = list(feedback)
    cursor.execute("SELECT set_config('kundenecho.purpose', 'withdraw', true)")
    cursor.execute(
        "SELECT DISTINCT fragment_digest FROM revision WHERE feedback_id = ANY(%s) AND fragment_digest IS NOT NULL",
        (ids,),
    )
    fragments = [row[0] for row in cursor]
    cursor.execute(
        "UPDATE revision SET title = NULL, text = NULL, fragment_digest = NULL,"
        " withdrawn_at = coalesce(withdrawn_at, now()) WHERE feedback_id = ANY(%s)",
        (ids,),
    )
    cursor.execute("SELECT set_config('kundenecho.purpose', '', true)")
    cursor.execute(
        "DELETE FROM fragment g WHERE digest = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM revision r WHERE r.fragment_digest = g.digest)",
        (fragments,),
    )
    drop_spans(cursor, ids)
    cursor.execute("UPDATE reply SET reply = NULL WHERE feedback_id = ANY(%s) AND reply IS NOT NULL", (ids,))
    cursor.execute(
        "INSERT INTO dirty_key (product, author_id)"
        " SELECT DISTINCT product, author_id FROM feedback WHERE feedback_id = ANY(%s)",
        (ids,),
    )
    return len(ids)
