"""Lineages, and what they say of the revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg2.extras import Json, RealDictCursor, execute_values

from kundenecho.analysis import Analysis
from kundenecho.errors import DataError
from kundenecho.records import digest_json
from storage.connect import Connection
from storage.moments import INHERIT as INHERIT_MOMENTS
from storage.moments import write_moments
from storage.personal import words_of, write_spans
from storage.terms import write_terms


@dataclass(frozen=True)
class Lineage:
    """Code, lexicons, model and settings of the analysis as one digest; state building, active or retired."""

    id: int
    digest: str
    state: str


class Unseen(NamedTuple):
    """A current revision that a lineage has not analysed yet; ``product`` is the product's name."""

    revision_id: int
    title: str | None
    text: str | None
    product: str | None


def ensure_lineage(conn: Connection, description: Mapping[str, Any]) -> Lineage:
    """The lineage of a description, made when it is new.

    A new one starts as building. One that was building before and is no longer wanted is retired;
    one that was retired builds again.

    Args:
        conn: Connection; the caller commits.
        description: What the analysis consists of, JSON-serialisable.
    """
    digest = digest_json(description)
    with conn.cursor() as cursor:
        cursor.execute("SELECT lineage_id, digest, state FROM lineage WHERE digest = %s", (digest,))
        row = cursor.fetchone()
        if row and row[2] != "retired":
            return Lineage(*row)
        cursor.execute("UPDATE lineage SET state = 'retired' WHERE state = 'building'")
        if row:
            cursor.execute("UPDATE lineage SET state = 'building' WHERE lineage_id = %s", (row[0],))
            return Lineage(row[0], digest, "building")
        cursor.execute(
            "INSERT INTO lineage (digest, description, state) VALUES (%s, %s, 'building') RETURNING lineage_id",
            (digest, Json(dict(description))),
        )
        made = cursor.fetchone()
    if made is None:
        raise DataError("the database returned no lineage")
    return Lineage(made[0], digest, "building")


_UNSEEN = (
    " FROM current_feedback c WHERE c.state <> 'deleted' AND c.withdrawn_at IS NULL"
    " AND (c.text IS NOT NULL OR c.title IS NOT NULL)"
    " AND NOT EXISTS (SELECT FROM analysis a WHERE a.lineage_id = %s AND a.revision_id = c.revision_id)"
)


def count_unseen(conn: Connection, lineage_id: int) -> int:
    """How many current revisions with words a lineage has not analysed."""
    with conn.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_UNSEEN}", (lineage_id,))
        row = cursor.fetchone()
    return row[0] if row else 0


