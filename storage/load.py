"""Loading a feed: one transaction for the rows, the watermark and the dirty keys."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError
from kundenecho.keying import keyer_from_env
from kundenecho.pages import KnownPage
from storage.aggregates import keep_aggregates
from storage.blocks import blocks_feedback, drop_blocked, feedback_key, hold_off_erasures
from storage.connect import Connection, translated
from storage.feed import STAGING, BadLine, portions
from storage.merge import MERGE
from storage.pages import keep_pages
from storage.retain import withdraw_texts


@dataclass(frozen=True)
class LoadSource:
    """What loading needs to know of a source's card.

    Attributes:
        source: Name of the source.
        keep_raw: Whether fragments are kept.
        refresh: Note that a record was seen again also where it has not changed ("refresh or delete").
    """

    source: str
    keep_raw: bool = True
    refresh: bool = False


@dataclass(frozen=True)
class Beside:
    """What a collector gave beside its feed.

    Attributes:
        aggregates: The source's own figures; one that has not changed is not written.
        seen: Ids of records that are still there, on pages that were not sent again.
        pages: Pages with their validators.
        reader: Digest of the card and the program's version, for the pages.
    """

    aggregates: Sequence[AggregateRating] = ()
    seen: Sequence[str] = ()
    pages: Sequence[KnownPage] = ()
    reader: str = ""


@dataclass(frozen=True)
class LoadReport:
    """What one load did, in records; ``unchanged`` ones were not written, ``blocked`` ones are of erased persons."""

    load_id: int
    items: int
    new: int
    revised: int
    unchanged: int
    deleted: int
    rejected: int
    blocked: int = 0


def load_feed(
    conn: Connection,
    feed: Path,
    *,
    card: LoadSource,
    account: str = "",
    partition: str = "",
    full_read: bool = False,
    complete: bool = False,
    watermark: str | None = None,
    run_id: int | None = None,
    beside: Beside | None = None,
    progress: Callable[[int], None] | None = None,
) -> LoadReport:
    """Load a feed file in one transaction.

    A record whose content is new makes a revision; an unchanged one writes nothing. After two
    complete full reads without a record, the record is taken for deleted upstream. Loading the same
    file again, also after a failure, leaves the same rows.

    Args:
        conn: Connection without a transaction in progress; committed at the end.
        feed: JSON lines of :meth:`kundenecho.records.Feedback.to_dict`.
        card: Name of the source, and whether its fragments are kept.
        account: Account the feed belongs to; empty where the records name their own.
        partition: Partition of the account, for the watermark.
        full_read: The spider read everything there is, not only what is new.
        complete: The full read came to its end.
        watermark: New watermark, moved together with the rows.
        run_id: Run that loads, for the refused lines.
        beside: What came with the feed.
        progress: Told how many records have been read.

    Returns:
        The report.

    Raises:
        RetryError: The database went away; nothing was changed, the file can be loaded again.
        DataError: The file is missing, or the database refuses its content.
    """
    if not feed.is_file():
        raise DataError("the feed file is missing", where=str(feed))
    with translated(f"load of {card.source}"):
        try:
            more = beside or Beside()
            report = _load(conn, feed, card, account, partition, full_read, complete, watermark, run_id, more, progress)
            with conn.cursor() as cursor:
                keep_aggregates(cursor, more.aggregates, report.load_id)
                keep_pages(cursor, card.source, account, more.reader, more.pages, report.load_id)
            conn.commit()
            return report
        except psycopg2.DataError as error:
            conn.rollback()
            raise DataError(
                f"the database refuses the feed: {error.diag.message_primary}", where=f"{feed.name} of {card.source}"
            ) from None
        except BaseException:
            if not conn.closed:
                conn.rollback()
            raise


def _load(
    conn: Connection,
    feed: Path,
    card: LoadSource,
    account: str,
    partition: str,
    full_read: bool,
    complete: bool,
    watermark: str | None,
    run_id: int | None,
    beside: Beside,
    progress: Callable[[int], None] | None,
) -> LoadReport:
    with conn.cursor() as cursor:
        # The plans of this transaction scan a table that was empty when it was made.
        cursor.execute("SET LOCAL jit = off")
        hold_off_erasures(cursor)
        bad = _stage(cursor, feed, card, account, progress)
        blocked = _drop_erased(cursor, card.source)
        cursor.execute(
            "INSERT INTO load (run_id, source, account, partition, full_read) VALUES (%s, %s, %s, %s, %s)"
            " RETURNING load_id",
            (run_id, card.source, account, partition, full_read and complete),
        )
        load_id = _row(cursor)[0]
        values = {"load": load_id, "source": card.source, "account": account, "seen": list(beside.seen)}
        for statement in MERGE:
            cursor.execute(statement, values)
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE changed) FROM staged")
        items, new, changed = _row(cursor)
        if card.refresh:
            cursor.execute(_REFRESHED)
        if beside.seen:
            cursor.execute(_STILL_THERE, values)
        deleted = _deleted(cursor, values) if full_read and complete and (items or beside.seen) else 0
        if run_id is not None and bad:
            execute_values(
                cursor,
                "INSERT INTO rejected (run_id, source, account, place, reason) VALUES %s",
                [(run_id, card.source, account, f"{feed.name}:{line.number}", line.reason) for line in bad],
            )
        if watermark is not None:
            cursor.execute(_WATERMARK, (card.source, account, partition, watermark, load_id))
        unchanged = items - changed + len(beside.seen)
        report = LoadReport(
            load_id, items + len(beside.seen), new, changed - new, unchanged, deleted, len(bad), blocked
        )
        cursor.execute(
            "UPDATE load SET items = %s, new = %s, revised = %s, unchanged = %s, deleted = %s, rejected = %s"
            " WHERE load_id = %s",
            (report.items, new, changed - new, unchanged, deleted, len(bad), load_id),
        )
    return report


def _stage(
    cursor: Any, feed: Path, card: LoadSource, account: str, progress: Callable[[int], None] | None
) -> list[BadLine]:
    columns = ", ".join(f"{name} {kind}" for name, kind in STAGING)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.incoming")
    cursor.execute(f"CREATE TEMP TABLE incoming (line integer, account text, {columns}) ON COMMIT DROP")
    bad: list[BadLine] = []
    read = 0
    for text, count in portions(feed, card.source, account, keep_raw=card.keep_raw, refuse=bad.append):
        cursor.copy_expert("COPY incoming FROM STDIN", io.StringIO(text))
        read += count
        if progress:
            progress(read)
    # The last line of a native id wins: a page that was read twice is newer the second time.
    cursor.execute(
        "CREATE TEMP TABLE staged ON COMMIT DROP AS"
        " SELECT DISTINCT ON (i.account, i.native_id) i.*, f.feedback_id, f.feedback_id IS NULL AS is_new,"
        # A text that went because the source had not shown it again comes back when it does.
        "   (r.content_digest IS DISTINCT FROM i.content_digest OR (%s AND r.withdrawn_at IS NOT NULL)) AS changed,"
        "   coalesce(r.number, 0) AS number, NULL::bigint AS author_id, NULL::bigint AS page_id"
        " FROM incoming i"
        " LEFT JOIN feedback f ON f.source = %s AND f.account = i.account AND f.native_id = i.native_id"
        " LEFT JOIN revision r ON r.revision_id = f.current_revision_id"
        " ORDER BY i.account, i.native_id, i.line DESC",
        (card.refresh, card.source),
    )
    cursor.execute("ANALYZE staged")
    return bad


_REFRESHED = """
UPDATE feedback f SET refreshed_at = s.collected_at FROM staged s
WHERE f.feedback_id = s.feedback_id AND f.refreshed_at IS DISTINCT FROM s.collected_at
"""

_STILL_THERE = """
UPDATE feedback SET missed_reads = 0 WHERE source = %(source)s AND account = %(account)s
  AND native_id = ANY(%(seen)s) AND missed_reads > 0
