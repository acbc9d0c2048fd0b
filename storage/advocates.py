"""The rows that deciding writes about advocates and stages, and the reasons that people strike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

SpanRow = tuple[str, int, int]
#: Rows that are written by one statement.
_PORTION: Final = 1000


class ReasonRow(NamedTuple):
    """One reason of an advocate, as written to ``advocate_reason``."""

    kind: str
    weight: float
    revision_id: int | None
    span: SpanRow | None
    day: date | None
    feedback_id: int | None
    value: float | None
    struck: bool


class StageRow(NamedTuple):
    """One stage of a person, as written to ``person_stage``."""

    stage: str
    since: datetime | None
    cause: str
    revision_id: int | None
    span: SpanRow | None
    order_key: str | None


class AdvocateRow(NamedTuple):
    """One assessed person, as written to ``advocate`` and ``advocate_reason``."""

    person_id: int
    score: float
    stage: str
    listed: bool
    contactable: str
    contactable_reason: str
    sources: list[str]
    last_seen: datetime | None
    points_for: float
    points_against: float
    days: int
    shrinkage: float
    reasons: list[ReasonRow]


def write_advocates(conn: Connection, persons: Sequence[int], lineage_id: int, rows: Iterable[AdvocateRow]) -> int:
    """Replace the assessment of some persons.

    Args:
        conn: Connection.
        persons: All persons that were assessed; those without a row lose theirs.
        lineage_id: Lineage the assessment stands on.
        rows: The assessments worth keeping.

    Returns:
        Number of persons that stand on the list.
    """
    kept = list(rows)
    with conn.cursor() as cursor:
        cursor.execute(
            "DELETE FROM advocate WHERE person_id = ANY(%s) AND person_id <> ALL(%s)",
            (list(persons), [row.person_id for row in kept]),
        )
        execute_values(cursor, _ADVOCATES, [(lineage_id, *row[:-1]) for row in kept], page_size=_PORTION)
        reasons = {
            row.person_id: [
                (r.kind, r.weight, r.revision_id, *(r.span or (None, None, None)), *r[4:]) for r in row.reasons
            ]
            for row in kept
        }
        _write_numbered(cursor, "advocate_reason", "rank", _REASON_COLUMNS, reasons)
    return sum(row.listed for row in kept)


_COLUMNS: Final = (
    "lineage_id, person_id, score, stage, listed, contactable, contactable_reason, sources, last_seen, points_for,"
    " points_against, days, shrinkage"
)
_ADVOCATES: Final = (
    f"INSERT INTO advocate ({_COLUMNS}) VALUES %s ON CONFLICT (person_id) DO UPDATE"  # noqa: S608  our own names
    f" SET ({_COLUMNS}, may_turn, decided_at) = ROW (excluded.{_COLUMNS.replace(', ', ', excluded.')}, false, now())"
)
_REASON_COLUMNS: Final = (
    "kind", "weight", "revision_id", "field", "quote_start", "quote_end", "day", "feedback_id", "value", "struck",
)  # fmt: skip
_STAGE_COLUMNS: Final = (
    "stage", "since", "cause", "revision_id", "field", "quote_start", "quote_end", "order_key", "is_current",
)  # fmt: skip


def write_stages(conn: Connection, persons: Sequence[int], stages: Iterable[tuple[int, Sequence[StageRow]]]) -> None:
    """Replace the stages that some persons passed.

    Args:
        conn: Connection.
        persons: All persons that were assessed.
        stages: Person and stages, the oldest first.
    """
    rows: dict[int, list[tuple[Any, ...]]] = {person: [] for person in persons}
    for person, passed in stages:
        rows[person] = [
            (s.stage, s.since, s.cause, s.revision_id, *(s.span or (None, None, None)), s.order_key, n == len(passed))
            for n, s in enumerate(passed, 1)
        ]
    with conn.cursor() as cursor:
        _write_numbered(cursor, "person_stage", "number", _STAGE_COLUMNS, rows)


def _write_numbered(
    cursor: Any, table: str, number: str, columns: Sequence[str], rows: Mapping[int, Sequence[tuple[Any, ...]]]
) -> None:
    """Make the rows of some persons be these, numbered from 1.

    Whoever says one thing more mostly keeps the others: a row that stands already is not written again.
    """
    names = ", ".join(columns)
    new = ", ".join(f"excluded.{name}" for name in columns)
    old = ", ".join(f"t.{name}" for name in columns)
    execute_values(
        cursor,
        f"INSERT INTO {table} AS t (person_id, {number}, {names}) VALUES %s"  # noqa: S608  our own names
        f" ON CONFLICT (person_id, {number}) DO UPDATE SET ({names}) = ROW ({new})"
        f" WHERE ROW ({old}) IS DISTINCT FROM ROW ({new})",
        [(person, place, *row) for person, found in rows.items() for place, row in enumerate(found, 1)],
        page_size=_PORTION,
    )
    cursor.execute(
        f"DELETE FROM {table} t USING unnest(%s::bigint[], %s::integer[]) AS few (person_id, most)"  # noqa: S608
        f" WHERE t.person_id = few.person_id AND t.{number} > few.most",
        (list(rows), [len(found) for found in rows.values()]),
    )


def move_reference(conn: Connection, reference: date | None, since: date | None) -> list[int]:
    """Keep from which month "recent" is counted now.

    Args:
        conn: Connection; the caller commits.
        reference: First day of the month of the newest feedback.
        since: What is older is no longer recent.

    Returns:
        Persons whose newest praise is no longer recent; all, where the newest feedback has gone and with it the month.
    """
    before = last_reference(conn)
    if reference is None or reference == before:
        return []
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO advocacy_state (reference) VALUES (%s)"
            " ON CONFLICT (only_one) DO UPDATE SET reference = excluded.reference",
            (reference,),
        )
        if before and reference < before:
            return assessed_persons(conn)
        cursor.execute(
            "SELECT DISTINCT person_id FROM advocate_reason WHERE kind = 'recent' AND day < %s ORDER BY 1", (since,)
        )
        return [row[0] for row in cursor]


def last_reference(conn: Connection) -> date | None:
    """The month from which "recent" was counted when the advocates were decided last."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT reference FROM advocacy_state")
        row = cursor.fetchone()
    return row[0] if row else None


