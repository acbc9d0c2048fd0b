"""Who may be contacted: the company's limits, the answer for each channel, objections.

The rule itself is the view ``contact_answer`` (migration of the same name): it is computed when it is read, so that
nothing that was stored yesterday allows what was withdrawn today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from typing import Any, Final

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor, execute_values

_PORTION: Final = 2000


@dataclass(frozen=True)
class ContactLimits:
    """What the company itself sets, see the settings ``contact.*``.

    Attributes:
        budget: Contacts with one person on all channels within ``budget_days``.
        quiet_days: Days without contact after a complaint.
        notice_since: Since when the order form tells how to object, None for not at all.
        notice_in_use: Every message tells how to object.
        ecg_checked_on: When Austrian addresses were last compared with the list of § 7 (2) ECG.
        post_by_interest: Letters stand on the legitimate interest, not on a consent.
        business_segments: Groups of customers, in lower case, that are businesses.
    """

    budget: int = 4
    budget_days: int = 90
    quiet_days: int = 30
    notice_since: date | None = None
    notice_in_use: bool = False
    ecg_checked_on: date | None = None
    post_by_interest: bool = False
    business_segments: tuple[str, ...] = ()


_LIMITS: Final = tuple(field.name for field in fields(ContactLimits))


def set_limits(conn: Connection, limits: ContactLimits) -> bool:
    """Copy the company's limits to where the views read them, and mark whom a change concerns.

    Args:
        conn: Connection; the caller commits.
        limits: The limits.

    Returns:
        Whether they differ from those before.
    """
    values = [list(value) if isinstance(value, tuple) else value for value in astuple(limits)]
    columns = ", ".join(_LIMITS)
    with conn.cursor() as cursor:
        cursor.execute(
            f"UPDATE contact_limit SET ({columns}) = ROW (%s, %s, %s, %s::date, %s, %s::date, %s, %s::text[])"  # noqa: S608
            f" WHERE ROW ({columns}) IS DISTINCT FROM ROW (%s, %s, %s, %s::date, %s, %s::date, %s, %s::text[])",
            values * 2,
        )
        changed = cursor.rowcount == 1
        if changed:
            # Who is known to the company's lists may have become contactable by it, or is no longer.
            cursor.execute("INSERT INTO dirty_key (author_id) SELECT DISTINCT author_id FROM author_identifier")
        return changed


def settle_contact(conn: Connection, persons: Sequence[int]) -> None:
    """Write to the advocates among some persons whether they may be contacted, take those off who object, and give the
    others their places on the list.

    The lists compute the answer anew; what is stored is for filters over very many, and is never more generous than
    the list, which asks both.

    Args:
        conn: Connection; the caller commits.
        persons: Person ids.
    """
    with conn.cursor() as cursor:
        cursor.execute(_ANSWER, {"persons": list(persons)})
        cursor.execute("DELETE FROM advocate_rank WHERE person_id = ANY(%s)", (list(persons),))
        cursor.execute(_RANK, {"persons": list(persons)})


_ANSWER: Final = """
UPDATE advocate v SET contactable = k.contactable, contactable_reason = k.reason, may_turn = k.may_turn,
    listed = v.listed AND NOT EXISTS (SELECT FROM objecting_author o WHERE o.person_id = v.person_id)
FROM person_contact k WHERE k.person_id = v.person_id AND v.person_id = ANY(%(persons)s)
"""
_RANK: Final = """
INSERT INTO advocate_rank (person_id, product, score, last_seen, stage, contact)
SELECT v.person_id, p.product, v.score, coalesce(v.last_seen, '-infinity'), v.stage,
       CASE WHEN v.may_turn THEN 'may_turn' ELSE v.contactable END
