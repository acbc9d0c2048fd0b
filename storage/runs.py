"""The record of runs, rejected rows, watermarks and alarms."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from psycopg2.extras import Json, execute_values

from kundenecho.errors import DataError
from kundenecho.text import storable, storable_json
from storage.connect import Connection


class Freshness(NamedTuple):
    """When a source's account first ran and last ran well; None for never."""

    source: str
    account: str
    first_run: datetime
    last_good: datetime | None


class LastRun(NamedTuple):
    """The last collect or import of a source's account.

    Attributes:
        outcome: running | done | failed.
        truncated: It is done, but a part could not be read.
        note: What was noticed, None for nothing.
        error: Why it failed, None where it has not.
        last_good: End of the last one that was done, None for never.
    """

    source: str
    account: str
    started_at: datetime
    outcome: str
    counts: dict[str, Any]
    truncated: bool
    note: str | None
    error: str | None
    last_good: datetime | None


def begin_run(conn: Connection, step: str, source: str = "", account: str = "") -> int:
    """Note that a step begins, in a transaction of its own; returns the run's id."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO run (step, source, account) VALUES (%s, %s, %s) RETURNING run_id", (step, source, account)
        )
        row = cursor.fetchone()
    conn.commit()
    if row is None:
        raise DataError("the database returned no run id")
    run_id: int = row[0]
    return run_id


def end_run(
    conn: Connection,
    run_id: int,
    outcome: str,
    counts: dict[str, Any],
    error: str | None,
    *,
    truncated: bool = False,
    note: str | None = None,
) -> None:
    """Note how a step ended, in a transaction of its own.

    Args:
        conn: Connection without a transaction in progress.
        run_id: From :func:`begin_run`.
        outcome: done | failed.
        counts: What the step did.
        error: Why it failed; no personal data.
        truncated: Something that should be there could not be read.
        note: What was noticed; no personal data.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE run SET finished_at = clock_timestamp(), outcome = %s, counts = %s, error = %s, truncated = %s,"
            " note = %s WHERE run_id = %s",
            (outcome, Json(counts), _text(error), truncated, _text(note), run_id),
        )
    conn.commit()


def _text(value: str | None) -> str | None:
    return storable(value) if value else None


def keep_rejected(conn: Connection, run_id: int, source: str, account: str, file: Path) -> int:
    """Store the rows that a spider refused.

    Args:
        conn: Connection; the caller commits.
        run_id: Run that refused them.
        source: Name of the source.
        account: Account of the source.
        file: ``rejected.jsonl``, lines of ``{"where", "reason", "fragment"}``, already keyed.

    Returns:
        Number of rows stored.
    """
    rows = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            fragment = Json(storable_json(row["fragment"])) if row.get("fragment") is not None else None
            rows.append((run_id, source, account, storable(row["where"]), storable(row["reason"]), fragment))
    if rows:
        with conn.cursor() as cursor:
            execute_values(
                cursor, "INSERT INTO rejected (run_id, source, account, place, reason, fragment) VALUES %s", rows
            )
    return len(rows)


def watermark(conn: Connection, source: str, account: str, partition: str = "") -> str | None:
    """Where the last load of a partition ended, None before the first."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT value FROM watermark WHERE source = %s AND account = %s AND partition = %s",
            (source, account, partition),
        )
        row = cursor.fetchone()
    return row[0] if row else None


def last_runs(conn: Connection) -> list[LastRun]:
    """The last collect or import of each source's account."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (source, account) source, account, started_at, outcome, counts, truncated, note, error,"
            " max(finished_at) FILTER (WHERE outcome = 'done') OVER (PARTITION BY source, account)"
            " FROM run WHERE step IN ('collect', 'import') ORDER BY source, account, run_id DESC"
        )
        return [LastRun._make(row) for row in cursor]


def last_full_read(conn: Connection, source: str, account: str) -> datetime | None:
    """When a source's account was last read in full and to its end.

    A source that may be asked so often a day only is read in parts; until it was read whole for the
    first time, its first part is what the next full read is reckoned from.

    Args:
        conn: Connection.
        source: Name of the source.
        account: Account of the source.

    Returns:
        The time; None where nothing was read, or nothing that could be gone on from.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(loaded_at) FILTER (WHERE full_read), min(loaded_at) FILTER (WHERE EXISTS ("
            "   SELECT FROM watermark w WHERE (w.source, w.account) = (load.source, load.account))))"
            " FROM load WHERE (source, account) = (%s, %s)",
            (source, account),
        )
        row = cursor.fetchone()
    return row[0] if row else None


def freshness(conn: Connection) -> list[Freshness]:
    """First and last good collect of each source's account."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT source, account, min(started_at), max(finished_at) FILTER (WHERE outcome = 'done') FROM run"
            " WHERE step = 'collect' GROUP BY source, account ORDER BY source, account"
        )
        return [Freshness._make(row) for row in cursor]


def raise_alarm(conn: Connection, key: str, message: str) -> bool:
    """Remember an alarm, in a transaction of its own.

    Returns:
        True when somebody is still to be told: the alarm is new, was cleared before, or nobody
        has been told so far.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO alarm (alarm_key, message) VALUES (%s, %s) ON CONFLICT (alarm_key) DO UPDATE"
            " SET message = excluded.message, raised_at = now(), told_at = NULL, cleared_at = NULL"
            " WHERE alarm.cleared_at IS NOT NULL OR alarm.told_at IS NULL RETURNING alarm_key",
            (key, message),
        )
        told = cursor.fetchone() is not None
    conn.commit()
    return told


def mark_told(conn: Connection, key: str) -> None:
    """Note that somebody received the alarm, in a transaction of its own."""
    with conn.cursor() as cursor:
        cursor.execute("UPDATE alarm SET told_at = now() WHERE alarm_key = %s", (key,))
    conn.commit()


def clear_alarm(conn: Connection, key: str) -> None:
    """Note that the trouble is over, in a transaction of its own."""
    with conn.cursor() as cursor:
        cursor.execute("UPDATE alarm SET cleared_at = now() WHERE alarm_key = %s AND cleared_at IS NULL", (key,))
    conn.commit()
