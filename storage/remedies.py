"""Remedies: what people write, approve and publish against a defect. Each function leaves the commit to its caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from psycopg2.extras import Json, RealDictCursor, execute_values

from kundenecho.errors import DataError
from storage.connect import Connection


class Cell(NamedTuple):
    """A defect by its names, as people's decisions hold it."""

    product: str
    component: str
    defect: str


class QuoteAt(NamedTuple):
    """Where a customer's words stand, named as the source names it; ``words`` is their MD5."""

    source: str
    account: str
    native_id: str
    field: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Remedy:
    """A remedy as it stands; ``text`` is None as long as it speaks in the words of its first quote."""

    remedy_id: int
    cell: Cell
    title: str
    text: str | None
    steps: tuple[str, ...]
    state: str


def defect_cell(conn: Connection, defect_id: int) -> tuple[Cell, str, str | None] | None:
    """The names of a defect, the name of its product, and its part as it is written; None where it is not known."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT d.product, d.component, d.defect, p.name, g.component_name FROM defect d"
            " JOIN product p USING (product) LEFT JOIN defect_figure g USING (defect_id) WHERE defect_id = %s",
            (defect_id,),
        )
        row = cursor.fetchone()
    return (Cell(*row[:3]), row[3], row[4] or row[1] or None) if row else None


def offered_quotes(conn: Connection, defect_id: int, feedback_id: int | None = None) -> list[QuoteAt]:
    """Where the fixes on offer for a defect stand, the best first.

    Args:
        conn: Connection.
        defect_id: The defect.
        feedback_id: Only what this feedback tells, and the others that name the same means behind it.
    """
    with conn.cursor() as cursor:
        cursor.execute(_OFFERED, {"defect": defect_id, "feedback": feedback_id})
        return [QuoteAt._make(row) for row in cursor]


_OFFERED = """
WITH offer AS (
    SELECT x.rank, x.means, b.feedback_id, b.source, b.account, b.native_id, f.field, f.fix_start, f.fix_end,
           md5(substr(CASE f.field WHEN 'title' THEN r.title ELSE r.text END, f.fix_start + 1, f.fix_end - f.fix_start))
               AS words
    FROM defect_fix x JOIN fix f USING (fix_id) JOIN revision r USING (revision_id)
    JOIN feedback b ON b.current_revision_id = r.revision_id
    WHERE x.defect_id = %(defect)s AND r.text IS NOT NULL
), first AS (
    SELECT rank, means FROM offer WHERE %(feedback)s::bigint IS NULL OR feedback_id = %(feedback)s
    ORDER BY rank LIMIT 1
)
SELECT source, account, native_id, field, fix_start, fix_end, words
FROM offer JOIN first ON offer.rank = first.rank OR offer.means = first.means
ORDER BY offer.rank <> first.rank, offer.rank
"""


def insert_remedy(
    conn: Connection, cell: Cell, title: str, text: str | None, steps: Sequence[str], quotes: Sequence[QuoteAt]
) -> int:
    """Write a new draft with the quotes it rests on; returns its number."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy (product, component, defect, title, text, steps) VALUES (%s, %s, %s, %s, %s, %s)"
            " RETURNING remedy_id",
            (*cell, title, text, list(steps)),
        )
        row = cursor.fetchone()
        if row is None:
            raise DataError("the database returned no remedy")
        remedy_id: int = row[0]
        if quotes:
            execute_values(
                cursor,
                "INSERT INTO remedy_quote"
                " (remedy_id, rank, source, account, native_id, field, quote_start, quote_end, words) VALUES %s",
                [(remedy_id, rank, *quote) for rank, quote in enumerate(quotes, 1)],
            )
    return remedy_id


def lock_remedy(conn: Connection, remedy_id: int) -> Remedy | None:
    """Read a remedy and hold it until the end of the transaction; None where it is not known."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT remedy_id, product, component, defect, title, text, steps, state FROM remedy"
            " WHERE remedy_id = %s FOR UPDATE",
            (remedy_id,),
        )
        row = cursor.fetchone()
    return Remedy(row[0], Cell(*row[1:4]), row[4], row[5], tuple(row[6]), row[7]) if row else None


def write_remedy(
    conn: Connection, remedy: Remedy, action: str, by: str, *, note: str | None = None, wording: bool = False
) -> None:
    """Write what a remedy says and its state, and note who did it.

    Args:
        conn: Connection.
        remedy: The remedy as it shall stand.
        action: What was done.
        by: Who did it.
        note: Reason or detail.
        wording: Keep title, text and steps with the event, for what is written or approved.
    """
    said = {"title": remedy.title, "text": remedy.text, "steps": remedy.steps} if wording else None
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE remedy SET title = %s, text = %s, steps = %s, state = %s WHERE remedy_id = %s",
            (remedy.title, remedy.text, list(remedy.steps), remedy.state, remedy.remedy_id),
        )
        cursor.execute(
            "INSERT INTO remedy_event (remedy_id, action, state, done_by, note, wording)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (remedy.remedy_id, action, remedy.state, by, note, Json(said) if said else None),
        )


def publish_on(conn: Connection, remedy: Remedy, channel: str, day: date, by: str) -> date | None:
    """Note that a remedy is published on a channel from a day on.

    Returns:
        The day on which it was published there before, where it still is; nothing is changed then. Else None.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT published_on FROM remedy_publication WHERE (remedy_id, channel) = (%s, %s) AND ended_on IS NULL",
            (remedy.remedy_id, channel),
        )
        row = cursor.fetchone()
        if row:
            before: date = row[0]
            return before
        cursor.execute(
            "INSERT INTO remedy_publication (remedy_id, channel, published_on, done_by) VALUES (%s, %s, %s, %s)",
            (remedy.remedy_id, channel, day, by),
        )
        mark_dirty(cursor, remedy.cell)
    return None


