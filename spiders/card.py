"""Cards: all that is known of a source, merged from its kind and its table in kundenecho.toml.

This module is imported when DAGs are parsed: it needs no database, no secret and no Scrapy.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from kundenecho.errors import SettingsError
from kundenecho.records import KINDS
from kundenecho.settings import Settings, SourceTable, line_of

FOLDER: Final = Path(__file__).parent / "cards"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_VARIABLE = re.compile(r"^[A-Z][A-Z0-9_]*$")
#: Files that an inbox is searched for.
FILE_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".jsonl", ".ndjson"})
_PRESETS = {"@hourly", "@daily", "@weekly", "@monthly"}
#: Fields of a record that a column of a file may fill.
COLUMN_FIELDS: Final = (
    "native_id", "title", "text", "created_at", "rating", "rating_max", "nps", "recommend", "product",
    "product_name", "product_group", "author", "author_name", "email", "phone", "customer", "order", "account",
    "url", "reply", "verified", "language", "likes",
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """All that is known of one configured source.

    Attributes:
        name: Name of the source, as in ``[sources.NAME]``.
        kind: schemaorg | provenexpert | file.
        title: Name for people.
        address: Base URL, or for files a path with wildcards that is looked into on schedule. A directory
            stands for the files in it; a relative path begins where kundenecho.toml is.
        accounts: Accounts that are collected one by one; one empty text for the only one.
        credentials: Names of the environment variables that hold them.
        legal_basis: Why the data may be processed.
        terms: Address or wording of the source's terms.
        schedule: Cron expression or @hourly, @daily, @weekly, @monthly; None: by hand only.
        min_yield: Records below which nothing is loaded.
        max_yield: Records above which nothing is loaded; None for no bound.
        retention_days: Days that texts may be kept; None for as long as they are needed.
        time_zone: Zone of times that come without one.
        rating_min: Lowest value of the rating scale.
        rating_max: Highest value of the rating scale.
        rating_best: ``high`` or ``low``: which end is the best (Schulnoten: low).
        feedback_kind: Kind of the records.
        full_read: Each run reads everything there is, so that what is gone can be noticed.
        robots: Whether robots.txt is obeyed; an API of one's own account has none.
        keep_raw: Whether the terms allow fragments to be kept.
        allow_private: Whether the address may be a loopback or private one; such a one is not throttled.
        unverified: What about the source has not been tried against the live service.
        start: Paths to start at, for pages.
        follow: Regular expressions of addresses to follow, for pages.
        columns: Column by field, for files.
        answers: Column by short name of each open question, for surveys.
        ignore: Columns that are known and not wanted.
        header_rows: 1 or 2 header rows, for files.
        encoding: Encoding of files; None: found out.
        delimiter: Delimiter of CSV files; None: found out.
        date_order: ``dmy`` or ``mdy``, for dates with slashes.
        line: Line of kundenecho.toml on which the source begins.
    """

    name: str
    kind: str
    title: str = ""
    address: str = ""
    accounts: tuple[str, ...] = ("",)
    credentials: tuple[str, ...] = ()
    legal_basis: str = ""
    terms: str = ""
    schedule: str | None = None
    min_yield: int = 1
    max_yield: int | None = None
    retention_days: int | None = None
    time_zone: str = "Europe/Berlin"
    rating_min: float = 1
    rating_max: float = 5
    rating_best: str = "high"
    feedback_kind: str = "review"
    full_read: bool = False
    robots: bool = True
    keep_raw: bool = True
    allow_private: bool = False
    unverified: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    header_rows: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str = "dmy"
    line: int = 1


@dataclass(frozen=True)
class BrokenCard:
    """A source whose card is wrong; only this source is affected."""

    name: str
    error: SettingsError


FIELDS: Final = {f.name: str(f.type) for f in dataclasses.fields(Card) if f.name not in {"name", "line"}}


def load_cards(settings: Settings) -> dict[str, Card | BrokenCard]:
    """The cards of all configured sources, in the order of the file.

    A wrong card does not stop the others: it becomes a :class:`BrokenCard`.
    """
    cards: dict[str, Card | BrokenCard] = {}
    for name, table in settings.sources.items():
        try:
            cards[name] = _card(table, settings["company.time_zone"])
        except SettingsError as error:
            cards[name] = BrokenCard(name, error)
    return cards


@cache
def kinds() -> dict[str, dict[str, Any]]:
    """What the package knows of each kind of source."""
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))}


def _card(table: SourceTable, time_zone: str) -> Card:
    def wrong(what: str, key: str, remedy: str) -> SettingsError:
        line = _line(table, key)
        return SettingsError(what, where=f"{table.path}:{line} (source {table.name})", remedy=remedy)

    if not _NAME.match(table.name):
        raise wrong("the name is not made of lower-case letters, digits and _", "", "Rename the source")
    kind = table.values.get("kind")
    if kind not in kinds():
        raise wrong(f"unknown kind {kind!r}", "kind", f"Known kinds: {', '.join(kinds())}")
    merged = {"time_zone": time_zone, **kinds()[str(kind)], **table.values}
    values: dict[str, Any] = {}
    for key, value in merged.items():
        if key not in FIELDS:
            raise wrong(f"unknown key {key!r}", key, f"A source has: {', '.join(FIELDS)}")
        try:
            values[key] = _typed(value, FIELDS[key])
        except ValueError as error:
            raise wrong(f"{key} is {value!r}, {error} is needed", key, "Correct the value") from None
    card = Card(name=table.name, line=table.line, **values)
    for key, what, remedy in _faults(card):
        raise wrong(what, key, remedy)
    if card.kind == "file" and card.address:
        card = dataclasses.replace(card, address=str(table.path.resolve().parent / card.address))
    return card


def _faults(card: Card) -> list[tuple[str, str, str]]:
    """Every fault of a card as (key, what, remedy)."""
    return [*_faults_of_source(card), *_faults_of_numbers(card), *_faults_of_file(card)]


def _faults_of_source(card: Card) -> list[tuple[str, str, str]]:
    faults = []
    if card.feedback_kind not in KINDS:
        faults.append(("feedback_kind", f"unknown feedback_kind {card.feedback_kind!r}", f"One of {', '.join(KINDS)}"))
    if not card.accounts or len(set(card.accounts)) < len(card.accounts):
        faults.append(("accounts", "accounts is empty or names one twice", "Leave it out where there is only one"))
    wanted = len(kinds()[card.kind].get("credentials", ()))
    if any(not _VARIABLE.match(name) for name in card.credentials) or (wanted and len(card.credentials) != wanted):
        # The value may be the secret itself, so it is not quoted.
        remedy = f"Write the names of {wanted or 'the'} variables, the secrets themselves into the environment"
        faults.append(("credentials", "credentials does not name environment variables", remedy))
    if card.schedule and card.schedule not in _PRESETS and not croniter.is_valid(card.schedule):
        faults.append(("schedule", f"the schedule {card.schedule!r} is no cron expression", 'For example "15 4 * * *"'))
    try:
        ZoneInfo(card.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(("time_zone", f"unknown time zone {card.time_zone!r}", "For example Europe/Berlin"))
    for pattern in card.follow:
        try:
            re.compile(pattern)
        except re.error as error:
            faults.append(("follow", f"the pattern {pattern!r} does not compile: {error}", "Correct the pattern"))
    if card.kind != "file" and urlsplit(card.address).scheme not in {"http", "https"}:
        faults.append(("address", f"the address {card.address!r} is no http address", "Begin it with https://"))
    return faults


def _faults_of_numbers(card: Card) -> list[tuple[str, str, str]]:
    faults = []
    if card.rating_min >= card.rating_max:
        faults.append(("rating_m", "the rating scale is empty", "rating_min must be below rating_max"))
    if card.rating_best not in {"high", "low"}:
        faults.append(("rating_best", f"rating_best is {card.rating_best!r}", "Write high, or low where 1 is the best"))
    if card.min_yield < 0:
        faults.append(("min_yield", "min_yield is negative", "Write 0 or more"))
    if card.max_yield is not None and card.max_yield < card.min_yield:
        faults.append(("max_yield", "max_yield is below min_yield", "Correct one of them"))
    if card.retention_days is not None and card.retention_days < 1:
        faults.append(("retention_days", "retention_days is below 1", "Leave it out to keep texts as long as needed"))
    return faults


def _faults_of_file(card: Card) -> list[tuple[str, str, str]]:
    faults = []
    for name in card.columns:
        if name not in COLUMN_FIELDS:
            remedy = f"Fields: {', '.join(COLUMN_FIELDS)}"
            faults.append((name, f"no field {name!r} can be filled from a column", remedy))
    if card.kind == "file" and not card.columns:
        faults.append(("columns", "a file source needs the table columns", "See docs/sources.md"))
    if card.header_rows not in {1, 2}:
        faults.append(("header_rows", f"header_rows is {card.header_rows}", "Write 1 or 2"))
    if card.delimiter is not None and len(card.delimiter) != 1:
        faults.append(("delimiter", f"the delimiter {card.delimiter!r} is not one character", 'For example ";"'))
    if card.date_order not in {"dmy", "mdy"}:
        faults.append(("date_order", f"date_order is {card.date_order!r}", "Write dmy or mdy"))
    if card.encoding is not None:
        try:
            codecs.lookup(card.encoding)
        except LookupError:
            faults.append(("encoding", f"unknown encoding {card.encoding!r}", "For example cp1252"))
    return faults


def _typed(value: Any, annotation: str) -> Any:
    """A value from TOML, or as text from the environment, in the type of its field."""
    optional = annotation.endswith("| None")
    base = annotation.removesuffix("| None").strip()
    if optional and value in ("", None):
        return None
    if base == "bool" and isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if base == "int" and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if base == "float" and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if base.startswith("tuple") and isinstance(value, (list, str)):
        parts = value.split(",") if isinstance(value, str) else value
        if all(isinstance(part, str) for part in parts):
            return tuple(part.strip() for part in parts)
    if base.startswith("Mapping") and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return dict(value)
    wanted: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
    if base in wanted and isinstance(value, wanted[base]) and (base == "bool" or not isinstance(value, bool)):
        return float(str(value)) if base == "float" else value
    words = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
    raise ValueError(words.get(base, "a list of texts" if base.startswith("tuple") else "a table of texts"))


def _line(table: SourceTable, key: str) -> int:
    """Line of a key below its source's header, where it stands in the file."""
    try:
        lines = table.path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return table.line
    rest = "\n".join(lines[table.line - 1 :])
    block = re.split(r"\n\[(?!sources\." + re.escape(table.name) + r"[.\]])", rest)[0]
    return table.line + (line_of(block, key) - 1 if key and key in block else 0)
