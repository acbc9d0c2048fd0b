"""Cases as people read them, and what people do with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

from kundenecho.errors import DataError

_KEYS = (
    "case_id", "kind", "state", "outcome", "priority", "valuable", "advocate", "overdue", "owner", "team", "product",
    "channel", "opened_at", "due_at", "answered_at", "answer_dated", "closed_at", "escalated_at", "feedback_id", "url",
    "display_name", "rating", "title", "text",
)  # fmt: skip


def list_cases(
    conn: Connection,
    *,
    states: tuple[str, ...] | None = ("open", "waiting", "answered"),
    overdue: bool = False,
    unhappy: bool = False,
    kind: str | None = None,
    owner: str | None = None,
    product: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Cases: overdue ones first, then by priority, then by due time.

    Args:
        conn: Connection that may read the schema ``lists``.
        states: Only these; None for all.
        overdue: Only overdue ones.
        unhappy: Only valuable customers and advocates who are unhappy.
        kind: Only this kind.
        owner: Only this owner.
        product: Only this product.
        limit: At most so many.

    Returns:
        One mapping per case with the columns of ``lists.cases``; times are ISO 8601, texts masked.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT * FROM lists.cases c WHERE (%(states)s::text[] IS NULL OR state = ANY(%(states)s))"
            " AND (NOT %(overdue)s OR overdue) AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
            " AND (NOT %(unhappy)s OR EXISTS (SELECT FROM lists.valuable_unhappy u WHERE u.case_id = c.case_id))"
            " AND (%(owner)s::text IS NULL OR owner = %(owner)s)"
            " AND (%(product)s::text IS NULL OR product = %(product)s)"
            " ORDER BY overdue DESC, priority, due_at, case_id LIMIT %(limit)s",
            {"states": list(states) if states else None, "overdue": overdue, "unhappy": unhappy, "kind": kind,
             "owner": owner, "product": product, "limit": limit},
        )  # fmt: skip
        return [_plain(row) for row in cursor]


def case_numbers(conn: Connection) -> dict[str, int]:
    """How many cases are open, overdue, waiting, answered and closed."""
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE overdue) AS overdue,"
            " count(*) FILTER (WHERE state = 'waiting') AS waiting,"
            " count(*) FILTER (WHERE state = 'answered') AS answered,"
            " count(*) FILTER (WHERE state = 'closed') AS closed FROM lists.cases"
        )
        return dict(cursor.fetchone() or {})


def show_case(conn: Connection, case: str, *, events: bool = True) -> dict[str, Any]:
    """One case with its events, oldest first.

    Args:
        conn: Connection that may read the schema ``lists``.
        case: Such as ``V12``.
        events: Whether to give the events, whose notes may hold names.

    Raises:
        DataError: The case is not known.
    """
    number = number_of(case)
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("SELECT * FROM lists.cases WHERE case_id = %s", (f"V{number}",))
        row = cursor.fetchone()
        if row is None:
            raise DataError(f"V{number} is not known", remedy="kundenecho cases list shows the ids")
        found = _plain(row)
        if events:
            cursor.execute("SELECT * FROM lists.case_events WHERE case_id = %s ORDER BY event_id", (f"V{number}",))
            found["events"] = [dict(event) for event in cursor]
    return found


def number_of(case: str) -> int:
    """The number of a case id.

    Raises:
        DataError: It is none.
    """
    match = re.fullmatch(r"V-?(\d{1,18})", case.strip().upper())
    if not match:
        raise DataError(f"{case!r} is no case", remedy="kundenecho cases list shows the ids, such as V12")
    return int(match[1])


def lock_case(conn: Connection, case: str) -> dict[str, Any]:
    """State, owner, team, kind and product of a case, which nobody else may change until the transaction ends.

    Raises:
        DataError: The case is not known.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT case_id, state, owner, team, kind, product FROM case_file WHERE case_id = %s FOR UPDATE",
            (number_of(case),),
        )
        row = cursor.fetchone()
    if row is None:
        raise DataError(f"{case.upper()} is not known", remedy="kundenecho cases list shows the ids")
    return dict(row)


def act_on_case(conn: Connection, case_id: int, act: str, state: str, *, actor: str, **more: str | None) -> None:
    """Write what somebody did with a case: the event, and what it changes.

    Args:
        conn: Connection; the caller commits.
        case_id: Number of the case.
        act: One of :data:`kundenecho.cases.ACTS`.
        state: State after it.
        actor: Who did it.
        more: ``owner`` with ``team``, ``outcome``, ``note``, as far as the act has them.
    """
    detail = more.get("owner") or more.get("outcome")
    with conn.cursor() as cursor:
        cursor.execute(_CHANGE, {"case": case_id, "act": act, "state": state, **_with_defaults(more)})
        cursor.execute(
            "INSERT INTO case_event (case_id, act, state, actor, detail, note, happened_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now())",
            (case_id, act, state, actor, detail, more.get("note")),
        )


_CHANGE = """
UPDATE case_file SET state = %(state)s, owner = coalesce(%(owner)s, owner), team = coalesce(%(team)s, team),
    outcome = CASE WHEN %(state)s = 'closed' THEN coalesce(%(outcome)s, outcome) END,
    closed_at = CASE WHEN %(state)s = 'closed' THEN coalesce(closed_at, now()) END,
    recovered_by = CASE WHEN %(state)s = 'closed' THEN recovered_by END,
    answered_at = CASE WHEN %(act)s = 'answer' THEN coalesce(answered_at, now()) ELSE answered_at END
WHERE case_id = %(case)s
"""


def _with_defaults(more: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: more.get(name) for name in ("owner", "team", "outcome")}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key].isoformat() if hasattr(row[key], "isoformat") else row[key] for key in _KEYS}
