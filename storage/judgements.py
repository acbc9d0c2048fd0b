"""What people judged of two accounts: same, not the same, undecided; taken back, it stays as history."""

from __future__ import annotations

from typing import Any, NamedTuple

from kundenecho.errors import DataError
from storage.connect import Connection


class JudgementRow(NamedTuple):
    """A judgement that holds, about two known accounts."""

    judgement_id: int
    author_a: int
    author_b: int
    verdict: str
    judged_by: str


def lock_judgements(conn: Connection) -> None:
    """Keep others from judging until the transaction ends, so that two at a time cannot contradict each other."""
    with conn.cursor() as cursor:
        cursor.execute("LOCK TABLE identity_judgement IN SHARE ROW EXCLUSIVE MODE")


def live_judgements(conn: Connection) -> list[JudgementRow]:
    """All judgements that hold, by id."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT judgement_id, author_a, author_b, verdict, judged_by FROM live_judgement ORDER BY judgement_id"
        )
        return [JudgementRow._make(row) for row in cursor]


def judge(conn: Connection, one: int, other: int, verdict: str, by: str) -> int:
    """Store a judgement in place of an undecided one of the same two accounts, and mark both dirty.

    Args:
        conn: Connection; the caller commits, and has looked for contradictions under :func:`lock_judgements`.
        one: Account.
        other: Another account.
        verdict: same | not_same | undecided.
        by: Who judges.

    Returns:
        Id of the judgement; that of the old one where it says the same.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT judgement_id, verdict FROM live_judgement WHERE (author_a, author_b) IN ((%s, %s), (%s, %s))",
            (one, other, other, one),
        )
        known = cursor.fetchone()
        if known and known[1] == verdict:
            return int(known[0])
        if known:
            take_back(conn, known[0], by)
        cursor.execute(_INSERT, {"one": one, "other": other, "verdict": verdict, "by": by})
        row = cursor.fetchone()
        cursor.execute("INSERT INTO dirty_key (author_id) VALUES (%s), (%s)", (one, other))
    if row is None:
        raise DataError("one of the two accounts is gone", remedy="kundenecho persons list shows the ids")
    return int(row[0])


_INSERT = """
INSERT INTO identity_judgement (source_a, author_key_a, source_b, author_key_b, verdict, judged_by)
SELECT a.source, a.author_key, b.source, b.author_key, %(verdict)s, %(by)s
FROM author a JOIN author b
    ON (a.source COLLATE "C", a.author_key COLLATE "C") < (b.source COLLATE "C", b.author_key COLLATE "C")
WHERE (a.author_id, b.author_id) IN ((%(one)s, %(other)s), (%(other)s, %(one)s))
RETURNING judgement_id
"""


def take_back(conn: Connection, judgement_id: int, by: str) -> bool:
    """Take a judgement back and mark its accounts dirty.

    Args:
        conn: Connection; the caller commits.
        judgement_id: The judgement.
        by: Who takes it back.

    Returns:
        Whether it held until now.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dirty_key (author_id) SELECT v.id FROM live_judgement"
            " CROSS JOIN LATERAL (VALUES (author_a), (author_b)) AS v (id) WHERE judgement_id = %s",
            (judgement_id,),
        )
        cursor.execute(
            "UPDATE identity_judgement SET taken_back_by = %s, taken_back_at = now()"
            " WHERE judgement_id = %s AND taken_back_at IS NULL",
            (by, judgement_id),
        )
        return bool(cursor.rowcount == 1)


def judgements_of(conn: Connection, person_id: int) -> list[dict[str, Any]]:
    """Judgements about a person's accounts, also those that were taken back, the oldest first.

    Returns:
        ``{"judgement_id", "account_a", "account_b", "verdict", "judged_by", "judged_at", "taken_back_at"}``.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT j.judgement_id, a.author_id, b.author_id, j.verdict, j.judged_by, j.judged_at, j.taken_back_at"
            " FROM identity_judgement j"
            " JOIN author a ON (a.source, a.author_key) = (j.source_a, j.author_key_a)"
            " JOIN author b ON (b.source, b.author_key) = (j.source_b, j.author_key_b)"
            " WHERE %s IN (a.person_id, b.person_id) ORDER BY j.judgement_id",
            (person_id,),
        )
        return [
            {
                "judgement_id": f"J{number}",
                "account_a": f"A{one}",
                "account_b": f"A{other}",
                "verdict": verdict,
                "judged_by": by,
                "judged_at": at,
                "taken_back_at": taken_back,
            }
            for number, one, other, verdict, by, at, taken_back in cursor
        ]


def resolve(conn: Connection, kind: str, number: int) -> tuple[int, int] | None:
    """Account and person of an id: of an account (``A``), or of a person's oldest account (``P``); None if unknown."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT author_id, person_id FROM author WHERE author_id = %(n)s AND %(kind)s = 'A'"
            " UNION ALL SELECT min(author_id), person_id FROM author WHERE person_id = %(n)s AND %(kind)s = 'P'"
            " GROUP BY person_id",
            {"kind": kind, "n": number},
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row and row[1] is not None else None
