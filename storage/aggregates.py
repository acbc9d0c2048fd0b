"""What portals say of themselves: read, written where it changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from kundenecho.aggregates import COLUMNS, AggregateRating

_KEPT = f"""
INSERT INTO aggregate_rating ({", ".join(COLUMNS)}, load_id)
SELECT {", ".join(f"n.{name}" for name in COLUMNS)}, %s
FROM (SELECT %s::text, %s::timestamptz, %s::text, %s::text, %s::float8, %s::float8, %s::float8, %s::int, %s::int,
             %s::float8) AS n ({", ".join(COLUMNS)})
LEFT JOIN LATERAL (SELECT * FROM aggregate_rating a
                   WHERE (a.source, a.account, a.product) = (n.source, n.account, n.product)
                   ORDER BY a.aggregate_id DESC LIMIT 1) AS last ON true
WHERE (n.rating_value, n.worst_rating, n.best_rating, n.rating_count, n.review_count, n.recommendation_rate)
      IS DISTINCT FROM (last.rating_value, last.worst_rating, last.best_rating, last.rating_count, last.review_count,
                        last.recommendation_rate)
"""  # noqa: S608  names of columns only


def read_aggregates(file: Path | None) -> list[AggregateRating]:
    """The figures that a spider wrote.

    Args:
        file: ``aggregates.jsonl``; None for none.

    Raises:
        DataError: A line is no figure.
    """
    if file is None:
        return []
    with file.open(encoding="utf-8") as lines:
        return [AggregateRating.from_dict(json.loads(line)) for line in lines]


def keep_aggregates(cursor: Any, figures: Sequence[AggregateRating], load_id: int) -> int:
    """Write the figures that differ from the last ones of their source, account and product.

    Args:
        cursor: Cursor of the load's transaction.
        figures: What was read.
        load_id: The load.

    Returns:
        Number of rows written.
    """
    written = 0
    for figure in figures:
        cursor.execute(_KEPT, (load_id, *astuple(figure)))
        written += cursor.rowcount
    return written
