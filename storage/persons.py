"""Who is whom: the accounts around what has changed, what joins them, and the persons they get.

The caller's transaction holds the temporary tables: ``dirty_author`` (accounts that were touched), ``near_author``
(all that may be joined with them) and ``near_key`` (the identifiers among them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg2.extras import execute_values

from storage.connect import Connection

#: Kinds of sure identifiers, the surest first.
_KINDS: Final = ("customer", "order", "email", "phone")


@dataclass(frozen=True)
class Settled:
    """What settling did.

    Attributes:
        persons: Persons of the touched accounts, and those that gained or lost an account; ascending.
        moved: Persons that gained or lost an account, ascending.
    """

    persons: list[int]
    moved: list[int]


def find_near(conn: Connection, *, everything: bool = False) -> None:
    """Make ``near_author``: all accounts that touched ones are, were or may be joined with.

    Follows shared identifiers, what the company's lists know of them, judgements, and the persons as they are now,
    until nothing new is found. An identifier is followed even where it is not sure, since it may have been so before.

    Args:
        conn: Connection; the caller's transaction goes on.
        everything: All accounts instead.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE near_author (author_id bigint PRIMARY KEY) ON COMMIT DROP;"
            "CREATE TEMP TABLE near_key (kind text, key text, PRIMARY KEY (kind, key)) ON COMMIT DROP"
        )
        if everything:
            cursor.execute("INSERT INTO near_author SELECT author_id FROM author")
            cursor.execute("INSERT INTO near_key SELECT DISTINCT kind, key FROM author_identifier")
        else:
            cursor.execute("INSERT INTO near_author SELECT author_id FROM dirty_author")
            grown = True
            while grown:
                grown = False
                # Else the planner takes them for large, and reads all accounts and customers for a few.
                cursor.execute("ANALYZE near_author; ANALYZE near_key")
                for statement in _NEAR:
                    cursor.execute(statement)
                    grown = grown or cursor.rowcount > 0
        cursor.execute("ANALYZE near_author; ANALYZE near_key")
        cursor.execute(
            "WITH fresh AS (SELECT author_id, nextval(pg_get_serial_sequence('person', 'person_id')) AS person_id"
            "               FROM author JOIN near_author USING (author_id) WHERE own_person_id IS NULL"
            "               ORDER BY author_id),"
            " made AS (INSERT INTO person (person_id) OVERRIDING SYSTEM VALUE SELECT person_id FROM fresh)"
            " UPDATE author SET own_person_id = fresh.person_id FROM fresh WHERE author.author_id = fresh.author_id"
        )


_KNOWN: Final = " UNION ".join(
    "SELECT v.kind, v.key FROM near_key n"  # noqa: S608  our own names
    f" CROSS JOIN LATERAL (SELECT * FROM known_identity WHERE {kind}_key = n.key OFFSET 0) i"
    " CROSS JOIN LATERAL (VALUES ('customer', i.customer_key), ('email', i.email_key), ('phone', i.phone_key),"
    f"                           ('order', i.order_key)) AS v (kind, key) WHERE n.kind = '{kind}' AND v.key IS NOT NULL"
    for kind in _KINDS
)
_NEAR: Final = (
    "INSERT INTO near_key SELECT DISTINCT i.kind, i.key FROM near_author JOIN author_identifier i USING (author_id)"
    " ON CONFLICT DO NOTHING",
    f"INSERT INTO near_key {_KNOWN} ON CONFLICT DO NOTHING",
    "INSERT INTO near_author SELECT DISTINCT i.author_id FROM near_key JOIN author_identifier i USING (kind, key)"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO near_author SELECT DISTINCT b.author_id FROM near_author JOIN author a USING (author_id)"
    " JOIN author b ON b.person_id = a.person_id ON CONFLICT DO NOTHING",
    "INSERT INTO near_author"
    " SELECT j.author_b FROM near_author n JOIN live_judgement j ON j.author_a = n.author_id AND j.verdict = 'same'"
    " UNION SELECT j.author_a FROM near_author n JOIN live_judgement j ON j.author_b = n.author_id"
    " AND j.verdict = 'same' ON CONFLICT DO NOTHING",
)

#: Identifiers with the customers they are known for; with two customers they are doubtful: a couple's address.
_DOUBTFUL: Final = """
CREATE TEMP TABLE key_customer ON COMMIT DROP AS
SELECT n.kind, n.key, i.customer_key FROM near_key n
CROSS JOIN LATERAL (SELECT customer_key FROM known_identity WHERE email_key = n.key OFFSET 0) i
WHERE n.kind = 'email' AND i.customer_key IS NOT NULL
UNION
SELECT n.kind, n.key, i.customer_key FROM near_key n
CROSS JOIN LATERAL (SELECT customer_key FROM known_identity WHERE phone_key = n.key OFFSET 0) i
WHERE n.kind = 'phone' AND i.customer_key IS NOT NULL
UNION
SELECT n.kind, n.key, i.customer_key FROM near_key n
CROSS JOIN LATERAL (SELECT customer_key FROM known_identity WHERE order_key = n.key OFFSET 0) i
WHERE n.kind = 'order' AND i.customer_key IS NOT NULL
UNION
SELECT n.kind, n.key, c.key FROM near_key n JOIN author_identifier a USING (kind, key)
JOIN author_identifier c ON c.author_id = a.author_id AND c.kind = 'customer'
WHERE n.kind <> 'customer';
ANALYZE key_customer;
CREATE TEMP TABLE doubtful_key ON COMMIT DROP AS
SELECT kind, key FROM key_customer GROUP BY kind, key HAVING count(DISTINCT customer_key) > 1;
"""
_GROUPS: Final = """
WITH sure AS (
    SELECT a.author_id, n.kind, n.key FROM near_key n JOIN author_identifier a USING (kind, key)
    WHERE NOT EXISTS (SELECT FROM doubtful_key d WHERE (d.kind, d.key) = (n.kind, n.key))
), known AS (
    SELECT author_id, kind, key FROM sure
    UNION
    SELECT s.author_id, 'customer', k.customer_key FROM sure s JOIN key_customer k USING (kind, key)
)
SELECT array_agg(author_id ORDER BY author_id) FROM known
GROUP BY kind, key HAVING count(*) BETWEEN 2 AND %s
ORDER BY array_position(%s, kind), 1
"""


