"""Counts of terms in SQL, and the rows that deciding writes about topics.

Counted are voices, as for defects, over the current revisions and one lineage, by group of products;
a product of which no group is known is a group of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

from storage.voices import make_voices

_QUOTES_PER_TOPIC = 5


class TopicGroup(NamedTuple):
    """A group of products: its number, and its products."""

    group_id: int
    products: list[str]


class TermRow(NamedTuple):
    """Voices of one group who speak of a noun; see :class:`insights.topics.TermCount`."""

    group_id: int
    key: str
    written: str
    head: str | None
    persons: int
    whole: int
    common: int
    known: bool


class SaidRow(NamedTuple):
    """Voices of one group who say one thing of a noun."""

    group_id: int
    key: str
    construction: str
    phrase: str
    persons: int


class TopicRow(NamedTuple):
    """A topic that may reach the floor; ``members`` as (key, construction or None for any)."""

    group_id: int
    anchor: str
    label: str
    terms: list[str]
    members: Sequence[tuple[str, str | None]]


class FigureRow(NamedTuple):
    """Persons of one topic, and of its group."""

    topic_id: int
    group_id: int
    anchor: str
    persons: int
    persons_exposed: int


class TopicCount(NamedTuple):
    """Distinct voices of a topic."""

    group_id: int
    anchor: str
    persons: int
    first_seen: datetime | None
    last_seen: datetime | None


def take_groups(conn: Connection, products: Sequence[str], *, everything: bool = False) -> list[TopicGroup]:
    """The groups whose topics are recomputed: of these products, and those that gained or lost a product.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products that were touched.
        everything: All groups instead.
    """
    with conn.cursor() as cursor:
        cursor.execute(_FORGET_GROUPS)
        cursor.execute(_TAKE_GROUPS, {"products": list(products), "everything": everything})
        return [TopicGroup._make(row) for row in cursor]


_GROUPS = """
SELECT CASE WHEN product_group IS NULL THEN 'product' ELSE 'group' END AS kind,
       coalesce(product_group, product) AS name, array_agg(product ORDER BY product) AS products
FROM product GROUP BY 1, 2
"""
_FORGET_GROUPS = f"""
DELETE FROM topic_group g
WHERE NOT EXISTS (SELECT FROM ({_GROUPS}) p WHERE p.kind = g.kind AND p.name = g.name)
"""  # noqa: S608  no values
_TAKE_GROUPS = f"""
INSERT INTO topic_group AS g (kind, name, products)
SELECT p.kind, p.name, p.products FROM ({_GROUPS}) p
LEFT JOIN topic_group old ON old.kind = p.kind AND old.name = p.name
WHERE %(everything)s OR p.products && %(products)s::text[] OR old.products IS DISTINCT FROM p.products
ORDER BY p.kind, p.name
ON CONFLICT (kind, name) DO UPDATE SET products = excluded.products, decided_at = now()
RETURNING group_id, products
"""  # noqa: S608  no values


def count_terms(
    conn: Connection, groups: Sequence[TopicGroup], lineage_id: int
) -> tuple[dict[int, int], list[TermRow], list[SaidRow]]:
    """Count who speaks of what in some groups; what only one voice says is left out.

    Makes the temporary tables ``voice`` and ``spoken``, which the other functions here read.

    Args:
        conn: Connection; the caller's transaction goes on.
        groups: Groups to count.
        lineage_id: Lineage whose terms count.

    Returns:
        Persons who spoke of each group's products; nouns and what is said of them, in order of the
        groups' numbers.
    """
    make_voices(conn, [product for group in groups for product in group.products])
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.spoken")
        cursor.execute(_SPOKEN, (lineage_id, [group.group_id for group in groups]))
        cursor.execute("ANALYZE spoken")
        cursor.execute(_EXPOSED, ([group.group_id for group in groups],))
        persons = {row[0]: row[1] for row in cursor}
        cursor.execute(_TERMS)
        terms = [TermRow._make(row) for row in cursor]
        cursor.execute(_SAID)
        return persons, terms, [SaidRow._make(row) for row in cursor]


_SPOKEN = """
CREATE TEMP TABLE spoken ON COMMIT DROP AS
SELECT g.group_id, v.voice, v.created_at, t.*
FROM voice v
JOIN term t ON t.revision_id = v.revision_id AND t.lineage_id = %s
JOIN topic_group g ON g.group_id = ANY(%s) AND v.product = ANY(g.products)
"""
_EXPOSED = """
SELECT g.group_id, count(DISTINCT v.voice)::int
FROM topic_group g JOIN voice v ON v.product = ANY(g.products) WHERE g.group_id = ANY(%s) GROUP BY 1
"""
_TERMS = """
SELECT group_id, key, mode() WITHIN GROUP (ORDER BY written), min(head), count(DISTINCT voice)::int,
       (count(DISTINCT voice) FILTER (WHERE whole))::int, (count(DISTINCT voice) FILTER (WHERE common))::int,
       bool_or(known)
