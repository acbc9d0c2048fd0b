"""What persons said, and the rows that deciding writes about advocates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

_PRAISE_PER_STATEMENT = 3


class StatementRow(NamedTuple):
    """One feedback of a person in its current revision; spans as (field, start, end)."""

    person_id: int
    revision_id: int
    source: str
    created_at: datetime | None
    rating: float | None
    first_rating: float | None
    nps: int | None
    counts_nps: bool
    would_recommend: bool | None
    sentiment: str | None
    abstained: bool
    recommend: str
    loyalty: str
    incentivised: tuple[str, int, int] | None
    recommend_at: tuple[str, int, int] | None
    loyalty_at: tuple[str, int, int] | None
    praise: list[tuple[str, int, int]]
    fixes: list[tuple[str, int, int]]


class ReasonRow(NamedTuple):
    """One reason of an advocate, as written to ``advocate_reason``."""

    kind: str
    weight: float
    revision_id: int
    span: tuple[str, int, int] | None


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
    reasons: list[ReasonRow]


def statements(conn: Connection, persons: Sequence[int], lineage_id: int) -> Iterator[StatementRow]:
    """What some persons said, in the current revisions, copies of one text once.

    Args:
        conn: Connection.
        persons: Person ids.
        lineage_id: Lineage whose analyses count.
    """
    with conn.cursor() as cursor:
        cursor.execute(_STATEMENTS, {"persons": list(persons), "lineage": lineage_id, "praise": _PRAISE_PER_STATEMENT})
        for row in cursor:
            *head, incentivised, recommend_at, loyalty_at, praise, fixes = row
            yield StatementRow._make(
                (*head, _span(incentivised), _span(recommend_at), _span(loyalty_at), _spans(praise), _spans(fixes))
            )


_STATEMENTS = """
WITH said AS (
    SELECT DISTINCT ON (c.person_id, coalesce(c.copy_digest, c.feedback_id::text)) c.*
    FROM current_feedback c
    WHERE c.person_id = ANY(%(persons)s) AND c.state = 'published'
    ORDER BY c.person_id, coalesce(c.copy_digest, c.feedback_id::text), c.feedback_id
)
SELECT s.person_id, s.revision_id, s.source, s.created_at, s.rating_1_5,
       (SELECT r.rating_1_5 FROM revision r WHERE r.feedback_id = s.feedback_id ORDER BY r.number LIMIT 1),
       s.nps_0_10,
       row_number() OVER (PARTITION BY s.person_id, s.source, coalesce(s.response_key, s.feedback_id::text)
                          ORDER BY s.feedback_id) = 1,
       s.would_recommend, a.sentiment, coalesce(a.abstained, true), coalesce(a.recommend, 'none'),
       coalesce(a.loyalty, 'none'),
       CASE WHEN a.incentivised_field IS NOT NULL
            THEN json_build_array(a.incentivised_field, a.incentivised_start, a.incentivised_end) END,
       CASE WHEN a.recommend_field IS NOT NULL
            THEN json_build_array(a.recommend_field, a.recommend_start, a.recommend_end) END,
       CASE WHEN a.loyalty_field IS NOT NULL
            THEN json_build_array(a.loyalty_field, a.loyalty_start, a.loyalty_end) END,
       (SELECT json_agg(json_build_array(m.field, m.evidence_start, m.evidence_end)
                        ORDER BY m.confidence DESC, m.mention_id)
        FROM (SELECT * FROM mention m
              WHERE m.revision_id = s.revision_id AND m.lineage_id = %(lineage)s AND m.polarity = 'pos'
              ORDER BY m.confidence DESC, m.mention_id LIMIT %(praise)s) m),
       (SELECT json_agg(json_build_array(x.field, x.fix_start, x.fix_end) ORDER BY x.fix_id)
        FROM fix x WHERE x.revision_id = s.revision_id AND x.lineage_id = %(lineage)s)
FROM said s
LEFT JOIN analysis a ON a.revision_id = s.revision_id AND a.lineage_id = %(lineage)s
ORDER BY s.person_id, s.created_at NULLS FIRST, s.revision_id
"""


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
        cursor.execute("DELETE FROM advocate WHERE person_id = ANY(%s)", (list(persons),))
        if not kept:
            return 0
        execute_values(
            cursor,
            "INSERT INTO advocate (lineage_id, person_id, score, stage, listed, contactable, contactable_reason,"
            " sources, last_seen) VALUES %s",
            [(lineage_id, *row[:-1]) for row in kept],
        )
        execute_values(
            cursor,
            "INSERT INTO advocate_reason (person_id, rank, kind, weight, revision_id, field, quote_start, quote_end)"
            " VALUES %s",
            [
                (
                    row.person_id,
                    rank,
                    reason.kind,
                    reason.weight,
                    reason.revision_id,
                    *(reason.span or (None, None, None)),
                )
                for row in kept
                for rank, reason in enumerate(row.reasons, 1)
            ],
        )
    return sum(row.listed for row in kept)


def _span(value: list[Any] | None) -> tuple[str, int, int] | None:
    return (value[0], value[1], value[2]) if value else None


def _spans(value: list[list[Any]] | None) -> list[tuple[str, int, int]]:
    return [(field, start, end) for field, start, end in value or []]
