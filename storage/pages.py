"""Known pages: what was on a page when its validators were given, so that it need not be read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extras import Json, execute_values

from kundenecho.pages import KnownPage
from storage.connect import Connection


def known_pages(conn: Connection, source: str, account: str, reader: str) -> list[KnownPage]:
    """The pages of a source's account that this reader has read before.

    Args:
        conn: Connection.
        source: Name of the source.
        account: Account of the source.
        reader: Digest of the card and the program's version.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT url, etag, last_modified, native_ids, links FROM page_validator"
            " WHERE (source, account, reader) = (%s, %s, %s)",
            (source, account, reader),
        )
        return [KnownPage(url, etag, modified, tuple(ids), links) for url, etag, modified, ids, links in cursor]


def read_pages(file: Path) -> list[KnownPage]:
    """The pages that a collector noted; none where it noted none.

    Raises:
        DataError: A line is no page.
    """
    if not file.is_file():
        return []
    with file.open(encoding="utf-8") as lines:
        return [KnownPage.from_dict(json.loads(line)) for line in lines]


def keep_pages(cursor: Any, source: str, account: str, reader: str, pages: Sequence[KnownPage], load_id: int) -> None:
    """Remember pages in the transaction of their load.

    Args:
        cursor: Cursor of the load's transaction.
        source: Name of the source.
        account: Account of the source.
        reader: Digest of the card and the program's version.
        pages: What was read now.
        load_id: The load.
    """
    cursor.execute(
        "DELETE FROM page_validator WHERE (source, account) = (%s, %s) AND reader <> %s", (source, account, reader)
    )
    if not pages:
        return
    rows = [
        (source, account, p.url, p.etag, p.last_modified, list(p.native_ids), Json(p.links), reader, load_id)
        for p in {page.url: page for page in pages}.values()
    ]
    execute_values(
        cursor,
        "INSERT INTO page_validator AS v"
        " (source, account, url, etag, last_modified, native_ids, links, reader, load_id)"
        " VALUES %s ON CONFLICT (source, account, url) DO UPDATE SET etag = excluded.etag,"
        " last_modified = excluded.last_modified, native_ids = excluded.native_ids, links = excluded.links,"
        " reader = excluded.reader, load_id = excluded.load_id"
        " WHERE (v.etag, v.last_modified, v.native_ids, v.links, v.reader) IS DISTINCT FROM"
        " (excluded.etag, excluded.last_modified, excluded.native_ids, excluded.links, excluded.reader)",
        rows,
    )
