"""Rows of an export file as Feedback records, by the columns that the card declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kundenecho.errors import DataError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback, digest_json
from spiders.card import Card
from spiders.dialect import Row, read_table
from spiders.output import Reject
from spiders.values import Moment, absent, moment, number, rating_1_5, yes_no

#: Fields whose content is personal and never stands in a fragment in clear.
_PERSONAL = ("author", "author_name", "email", "phone", "customer", "order")


def read_export(file: Path, card: Card, keyer: Keyer) -> Iterator[Feedback | Reject]:
    """Read one export file.

    Args:
        file: The file.
        card: Card of a source of kind ``file``.
        keyer: Keys the personal columns.

    Yields:
        Records, and the rows that were refused with their reason.

    Raises:
        DataError: The file is missing, empty or unreadable.
        SettingsError: A column that the card maps is not in the file.
    """
    collected = datetime.now(UTC)
    known = False
    for row in read_table(file, card):
        if row.fault:
            yield Reject(f"{file.name}:{row.number}", row.fault)
            continue
        if not known:
            _check_columns(row, file, card)
            known = True
        try:
            yield from _records(row.cells, card, keyer, collected)
        except DataError as error:
            yield Reject(f"{file.name}:{row.number}", error.what, _fragment(row.cells, card, keyer))
        except (ValueError, TypeError) as error:
            yield Reject(f"{file.name}:{row.number}", str(error), _fragment(row.cells, card, keyer))


def _check_columns(row: Row, file: Path, card: Card) -> None:
    wanted = {**card.columns, **{f"answers.{key}": column for key, column in card.answers.items()}}
    for part in wanted.pop("native_id", "").split(" + "):
        wanted[f"native_id {part}"] = part
    wanted.pop("native_id ", None)
    # A JSON object may leave out what it has no value for; a table may not.
    loose = file.suffix.lower() in {".jsonl", ".ndjson"}
    required = {f for f in wanted if not loose or f == "text" or f == f"native_id {card.columns.get('native_id')}"}
    missing = [column for field, column in wanted.items() if column not in row.cells and field in required]
    if missing:
        raise SettingsError(
            f"the column {', '.join(repr(m) for m in missing)} is missing",
            where=f"{file.name} (source {card.name})",
            remedy=f"The file has: {', '.join(row.cells)}. Correct [sources.{card.name}.columns] or the export",
        )


def unknown_columns(cells: Mapping[str, Any], card: Card) -> list[str]:
    """Columns that the card neither maps nor ignores: something new at the source."""
    known = {*card.columns.values(), *card.answers.values(), *card.ignore}
    return [column for column in cells if column not in known]


def _records(cells: Mapping[str, Any], card: Card, keyer: Keyer, collected: datetime) -> Iterator[Feedback]:
    def cell(field: str) -> Any:
        column = card.columns.get(field)
        value = cells.get(column) if column else None
        return None if absent(value) else value

    created = moment(cell("created_at"), card.time_zone, card.date_order)
    common: dict[str, Any] = {
        "source": card.name,
        "account": _text(cell("account")) or "",
        "kind": card.feedback_kind,
        "created_at": created.at if created else None,
        "created_precision": created.precision if created else "unknown",
        "collected_at": collected,
        **_rating(cell("rating"), cell("rating_max"), card),
        "nps_0_10": _nps(cell("nps")),
        "would_recommend": yes_no(cell("recommend")),
        "product": _text(cell("product")),
        "product_name": _text(cell("product_name")),
        "url": _text(cell("url")),
        "reply": _text(cell("reply")),
        "language": _text(cell("language")),
        "verified_purchase": {True: "yes", False: "no", None: "unknown"}[yes_no(cell("verified"))],
        **_person(cell, card, keyer),
        "raw": _fragment(cells, card, keyer),
    }
    if group := _text(cell("product_group")):
        common["extra"] = {"product_group": group}
    native_id = _native_id(cells, card) or _surrogate(cells, created)
    if not card.answers:
        yield Feedback(native_id=native_id, title=_text(cell("title")), text=_text(cell("text")), **common)
        return
    answered = {key: _text(cells.get(column)) for key, column in card.answers.items() if not absent(cells.get(column))}
    common["response_key"] = native_id
    # Someone who answers no open question has still given a rating and an NPS.
    for key, text in answered.items() or (("rating", None),):
        yield Feedback(native_id=f"{native_id}/{key}", text=text, **common)


def _native_id(cells: Mapping[str, Any], card: Card) -> str | None:
    """The source's own id; several columns joined by " + " where one alone is not unique."""
    columns = card.columns.get("native_id", "").split(" + ")
    values = [_text(cells.get(column)) for column in columns]
    if len(columns) == 1 or values[0] is None:
        return values[0]
    # The further parts may be personal, so only their digest stands in the id.
    return f"{values[0]}-{digest_json(values)[:8]}"


def _rating(value: Any, high: Any, card: Card) -> dict[str, float | None]:
    raw = number(value)
    if raw is None:
        return {}
    top = number(high) or card.rating_max
    return {
        "raw_value": raw,
        "raw_min": card.rating_min,
        "raw_max": top,
        "rating_1_5": rating_1_5(raw, card.rating_min, top, card.rating_best),
    }


def _nps(value: Any) -> int | None:
    """The answer 0 to 10; export tools write ``10 - Sehr wahrscheinlich`` as well."""
    if value is None:
        return None
    match = re.match(r"^\s*(\d{1,2})(?:[.,]0+)?\s*(?:$|[-–—:(=])", str(value)) or re.search(
        r"[-–—:]\s*(\d{1,2})\s*$", str(value)
    )
    if not match or int(match[1]) > 10:
        raise ValueError(f"the NPS {str(value)[:40]!r} is not 0 to 10")
    return int(match[1])


def _person(cell: Any, card: Card, keyer: Keyer) -> dict[str, str | None]:
    author, name = _text(cell("author")), _text(cell("author_name"))
    return {
        "author_key": keyer.account(card.name, author or name),
        "author_name": name,
        "email_key": keyer.email(_text(cell("email"))),
        "phone_key": keyer.phone(_text(cell("phone"))),
        "customer_key": keyer.customer(_text(cell("customer"))),
        "order_key": keyer.order(_text(cell("order"))),
    }


def _fragment(cells: Mapping[str, Any], card: Card, keyer: Keyer) -> dict[str, Any]:
    """The row as it came, personal columns keyed, columns that the card ignores left out."""
    personal = {card.columns[field] for field in _PERSONAL if field in card.columns}
    fragment: dict[str, Any] = {}
    for column, value in cells.items():
        if column in card.ignore:
            continue
        if column in personal and not absent(value):
            fragment[column] = keyer.key(f"fragment/{column}", str(value))
        elif isinstance(value, str):
            fragment[column] = value[:2000]
        else:
            fragment[column] = value if isinstance(value, (int, float, bool, type(None))) else str(value)[:2000]
    return fragment


def _surrogate(cells: Mapping[str, Any], created: Moment | None) -> str:
    """A stable id where the export has none: the digest of the whole row."""
    return "s-" + digest_json([sorted((k, str(v)) for k, v in cells.items()), created.at if created else None])


def _text(value: Any) -> str | None:
    if absent(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value)
