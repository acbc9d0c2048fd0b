"""Counts of terms in SQL, and the rows that deciding writes about topics.

Counted are voices, as for defects, over the current revisions and one lineage, by group of products;
a product of which no group is known is a group of its own. Here groups are counted as a whole;
:mod:`storage.topic_additions` adds what came since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values

from storage.voices import make_voices

#: Quotes that stand for a topic.
QUOTES_PER_TOPIC: Final = 5


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


class SpokeRow(NamedTuple):
    """Distinct voices who spoke of a group's products, and those of them in settled feedback."""

    group_id: int
    persons: int
    settled: int


class TopicCount(NamedTuple):
    """Distinct voices of a topic, and those of them in settled feedback."""

    group_id: int
    anchor: str
    persons: int
    settled: int
    first_seen: datetime | None
    last_seen: datetime | None


def take_groups(conn: Connection, products: Sequence[str], *, everything: bool = False) -> list[TopicGroup]:
    """The groups that are counted as a whole: of these products, and those that gained or lost a product.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products that are counted as a whole.
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
    conn: Connection, groups: Sequence[TopicGroup], lineage_id: int, closed: date | None
) -> tuple[list[SpokeRow], list[TermRow], list[SaidRow]]:
    """Count who speaks of what in some groups, in settled feedback; what only one voice says is left out.

    Makes the temporary tables ``voice`` and ``spoken``, which the other functions here read.

    Args:
        conn: Connection; the caller's transaction goes on.
        groups: Groups to count.
        lineage_id: Lineage whose terms count.
        closed: Monday of the last closed week, see :func:`storage.voices.make_voices`.

    Returns:
        Persons who spoke of each group's products; nouns and what is said of them, in order of the
        groups' numbers.
    """
    make_voices(conn, [product for group in groups for product in group.products], closed)
    values = {"lineage": lineage_id, "groups": [group.group_id for group in groups]}
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.spoken")
        cursor.execute(_SPOKEN, values)
        cursor.execute("ANALYZE spoken")
        cursor.execute(_EXPOSED, values)
        spoke = [SpokeRow._make(row) for row in cursor]
        cursor.execute(_TERMS)
        terms = [TermRow._make(row) for row in cursor]
        cursor.execute(_SAID)
        return spoke, terms, [SaidRow._make(row) for row in cursor]


_OF_GROUP = "(SELECT group_id, unnest(products) AS product FROM topic_group WHERE group_id = ANY(%(groups)s)) g"
_SPOKEN = f"""
CREATE TEMP TABLE spoken ON COMMIT DROP AS
SELECT g.group_id, v.voice, v.created_at, v.settled, t.*
FROM voice v
JOIN term t ON t.revision_id = v.revision_id AND t.lineage_id = %(lineage)s
JOIN {_OF_GROUP} USING (product)
"""  # noqa: S608  no values
_EXPOSED = f"""
SELECT g.group_id, count(DISTINCT v.voice)::int, (count(DISTINCT v.voice) FILTER (WHERE v.settled))::int
FROM voice v JOIN {_OF_GROUP} USING (product) GROUP BY 1
"""  # noqa: S608  no values
_TERMS = """
SELECT group_id, key, mode() WITHIN GROUP (ORDER BY written), min(head), count(DISTINCT voice)::int,
       (count(DISTINCT voice) FILTER (WHERE whole))::int, (count(DISTINCT voice) FILTER (WHERE common))::int,
       bool_or(known)