def strike_reason(conn: Connection, person_id: int, rank: int, by: str) -> str | None:
    """Strike a reason of a person, and mark the person dirty.

    Args:
        conn: Connection; the caller commits.
        person_id: The person.
        rank: Number of the reason, as ``why`` shows it.
        by: Who strikes it.

    Returns:
        Kind of the reason; None where there is no such reason, or it is struck already.
    """
    with conn.cursor() as cursor:
        cursor.execute(_STRIKE, {"person": person_id, "rank": rank, "by": by})
        row = cursor.fetchone()
        _mark(cursor, person_id)
    return row[0] if row else None


_STRIKE = """
INSERT INTO reason_strike (kind, source, account, native_id, author_key, struck_by)
SELECT x.kind, coalesce(f.source, a.source), f.account, f.native_id,
       CASE WHEN f.feedback_id IS NULL THEN a.author_key END, %(by)s
FROM advocate_reason x
LEFT JOIN feedback f ON f.feedback_id = x.feedback_id
CROSS JOIN LATERAL (SELECT source, author_key FROM author WHERE person_id = x.person_id ORDER BY author_id LIMIT 1) a
WHERE x.person_id = %(person)s AND x.rank = %(rank)s AND NOT x.struck
ON CONFLICT DO NOTHING
RETURNING kind
"""


def restore_reason(conn: Connection, person_id: int, rank: int, by: str) -> str | None:
    """Take the striking of a reason back; arguments and result as for :func:`strike_reason`."""
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE reason_strike s SET taken_back_by = %(by)s, taken_back_at = now()"
            " FROM advocate_reason x JOIN author a ON a.person_id = x.person_id"
            " JOIN live_strike l ON l.author_id = a.author_id"
            " WHERE x.person_id = %(person)s AND x.rank = %(rank)s AND x.struck AND l.kind = x.kind"
            " AND l.feedback_id IS NOT DISTINCT FROM x.feedback_id AND s.strike_id = l.strike_id RETURNING s.kind",
            {"person": person_id, "rank": rank, "by": by},
        )
        row = cursor.fetchone()
        _mark(cursor, person_id)
    return row[0] if row else None


def _mark(cursor: Any, person_id: int) -> None:
    cursor.execute(
        "INSERT INTO dirty_key (author_id) SELECT min(author_id) FROM author WHERE person_id = %s", (person_id,)
    )


def assessed_persons(conn: Connection) -> list[int]:
    """All persons for whom something speaks, ascending."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT person_id FROM advocate ORDER BY person_id")
        return [row[0] for row in cursor]