"""

_WATERMARK = """
INSERT INTO watermark AS w (source, account, partition, value, load_id) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (source, account, partition) DO UPDATE SET value = excluded.value, load_id = excluded.load_id
WHERE w.value IS DISTINCT FROM excluded.value
"""


def _drop_erased(cursor: Any, source: str) -> int:
    """Leave out what erased persons said, and who referred somebody who was erased; gives the number of records."""
    blocked = drop_blocked(cursor, "staged", ("author_key", "email_key", "customer_key", "order_key"))
    cursor.execute(_NO_REFEREE)
    if not blocks_feedback(cursor):
        return blocked
    keyer = keyer_from_env()
    cursor.execute("CREATE TEMP TABLE identity (account text, native_id text, key text) ON COMMIT DROP")
    cursor.execute("SELECT account, native_id FROM staged")
    rows = [(account, native, feedback_key(keyer, source, account, native)) for account, native in cursor.fetchall()]
    execute_values(cursor, "INSERT INTO identity VALUES %s", rows, page_size=5000)
    cursor.execute(
        "DELETE FROM staged s USING identity i JOIN blocked_key b ON b.key = i.key"
        " WHERE (s.account, s.native_id) = (i.account, i.native_id)"
    )
    return blocked + int(cursor.rowcount)


_NO_REFEREE = """
UPDATE staged SET extra = extra - 'referee_key', fragment = NULL, fragment_digest = NULL
WHERE extra ? 'referee_key' AND extra ->> 'referee_key' IN (SELECT key FROM blocked_key)
"""


def _deleted(cursor: Any, values: dict[str, Any]) -> int:
    """Count what a complete full read did not show; the second time in a row it is deleted."""
    cursor.execute(
        "UPDATE feedback f SET missed_reads = missed_reads + 1 FROM revision r"
        " WHERE r.revision_id = f.current_revision_id AND r.state <> 'deleted' AND f.source = %(source)s"
        " AND (f.account = %(account)s OR %(account)s = '') AND f.native_id <> ALL(%(seen)s)"
        " AND NOT EXISTS (SELECT FROM staged s WHERE s.feedback_id = f.feedback_id)",
        values,
    )
    cursor.execute(_TOMBSTONES, values)
    gone = [row[0] for row in cursor]
    withdraw_texts(cursor, gone)
    return len(gone)


def _row(cursor: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] = cursor.fetchone()
    return row


_TOMBSTONES = """
WITH gone AS (
    SELECT f.feedback_id, f.product, f.author_id, r.number, r.collected_at
    FROM feedback f JOIN revision r ON r.revision_id = f.current_revision_id
    WHERE f.source = %(source)s AND (f.account = %(account)s OR %(account)s = '')
      AND f.missed_reads >= 2 AND r.state <> 'deleted'
), made AS (
    INSERT INTO revision (feedback_id, number, content_digest, state, collected_at, load_id)
    SELECT feedback_id, number + 1, 'deleted', 'deleted', now(), %(load)s FROM gone
    RETURNING feedback_id, revision_id
), moved AS (
    UPDATE feedback f SET current_revision_id = made.revision_id FROM made WHERE f.feedback_id = made.feedback_id
), marked AS (
    INSERT INTO dirty_key (product, author_id) SELECT DISTINCT product, author_id FROM gone
)
SELECT feedback_id FROM gone
"""
