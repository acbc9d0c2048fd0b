"""Receipts of reports: what was sent to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Collection

from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from kundenecho.errors import DataError


def delivered_to(conn: Connection, report: str, channel: str) -> Collection[str]:
    """Keys of the addresses that have got a report over a channel.

    Args:
        conn: Connection of the pipeline.
        report: Name of the report.
        channel: email | webhook.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT target_key FROM report_delivery"
            " WHERE report = %s AND channel = %s AND outcome = 'delivered'",
            (report, channel),
        )
        return {row[0] for row in cursor}


def begin_delivery(conn: Connection, report: str, digest: str, channel: str, target_key: str, target: str) -> int:
    """Note that a report is being sent, before it is; committed, so that a crash leaves a trace.

    Args:
        conn: Connection of the pipeline.
        report: Name of the report.
        digest: SHA-256 of what is sent, hexadecimal.
        channel: email | webhook.
        target_key: Key of the address.
        target: The address as it may be shown.

    Returns:
        Number of the attempt.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO report_delivery (report, digest, channel, target_key, target) VALUES (%s, %s, %s, %s, %s)"
            " RETURNING delivery_id",
            (report, digest, channel, target_key, target),
        )
        row = cursor.fetchone()
    conn.commit()
    if row is None:
        raise DataError("the database returned no number for a delivery")
    number: int = row[0]
    return number


def end_delivery(conn: Connection, delivery_id: int, *, delivered: bool, detail: str) -> None:
    """Note what became of an attempt.

    Args:
        conn: Connection of the pipeline.
        delivery_id: Number of the attempt.
        delivered: The other side took it.
        detail: What it said, without addresses; empty for nothing.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE report_delivery SET outcome = %s, detail = nullif(%s, ''), ended_at = clock_timestamp()"
            " WHERE delivery_id = %s",
            ("delivered" if delivered else "failed", detail, delivery_id),
        )
    conn.commit()
