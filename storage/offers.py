"""Offers: what may suggest one, the rows that deciding writes, what people did with them, and the lists.

Whether an offer may be made now is answered by the view ``offer_answer`` when it is read: who may be contacted, who
has an open case and who has bought the thing changes between two decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor, execute_values


class SaidRow(NamedTuple):
    """Something that a known customer said: a mention with its labels, or a noun that was only named."""

    person_id: int
    product: str | None
    product_group: str | None
    aspect: str | None
    polarity: str | None
    defect: str | None
    expectation: str | None
    wished: bool
    nouns: list[str]
    said_on: date
    revision_id: int
    field: str
    start: int
    end: int


class OccasionRow(NamedTuple):
    """One occasion, as written to ``offer_occasion``."""

    person_id: int
    article: str
    product: str
    revision_id: int
    field: str
    start: int
    end: int
    said_on: date


class RuleRow(NamedTuple):
    """One thing that may be offered, as written to ``offer_rule``."""

    article: str
    place: int
    name: str
    kind: str
    link: str
    unless_bought: list[str]
    similar_goods: bool


def apply_rules(conn: Connection, rules: Sequence[RuleRow], days: int, digest: str) -> bool:
    """Copy the company's rules to where the views read them.

    Args:
        conn: Connection; the caller commits.
        rules: The things that may be offered, in order.
        days: How long something that was said counts.
        digest: Of the rules.

    Returns:
        Whether they differ from those before; then every occasion is to be decided anew.
    """
    with conn.cursor() as cursor:
        cursor.execute("SELECT digest FROM offer_limit")
        before = cursor.fetchone()
        if before and before[0] == digest:
            return False
        cursor.execute("DELETE FROM offer_rule WHERE article <> ALL(%s)", ([rule.article for rule in rules],))
        if rules:
            execute_values(
                cursor,
                "INSERT INTO offer_rule (article, place, name, kind, link, unless_bought, similar_goods) VALUES %s"
                " ON CONFLICT (article) DO UPDATE SET place = excluded.place, name = excluded.name,"
                " kind = excluded.kind, link = excluded.link, unless_bought = excluded.unless_bought,"
                " similar_goods = excluded.similar_goods",
                rules,
            )
        cursor.execute(
            "INSERT INTO offer_limit (digest, days) VALUES (%s, %s)"
            " ON CONFLICT (one) DO UPDATE SET digest = excluded.digest, days = excluded.days",
            (digest, days),
        )
    return True


def known_customers(conn: Connection, among: Sequence[int] | None = None) -> list[int]:
    """Persons whom the company's own lists know as customers.

    Args:
        conn: Connection.
        among: Only these persons; all without.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT a.person_id FROM author a JOIN author_customer USING (author_id)"
            " WHERE a.person_id IS NOT NULL AND (%(all)s OR a.person_id = ANY(%(among)s)) ORDER BY 1",
            {"all": among is None, "among": list(among or ())},
        )
        return [row[0] for row in cursor]


def said_by(conn: Connection, persons: Sequence[int], lineage_id: int) -> dict[int, list[SaidRow]]:
    """What some persons said in published feedback, as the lineage labels it, by person.

    Args:
        conn: Connection.
        persons: The persons.
        lineage_id: Lineage whose labels count.
    """
    found: dict[int, list[SaidRow]] = defaultdict(list)
    with conn.cursor() as cursor:
        cursor.execute(_SAID, {"persons": list(persons), "lineage": lineage_id})
        for row in cursor:
            found[row[0]].append(SaidRow._make(row))
    return found


_SAID: Final = """
WITH said AS (
    SELECT c.person_id, c.revision_id, c.product, p.product_group,
           coalesce(c.created_at, c.collected_at)::date AS said_on, c.title IS NOT NULL AS has_title,
           c.text IS NOT NULL AS has_text
    FROM current_feedback c LEFT JOIN product p USING (product)
    WHERE c.person_id = ANY(%(persons)s) AND c.state = 'published'
)
SELECT s.person_id, s.product, s.product_group, m.aspect, m.polarity, m.defect, m.expectation, false,
       array_remove(ARRAY[lower(m.component), lower(m.target)], NULL), s.said_on, s.revision_id, m.field,
       m.evidence_start, m.evidence_end
FROM said s JOIN mention m ON m.revision_id = s.revision_id AND m.lineage_id = %(lineage)s
WHERE CASE m.field WHEN 'title' THEN s.has_title ELSE s.has_text END
UNION ALL
SELECT s.person_id, s.product, s.product_group, NULL, NULL, NULL, NULL, t.wished,
       array_remove(ARRAY[t.key, lower(t.written), t.head], NULL), s.said_on, s.revision_id, t.field,
       t.evidence_start, t.evidence_end
FROM said s JOIN term t ON t.revision_id = s.revision_id AND t.lineage_id = %(lineage)s
WHERE CASE t.field WHEN 'title' THEN s.has_title ELSE s.has_text END
"""


