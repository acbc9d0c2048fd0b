"""What can be wrong with a card, and what to do about it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from kundenecho.records import KINDS

if TYPE_CHECKING:
    from spiders.card import Card

#: Key, what is wrong, what to do.
Fault = tuple[str, str, str]
#: Fields of a record that a column of a file may fill.
COLUMN_FIELDS: Final = (
    "native_id", "title", "text", "created_at", "rating", "rating_max", "nps", "recommend", "product",
    "product_name", "product_group", "author", "author_name", "email", "phone", "customer", "order", "account",
    "url", "reply", "verified", "language", "likes", "state", "submitted",
    # Of referrals only.
    "referee", "program", "channel", "status", "status_at", "order_value", "currency", "reward_value",
)  # fmt: skip
#: A scale behind a rated question: lowest and highest value, and which end is the best.
SCALE: Final = re.compile(r"(-?\d+)\s*[-–]\s*(-?\d+)(?:\s+(low|high))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]*$")
_PRESETS = {"@hourly", "@daily", "@weekly", "@monthly"}


def scale_of(declared: str) -> tuple[str, tuple[float, float, str] | None]:
    """The column of a rated question, and its own scale where one stands behind it."""
    column, _, scale = declared.rpartition("|")
    found = SCALE.fullmatch(scale.strip())
    if not column or not found:
        return declared.strip(), None
    return column.strip(), (float(found[1]), float(found[2]), found[3] or "high")


def faults(card: Card, kind: Mapping[str, Any]) -> list[Fault]:
    """Every fault of a card.

    Args:
        card: The card.
        kind: What the package knows of its kind.

    Returns:
        Key, what is wrong, and what to do; empty for a good card.
    """
    return [*_faults_of_source(card, kind), *_faults_of_numbers(card), *_faults_of_file(card)]


def _faults_of_source(card: Card, kind: Mapping[str, Any]) -> list[Fault]:
    found: list[Fault] = []
    if card.feedback_kind not in KINDS:
        found.append(("feedback_kind", f"unknown feedback_kind {card.feedback_kind!r}", f"One of {', '.join(KINDS)}"))
    if not card.accounts or len(set(card.accounts)) < len(card.accounts):
        found.append(("accounts", "accounts is empty or names one twice", "Leave it out where there is only one"))
    wanted = len(kind.get("credentials", ()))
    if any(not _VARIABLE.match(name) for name in card.credentials) or (wanted and len(card.credentials) != wanted):
        # The value may be the secret itself, so it is not quoted.
        remedy = f"Write the names of {wanted or 'the'} variables, the secrets themselves into the environment"
        found.append(("credentials", "credentials does not name environment variables", remedy))
    if card.schedule and card.schedule not in _PRESETS and not croniter.is_valid(card.schedule):
        found.append(("schedule", f"the schedule {card.schedule!r} is no cron expression", 'For example "15 4 * * *"'))
    try:
        ZoneInfo(card.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.append(("time_zone", f"unknown time zone {card.time_zone!r}", "For example Europe/Berlin"))
    for pattern in card.follow:
        try:
            re.compile(pattern)
        except re.error as error:
            found.append(("follow", f"the pattern {pattern!r} does not compile: {error}", "Correct the pattern"))
    for key in ("address", "token_address"):
        url = getattr(card, key)
        if card.reader != "file" and (url or key == "address") and urlsplit(url).scheme not in {"http", "https"}:
            found.append((key, f"the {key} {url!r} is no http address", "Begin it with https://"))
    for option in card.options:
        if option not in kind.get("options", {}):
            known = ", ".join(kind.get("options", {})) or "none"
            found.append((option, f"sources of kind {card.kind} have no option {option!r}", f"Options: {known}"))
    return found


def _faults_of_numbers(card: Card) -> list[Fault]:
    found: list[Fault] = []
    if card.rating_min >= card.rating_max:
        found.append(("rating_m", "the rating scale is empty", "rating_min must be below rating_max"))
    if card.rating_best not in {"high", "low"}:
        found.append(("rating_best", f"rating_best is {card.rating_best!r}", "Write high, or low where 1 is the best"))
    if card.min_yield < 0:
        found.append(("min_yield", "min_yield is negative", "Write 0 or more"))
    if card.max_yield is not None and card.max_yield < card.min_yield:
        found.append(("max_yield", "max_yield is below min_yield", "Correct one of them"))
    for key in ("retention_days", "refresh_days", "full_read_days", "requests_per_minute"):
        value = getattr(card, key)
        if value is not None and value < 1:
            found.append((key, f"{key} is below 1", "Leave it out for no bound"))
    if card.overlap_hours < 0:
        found.append(("overlap_hours", "overlap_hours is negative", "Write 0 or more"))
    return found


def _faults_of_file(card: Card) -> list[Fault]:
    found: list[Fault] = []
    for name in card.columns:
        if name not in COLUMN_FIELDS:
            remedy = f"Fields: {', '.join(COLUMN_FIELDS)}"
            found.append((name, f"no field {name!r} can be filled from a column", remedy))
    found += _faults_of_scores(card)
    if card.reader == "file" and not card.columns:
        found.append(("columns", "a file source needs the table columns", "See docs/sources.md"))
    if card.header_rows not in {1, 2}:
        found.append(("header_rows", f"header_rows is {card.header_rows}", "Write 1 or 2"))
    if card.delimiter is not None and len(card.delimiter) != 1:
        found.append(("delimiter", f"the delimiter {card.delimiter!r} is not one character", 'For example ";"'))
    if card.date_order not in {"dmy", "mdy"}:
        found.append(("date_order", f"date_order is {card.date_order!r}", "Write dmy or mdy"))
    if card.encoding is not None:
        try:
            codecs.lookup(card.encoding)
        except LookupError:
            found.append(("encoding", f"unknown encoding {card.encoding!r}", "For example cp1252"))
    return found


def _faults_of_scores(card: Card) -> list[Fault]:
    found: list[Fault] = []
    for name, column in card.scores.items():
        scale, remedy = scale_of(column)[1], 'Write for example "Frage | 1-5" or "Frage | 1-6 low"'
        # Under two header rows a bar may also stand before a sub-column's name.
        if "|" in column and not scale and card.header_rows == 1:
            found.append((name, f"{column.rpartition('|')[2].strip()!r} is no scale", remedy))
        elif scale and scale[0] >= scale[1]:
            found.append((name, "the scale is empty", remedy))
    for label, value in card.labels.items():
        if not _NUMBER.fullmatch(value):
            found.append((label, f"the label {label!r} stands for {value!r}, a number is needed", "Correct it"))
    return found