def unseen(conn: Connection, lineage_id: int, *, limit: int, after: int = 0) -> list[Unseen]:
    """A portion of what a lineage has not analysed, ascending by revision.

    Args:
        conn: Connection.
        lineage_id: The lineage.
        limit: At most so many.
        after: Only revisions with a greater id.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT c.revision_id, c.title, c.text, (SELECT p.name FROM product p WHERE p.product = c.product)"  # noqa: S608
            f"{_UNSEEN} AND c.revision_id > %s"
            " ORDER BY c.revision_id LIMIT %s",
            (lineage_id, after, limit),
        )
        return [Unseen._make(row) for row in cursor]


def write_analyses(conn: Connection, lineage_id: int, pairs: Sequence[tuple[int, Analysis]]) -> int:
    """Store what a lineage says of some revisions, and mark what they touch.

    Args:
        conn: Connection; the caller commits.
        lineage_id: The lineage.
        pairs: Revision id and analysis; a revision that the lineage has analysed already is left alone, and so is one
            that was erased meanwhile.

    Returns:
        Number of analyses written.
    """
    by_revision = dict(pairs)
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT revision_id FROM revision WHERE revision_id = ANY(%s) ORDER BY 1 FOR KEY SHARE",
            (list(by_revision),),
        )
        by_revision = {revision: by_revision[revision] for (revision,) in cursor.fetchall()}
        if not by_revision:
            return 0
        written = execute_values(
            cursor,
            "INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, score, confidence,"
            " recommend, loyalty, question, incentivised_field, incentivised_start, incentivised_end, recommend_field,"
            " recommend_start, recommend_end, loyalty_field, loyalty_start, loyalty_end, referral_field,"
            " referral_start, referral_end) VALUES %s"
            " ON CONFLICT DO NOTHING RETURNING revision_id",
            [_analysis(lineage_id, revision, analysis) for revision, analysis in by_revision.items()],
            fetch=True,
        )
        fresh = [row[0] for row in written]
        mentions = list(_mentions(lineage_id, fresh, by_revision))
        if mentions:
            execute_values(cursor, _INSERT_MENTIONS, mentions)
        fixes = [
            (lineage_id, revision, span.field, span.start, span.end)
            for revision in fresh
            for span in by_revision[revision].fixes
        ]
        if fixes:
            execute_values(
                cursor, "INSERT INTO fix (lineage_id, revision_id, field, fix_start, fix_end) VALUES %s", fixes
            )
        write_spans(cursor, lineage_id, fresh, by_revision)
        write_moments(cursor, lineage_id, {revision: by_revision[revision].moments for revision in fresh})
        write_terms(cursor, lineage_id, {revision: by_revision[revision].terms for revision in fresh})
        cursor.execute(_MARK, (lineage_id, fresh, lineage_id, fresh))
    return len(fresh)


def _analysis(lineage_id: int, revision: int, analysis: Analysis) -> tuple[Any, ...]:
    mood = analysis.sentiment
    spans = (analysis.incentivised, analysis.recommend_at, analysis.loyalty_at, analysis.referral_at)
    return (
        lineage_id, revision, analysis.language, analysis.abstained, mood.label if mood else None,
        mood.score if mood else None, mood.confidence if mood else None, analysis.recommend, analysis.loyalty,
        analysis.question, *(cell for at in spans for cell in ((at.field, at.start, at.end) if at else (None,) * 3)),
    )  # fmt: skip


def _mentions(lineage_id: int, revisions: Sequence[int], by_revision: Mapping[int, Analysis]) -> Iterator[Any]:
    for revision in revisions:
        for m in by_revision[revision].mentions:
            target, component = words_of(m, by_revision[revision].personal)
            yield (
                lineage_id, revision, m.field, m.aspect, target, m.start, m.end, component, m.polarity,
                m.defect, m.evidence[0], m.evidence[1], m.confidence, m.touchpoint, m.emotion, m.expectation,
            )  # fmt: skip


_INSERT_MENTIONS = """
INSERT INTO mention (lineage_id, revision_id, field, aspect, target, target_start, target_end, component, polarity,
    defect, evidence_start, evidence_end, confidence, touchpoint, emotion, expectation) VALUES %s
