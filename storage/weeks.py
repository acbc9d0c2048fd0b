"""Counts of defects by week and by portal, for surveillance and for the comparison with sibling products."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


class PeriodRow(NamedTuple):
    """Distinct persons of one cell in a week, by its Monday, or in a month where only that is known."""

    product: str
    component: str
    defect: str
    start: date
    whole_month: bool
    persons: int


class PortalRow(NamedTuple):
    """Distinct persons of one product and portal in a week or month: with any defect, and who spoke."""

    product: str
    portal: str
    start: date
    whole_month: bool
    persons: int
    exposed: int


class StratumRow(NamedTuple):
    """Distinct persons of one cell on one portal, all times, and those of the sibling products together."""

    product: str
    component: str
    defect: str
    persons: int
    exposed: int
    sibling_persons: int
    sibling_exposed: int


class SiblingGroup(NamedTuple):
    """Products that are judged together, and how much feedback about them was counted last."""

    products: list[str]
    reviews: int


def sibling_groups(conn: Connection, products: Sequence[str], *, everything: bool = False) -> list[SiblingGroup]:
    """The groups that some products belong to; a product of which no group is known is a group of its own.

    A group is judged as a whole, as each product is compared with the others.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: The products.
        everything: All groups instead.
    """
    with conn.cursor() as cursor:
        cursor.execute(_GROUPS, {"products": list(products), "everything": everything})
        return [SiblingGroup._make(row) for row in cursor]


_GROUPS = """
SELECT array_agg(p.product ORDER BY p.product), coalesce(sum(g.reviews), 0)::int
FROM product p LEFT JOIN product_figure g USING (product)
GROUP BY p.product_group, CASE WHEN p.product_group IS NULL THEN p.product END
HAVING %(everything)s OR bool_or(p.product = ANY(%(products)s))
ORDER BY min(p.product)
"""


def make_named(conn: Connection, lineage_id: int) -> None:
    """Make the temporary table ``named``: the voices behind each cell of the products in ``voice``.

    Args:
        conn: Connection; the table ``voice`` and the names of parts were written in the same transaction.
        lineage_id: Lineage whose mentions count.
    """
    with conn.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.named")
        cursor.execute(_NAMED, (lineage_id,))
        cursor.execute("ANALYZE named")


_NAMED = """
CREATE TEMP TABLE named ON COMMIT DROP AS
SELECT v.product, m.cell AS component, m.defect, v.portal, v.week, v.month, v.voice, v.settled
FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s
"""


def count_weeks(conn: Connection, first: date, end: date) -> tuple[list[PeriodRow], list[PortalRow]]:
    """Count persons by week; a time that is known to the month only counts for its month, once that is over.

    Args:
        conn: Connection; :func:`make_named` ran in the same transaction.
        first: Monday of the first week; a month must begin on it or later.
        end: Day behind the last one: later weeks, and months that are not over on it, are left out.

    Returns:
        Persons of the cells, and of the products by portal.
    """
    values = {"first": first, "end": end}
    with conn.cursor() as cursor:
        cursor.execute(_CELL_WEEKS, values)
        cells = [PeriodRow._make(row) for row in cursor]
        cursor.execute(_PORTAL_WEEKS, values)
        return cells, [PortalRow._make(row) for row in cursor]


_PERIOD = "coalesce(week, month) AS start, week IS NULL AS whole_month"
_OBSERVED = (
    "coalesce(week, month) >= %(first)s"
    " AND CASE WHEN week IS NULL THEN month + interval '1 month' <= %(end)s ELSE week < %(end)s END"
)
_CELL_WEEKS = f"""
SELECT product, component, defect, {_PERIOD}, count(DISTINCT voice)::int
FROM named WHERE {_OBSERVED} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608  no values
_PORTAL_WEEKS = f"""
WITH spoke AS (
    SELECT product, portal, {_PERIOD}, count(DISTINCT voice)::int AS persons
    FROM voice WHERE {_OBSERVED} GROUP BY 1, 2, 3, 4
), complained AS (
    SELECT product, portal, {_PERIOD}, count(DISTINCT voice)::int AS persons
    FROM named WHERE {_OBSERVED} GROUP BY 1, 2, 3, 4
)
SELECT s.product, s.portal, s.start, s.whole_month, coalesce(c.persons, 0), s.persons
FROM spoke s LEFT JOIN complained c USING (product, portal, start, whole_month) ORDER BY 1, 2, 3, 4
"""  # noqa: S608  no values


def count_strata(conn: Connection) -> list[StratumRow]:
    """Count persons of each cell by portal, beside those of the sibling products on the same portal, settled rows only.

    Costs one pass over ``voice`` and ``named``, however many products there are: the siblings' sum is that of the
    group less the product's own, so the tables must hold whole groups. Thus one product that was touched costs the
    counting of its group. A person who spoke of two siblings counts for each.

    Args:
        conn: Connection; :func:`make_named` ran in the same transaction, for whole groups.

    Returns:
        Only portals that know both the product and a sibling.
    """
    with conn.cursor() as cursor:
        cursor.execute(_STRATA)
        return [StratumRow._make(row) for row in cursor]


_STRATA = """
WITH exposed AS (
    SELECT p.product_group, v.product, v.portal, count(DISTINCT v.voice) AS persons
    FROM voice v JOIN product p USING (product) WHERE p.product_group IS NOT NULL AND v.settled GROUP BY 1, 2, 3
), hit AS (
    SELECT p.product_group, n.product, n.component, n.defect, n.portal, count(DISTINCT n.voice) AS persons
    FROM named n JOIN product p USING (product) WHERE p.product_group IS NOT NULL AND n.settled GROUP BY 1, 2, 3, 4, 5
), exposed_group AS (
    SELECT product_group, portal, sum(persons) AS persons FROM exposed GROUP BY 1, 2
), hit_group AS (
    SELECT product_group, component, defect, portal, sum(persons) AS persons FROM hit GROUP BY 1, 2, 3, 4
)
SELECT c.product, c.component, c.defect, coalesce(h.persons, 0)::int, e.persons::int,
       (coalesce(g.persons, 0) - coalesce(h.persons, 0))::int, (a.persons - e.persons)::int
FROM (SELECT DISTINCT product, component, defect FROM hit) c
JOIN exposed e USING (product)
JOIN exposed_group a USING (product_group, portal)
LEFT JOIN hit h ON (h.product, h.component, h.defect, h.portal) = (c.product, c.component, c.defect, e.portal)
LEFT JOIN hit_group g
    ON (g.product_group, g.component, g.defect, g.portal) = (e.product_group, c.component, c.defect, e.portal)
WHERE a.persons > e.persons
ORDER BY c.product, c.component, c.defect, e.portal
"""