def owned_by(conn: Connection, persons: Sequence[int]) -> dict[int, list[tuple[str, str | None]]]:
    """Products that some persons bought, with their groups, by person."""
    found: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT b.person_id, b.product, p.product_group FROM person_purchase b"
            " LEFT JOIN product p USING (product) WHERE b.person_id = ANY(%s)",
            (list(persons),),
        )
        for person, product, group in cursor:
            found[person].append((product, group))
    return found


def product_groups(conn: Connection) -> list[tuple[str, str]]:
    """Products with their groups, where a group is known, by product."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT product, product_group FROM product WHERE product_group IS NOT NULL ORDER BY product")
        return [(product, group) for product, group in cursor]


def write_occasions(conn: Connection, persons: Sequence[int], rows: Iterable[OccasionRow]) -> int:
    """Replace the occasions of some persons.

    Args:
        conn: Connection; the caller commits.
        persons: All persons that were looked at; those without a row lose theirs.
        rows: The occasions.

    Returns:
        How many there are.
    """
    kept = list(rows)
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM offer_occasion WHERE person_id = ANY(%s)", (list(persons),))
        if kept:
            execute_values(
                cursor,
                "INSERT INTO offer_occasion"
                " (person_id, article, product, revision_id, field, quote_start, quote_end, said_on) VALUES %s",
                kept,
            )
    return len(kept)


def forget_occasions(conn: Connection) -> None:
    """Remove every occasion; the caller commits."""
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM offer_occasion")


class Standing(NamedTuple):
    """An offer to a person as it stands: its customer, what was done last (None: nothing), and what withholds it."""

    customer_key: str
    act: str | None
    withheld: str | None


def standing_of(conn: Connection, person_id: int, article: str) -> Standing | None:
    """Where an offer to a person stands.

    Args:
        conn: Connection of the pipeline.
        person_id: The person.
        article: What is offered.

    Returns:
        None where nothing suggests it and nothing was done. A person of several customers has the one with whom
        something was done, else the one who may be contacted, else the first.
    """
    with conn.cursor() as cursor:
        cursor.execute(_STANDING, {"person": person_id, "article": article})
        row = cursor.fetchone()
    return Standing._make(row) if row else None


_STANDING: Final = """
WITH mine AS (
    SELECT DISTINCT ac.customer_key::text AS customer_key FROM author a JOIN author_customer ac USING (author_id)
    WHERE a.person_id = %(person)s
), answer AS (SELECT * FROM offer_answer WHERE (person_id, article) = (%(person)s, %(article)s))
SELECT m.customer_key, s.act, a.withheld
FROM mine m
LEFT JOIN offer_standing s ON s.customer_key = m.customer_key AND s.article = %(article)s
LEFT JOIN answer a ON true
WHERE s.act IS NOT NULL OR a.article IS NOT NULL
ORDER BY s.act IS NULL, m.customer_key IS DISTINCT FROM a.customer_key, m.customer_key LIMIT 1
"""


def note_offer(
    conn: Connection, article: str, customer_key: str, act: str, day: date, by: str, channel: str | None = None
) -> None:
    """Note what somebody did with an offer; the caller commits.

    Args:
        conn: Connection.
        article: What was offered.
        customer_key: To whom.
        act: made | declined | taken_back.
        day: When.
        by: Who did it.
        channel: How it was made.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO offer_event (article, customer_key, act, channel, happened_on, done_by)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (article, customer_key, act, channel, day, by),
        )


def list_offers(
    conn: Connection, *, product: str | None = None, article: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Offers that may be made now, in the order of the rules, the newest occasion first.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only to those who spoke of this product.
        article: Only of this thing.
        limit: At most so many.

    Returns:
        Rows of the view ``lists.offers``.
    """
    return _rows(
        conn,
        "SELECT * FROM lists.offers WHERE (%(product)s::text IS NULL OR product = %(product)s)"
        " AND (%(article)s::text IS NULL OR article = %(article)s)"
        " ORDER BY place, said_on DESC, person_number LIMIT %(limit)s",
        {"product": product, "article": article, "limit": limit},
    )


def offered_articles(conn: Connection) -> list[dict[str, Any]]:
    """What may be offered, in the order of the rules: mappings with article and offer."""
    # The view counts nothing of what is not asked for.
    return _rows(conn, "SELECT article, offer FROM lists.offer_figures ORDER BY place", {})


def offer_figures(conn: Connection) -> list[dict[str, Any]]:
    """Rows of the view ``lists.offer_figures``, in the order of the rules."""
    return _rows(conn, "SELECT * FROM lists.offer_figures ORDER BY place", {})


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
