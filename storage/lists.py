"""The lists as the contracts of the command line and the pages give them.

They are read from the views that the reader roles have, so that the terminal,
the pages and a spreadsheet show the same.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

_DEFECT_KEYS = (
    "defect_id", "product", "component", "defect", "persons", "persons_exposed", "mentions", "reviews_of_product",
    "rate", "rate_low", "rate_high", "signal", "first_seen", "last_seen", "evidence_needed",
)  # fmt: skip
_REMEDY_KEYS = (
    "remedy_id", "state", "title", "text", "steps", "channels", "published_on", "told", "bought", "bought_unit",
    "returned",
)  # fmt: skip
_EFFECT_KEYS = (
    "weeks", "observed", "expected", "expected_low", "expected_high", "ratio", "ratio_low", "ratio_high",
    "weeks_needed",
)  # fmt: skip
_EXPOSURE_KEYS = (
    "exposed_star_only", "exposed_anonymous", "persons_anonymous", "persons_verified", "persons_incentivised", "copies",
    "units_sold", "return_months", "per_thousand_sold",
)  # fmt: skip
_TOPIC_KEYS = ("label", "terms", "product", "persons", "share", "first_seen")


def list_defects(
    conn: Connection,
    *,
    product: str | None = None,
    limit: int | None = None,
    min_persons: int = 1,
    onset: bool = False,
) -> list[dict[str, Any]]:
    """Recurring defects, the best supported first.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only this product.
        limit: At most so many.
        min_persons: Leave out defects that fewer persons named.
        onset: Beside the keys of the contract ``rising_since``, a date or None, and who the counted persons are,
            for what people read.

    Returns:
        One mapping per defect with the keys of the contract; ``remedy`` is None, the remedy that is furthest, or, with
        the state ``suggested``, what a customer says helped (see docs/remedies.md). Times are ISO 8601.
    """
    rows = _rows(
        conn,
        "SELECT * FROM lists.defects WHERE persons >= %(least)s"
        " AND (%(product)s::text IS NULL OR product = %(product)s)"
        " ORDER BY persons DESC, rate_low DESC, defect_id LIMIT %(limit)s",
        {"product": product, "limit": limit, "least": min_persons},
    )
    quotes = _by(
        _rows(
            conn,
            "SELECT * FROM lists.defect_quotes WHERE defect_id = ANY(%(ids)s) ORDER BY defect_id, rank",
            {"ids": [row["defect_id"] for row in rows]},
        ),
        "defect_id",
    )
    remedies = _by(
        _rows(
            conn,
            "SELECT * FROM lists.remedies WHERE defect_id = ANY(%(ids)s) AND state <> 'withdrawn' ORDER BY"
            " array_position(ARRAY['published', 'approved', 'draft'], state), published_on, created_at, remedy_id",
            {"ids": [row["defect_id"] for row in rows]},
        ),
        "defect_id",
    )
    found = [_defect(row, quotes.get(row["defect_id"], []), remedies.get(row["defect_id"], [None])[0]) for row in rows]
    if onset:
        for defect, row in zip(found, rows, strict=True):
            defect["rising_since"] = row["rising_since"]
            defect.update({key: row[key] for key in _EXPOSURE_KEYS})
    return found


def _defect(row: dict[str, Any], quotes: list[dict[str, Any]], remedy: dict[str, Any] | None) -> dict[str, Any]:
    return {
        **{key: _plain(row[key]) for key in _DEFECT_KEYS},
        "remedy": remedy_of(remedy) if remedy else _suggested(row),
        "quotes": [_quote(quote) for quote in quotes],
    }


def remedy_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the view ``lists.remedies`` as the contract of ``defects`` gives it."""
    effect = None
    if row["effect"] is not None:
        effect = {"verdict": row["effect"], **{key: row[f"effect_{key}"] for key in _EFFECT_KEYS}}
    return {**{key: _plain(row[key]) for key in _REMEDY_KEYS}, "feedback_id": None, "effect": effect}


def _suggested(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["fix_quote"] is None:
        return None
    nothing = dict.fromkeys((*_REMEDY_KEYS, "feedback_id", "effect"))
    return {**nothing, "state": "suggested", "text": row["fix_quote"], "feedback_id": row["fix_feedback_id"]}


def list_topics(conn: Connection, *, product: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """What recurs in the texts, the topics of most persons first.

    Args:
        conn: Connection that may read the schema ``lists``.
        product: Only topics of this group of products, or of the group that this product belongs to.
        limit: At most so many.

    Returns:
        One mapping per topic with the keys of the contract.
    """
    rows = _rows(
        conn,
        "SELECT * FROM lists.topics WHERE %(product)s::text IS NULL OR product = %(product)s"
        " OR %(product)s = ANY(products)"
        " ORDER BY persons DESC, salience DESC, product, label, topic_id LIMIT %(limit)s",
        {"product": product, "limit": limit},
    )
    quotes = _by(
        _rows(
            conn,
            "SELECT * FROM lists.topic_quotes WHERE topic_id = ANY(%(ids)s) ORDER BY topic_id, rank",
            {"ids": [row["topic_id"] for row in rows]},
        ),
        "topic_id",
    )
    return [
        {
            "topic": row["topic_id"],
            **{key: _plain(row[key]) for key in _TOPIC_KEYS},
            "quotes": [_quote(quote) for quote in quotes.get(row["topic_id"], [])],
        }
        for row in rows
    ]


def _quote(quote: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": quote["text"],
        "feedback_id": quote["feedback_id"],
        "url": quote["url"],
        "start": quote["evidence_start"],
        "end": quote["evidence_end"],
    }


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]


def _by(rows: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[key], []).append(row)
    return grouped


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