def sure_groups(conn: Connection, max_accounts: int) -> list[list[int]]:
    """Accounts near what was touched that share a sure identifier.

    An e-mail address, a telephone or an order that is known for two customer numbers is not sure. What the company's
    lists know joins too: an account with a customer number and one with that customer's address are one person.

    Args:
        conn: Connection; :func:`find_near` ran in the same transaction.
        max_accounts: An identifier of more accounts is a collective one and joins nobody.

    Returns:
        One list of accounts for each identifier, the surest kinds first, then by the accounts.
    """
    with conn.cursor() as cursor:
        cursor.execute(_DOUBTFUL)
        cursor.execute(_GROUPS, (max_accounts, list(_KINDS)))
        return [row[0] for row in cursor]


def near_judgements(conn: Connection) -> list[tuple[int, int, int, str]]:
    """Judgements about accounts near what was touched: id, the two accounts, ``same`` or ``not_same``."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT j.judgement_id, j.author_a, j.author_b, j.verdict FROM live_judgement j"
            " WHERE j.verdict <> 'undecided' AND EXISTS (SELECT FROM near_author WHERE author_id = j.author_a)"
            " AND EXISTS (SELECT FROM near_author WHERE author_id = j.author_b) ORDER BY j.judgement_id"
        )
        return [tuple(row) for row in cursor]


def write_persons(conn: Connection, joined: Mapping[int, int]) -> Settled:
    """Give each account near what was touched its person: that of the oldest account it is joined with.

    Args:
        conn: Connection; :func:`find_near` ran in the same transaction.
        joined: The oldest account of the person, by account, where it has several.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE joined (author_id bigint PRIMARY KEY, first_id bigint NOT NULL) ON COMMIT DROP"
        )
        if joined:
            execute_values(cursor, "INSERT INTO joined VALUES %s", list(joined.items()))
        cursor.execute(_MOVE)
        moved = sorted({person for row in cursor for person in row if person is not None})
        cursor.execute("SELECT DISTINCT person_id FROM author JOIN dirty_author USING (author_id)")
        persons = sorted({*moved, *(row[0] for row in cursor)})
    return Settled(persons, moved)


_MOVE: Final = """
WITH wanted AS (
    SELECT n.author_id, a.person_id AS old_id, first.own_person_id AS new_id
    FROM near_author n
    JOIN author a USING (author_id)
    LEFT JOIN joined j USING (author_id)
    JOIN author first ON first.author_id = coalesce(j.first_id, n.author_id)
    WHERE a.person_id IS DISTINCT FROM first.own_person_id
), moved AS (
    UPDATE author a SET person_id = w.new_id FROM wanted w WHERE w.author_id = a.author_id
), noted AS (
    INSERT INTO dirty_author SELECT author_id FROM wanted ON CONFLICT DO NOTHING
)
SELECT old_id, new_id FROM wanted
"""


def person_accounts(conn: Connection, person_id: int) -> list[dict[str, Any]]:
    """Accounts of a person, the oldest first, with what joins them.

    Args:
        conn: Connection of the pipeline.
        person_id: The person.

    Returns:
        ``{"account_id", "source", "display_name", "feedback", "first_seen", "last_seen", "identifiers"}``;
        ``identifiers`` are the kinds of sure identifiers that another account of the person has too.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT v.account_id, v.source, v.display_name, v.feedback, v.first_seen, v.last_seen,"
            " ARRAY(SELECT DISTINCT i.kind FROM author_identifier i JOIN author_identifier o USING (kind, key)"
            "       JOIN author b ON b.author_id = o.author_id"
            "       WHERE i.author_id = a.author_id AND o.author_id <> a.author_id AND b.person_id = a.person_id"
            "       ORDER BY 1)"
            " FROM author a JOIN lists.person_accounts v ON v.account_id = 'A' || a.author_id"
            " WHERE a.person_id = %s ORDER BY a.author_id",
            (person_id,),
        )
        names = ("account_id", "source", "display_name", "feedback", "first_seen", "last_seen", "identifiers")
        return [dict(zip(names, row, strict=True)) for row in cursor]


def person_of(conn: Connection, person_id: int) -> int | None:
    """The person that a person's first account belongs to now: another one after a merge; None for an unknown one."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT person_id FROM author WHERE own_person_id = %s", (person_id,))
        row = cursor.fetchone()
    return row[0] if row else None
