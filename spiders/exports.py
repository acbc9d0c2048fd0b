"""Rows of an export file as Feedback records, by the columns that the card declares."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError, SettingsError
from kundenecho.records import Feedback, digest_json
from spiders.card import Card
from spiders.context import Context
from spiders.dialect import Row, read_table
from spiders.output import Reject
from spiders.personal import MAX_CELL_CHARS, keyed_cells
from spiders.values import absent, moment, number, quoted, rating_1_5, yes_no

#: Fields whose content is personal and never stands in a fragment in clear.
_PERSONAL: Final = ("author", "author_name", "email", "phone", "customer", "order")
_VERIFIED: Final = {True: "yes", False: "no", None: "unknown"}
_NPS_FIRST = re.compile(r"^\s*(\d{1,2})(?:[.,]0+)?\s*(?:$|[-–—:(=])")
_NPS_LAST = re.compile(r"[-–—:]\s*(\d{1,2})\s*$")


def read_export(
    file: Path, context: Context, notice: Callable[[str], None] = lambda _: None
) -> Iterator[Feedback | Reject]:
    """Read one export file.

    Args:
        file: The file.
        context: Card of a source of kind ``file``, account, keyer, begin of the run.
        notice: Told in one sentence of columns that the card neither maps nor ignores.

    Yields:
        Records, and the rows that were refused with their reason.

    Raises:
        DataError: The file is missing, empty or unreadable.
        SettingsError: A column that the card maps is not in the file.
    """
    rows = read_table(file, context.card)
    reader = _Reader(file, context)
    columns: dict[str, None] = {}
    for row in rows:
        if row.fault:
            yield Reject(f"{file.name}:{row.number}", row.fault, keyed_cells(row.cells, context.keyer))
            continue
        if not columns:
            _check_columns(row, file, context.card)
        columns.update(dict.fromkeys(row.cells))
        try:
            yield from reader.records(row.cells)
        except (DataError, ValueError, TypeError, OverflowError) as error:
            reason = error.what if isinstance(error, DataError) else str(error)
            yield Reject(f"{file.name}:{row.number}", reason, reader.fragment(row.cells))
    if unknown := unknown_columns(columns, context.card):
        notice(f"{file.name}: the card neither maps nor ignores {', '.join(map(repr, unknown))}")


def unknown_columns(columns: Mapping[str, Any], card: Card) -> list[str]:
    """Columns that the card neither maps nor ignores: something new at the source."""
    mapped = [part for field, column in card.columns.items() for part in _parts(field, column)]
    known = {*mapped, *card.answers.values(), *card.ignore, ""}
    return [column for column in columns if column not in known]


def _check_columns(row: Row, file: Path, card: Card) -> None:
    wanted = {part: field for field, column in card.columns.items() for part in _parts(field, column)}
    wanted.update(dict.fromkeys(card.answers.values(), "text"))
    if file.suffix.lower() in {".jsonl", ".ndjson"}:
        # A JSON object may leave out what it has no value for; a table may not.
        key = card.columns.get("native_id")
        wanted = {column: field for column, field in wanted.items() if field == "text" or column == key}
    missing = [column for column in wanted if column not in row.cells]
    if missing:
        raise SettingsError(
            f"the column {', '.join(map(repr, missing))} is missing",
            where=f"{file.name} (source {card.name})",
            remedy=f"The file has: {', '.join(row.cells)}. Correct [sources.{card.name}.columns] or the export",
        )


def _parts(field: str, column: str) -> list[str]:
    """The columns of a field; an id may be joined from several by " + "."""
    return column.split(" + ") if field == "native_id" else [column]


class _Reader:
    """Turns the rows of one file into records."""

    def __init__(self, file: Path, context: Context) -> None:
        self.card, self.keyer, self.account = context.card, context.keyer, context.account
        self.collected_at = context.collected_at
        self.columns = context.card.columns
        self.personal = {self.columns[field] for field in _PERSONAL if field in self.columns}
        self.page = _envelope(file)
        self.alike: Counter[str] = Counter()

    def records(self, cells: Mapping[str, Any]) -> Iterator[Feedback]:
        """The records of one row: one, or for a survey one for each open question that was answered.

        Raises:
            ValueError: A cell does not hold what its column should.
            DataError: The record is not allowed.
        """
        native_id = self._native_id(cells)
        common = self._common(cells)
        if not self.card.answers:
            title, text = _text(self._cell(cells, "title")), _text(self._cell(cells, "text"))
            yield Feedback(native_id=native_id, title=title, text=text, **common)
            return
        answers = {key: _text(cells.get(column)) for key, column in self.card.answers.items()}
        answered = {key: text for key, text in answers.items() if text}
        # Who answers no open question has still given a rating and an NPS. All records of a row are
        # made before the first is handed on, so that a row is refused as a whole or not at all.
        yield from [
            Feedback(native_id=f"{native_id}/{key}", text=text, response_key=native_id, **common)
            for key, text in answered.items() or [("rating", None)]
        ]

    def fragment(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The row as it came, personal columns keyed, columns that the card ignores left out."""
        fragment: dict[str, Any] = {}
        for column, value in cells.items():
            if column in self.card.ignore:
                continue
            if column in self.personal and not absent(value):
                fragment[column] = self.keyer.key(f"fragment/{column}", str(value))
            elif isinstance(value, (int, float, bool, type(None))):
                fragment[column] = value
            else:
                fragment[column] = str(value)[:MAX_CELL_CHARS]
        return fragment

    def _cell(self, cells: Mapping[str, Any], field: str) -> Any:
        column = self.columns.get(field)
        value = cells.get(column) if column else None
        return None if absent(value) else value

    def _common(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        def cell(field: str) -> Any:
            return self._cell(cells, field)

        card = self.card
        created = moment(cell("created_at"), card.time_zone, card.date_order)
        likes, group = number(cell("likes")), _text(cell("product_group"))
        return {
            "source": card.name,
            "account": _text(cell("account")) or self.account,
            "kind": card.feedback_kind,
            "created_at": created.at if created else None,
            "created_precision": created.precision if created else "unknown",
            "collected_at": self.collected_at,
            **self._rating(cell("rating"), cell("rating_max")),
            "nps_0_10": nps(cell("nps")),
            "would_recommend": yes_no(cell("recommend")),
            "product": _text(cell("product")),
            "product_name": _text(cell("product_name")),
            "url": _text(cell("url")),
            "reply": _text(cell("reply")),
            "language": _text(cell("language")),
            "likes": int(likes) if likes is not None else None,
            "verified_purchase": _VERIFIED[yes_no(cell("verified"))],
            **self._person(cells),
            "raw": self.fragment(cells) if card.keep_raw else None,
            "page": self.page,
            "extra": {"product_group": group} if group else {},
        }

    def _native_id(self, cells: Mapping[str, Any]) -> str:
        """The source's own id; several columns joined by " + " where one alone is not unique."""
        columns = _parts("native_id", self.columns.get("native_id", ""))
        values = [_text(cells.get(column)) for column in columns]
        if values[0] is None:
            return self._surrogate(cells)
        if columns[0] in self.personal or "@" in values[0]:
            values[0] = str(self.keyer.key("native_id", values[0]))
        # The further parts may be personal, so only their digest stands in the id.
        return values[0] if len(values) == 1 else f"{values[0]}-{digest_json(values)[:8]}"

    def _surrogate(self, cells: Mapping[str, Any]) -> str:
        """A stable id where the export has none: digest of the keyed row, counted among equal rows."""
        digest = digest_json(self.fragment(cells))
        self.alike[digest] += 1
        return f"s-{digest}" if self.alike[digest] == 1 else f"s-{digest}-{self.alike[digest]}"

    def _rating(self, value: Any, high: Any) -> dict[str, float | None]:
        raw = number(value)
        if raw is None:
            return {}
        low, top = self.card.rating_min, number(high) or self.card.rating_max
        stars = rating_1_5(raw, low, top, self.card.rating_best)
        return {"raw_value": raw, "raw_min": low, "raw_max": top, "rating_1_5": stars}

    def _person(self, cells: Mapping[str, Any]) -> dict[str, str | None]:
        author, name, email, phone, customer, order, product = (
            _text(self._cell(cells, field)) for field in (*_PERSONAL, "product")
        )
        keyer = self.keyer
        keys = {
            "email_key": keyer.email(email),
            "customer_key": keyer.customer(customer),
            "phone_key": keyer.phone(phone),
            "order_key": keyer.order(order),
        }
        # A display name alone is nobody's for certain, so it holds within one product only.
        alone = keyer.account(self.card.name, f"{name}\x1f{product or ''}" if name else None)
        key = keyer.account(self.card.name, author) or next(filter(None, keys.values()), alone)
        return {"author_key": key, "author_name": name, **keys}


def nps(value: Any) -> int | None:
    """The answer 0 to 10; export tools write ``10 - Sehr wahrscheinlich`` as well.

    Raises:
        ValueError: It is no whole number from 0 to 10.
    """
    if value is None:
        return None
    match = _NPS_FIRST.match(str(value)) or _NPS_LAST.search(str(value))
    if not match or int(match[1]) > 10:
        raise ValueError(f"the NPS {quoted(value)} is not 0 to 10")
    return int(match[1])


def _envelope(file: Path) -> dict[str, Any]:
    """The file in the place of a page: its name, its time and the digest of its bytes."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:32]
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return {"url": file.name, "fetched_at": written.isoformat(), "status": None, "digest": digest}


def _text(value: Any) -> str | None:
    if absent(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value)