FROM spoken WHERE settled GROUP BY 1, 2 HAVING count(DISTINCT voice) > 1 ORDER BY 1, 2
"""
_SAID = """
SELECT group_id, key, construction, mode() WITHIN GROUP (ORDER BY phrase), count(DISTINCT voice)::int
FROM spoken WHERE settled AND construction IS NOT NULL
GROUP BY 1, 2, 3 HAVING count(DISTINCT voice) > 1 ORDER BY 1, 2, 3
"""


def count_topics(conn: Connection, topics: Iterable[TopicRow]) -> list[TopicCount]:
    """Count the distinct voices of topics.

    Makes the temporary table ``belongs``, which :func:`write_topics` reads.

    Args:
        conn: Connection; :func:`count_terms` ran in the same transaction.
        topics: The topics with their members.
    """
    members = [(t.group_id, t.anchor, key, said) for t in topics for key, said in t.members]
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.belongs")
        cursor.execute(
            "CREATE TEMP TABLE belongs (group_id bigint, anchor text, key text, construction text) ON COMMIT DROP"
        )
        if members:
            execute_values(cursor, "INSERT INTO belongs VALUES %s", members, page_size=1000)
        cursor.execute("ANALYZE belongs")
        cursor.execute(_BY_TOPIC)
        return [TopicCount._make(row) for row in cursor]


_MEMBERS = (
    "belongs m JOIN spoken s ON s.group_id = m.group_id AND s.key = m.key"
    " AND (m.construction IS NULL OR s.construction = m.construction)"
)
_BY_TOPIC = (
    "SELECT m.group_id, m.anchor, count(DISTINCT s.voice)::int,"  # noqa: S608  no values
    " (count(DISTINCT s.voice) FILTER (WHERE s.settled))::int, min(s.created_at), max(s.created_at)"
    f" FROM {_MEMBERS} GROUP BY 1, 2 ORDER BY 1, 2"
)


def write_topics(
    conn: Connection,
    persons: dict[int, int],
    lineage_id: int,
    topics: Iterable[tuple[TopicRow, TopicCount]],
) -> int:
    """Replace the topics of some groups, with their figures, members and quotes.

    Args:
        conn: Connection; :func:`count_topics` ran in the same transaction.
        persons: Persons who spoke of the products, for each group that was counted.
        lineage_id: Lineage the figures stand on.
        topics: Topics that reached the floor, with their counts.

    Returns:
        Number of topics written.
    """
    rows: list[tuple[Any, ...]] = [
        (t.group_id, t.anchor, lineage_id, t.label, t.terms, c.persons, c.first_seen, c.last_seen) for t, c in topics
    ]
    values = {"groups": list(persons), "quotes": QUOTES_PER_TOPIC}
    with conn.cursor() as cursor:
        for table in ("topic_quote", "topic_figure"):
            cursor.execute(
                f"DELETE FROM {table} x USING topic t WHERE t.topic_id = x.topic_id AND t.group_id = ANY(%(groups)s)",  # noqa: S608
                values,
            )
        cursor.execute("DELETE FROM topic_member WHERE group_id = ANY(%(groups)s)", values)
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
            cursor.execute(_INSERT_MEMBERS)
            cursor.execute(_INSERT_QUOTES, values)
    return len(rows)


_FIGURE_TEMPLATE = "(%s::bigint, %s, %s::int, %s, %s::text[], %s::int, %s::timestamptz, %s::timestamptz)"
_INSERT_FIGURES = """
INSERT INTO topic_figure (topic_id, lineage_id, label, terms, persons, first_seen, last_seen)
SELECT t.topic_id, v.lineage_id, v.label, v.terms, v.persons, v.first_seen, v.last_seen
FROM (VALUES %s) AS v (group_id, anchor, lineage_id, label, terms, persons, first_seen, last_seen)
JOIN topic t USING (group_id, anchor)
"""
_INSERT_MEMBERS = """
INSERT INTO topic_member (group_id, key, construction, topic_id)
SELECT m.group_id, m.key, m.construction, t.topic_id
FROM belongs m JOIN topic t USING (group_id, anchor) JOIN topic_figure USING (topic_id)
"""
#: Ranks the terms of the table ``candidate`` (topic_id, voice, and the term's columns): the most typical wording first,
#: then a clause that can be understood by itself; one person speaks once. The best of the best and of more are the
#: best of all only if a person's own are put in the same order.
RANKED: Final = """
SELECT topic_id, term_id,
       row_number() OVER (PARTITION BY topic_id ORDER BY typical DESC NULLS LAST, telling DESC, term_id) AS rank
FROM (
    SELECT DISTINCT ON (s.topic_id, s.voice) s.topic_id, s.term_id,
           (lower(s.phrase) = lower(f.label))::int + (s.phrase = ANY(f.terms))::int AS typical,
           (s.construction IS NOT NULL)::int
               + (s.evidence_end - s.evidence_start BETWEEN 25 AND 160)::int AS telling
    FROM candidate s JOIN topic_figure f USING (topic_id)
    ORDER BY s.topic_id, s.voice, typical DESC NULLS LAST, telling DESC, s.term_id
) said
"""
_INSERT_QUOTES = f"""
WITH candidate AS (
    SELECT t.topic_id, s.voice, s.term_id, s.phrase, s.construction, s.evidence_start, s.evidence_end
    FROM {_MEMBERS} JOIN topic t ON t.group_id = m.group_id AND t.anchor = m.anchor
), best AS ({RANKED})
INSERT INTO topic_quote (topic_id, rank, term_id) SELECT topic_id, rank, term_id FROM best WHERE rank <= %(quotes)s
"""  # noqa: S608  no values