FROM advocate v
CROSS JOIN LATERAL (
    SELECT '' AS product
    UNION
    SELECT f.product FROM advocate_reason x JOIN revision r USING (revision_id)
    JOIN feedback f ON f.feedback_id = r.feedback_id
    WHERE x.person_id = v.person_id AND x.weight > 0 AND f.product IS NOT NULL
) p
WHERE v.listed AND v.person_id = ANY(%(persons)s)
"""


def answers_for_person(conn: Connection, person_id: int) -> list[dict[str, Any]]:
    """Every condition of every channel, for each customer that a person is.

    Args:
        conn: Connection of the pipeline.
        person_id: The person.

    Returns:
        Rows of ``contactable_customer``; none where the company's lists do not know the person.
    """
    return _rows(
        conn,
        "SELECT k.* FROM contactable_customer k WHERE k.customer_key = ANY(ARRAY(SELECT ac.customer_key::text"
        "  FROM author_customer ac JOIN author a USING (author_id) WHERE a.person_id = %(person)s))"
        " ORDER BY k.customer_key, array_position(ARRAY['email', 'phone', 'sms', 'post'], k.channel)",
        {"person": person_id},
    )


def answer_of_person(conn: Connection, person_id: int) -> dict[str, Any] | None:
    """The row of ``person_contact``, None for nobody."""
    found = _rows(conn, "SELECT * FROM person_contact WHERE person_id = %(person)s", {"person": person_id})
    return found[0] if found else None


def contactable(
    conn: Connection, channel: str, *, about: str | None = None, among: Iterable[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Customers who may be contacted on a channel now, with their address and what allows it; memory stays flat.

    Args:
        conn: Connection of the pipeline; a transaction goes on until the last row is read.
        channel: email | phone | sms | post.
        about: Product that the message is about: buyers of similar goods may be told of it under § 7 (3) UWG.
        among: Only these customer keys; all without.

    Yields:
        Mappings with customer_key, email_key, person_id, name, language, the addresses, and the conditions.
    """
    source = "contactable_about(%(about)s)" if about else "contactable_customer"
    with conn.cursor("contactable", cursor_factory=RealDictCursor) as cursor:
        cursor.itersize = _PORTION
        cursor.execute(
            "SELECT k.*, c.name, c.language, c.city, c.postcode, c.email, c.phone, c.email_key,"  # noqa: S608  our own names
            " (SELECT 'P' || min(a.person_id) FROM author_customer ac JOIN author a USING (author_id)"
            "  WHERE ac.customer_key = k.customer_key) AS person_id"
            f" FROM {source} k JOIN customer c ON c.customer_key = k.customer_key AND c.known_until IS NULL"
            " WHERE k.allowed AND k.channel = %(channel)s AND (%(all)s OR k.customer_key = ANY(%(among)s))"
            " ORDER BY k.customer_key",
            {"about": about, "channel": channel, "all": among is None, "among": list(among or ())},
        )
        for row in cursor:
            yield dict(row)


def keys_of_person(conn: Connection, person_id: int) -> list[tuple[str, str]]:
    """Kind and key of everything that tells who a person is: accounts, what they gave, the customers they are."""
    with conn.cursor() as cursor:
        cursor.execute(_KEYS_OF_PERSON, {"person": person_id})
        return [(kind, key) for kind, key in cursor]


_KEYS_OF_PERSON = """
WITH mine AS (SELECT author_id, author_key FROM author WHERE person_id = %(person)s),
given AS (SELECT i.kind, i.key FROM author_identifier i JOIN mine USING (author_id) WHERE i.kind <> 'phone')
SELECT 'account', author_key FROM mine
UNION SELECT kind, key FROM given
UNION SELECT 'customer', customer_key FROM author_customer JOIN mine USING (author_id)
"""


def object_to(conn: Connection, keys: Sequence[tuple[str, str]], noted_by: str) -> int:
    """Note an objection (Art. 21 DSGVO) of whoever has these keys.

    Args:
        conn: Connection; the caller commits.
        keys: Kind (account, email, customer, order) and key.
        noted_by: Who notes it.

    Returns:
        Number of the objection.
    """
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO objection (noted_by) VALUES (%s) RETURNING objection_id", (noted_by,))
        row = cursor.fetchone()
        number = int(row[0]) if row else 0
        execute_values(
            cursor,
            "INSERT INTO objection_key (objection_id, kind, key) VALUES %s ON CONFLICT DO NOTHING",
            [(number, kind, key) for kind, key in keys],
        )
    return number


def open_objections(conn: Connection, keys: Sequence[str]) -> list[int]:
    """Objections that hold and have one of some keys."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT objection_id FROM objection JOIN objection_key USING (objection_id)"
            " WHERE taken_back_at IS NULL AND key = ANY(%s) ORDER BY 1",
            (list(keys),),
        )
        return [row[0] for row in cursor]


def take_back_objections(conn: Connection, numbers: Sequence[int], by: str) -> None:
    """Note that the person takes objections back; the caller commits."""
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE objection SET taken_back_at = now(), taken_back_by = %s WHERE objection_id = ANY(%s)",
            (by, list(numbers)),
        )


def mark_keys(conn: Connection, keys: Sequence[str]) -> None:
    """Have the persons behind some keys decided anew; the caller commits."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dirty_key (author_id) SELECT author_id FROM author WHERE author_key = ANY(%(keys)s)"
            " UNION SELECT author_id FROM author_identifier WHERE key = ANY(%(keys)s)",
            {"keys": list(keys)},
        )


def _rows(conn: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor]
