"""The key figures, as the view ``lists.kpis`` has them."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

#: The most asked for first.
_ORDER = (
    "response_median", "response_p90", "answered_in_time", "recovered", "nps", "conversion", "churn", "actions",
    "customer_value", "customer_value_first_year", "advocates_gained", "advocates_lost", "customers_lost",
    "customers_won_back",
)  # fmt: skip


def list_kpis(
    conn: Connection, *, by: str | None = None, kpi: str | None = None, weeks: int | None = None
) -> list[dict[str, Any]]:
    """Key figures of everything, or of each week, product or channel.

    Args:
        conn: Connection that may read the schema ``lists``.
        by: week | product | channel; None for everything at once.
        kpi: Only this one.
        weeks: Only the newest so many weeks that have figures, with ``by`` week.

    Returns:
        One mapping per figure with the columns of ``lists.kpis``, in order of week, product or channel.
    """
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "SELECT * FROM lists.kpis WHERE (week IS NOT NULL) = %(week)s AND (product IS NOT NULL) = %(product)s"
            " AND (channel IS NOT NULL) = %(channel)s AND (%(kpi)s::text IS NULL OR kpi = %(kpi)s)"
            " ORDER BY week, product, channel, array_position(%(order)s::text[], kpi)",
            {
                "week": by == "week",
                "product": by == "product",
                "channel": by == "channel",
                "kpi": kpi,
                "order": list(_ORDER),
            },
        )
        rows = [dict(row) for row in cursor]
    if by == "week" and weeks:
        newest = sorted({row["week"] for row in rows})[-weeks:]
        rows = [row for row in rows if row["week"] in newest]
    return rows


def milestone_figures(conn: Connection) -> dict[tuple[str, str | None, str | None], tuple[float | None, int]]:
    """Value and what it stands on of each figure over all weeks, by figure, product and channel."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT kpi, product, channel, value, n FROM lists.kpis WHERE week IS NULL")
        return {(kpi, product, channel): (value, n) for kpi, product, channel, value, n in cursor}
