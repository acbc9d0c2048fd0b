"""Who a person is to the database: every account, customer and key that belongs to them, found from any one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

#: Kinds of identifier that lead from one row to another. A telephone number does not, since households share it.
LEADING: Final = ("email", "customer", "order")


@dataclass(frozen=True)
class Named:
    """How somebody was named: one of a person's number, a key, or the address of a feedback.

    Attributes:
        by: person | account | email | customer | url.
        person_id: Number of a person.
        keys: Keys that the name may have been stored under.
        url: Address of a feedback at its source.
    """

    by: str
    person_id: int | None = None
    keys: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Subject:
    """Everything that one person is.

    Attributes:
        authors: Accounts.
        persons: Persons of those accounts.
        feedback: What they said.
        customers: Keys of the customers that they are.
        keys: Kind by key: account, email, customer, order.
        shared: Keys of e-mail addresses that also belong to another customer, and so are not theirs alone.
    """

    authors: list[int] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    feedback: list[int] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return not (self.authors or self.feedback or self.customers)


def find_subject(conn: Connection, named: Named) -> Subject:
    """Follow keys, accounts and customers until nothing new is found.

    An e-mail address that two customers share leads from one to the other only where the person was named by it.

    Args:
        conn: Connection; the caller's transaction goes on.
        named: How the person was named.

    Returns:
        The subject; empty where nobody is known by that name, but for the keys of the name itself.
    """
    with conn.cursor() as cursor:
        authors, loose = _start(cursor, named)
        keys: dict[str, str] = dict.fromkeys(named.keys, named.by)
        shared: set[str] = set()
        while True:
            before = (len(authors), len(keys))
            authors |= _ids(cursor, _AUTHORS, {"keys": list(keys), "authors": list(authors), "leading": list(LEADING)})
            cursor.execute(_KEYS, {"authors": list(authors), "leading": list(LEADING)})
            found = {key: kind for kind, key in cursor}
            shared |= _shared(cursor, [k for k, kind in found.items() if kind == "email"], named.keys)
            _add(keys, found, shared)
            cursor.execute(_OF_CUSTOMERS, {"keys": list(keys)})
            found = {key: kind for kind, key in cursor}
            shared |= _shared(cursor, [k for k, kind in found.items() if kind == "email"], named.keys)
            _add(keys, found, shared)
            if (len(authors), len(keys)) == before:
                break
        ids = sorted(authors)
        feedback = _ids(cursor, "SELECT feedback_id FROM feedback WHERE author_id = ANY(%(authors)s)", {"authors": ids})
        persons = _ids(
            cursor,
            "SELECT person_id FROM author WHERE author_id = ANY(%(authors)s) AND person_id IS NOT NULL",
            {"authors": ids},
        )
        cursor.execute("SELECT DISTINCT customer_key FROM customer WHERE customer_key = ANY(%s)", (list(keys),))
        customers = sorted(row[0] for row in cursor)
    return Subject(ids, sorted(persons), sorted(feedback | loose), customers, keys, sorted(shared))


def known_accounts(conn: Connection, keys: Sequence[str]) -> dict[str, int | None]:
    """Which of some keys are known, as an account's or as an identifier of one, with the number of its person."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT author_key, person_id FROM author WHERE author_key = ANY(%(keys)s)"
            " UNION SELECT i.key, a.person_id FROM author_identifier i JOIN author a USING (author_id)"
            " WHERE i.key = ANY(%(keys)s)",
            {"keys": list(keys)},
        )
        return dict(cursor.fetchall())


def known_products(conn: Connection) -> list[str]:
    """Every product that was ever named."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT product FROM product")
        return [row[0] for row in cursor]


def _start(cursor: Any, named: Named) -> tuple[set[int], set[int]]:
    """Accounts to begin with, and feedback that has none."""
    if named.person_id is not None:
        query = "SELECT author_id FROM author WHERE person_id = %(person)s"
        return _ids(cursor, query, {"person": named.person_id}), set()
    if named.url is None:
        return set(), set()
    at = {"url": named.url}
    return (
        _ids(cursor, "SELECT DISTINCT author_id FROM feedback WHERE url = %(url)s AND author_id IS NOT NULL", at),
        _ids(cursor, "SELECT feedback_id FROM feedback WHERE url = %(url)s AND author_id IS NULL", at),
    )


def _add(keys: dict[str, str], found: dict[str, str], shared: Iterable[str]) -> None:
    for key, kind in found.items():
        if key not in shared:
            # The author of a survey without accounts is stored under the key of the address.
            keys[key] = kind if keys.get(key, "account") == "account" else keys[key]


def _shared(cursor: Any, emails: list[str], given: Iterable[str]) -> set[str]:
    cursor.execute(
        "SELECT email_key FROM customer WHERE email_key = ANY(%s) AND known_until IS NULL"
        " GROUP BY email_key HAVING count(*) > 1",
        (emails,),
    )
    return {row[0] for row in cursor} - set(given)


def _ids(cursor: Any, query: str, values: dict[str, Any]) -> set[int]:
    cursor.execute(query, values)
    return {row[0] for row in cursor}


_AUTHORS = """
WITH mine AS (
    SELECT author_id, person_id FROM author WHERE author_key = ANY(%(keys)s) OR author_id = ANY(%(authors)s)
    UNION
    SELECT a.author_id, a.person_id FROM author_identifier i JOIN author a USING (author_id)
    WHERE i.kind = ANY(%(leading)s) AND i.key = ANY(%(keys)s)
)
SELECT author_id FROM mine
UNION
SELECT a.author_id FROM author a JOIN mine m ON m.person_id = a.person_id
"""
_KEYS = """
SELECT 'account', author_key FROM author WHERE author_id = ANY(%(authors)s)
UNION ALL
SELECT kind, key FROM author_identifier WHERE author_id = ANY(%(authors)s) AND kind = ANY(%(leading)s)
"""
# All versions: a former address is the person's too.
_OF_CUSTOMERS = """
SELECT k.kind, k.key FROM customer c
CROSS JOIN LATERAL (VALUES ('customer', c.customer_key), ('email', c.email_key)) AS k (kind, key)
WHERE (c.customer_key = ANY(%(keys)s) OR c.email_key = ANY(%(keys)s)) AND k.key IS NOT NULL
UNION
SELECT k.kind, k.key FROM customer_order o
CROSS JOIN LATERAL (VALUES ('customer', o.customer_key), ('email', o.email_key), ('order', o.order_key))
    AS k (kind, key)
WHERE (o.customer_key = ANY(%(keys)s) OR o.email_key = ANY(%(keys)s) OR o.order_key = ANY(%(keys)s))
  AND k.key IS NOT NULL
"""