"""
# A lineage that is only building changes no figure yet; its activation marks everything.
_MARK = """
INSERT INTO dirty_key (product, component, defect, author_id, whole)
SELECT DISTINCT f.product, lower(coalesce(m.component, '')), m.defect, NULL::bigint, false
FROM mention m JOIN revision r USING (revision_id) JOIN feedback f USING (feedback_id)
JOIN lineage l ON l.lineage_id = m.lineage_id AND l.state = 'active'
WHERE m.lineage_id = %s AND m.revision_id = ANY(%s) AND m.defect IS NOT NULL AND f.product IS NOT NULL
UNION ALL
SELECT DISTINCT NULL, NULL, NULL, f.author_id, false
FROM revision r JOIN feedback f USING (feedback_id), lineage l
WHERE l.lineage_id = %s AND l.state = 'active' AND r.revision_id = ANY(%s) AND f.author_id IS NOT NULL
"""


def activate(conn: Connection, lineage_id: int) -> None:
    """Switch to a lineage in one UPDATE and mark everything for deciding.

    Args:
        conn: Connection; the caller commits.
        lineage_id: A lineage that has analysed every current revision.

    Raises:
        DataError: If it has not.
    """
    missing = count_unseen(conn, lineage_id)
    if missing:
        raise DataError(
            f"the lineage has not seen {missing} texts yet", where=f"lineage {lineage_id}", remedy="Run analyse again"
        )
    with conn.cursor() as cursor:
        for statement in _INHERIT:
            cursor.execute(statement, {"new": lineage_id})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "UPDATE lineage SET state = 'retired' WHERE state = 'active' AND lineage_id <> %s", (lineage_id,)
        )
        cursor.execute("UPDATE lineage SET state = 'active', activated_at = now() WHERE lineage_id = %s", (lineage_id,))
        cursor.execute("INSERT INTO dirty_key (product) SELECT product FROM product")
        cursor.execute("INSERT INTO dirty_key (author_id) SELECT author_id FROM author")


# A withdrawn text cannot be analysed again: the new lineage takes over what the old one said of it.
_INHERIT = (
    """
    INSERT INTO analysis SELECT (jsonb_populate_record(a, jsonb_build_object('lineage_id', %(new)s::int))).*
    FROM analysis a JOIN lineage l ON l.lineage_id = a.lineage_id AND l.state = 'active' AND l.lineage_id <> %(new)s
    JOIN revision r ON r.revision_id = a.revision_id AND r.withdrawn_at IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO mention (lineage_id, revision_id, field, aspect, target, target_start, target_end, component,
        polarity, defect, evidence_start, evidence_end, confidence, touchpoint, emotion, expectation)
    SELECT %(new)s, m.revision_id, field, aspect, target, target_start, target_end, component,
        polarity, defect, evidence_start, evidence_end, confidence, touchpoint, emotion, expectation
    FROM mention m JOIN lineage l ON l.lineage_id = m.lineage_id AND l.state = 'active' AND l.lineage_id <> %(new)s
    JOIN revision r ON r.revision_id = m.revision_id AND r.withdrawn_at IS NOT NULL
    WHERE NOT EXISTS (SELECT FROM mention x WHERE x.lineage_id = %(new)s AND x.revision_id = m.revision_id)
    """,
    """
    INSERT INTO fix (lineage_id, revision_id, field, fix_start, fix_end)
    SELECT %(new)s, x.revision_id, x.field, x.fix_start, x.fix_end
    FROM fix x JOIN lineage l ON l.lineage_id = x.lineage_id AND l.state = 'active' AND l.lineage_id <> %(new)s
    JOIN revision r ON r.revision_id = x.revision_id AND r.withdrawn_at IS NOT NULL
    WHERE NOT EXISTS (SELECT FROM fix y WHERE y.lineage_id = %(new)s AND y.revision_id = x.revision_id)
    """,
    INHERIT_MOMENTS,
)


def list_lineages(conn: Connection) -> list[dict[str, Any]]:
    """All lineages: lineage_id, digest, state, created_at, activated_at, analysed (number of texts)."""
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT lineage_id, digest, state, created_at, activated_at,"
            " (SELECT count(*) FROM analysis a WHERE a.lineage_id = l.lineage_id) AS analysed"
            " FROM lineage l ORDER BY lineage_id"
        )
        return [dict(row) for row in cursor]


def diff_lineages(conn: Connection, a: int, b: int) -> list[tuple[str, str, str, int]]:
    """What changed between two lineages over the revisions that both have analysed.

    Args:
        conn: Connection.
        a: The earlier lineage.
        b: The later one.

    Returns:
        Rows of (what, before, after, texts), the most frequent change first; ``what`` is sentiment,
        recommend, loyalty, or defect (there the types of a text, joined).
    """
    with conn.cursor() as cursor:
        cursor.execute(_DIFF, {"a": a, "b": b})
        return [(row[0], row[1], row[2], row[3]) for row in cursor]


_DIFF = """
WITH both_ AS (
    SELECT x.revision_id, x.sentiment AS sa, y.sentiment AS sb, x.recommend AS ra, y.recommend AS rb,
           x.loyalty AS la, y.loyalty AS lb
    FROM analysis x JOIN analysis y USING (revision_id) WHERE x.lineage_id = %(a)s AND y.lineage_id = %(b)s
), typed AS (
    SELECT revision_id,
           coalesce(string_agg(DISTINCT defect, '+' ORDER BY defect) FILTER (WHERE lineage_id = %(a)s), 'none') AS da,
           coalesce(string_agg(DISTINCT defect, '+' ORDER BY defect) FILTER (WHERE lineage_id = %(b)s), 'none') AS db
    FROM both_ JOIN mention USING (revision_id)
    WHERE lineage_id IN (%(a)s, %(b)s) AND defect IS NOT NULL GROUP BY revision_id
)
SELECT what, coalesce(before_, 'none'), coalesce(after_, 'none'), count(*)::int FROM (
    SELECT 'sentiment' AS what, sa AS before_, sb AS after_ FROM both_
    UNION ALL SELECT 'recommend', ra, rb FROM both_
    UNION ALL SELECT 'loyalty', la, lb FROM both_
    UNION ALL SELECT 'defect', da, db FROM typed
) changes WHERE before_ IS DISTINCT FROM after_ GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""
