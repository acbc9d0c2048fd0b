"""Buyers who may be told of a remedy, what was handed out, and who has been told.

Whether somebody may be written to is decided in one place, the function ``contactable_about`` of the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple

from psycopg2.extras import RealDictCursor

from kundenecho.errors import DataError
from storage.connect import Connection
from storage.exports import Export, register_export

#: What a list for a channel holds of a customer, beside the order and why she may be told.
_ADDRESS: Final = {
    "email": ("name", "email", "language", "country"),
    "phone": ("name", "phone", "language", "country"),
    "sms": ("name", "phone", "language", "country"),
    "post": ("name", "postcode", "city", "language", "country"),
}


class Reach(NamedTuple):
    """Customers who bought a product: all, already told of the remedy, and of the others who may be told or not."""

    known: int
    told: int
    allowed: int
    not_allowed: int


class ExportRow(NamedTuple):
    """A list of buyers that was handed out, by its number in the register."""

    export_id: int
    channel: str


_REACHED: Final = """
WITH answer AS MATERIALIZED (
    SELECT customer_key, allowed, reason, legal_basis, consent_wording, consent_proof
    FROM contactable_about(%(product)s) WHERE channel = %(channel)s
), buyer AS (
    SELECT b.customer_key, b.ordered_on, coalesce(a.allowed, false) AS allowed, a.reason, a.legal_basis,
           a.consent_wording, a.consent_proof,
           EXISTS (SELECT FROM remedy_told t WHERE (t.remedy_id, t.customer_key) = (%(remedy)s, b.customer_key)) AS told
    FROM known_buyer b LEFT JOIN answer a USING (customer_key) WHERE b.product = %(product)s
)
"""


def count_reach(conn: Connection, remedy_id: int, product: str, channel: str) -> Reach:
    """How many buyers of a product are known, told, and may be told on a channel."""
    with conn.cursor() as cursor:
        cursor.execute(
            _REACHED  # noqa: S608  no values
            + "SELECT count(*)::int, (count(*) FILTER (WHERE told))::int,"
            " (count(*) FILTER (WHERE allowed AND NOT told))::int,"
            " (count(*) FILTER (WHERE NOT allowed AND NOT told))::int FROM buyer",
            {"remedy": remedy_id, "product": product, "channel": channel},
        )
        row = cursor.fetchone()
    if row is None:
        raise DataError("the database returned no count of buyers")
    return Reach._make(row)


def reachable_buyers(conn: Connection, remedy_id: int, product: str, channel: str) -> list[dict[str, Any]]:
    """The buyers of a product who may be told on a channel and have not been told on any.

    Args:
        conn: Connection of the pipeline; the rows are personal data in clear.
        remedy_id: The remedy.
        product: Its product.
        channel: email, phone, post or sms.

    Returns:
        Rows of ``customer_key``, the address for the channel, ``ordered_on``, ``reason``, ``legal_basis``, and the
        wording and proof of the consent.
    """
    columns = ", ".join(f"c.{name}" for name in _ADDRESS[channel])
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            f"{_REACHED} SELECT b.customer_key::text AS customer_key, {columns}, b.ordered_on, b.reason,"  # noqa: S608
            " b.legal_basis,"
            " b.consent_wording, b.consent_proof"
            " FROM buyer b JOIN customer c ON c.customer_key = b.customer_key AND c.known_until IS NULL"
            " WHERE b.allowed AND NOT b.told ORDER BY lists.sort_key(coalesce(c.name, '')), b.customer_key",
            {"remedy": remedy_id, "product": product, "channel": channel},
        )
        return [dict(row) for row in cursor]


def register_buyers(conn: Connection, remedy_id: int, channel: str, export: Export, keys: Iterable[str]) -> int:
    """Note in the register of exports that a list of buyers is handed out, for which remedy and channel, and to whom.

    Returns:
        Its number.
    """
    number = register_export(conn, export, keys=keys)
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy_export (export_id, remedy_id, channel) VALUES (%s, %s, %s)",
            (number, remedy_id, channel),
        )
    return number


def find_export(conn: Connection, remedy_id: int, number: int) -> ExportRow | None:
    """A list of a remedy's buyers by the number that was printed with it; None if there is none."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT export_id, channel FROM remedy_export"
            " WHERE remedy_id = %s AND coalesce(former_number, export_id) = %s",
            (remedy_id, number),
        )
        row = cursor.fetchone()
    return ExportRow._make(row) if row else None


def mark_told(conn: Connection, export_id: int, day: date, by: str) -> int:
    """Note that the buyers on a list have been told; returns how many had not been on that channel before."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy_told (remedy_id, customer_key, channel, told_on, done_by)"
            " SELECT x.remedy_id, p.key, x.channel, %s, %s FROM remedy_export x"
            " JOIN export_person p USING (export_id) WHERE x.export_id = %s ON CONFLICT DO NOTHING",
            (day, by, export_id),
        )
        return cursor.rowcount
