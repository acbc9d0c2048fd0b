"""The list of advocates: who stands on it, in which order, and what is shown of each.

Order and filters come from a table that deciding keeps, so that a page of a list of millions costs as much as that of a
short one. Whether somebody may be contacted is asked anew for everybody who is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from psycopg2.extras import RealDictCursor

from kundenecho.errors import DataError
from storage.connect import Connection, prepared

#: Persons that are read at once where all are wanted.
_PORTION: Final = 500
_KEYS: Final = ("person_id", "display_name", "score", "stage", "contactable", "contactable_reason")
_OF_REASON: Final = ("kind", "weight", "quote", "feedback_id", "url")


@dataclass(frozen=True)
class AdvocateFilter:
    """How the list is narrowed.

    Attributes:
        min_score: Leave out lower scores, 0 to 100.
        product: Only those who spoke well of this product.
        stage: Only this stage of the loyalty loop.
        contactable: yes | no | reply_only, as of now. Who was not contactable at the last decide, and could not become
            so by time alone, is found by the next one.
        since: Only who was heard then or later; a time without a zone is UTC.
    """

    min_score: float = 0
    product: str | None = None
    stage: str | None = None
    contactable: str | None = None
    since: datetime | None = None


def list_advocates(
    conn: Connection,
    *,
    limit: int | None = None,
    min_score: float = 0,
    product: str | None = None,
    stage: str | None = None,
    contactable: str | None = None,
    since: datetime | None = None,
    after: str | None = None,
) -> list[dict[str, Any]]:
    """Advocates, the highest score first, then who was heard last.

    Args:
        conn: Connection that may read the schema ``lists``.
        limit: At most so many; all without, which :func:`advocate_rows` gives with flat memory.
        min_score: See :class:`AdvocateFilter`, also for the following.
        product: Only those who spoke well of this product.
        stage: Only this stage of the loyalty loop.
        contactable: yes | no | reply_only, as of now.
        since: Only who was heard then or later.
        after: Go on behind this person (``P7``), the last one of the page before.

    Returns:
        One mapping per person with the keys of the contract.

    Raises:
        DataError: ``after`` does not stand on the list.
    """
    wanted = AdvocateFilter(min_score, product, stage, contactable, since)
    return list(advocate_rows(conn, wanted, limit=limit, after=after))


def advocate_rows(
    conn: Connection, wanted: AdvocateFilter, *, limit: int | None = None, after: str | None = None
) -> Iterator[dict[str, Any]]:
    """The list row by row, for exports; memory stays flat.

    Args:
        conn: Connection that may read the schema ``lists``. Where others write meanwhile, it should stand on one
            snapshot (:func:`one_snapshot`).
        wanted: How the list is narrowed.
        limit: At most so many.
        after: Go on behind this person.

    Yields:
        Rows as :func:`list_advocates` gives them.
    """
    return islice(chain.from_iterable(_portions(conn, wanted, after, min(limit or _PORTION, _PORTION))), limit)


def _portions(conn: Connection, wanted: AdvocateFilter, after: str | None, size: int) -> Iterator[list[dict[str, Any]]]:
    """Portions of so many persons, without those who turn out otherwise contactable than wanted."""
    place = _place(conn, after) if after else None
    while True:
        ranks = _rows(conn, _RANKS, {**_values(wanted), **(place or _FIRST), "size": size})
        if ranks:
            shown = _shown(conn, [rank["person_number"] for rank in ranks])
            yield [row for row in shown if wanted.contactable in {None, row["contactable"]}]
        if len(ranks) < size:
            return
        place = _behind(ranks[-1])


def one_snapshot(conn: Connection) -> None:
    """Have everything that is read from now on be of one moment; nothing can be written."""
    conn.rollback()
    conn.set_session(isolation_level="REPEATABLE READ", readonly=True)


# Parameters are put in by the client, so the planner sees which filters there are.
_RANKS: Final = """
SELECT person_number, score, last_seen::text AS last_seen FROM lists.advocate_ranks
WHERE product = %(product)s AND score >= %(least)s::real
  AND (%(stage)s::text IS NULL OR stage = %(stage)s)
  AND (%(since)s::timestamptz IS NULL OR last_seen >= %(since)s::timestamptz)
  AND (%(contact)s::text[] IS NULL OR contact = ANY(%(contact)s::text[]))
  AND (%(number)s::bigint IS NULL OR ((score, last_seen) <= (%(score)s::real, %(seen)s::timestamptz)
       AND ((score, last_seen) < (%(score)s::real, %(seen)s::timestamptz) OR person_number > %(number)s)))
ORDER BY score DESC, last_seen DESC, person_number LIMIT %(size)s
"""
_FIRST: Final = {"score": None, "seen": None, "number": None}


def _values(wanted: AdvocateFilter) -> dict[str, Any]:
    return {
        "product": wanted.product or "",
        "least": wanted.min_score,
        "stage": wanted.stage,
        "since": wanted.since,
        "contact": [wanted.contactable, "may_turn"] if wanted.contactable else None,
    }


def _place(conn: Connection, after: str) -> dict[str, Any]:
    number = after[1:] if after[:1] == "P" and after[1:].isdigit() and len(after) < 20 else "0"
    found = _rows(
        conn,
        "SELECT person_number, score, last_seen::text AS last_seen FROM lists.advocate_ranks"
        " WHERE person_number = %(number)s AND product = ''",
        {"number": int(number)},
    )
    if not found:
        raise DataError(f"{after} does not stand on the list any more", remedy="Begin again at the first page")
    return _behind(found[0])


def _behind(rank: dict[str, Any]) -> dict[str, Any]:
    return {"score": rank["score"], "seen": rank["last_seen"], "number": rank["person_number"]}


def _shown(conn: Connection, numbers: list[int]) -> list[dict[str, Any]]:
    """What is shown of some persons, in their order; who left the list meanwhile is left out."""
    people = {row["person_number"]: row for row in _looked_up(conn, _PEOPLE, numbers)}
    reasons: dict[int, list[dict[str, Any]]] = {}
    for row in _looked_up(conn, _REASONS, numbers):
        reasons.setdefault(row["person_number"], []).append(_reason(row))
    return [
        {
            **{key: people[number][key] for key in _KEYS},
            "reasons": reasons.get(number, []),
            "sources": people[number]["sources"],
            "last_seen": people[number]["last_seen"].isoformat() if people[number]["last_seen"] else None,
        }
        for number in numbers
        if number in people
    ]


# With the rule of who may be contacted in it, which takes longer to plan than to answer for a page.
_PEOPLE: Final = f"""
SELECT {", ".join(_KEYS)}, sources, last_seen, person_number FROM lists.advocates WHERE person_number = ANY($1)
"""  # noqa: S608  our own names
_REASONS: Final = f"""
SELECT {", ".join(_OF_REASON)}, day, person_number FROM lists.advocate_reasons WHERE person_number = ANY($1)
ORDER BY person_number, rank
"""  # noqa: S608  our own names


def _looked_up(conn: Connection, statement: str, numbers: list[int]) -> list[dict[str, Any]]:
    return _rows(conn, f"EXECUTE {prepared(conn, statement, 'bigint[]')} (%(ids)s)", {"ids": numbers})


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in _OF_REASON},
        "date": row["day"].isoformat() if row["day"] else None,
    }


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
