"""The chain behind a figure: from a defect, a person or a feedback to the source page."""

from __future__ import annotations

import re
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

from kundenecho.errors import DataError
from storage.loop import person_stages
from storage.persons import person_of

_GONE = "Zitat nicht mehr verfügbar"


def why(conn: Connection, subject: str) -> dict[str, Any]:
    """Everything that a figure stands on.

    Args:
        conn: Connection of the pipeline.
        subject: ``D…`` a defect, ``P…`` a person, ``F…`` a feedback.

    Returns:
        ``{"id", "kind", "figures", "evidence"}``, of a person also ``stages``; each piece of evidence names
        feedback, revision, lineage, field, offsets, quote, fragment digest, page and load. Evidence of a defect also
        names the voice that it counts for, ``P…`` or ``F…``, together with the others of that voice; where it is a
        copy, ``counts_as``, ``copy_kind`` (exact | near) and ``copy_similarity`` say of which, and how sure.

    Raises:
        DataError: If the id is malformed or unknown.
    """
    match = re.fullmatch(r"([DPF])-?(\d{1,18})", subject.strip().upper())
    if not match:
        raise DataError(
            f"{subject!r} is no id", remedy="Give the id of a defect (D12), a person (P7) or a feedback (F345)"
        )
    kind, number = match[1], int(match[2])
    if kind == "P":
        # A person who was joined with another one is found by either number.
        number = person_of(conn, number) or number
    figures, evidence = {"D": _defect, "P": _person, "F": _feedback}[kind](conn, number)
    if figures is None:
        raise DataError(f"{kind}{number} is not known", remedy="Lists show the ids: kundenecho defects, advocates")
    names = {"D": "defect", "P": "person", "F": "feedback"}
    found: dict[str, Any] = {
        "id": f"{kind}{number}", "kind": names[kind], "figures": figures, "evidence": evidence
    }  # fmt: skip
    return {**found, "stages": person_stages(conn, found["id"])} if kind == "P" else found


def _defect(conn: Connection, number: int) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    figures = _rows(
        conn,
        "SELECT d.product, p.name AS product_name, coalesce(g.component_name, nullif(d.component, '')) AS component,"
        " d.defect, (SELECT 'D' || o.defect_id FROM component_alias a JOIN defect o ON o.product = a.product"
        "  AND o.defect = a.defect AND o.component = a.canonical WHERE a.product = d.product AND a.defect = d.defect"
        "  AND a.component = d.component) AS part_of, g.persons,"
        " e.persons_exposed, g.mentions, e.reviews AS reviews_of_product,"
        " g.persons::float8 / nullif(e.persons_exposed, 0) AS rate,"
        " lists.wilson(g.persons, e.persons_exposed, false) AS rate_low,"
        " lists.wilson(g.persons, e.persons_exposed, true) AS rate_high, g.signal,"
        " CASE WHEN g.signal = 'rising' THEN g.rising_since END AS rising_since,"
        " CASE WHEN g.signal = 'rising' THEN g.rising_since_low END AS rising_since_low,"
        " CASE WHEN g.signal = 'rising' THEN g.rising_since_high END AS rising_since_high,"
        " CASE WHEN g.signal = 'rising' THEN g.rising_factor END AS rising_factor, g.watch_window, g.watch_observed,"
        " g.watch_expected, g.real, g.ic, g.ic_low, g.first_seen, g.last_seen, g.evidence_needed, l.digest AS lineage,"
        " e.exposed_star_only, e.exposed_anonymous,"
        " g.persons_anonymous, g.persons_verified, g.persons_incentivised, g.copies, e.units_sold, e.return_months,"
        " 1000.0::float8 * g.persons / nullif(e.units_sold, 0) AS per_thousand_sold,"
        " g.decided_at FROM defect d JOIN product p ON p.product = d.product"
        " LEFT JOIN defect_figure g USING (defect_id) LEFT JOIN product_figure e ON e.product = d.product"
        " LEFT JOIN lineage l USING (lineage_id) WHERE d.defect_id = %s",
        (number,),
    )
    return _result(figures, _rows(conn, _DEFECT_EVIDENCE, (number,)))


def _person(conn: Connection, number: int) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    figures = _rows(
        conn,
        "SELECT p.person_id, array_agg(DISTINCT n.display_name) FILTER (WHERE n.display_name IS NOT NULL) AS names,"
        " array_agg(DISTINCT a.source) AS sources, v.score, v.points_for, v.points_against, v.days, v.shrinkage,"
        " v.stage, v.listed, v.contactable, v.contactable_reason, l.digest AS lineage, v.decided_at"
        " FROM person p LEFT JOIN author a USING (person_id) LEFT JOIN author_name n USING (author_id)"
        " LEFT JOIN advocate v USING (person_id) LEFT JOIN lineage l USING (lineage_id) WHERE p.person_id = %s"
        " GROUP BY p.person_id, v.person_id, l.digest",
        (number,),
    )
    evidence = _rows(
        conn,
        f"SELECT {_CHAIN}, x.rank, x.kind AS reason, x.weight, x.struck, x.day, x.value, x.field,"  # noqa: S608
        "  x.quote_start AS start, x.quote_end AS end,"
        "  CASE x.field WHEN 'title' THEN k.title ELSE k.text END AS source_text"
        " FROM advocate_reason x LEFT JOIN current_feedback c ON c.revision_id = x.revision_id"
        f" {_CHAIN_JOINS.replace('JOIN masked', 'LEFT JOIN masked')} WHERE x.person_id = %s ORDER BY x.rank",
        (number,),
    )
    return _result(figures, evidence)