def end_publications(conn: Connection, remedy: Remedy, day: date, *, channel: str | None = None) -> list[str]:
    """End the publications of a remedy, or that on one channel; one that began later ends on its first day.

    Returns:
        The channels on which it was published.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE remedy_publication SET ended_on = greatest(%s, published_on) WHERE remedy_id = %s"
            " AND ended_on IS NULL AND (%s::text IS NULL OR channel = %s) RETURNING channel",
            (day, remedy.remedy_id, channel, channel),
        )
        ended = [row[0] for row in cursor]
        mark_dirty(cursor, remedy.cell)
    return ended


def open_channels(conn: Connection, remedy: Remedy) -> list[str]:
    """The channels on which a remedy is published now."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT channel FROM remedy_publication WHERE remedy_id = %s AND ended_on IS NULL ORDER BY channel",
            (remedy.remedy_id,),
        )
        return [row[0] for row in cursor]


def mark_dirty(cursor: Any, cell: Cell) -> None:
    """Let the next decide compute the effect anew."""
    cursor.execute(
        "INSERT INTO dirty_key (product, component, defect) SELECT %s, %s, %s"
        " WHERE EXISTS (SELECT FROM product WHERE product = %s)",
        (*cell, cell.product),
    )


def list_remedies(
    conn: Connection,
    *,
    remedy: str | None = None,
    product: str | None = None,
    state: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Remedies as :func:`storage.lists.list_defects` gives defects: the published first, then the newest.

    Args:
        conn: Connection that may read the schema ``lists``.
        remedy: Only this one, such as ``R3``.
        product: Only those of this product.
        state: Only those in this state.
        limit: At most so many.

    Returns:
        One mapping per remedy with the columns of the view ``lists.remedies``.
    """
    return _rows(
        conn,
        "SELECT * FROM lists.remedies WHERE (%(remedy)s::text IS NULL OR remedy_id = %(remedy)s)"
        " AND (%(product)s::text IS NULL OR product = %(product)s) AND (%(state)s::text IS NULL OR state = %(state)s)"
        " ORDER BY array_position(ARRAY['published', 'approved', 'draft', 'withdrawn'], state), created_at DESC,"
        " remedy_id LIMIT %(limit)s",
        {"remedy": remedy, "product": product, "state": state, "limit": limit},
    )


def list_offers(
    conn: Connection, *, defect: str | None = None, product: str | None = None, min_persons: int = 1
) -> list[dict[str, Any]]:
    """Fixes on offer, by defect, those of most persons first.

    Args:
        conn: Connection that may read the schema ``lists``.
        defect: Only those of this defect, such as ``D31``.
        product: Only those of this product.
        min_persons: Leave out what fewer persons tell.

    Returns:
        Rows of the view ``lists.remedy_offers`` with ``product``, ``component``, ``defect`` and the persons of the
        defect as ``persons_with_defect``.
    """
    return _rows(
        conn,
        "SELECT d.product, d.component, d.defect, d.persons AS persons_with_defect, o.*"
        " FROM lists.remedy_offers o JOIN lists.defects d USING (defect_id)"
        " WHERE (%(defect)s::text IS NULL OR defect_id = %(defect)s)"
        " AND (%(product)s::text IS NULL OR d.product = %(product)s) AND o.persons >= %(least)s"
        " ORDER BY max(o.persons) OVER (PARTITION BY defect_id) DESC, d.persons DESC, defect_id, o.rank",
        {"defect": defect, "product": product, "least": min_persons},
    )


def remedy_parts(conn: Connection, remedy: str) -> dict[str, list[dict[str, Any]]]:
    """What stands behind a remedy: rows of the views of its quotes, events, effects and returns.

    Args:
        conn: Connection that may read the schema ``lists``.
        remedy: Id of the remedy, such as ``R3``.
    """
    order = {"quotes": "rank", "events": "event_id", "effects": "part", "returns": "rank"}
    return {
        name: _rows(
            conn,
            f"SELECT * FROM lists.remedy_{name} WHERE remedy_id = %(remedy)s ORDER BY {column}",  # noqa: S608  no values
            {"remedy": remedy},
        )
        for name, column in order.items()
    }


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
