"""Names of parts as customers write them: their mentions, which count for another, and which are akin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values


class ComponentRow(NamedTuple):
    """Mentions of one written name of a part, lower case."""

    product: str
    defect: str
    component: str
    mentions: int


class NameRow(NamedTuple):
    """A written name of a part, lower case: the name it counts for, and one name for all it may be one part with."""

    product: str
    defect: str
    component: str
    canonical: str
    related: str | None


def count_components(conn: Connection, lineage_id: int) -> list[ComponentRow]:
    """How many mentions each written name of a part has, by product and type of defect.

    Args:
        conn: Connection; :func:`storage.voices.make_voices` ran in the same transaction.
        lineage_id: Lineage whose mentions count.
    """
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM component_count WHERE product IN (SELECT product FROM whole)")
        cursor.execute(
            "INSERT INTO component_count (product, defect, component, spelling, mentions)"
            " SELECT v.product, m.defect, lower(m.component), m.component, count(*)"
            " FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s"
            " WHERE m.component IS NOT NULL GROUP BY 1, 2, 3, 4",
            (lineage_id,),
        )
        cursor.execute(
            "SELECT product, defect, component, sum(mentions)::int FROM component_count"
            " WHERE product IN (SELECT product FROM whole) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [ComponentRow._make(row) for row in cursor]


def write_names(conn: Connection, names: Iterable[NameRow]) -> None:
    """Replace which names of parts are one.

    Args:
        conn: Connection; :func:`count_components` ran in the same transaction.
        names: All names that count for another, or have relatives.
    """
    rows = list(names)
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM component_alias WHERE product IN (SELECT product FROM whole)")
        add_aliases(cursor, rows)
        write_families(cursor, rows)


def add_aliases(cursor: Any, names: Sequence[NameRow]) -> None:
    """Keep which of some names count for another; those that are known stay."""
    aliases = [row[:4] for row in names if row.canonical != row.component]
    if aliases:
        execute_values(
            cursor,
            "INSERT INTO component_alias (product, defect, component, canonical) VALUES %s ON CONFLICT DO NOTHING",
            aliases,
        )


def write_families(cursor: Any, names: Sequence[NameRow]) -> None:
    """Keep the families of some names that were counted."""
    related = [(*row[:3], row.related) for row in names if row.related]
    if related:
        execute_values(
            cursor,
            "UPDATE component_count k SET related = v.related"
            " FROM (VALUES %s) AS v (product, defect, component, related)"
            " WHERE (k.product, k.defect, k.component) = (v.product, v.defect, v.component)",
            related,
        )