FROM spoken GROUP BY 1, 2 HAVING count(DISTINCT voice) > 1 ORDER BY 1, 2
"""
_SAID = """
SELECT group_id, key, construction, mode() WITHIN GROUP (ORDER BY phrase), count(DISTINCT voice)::int
FROM spoken WHERE construction IS NOT NULL
GROUP BY 1, 2, 3 HAVING count(DISTINCT voice) > 1 ORDER BY 1, 2, 3
"""


def count_topics(conn: Connection, topics: Iterable[TopicRow]) -> list[TopicCount]:
    """Count the distinct voices of topics.

    Makes the temporary table ``topic_member``, which :func:`write_topics` reads.

    Args:
        conn: Connection; :func:`count_terms` ran in the same transaction.
        topics: The topics with their members.
    """
    members = [(t.group_id, t.anchor, key, said) for t in topics for key, said in t.members]
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.topic_member")
        cursor.execute(
            "CREATE TEMP TABLE topic_member (group_id bigint, anchor text, key text, construction text) ON COMMIT DROP"
        )
        if members:
            execute_values(cursor, "INSERT INTO topic_member VALUES %s", members, page_size=1000)
        cursor.execute("ANALYZE topic_member")
        cursor.execute(f"SELECT m.group_id, m.anchor, count(DISTINCT s.voice)::int, min(s.created_at), {_BY_TOPIC}")
        return [TopicCount._make(row) for row in cursor]


_MEMBERS = (
    "topic_member m JOIN spoken s ON s.group_id = m.group_id AND s.key = m.key"
    " AND (m.construction IS NULL OR s.construction = m.construction)"
)
_BY_TOPIC = f"max(s.created_at) FROM {_MEMBERS} GROUP BY 1, 2 ORDER BY 1, 2"


def write_topics(
    conn: Connection,
    persons: dict[int, int],
    lineage_id: int,
    topics: Iterable[tuple[TopicRow, TopicCount]],
) -> int:
    """Replace the topics of some groups, with their figures and quotes.

    Args:
        conn: Connection; :func:`count_topics` ran in the same transaction.
        persons: Persons who spoke of the products, for each group that was counted.
        lineage_id: Lineage the figures stand on.
        topics: Topics that reached the floor, with their counts.

    Returns:
        Number of topics written.
    """
    rows: list[tuple[Any, ...]] = [
        (t.group_id, t.anchor, lineage_id, t.label, t.terms, c.persons, c.persons / persons[t.group_id], c.first_seen,
         c.last_seen)
        for t, c in topics
    ]  # fmt: skip
    with conn.cursor() as cursor:
        groups = list(persons)
        for table in ("topic_quote", "topic_figure"):
            cursor.execute(
                f"DELETE FROM {table} x USING topic t WHERE t.topic_id = x.topic_id AND t.group_id = ANY(%s)",  # noqa: S608
                (groups,),
            )
        execute_values(
            cursor,
            "UPDATE topic_group g SET persons = v.persons FROM (VALUES %s) AS v (group_id, persons)"
            " WHERE g.group_id = v.group_id",
            list(persons.items()),
        )
        if rows:
            execute_values(
                cursor, "INSERT INTO topic (group_id, anchor) VALUES %s ON CONFLICT DO NOTHING", [r[:2] for r in rows]
            )
            execute_values(cursor, _INSERT_FIGURES, rows, template=_FIGURE_TEMPLATE)
            cursor.execute(_INSERT_QUOTES, (groups, _QUOTES_PER_TOPIC))
    return len(rows)


_FIGURE_TEMPLATE = "(%s::bigint, %s, %s::int, %s, %s::text[], %s::int, %s::float8, %s::timestamptz, %s::timestamptz)"
_INSERT_FIGURES = """
INSERT INTO topic_figure (topic_id, lineage_id, label, terms, persons, share, first_seen, last_seen)
SELECT t.topic_id, v.lineage_id, v.label, v.terms, v.persons, v.share, v.first_seen, v.last_seen
FROM (VALUES %s) AS v (group_id, anchor, lineage_id, label, terms, persons, share, first_seen, last_seen)
JOIN topic t USING (group_id, anchor)
"""
# The most typical wording first, then a clause that can be understood by itself; one person speaks once.
_INSERT_QUOTES = f"""
INSERT INTO topic_quote (topic_id, rank, term_id)
SELECT topic_id, rank, term_id FROM (
    SELECT topic_id, term_id,
           row_number() OVER (PARTITION BY topic_id ORDER BY typical DESC NULLS LAST, telling DESC, term_id) AS rank
    FROM (
        SELECT DISTINCT ON (t.topic_id, s.voice) t.topic_id, s.term_id,
               (lower(s.phrase) = lower(f.label))::int + (s.phrase = ANY(f.terms))::int AS typical,
               (s.construction IS NOT NULL)::int
                   + (s.evidence_end - s.evidence_start BETWEEN 25 AND 160)::int AS telling
        FROM {_MEMBERS}
        JOIN topic t ON t.group_id = m.group_id AND t.anchor = m.anchor
        JOIN topic_figure f ON f.topic_id = t.topic_id
        WHERE m.group_id = ANY(%s)
        ORDER BY t.topic_id, s.voice, typical DESC NULLS LAST, telling DESC, s.term_id
    ) said
) ranked WHERE rank <= %s
"""  # noqa: S608  no values


def topic_figures(conn: Connection) -> list[FigureRow]:
    """Persons of every topic of every group."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT t.topic_id, t.group_id, t.anchor, f.persons, g.persons FROM topic t"
            " JOIN topic_figure f USING (topic_id) JOIN topic_group g USING (group_id) ORDER BY t.topic_id"
        )
        return [FigureRow._make(row) for row in cursor]


def write_saliences(conn: Connection, saliences: Mapping[int, float]) -> None:
    """Write how much more is said of a topic in its group than elsewhere, where that has changed.

    Args:
        conn: Connection; the caller's transaction goes on.
        saliences: By topic.
    """
    if saliences:
        with conn.cursor() as cursor:
            execute_values(
                cursor,
                "UPDATE topic_figure f SET salience = v.salience FROM (VALUES %s) AS v (topic_id, salience)"
                " WHERE f.topic_id = v.topic_id AND f.salience IS DISTINCT FROM v.salience",
                list(saliences.items()),
                template="(%s::bigint, %s::float8)",
            )
