"""Reading a feed file: validated records as rows for COPY, refused lines apart."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from kundenecho.errors import DataError
from kundenecho.records import Feedback, digest_json
from kundenecho.text import copy_digest, storable_json

_PORTION = 5000

#: Columns of the staging table, in the order of :func:`staging_row`, with their types.
STAGING: Final = (
    ("native_id", "text"), ("kind", "text"), ("product", "text"), ("product_name", "text"), ("product_group", "text"),
    ("author_key", "text"), ("author_name", "text"), ("email_key", "text"), ("customer_key", "text"),
    ("order_key", "text"), ("phone_key", "text"), ("url", "text"), ("parent_native_id", "text"),
    ("response_key", "text"), ("touchpoint", "text"), ("verified_purchase", "text"), ("created_at", "timestamptz"),
    ("created_precision", "text"), ("experienced_at", "timestamptz"), ("extra", "jsonb"), ("content_digest", "text"),
    ("state", "text"), ("title", "text"), ("text", "text"), ("copy_digest", "text"), ("language", "text"),
    ("raw_value", "float8"), ("raw_min", "float8"), ("raw_max", "float8"), ("rating_1_5", "float8"),
    ("nps_0_10", "smallint"), ("would_recommend", "boolean"), ("collected_at", "timestamptz"), ("reply", "text"),
    ("reply_at", "timestamptz"), ("likes", "integer"), ("fragment_digest", "text"), ("fragment", "jsonb"),
    ("page_url", "text"), ("page_fetched_at", "timestamptz"), ("page_status", "integer"), ("page_digest", "text"),
)  # fmt: skip


@dataclass(frozen=True)
class BadLine:
    """A line of the feed that is no record: its number from 1, and why."""

    number: int
    reason: str


def portions(
    feed: Path, source: str, account: str, *, keep_raw: bool, refuse: Callable[[BadLine], None]
) -> Iterator[tuple[str, int]]:
    """Read a feed as text for COPY.

    Args:
        feed: JSON lines of :meth:`Feedback.to_dict`.
        source: Source that every record must name.
        account: Account that every record must name, or an empty text where the records tell their own.
        keep_raw: Whether fragments and page envelopes are kept.
        refuse: Told of each line that is no record of this source.

    Yields:
        COPY text of up to 5,000 records, and their number.
    """
    out, count = io.StringIO(), 0
    loaded_at = datetime.now(UTC)
    with feed.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, record in _records(lines, source, account, refuse):
            _write_row(out, number, record, keep_raw, loaded_at)
            count += 1
            if count == _PORTION:
                yield out.getvalue(), count
                out, count = io.StringIO(), 0
    if count:
        yield out.getvalue(), count


def _records(
    lines: TextIO, source: str, account: str, refuse: Callable[[BadLine], None]
) -> Iterator[tuple[int, Feedback]]:
    for number, line in enumerate(lines, 1):
        try:
            data = json.loads(line)
        except ValueError:
            refuse(BadLine(number, "the line is not JSON"))
            continue
        if not isinstance(data, dict):
            refuse(BadLine(number, "the line is no JSON object"))
            continue
        try:
            record = Feedback.from_dict(data)
        except DataError as error:
            refuse(BadLine(number, error.what))
            continue
        if record.source != source or (account and record.account != account):
            refuse(BadLine(number, f"the record belongs to {record.source} {record.account}".rstrip()))
            continue
        yield number, record


def _write_row(out: io.StringIO, number: int, record: Feedback, keep_raw: bool, loaded_at: datetime) -> None:
    cells = [str(number), copy_cell(record.account)]
    cells += [copy_cell(value) for value in staging_row(record, keep_raw=keep_raw, loaded_at=loaded_at)]
    out.write("\t".join(cells))
    out.write("\n")


def staging_row(record: Feedback, *, keep_raw: bool, loaded_at: datetime) -> list[Any]:
    """The values of one record for :data:`STAGING`.

    Args:
        record: A valid record.
        keep_raw: Whether its fragment and page envelope are kept.
        loaded_at: Time to take where the record has no ``collected_at``.
    """
    extra = record.extra
    fragment = page = None
    if keep_raw:
        fragment, page = record.raw, record.page
    named = record.product_name or record.product
    return [
        record.native_id, record.kind, record.product, named, extra.get("product_group") or extra.get("category"),
        record.author_key or record.email_key or record.customer_key, record.author_name, record.email_key,
        record.customer_key, record.order_key, record.phone_key, record.url, record.parent_id,
        record.response_key, record.touchpoint, record.verified_purchase, record.created_at,
        record.created_precision, record.experienced_at, extra, record.content_digest(),
        record.state, record.title, record.text, copy_digest(record.text), record.language,
        record.raw_value, record.raw_min, record.raw_max, record.rating_1_5,
        record.nps_0_10, record.would_recommend, record.collected_at or loaded_at, record.reply,
        record.reply_at, record.likes, digest_json(fragment) if fragment is not None else None, fragment,
        *((page["url"], page["fetched_at"], page.get("status"), page["digest"]) if page else (None,) * 4),
    ]  # fmt: skip


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_cell(value: Any) -> str:
    """One value in the text format of COPY."""
    if value is None:
        return "\\N"
    if type(value) is str:
        return value.translate(_ESCAPES)
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, (dict, list)):
        return json.dumps(storable_json(value), ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return str(value)