def _feedback(conn: Connection, number: int) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    figures = _rows(
        conn,
        "SELECT c.source, c.account, c.native_id, c.kind, c.product, c.url, c.state, c.created_at,"
        " c.created_precision, c.rating_1_5, c.raw_value, c.raw_min, c.raw_max, c.nps_0_10, c.would_recommend,"
        " c.verified_purchase, c.revision_number, a.language, a.sentiment, a.score, a.confidence, a.abstained,"
        " a.recommend, a.loyalty, l.digest AS lineage, k.title, k.text"
        " FROM current_feedback c JOIN masked_revision k ON k.revision_id = c.revision_id"
        " LEFT JOIN lineage l ON l.state = 'active'"
        " LEFT JOIN analysis a ON a.revision_id = c.revision_id AND a.lineage_id = l.lineage_id"
        " WHERE c.feedback_id = %s",
        (number,),
    )
    evidence = _rows(
        conn,
        f"SELECT {_CHAIN}, m.aspect, m.polarity, m.component, m.defect, m.confidence, m.field,"  # noqa: S608
        "  m.evidence_start AS start, m.evidence_end AS end, m.target, m.target_start, m.target_end,"
        "  CASE m.field WHEN 'title' THEN k.title ELSE k.text END AS source_text"
        " FROM current_feedback c JOIN mention m ON m.revision_id = c.revision_id"
        f" JOIN lineage l ON l.lineage_id = m.lineage_id AND l.state = 'active' {_CHAIN_JOINS}"
        " WHERE c.feedback_id = %s ORDER BY m.field DESC, m.evidence_start, m.mention_id",
        (number,),
    )
    return _result(figures, evidence)


_CHAIN = (
    "'F' || c.feedback_id AS feedback_id, c.source, c.account, c.native_id, c.url, c.created_at, c.created_precision,"
    " c.revision_id, c.revision_number, c.state, c.collected_at, c.fragment_digest, c.load_id,"
    " g.url AS page_url, g.fetched_at AS page_fetched_at, g.digest AS page_digest"
)
_CHAIN_JOINS = "LEFT JOIN page g ON g.page_id = c.page_id JOIN masked_revision k ON k.revision_id = c.revision_id"


# What one voice says stands together, the voice that spoke first comes first.
_DEFECT_EVIDENCE = f"""
SELECT * FROM (
    SELECT {_CHAIN}, m.mention_id, m.confidence, m.aspect, m.polarity, m.field, m.evidence_start AS start,
           m.evidence_end AS end, m.target, m.target_start, m.target_end, l.digest AS lineage,
           CASE m.field WHEN 'title' THEN k.title ELSE k.text END AS source_text,
           CASE WHEN y.counts_as IS NULL THEN coalesce('P' || c.person_id, 'F' || c.feedback_id)
                ELSE coalesce('P' || o.person_id, 'F' || y.counts_as) END AS voice,
           'F' || y.counts_as AS counts_as, y.kind AS copy_kind, y.similarity AS copy_similarity,
           o.source <> c.source AS cross_post, c.verified_purchase, s.incentivised_start IS NOT NULL AS incentivised
    FROM defect d
    JOIN current_feedback c ON c.product = d.product AND c.state <> 'deleted'
    JOIN defect_mention n ON n.revision_id = c.revision_id AND n.defect = d.defect AND n.cell = d.component
    JOIN mention m ON m.mention_id = n.mention_id
    JOIN lineage l ON l.lineage_id = m.lineage_id AND l.state = 'active'
    JOIN analysis s ON s.lineage_id = m.lineage_id AND s.revision_id = m.revision_id
    LEFT JOIN collapse y ON y.feedback_id = c.feedback_id
    LEFT JOIN current_feedback o ON o.feedback_id = y.counts_as
    {_CHAIN_JOINS}
    WHERE d.defect_id = %s
) said
ORDER BY min(created_at) OVER (PARTITION BY voice) NULLS LAST, voice, created_at NULLS LAST, feedback_id, mention_id
"""  # noqa: S608  no values


def _result(
    figures: list[dict[str, Any]], evidence: list[dict[str, Any]]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    for row in evidence:
        text = row.pop("source_text")
        if row.get("target_start") is not None and text is not None:
            row["target"] = text[row["target_start"] : row["target_end"]]
        start, end = row.get("start"), row.get("end")
        if start is None:
            row["quote"] = None
        else:
            row["quote"] = _GONE if text is None or row["state"] == "deleted" else text[start:end]
    return (figures[0] if figures else None), evidence


def _rows(conn: Connection, query: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
