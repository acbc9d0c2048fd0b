"""Persons, pairs offered for a decision, and judgements, as people see them."""

from __future__ import annotations

from typing import Any, Final

from psycopg2.extras import RealDictCursor

from storage.connect import Connection

_SHOWN_CHARS: Final = 160


def list_persons(conn: Connection, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Persons of several accounts, those of the most first.

    Args:
        conn: Connection that may read the schema ``lists``.
        limit: At most so many.

    Returns:
        ``{"person_id", "accounts", "names", "sources", "feedback", "first_seen", "last_seen"}``, times in ISO 8601.
    """
    found = _rows(
        conn,
        "SELECT person_id, count(*)::int AS accounts, array_agg(DISTINCT display_name)"
        "   FILTER (WHERE display_name IS NOT NULL) AS names, array_agg(DISTINCT source) AS sources,"
        " sum(feedback)::int AS feedback, min(first_seen) AS first_seen, max(last_seen) AS last_seen"
        " FROM lists.person_accounts GROUP BY person_id HAVING count(*) > 1"
        " ORDER BY 2 DESC, length(person_id), person_id LIMIT %(limit)s",
        {"limit": limit},
    )
    for row in found:
        row.update(
            names=row["names"] or [],
            **{key: row[key].isoformat() if row[key] else None for key in ("first_seen", "last_seen")},
        )
    return found


def list_candidates(
    conn: Connection, *, limit: int | None = None, undecided: bool = False, person: str | None = None
) -> list[dict[str, Any]]:
    """Pairs of persons that may be one, the likeliest first.

    Args:
        conn: Connection that may read the schema ``lists``.
        limit: At most so many.
        undecided: Also those that somebody left undecided.
        person: Only those of this person, such as ``P7``.

    Returns:
        The columns of ``lists.person_candidates``.
    """
    return _rows(
        conn,
        "SELECT * FROM lists.person_candidates WHERE (%(undecided)s OR NOT undecided)"
        " AND (%(person)s::text IS NULL OR %(person)s IN (person_a, person_b))"
        " ORDER BY score DESC, length(person_a), person_a, person_b LIMIT %(limit)s",
        {"limit": limit, "undecided": undecided, "person": person},
    )


def list_judgements(conn: Connection) -> list[dict[str, Any]]:
    """Judgements that hold, the newest first.

    Returns:
        ``{"judgement_id", "account_a", "account_b", "person_a", "person_b", "verdict", "judged_by", "judged_at",
        "against"}``; ``against`` are the kinds of sure identifiers that two accounts held apart share all the same.
    """
    return _rows(
        conn,
        "SELECT 'J' || j.judgement_id AS judgement_id, 'A' || j.author_a AS account_a, 'A' || j.author_b AS account_b,"
        " 'P' || j.person_a AS person_a, 'P' || j.person_b AS person_b, j.verdict, j.judged_by, j.judged_at,"
        " CASE WHEN j.verdict = 'not_same' THEN ARRAY("
        "    SELECT DISTINCT i.kind FROM author_identifier i JOIN author_identifier o USING (kind, key)"
        "    WHERE i.author_id = j.author_a AND o.author_id = j.author_b ORDER BY 1) ELSE '{}' END AS against"
        " FROM live_judgement j ORDER BY j.judgement_id DESC",
        {},
    )


def account_glimpse(conn: Connection, account: str) -> dict[str, Any]:
    """What helps to recognise an account: its feedback counted, its products, its newest text.

    Args:
        conn: Connection of the pipeline.
        account: Id such as ``A12``.

    Returns:
        ``{"source", "display_name", "feedback", "first_seen", "last_seen", "products", "text"}``; the text masked and
        cut, None for none.
    """
    [row] = _rows(
        conn,
        "SELECT v.source, v.display_name, v.feedback, v.first_seen, v.last_seen,"
        " ARRAY(SELECT DISTINCT f.product FROM feedback f WHERE f.author_id = %(id)s AND f.product IS NOT NULL"
        "       ORDER BY 1) AS products,"
        " (SELECT CASE WHEN length(said.body) > %(chars)s THEN left(said.body, %(chars)s) || ' …' ELSE said.body END"
        "  FROM feedback f"
        "  JOIN masked_revision k ON k.revision_id = f.current_revision_id"
        "  CROSS JOIN LATERAL (SELECT coalesce(k.text, k.title) AS body) said"
        "  WHERE f.author_id = %(id)s AND said.body IS NOT NULL AND k.state <> 'deleted'"
        "  ORDER BY f.created_at DESC NULLS LAST, f.feedback_id DESC LIMIT 1) AS text"
        " FROM lists.person_accounts v WHERE v.account_id = %(account)s",
        {"id": int(account[1:]), "account": account, "chars": _SHOWN_CHARS},
    )
    return row


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
