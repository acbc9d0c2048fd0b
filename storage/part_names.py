"""Names of parts as customers write them: their mentions, and which count for another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import execute_values


class ComponentRow(NamedTuple):
    """A written name of a part, lower case, with its mentions in weeks that are closed."""

    product: str
    defect: str
    component: str
    settled: int


def count_components(conn: Connection, lineage_id: int) -> list[ComponentRow]:
    """Count the mentions of each written name of a part, by product and type of defect.

    Args:
        conn: Connection; :func:`storage.voices.make_voices` ran in the same transaction.
        lineage_id: Lineage whose mentions count.
    """
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM component_count WHERE product IN (SELECT product FROM whole)")
        cursor.execute(
            "INSERT INTO component_count (product, defect, component, spelling, mentions, settled)"
            " SELECT v.product, m.defect, lower(m.component), m.component, count(*), count(*) FILTER (WHERE v.settled)"
            " FROM voice v JOIN defect_mention m ON m.revision_id = v.revision_id AND m.lineage_id = %s"
            " WHERE m.component IS NOT NULL GROUP BY 1, 2, 3, 4",
            (lineage_id,),
        )
        cursor.execute(
            "SELECT product, defect, component, sum(settled)::int FROM component_count"
            " WHERE product IN (SELECT product FROM whole) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [ComponentRow._make(row) for row in cursor]


def write_aliases(conn: Connection, aliases: Iterable[tuple[str, str, str, str]]) -> None:
    """Replace which names of parts are one.

    Args:
        conn: Connection; :func:`count_components` ran in the same transaction.
        aliases: Rows of (product, defect, component, canonical), lower case.
    """
    rows = list(aliases)
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM component_alias WHERE product IN (SELECT product FROM whole)")
        if rows:
            execute_values(
                cursor, "INSERT INTO component_alias (product, defect, component, canonical) VALUES %s", rows
            )
