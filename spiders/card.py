"""Cards: all that is known of a source, merged from its kind and its table in kundenecho.toml.

This module is imported when DAGs are parsed: it needs no database, no secret and no Scrapy.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from kundenecho import __version__
from kundenecho.errors import SettingsError
from kundenecho.records import digest_json
from kundenecho.settings import Settings, SourceTable, line_of
from spiders.card_faults import faults

FOLDER: Final = Path(__file__).parent / "cards"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
#: Files that an inbox is searched for.
FILE_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".jsonl", ".ndjson"})
#: What may change on a card without a page being read otherwise.
_NOT_READING: Final = frozenset(
    {"line", "schedule", "title", "min_yield", "max_yield", "legal_basis", "terms", "verification"}
)
#: What a kind says of itself and a source cannot change.
_OF_KIND: Final = frozenset({"reader", "reads"})
#: Tables of a kind that a source adds to instead of replacing them.
_MERGED: Final = ("options", "labels", "columns")


@dataclass(frozen=True)
class Card:
    """All that is known of one configured source.

    Attributes:
        name: Name of the source, as in ``[sources.NAME]``.
        kind: One of the kinds in ``spiders/cards``.
        title: Name for people.
        address: Base URL, or for files a path with wildcards that is looked into on schedule. A directory
            stands for the files in it; a relative path begins where kundenecho.toml is.
        token_address: Where access tokens are asked for, for APIs that give them elsewhere.
        options: What only this kind has; the kind names each option and its default.
        accounts: Accounts that are collected one by one; one empty text for the only one.
        credentials: Names of the environment variables that hold them.
        legal_basis: Why the data may be processed.
        terms: Address or wording of the source's terms.
        verification: How the source makes sure that a purchase it calls confirmed was one, in German, as the method of
            the seal tells it; empty where it confirms none.
        schedule: Cron expression or @hourly, @daily, @weekly, @monthly; None: by hand only.
        min_yield: Records below which nothing is loaded.
        max_yield: Records above which nothing is loaded; None for no bound.
        retention_days: Days that texts may be kept; None for as long as they are needed.
        refresh_days: Days after which a text goes that the source has not shown again; None for no such duty.
        keep_texts: Whether the terms allow texts to be kept; else only the source's own figures are, and the
            yield counts those.
        time_zone: Zone of times that come without one.
        rating_min: Lowest value of the rating scale.
        rating_max: Highest value of the rating scale.
        rating_best: ``high`` or ``low``: which end is the best (Schulnoten: low).
        feedback_kind: Kind of the records.
        full_read: Each run reads everything there is, so that what is gone can be noticed.
        full_read_days: Days after which a run that would read what is new reads everything; None for never.
        overlap_hours: How far behind the last run's end a run begins that reads what is new.
        requests_per_minute: Requests that the source allows; None for no bound but courtesy.
        robots: Whether robots.txt is obeyed; an API of one's own account has none.
        keep_raw: Whether the terms allow fragments to be kept.
        allow_private: Whether the address may be a loopback or private one; such a one is not throttled.
        unverified: What about the source has not been tried against the live service.
        start: Paths to start at, for pages.
        follow: Regular expressions of addresses to follow, for pages.
        products: Product by the source's own identifier of it, or by account where records name no product.
        columns: Column by field, for files.
        answers: Column by short name of each open question, for surveys.
        scores: Column by short name of each further rated question, for surveys; with its own scale where
            ``| 1-6 low`` is added, else on that of the card.
        labels: Number by label, where ratings are written in words ("sehr zufrieden").
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
    token_address: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ("",)
    credentials: tuple[str, ...] = ()
    legal_basis: str = ""
    terms: str = ""
    verification: str = ""
    schedule: str | None = None
    min_yield: int = 1
    max_yield: int | None = None
    retention_days: int | None = None
    refresh_days: int | None = None
    keep_texts: bool = True
    time_zone: str = "Europe/Berlin"
    rating_min: float = 1
    rating_max: float = 5
    rating_best: str = "high"
    feedback_kind: str = "review"
    full_read: bool = False
    full_read_days: int | None = None
    overlap_hours: int = 48
    requests_per_minute: int | None = None
    robots: bool = True
    keep_raw: bool = True
    allow_private: bool = False
    unverified: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    products: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    header_rows: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str = "dmy"
    line: int = 1

    @property
    def reader(self) -> str:
        """How sources of this kind are read: ``pages``, ``api`` or ``file``."""
        return str(kinds().get(self.kind, {}).get("reader", "api"))

    def digest(self) -> str:
        """Digest of what decides how a page is read: the card and the program's version."""
        values = {key: value for key, value in dataclasses.asdict(self).items() if key not in _NOT_READING}
        return digest_json([__version__, values])


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
    """What the package knows of each kind of source, by its name."""
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))}


def merged(known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a card: those of its kind, and the source's own above or beside them.

    Args:
        known: What the package knows of the kind.
        own: What the source says; tables such as ``columns`` and the list ``ignore`` add to the kind's.
    """
    values = {**{key: value for key, value in known.items() if key not in _OF_KIND}, **own}
    for name in _MERGED:
        if isinstance(values.get(name), dict):
            values[name] = {**known.get(name, {}), **values[name]}
    if isinstance(values.get("ignore"), (list, tuple)):
        # What a kind leaves out is personal, so a source's own list must not bring it back.
        values["ignore"] = [*dict.fromkeys([*known.get("ignore", ()), *values["ignore"]])]
    return values


def _card(table: SourceTable, time_zone: str) -> Card:
    def wrong(what: str, key: str, remedy: str) -> SettingsError:
        line = _line(table, key)
        return SettingsError(what, where=f"{table.path}:{line} (source {table.name})", remedy=remedy)

    if table.fault:
        raise wrong(table.fault, "", "Rename one of them")
    if not _NAME.match(table.name):
        raise wrong("the name is not made of lower-case letters, digits and _", "", "Rename the source")
    kind = table.values.get("kind")
    if kind not in kinds():
        raise wrong(f"unknown kind {kind!r}", "kind", f"Known kinds: {', '.join(kinds())}")
    known = kinds()[str(kind)]
    values: dict[str, Any] = {}
    for key, value in {"time_zone": time_zone, **merged(known, table.values)}.items():
        if key not in FIELDS:
            raise wrong(f"unknown key {key!r}", key, f"A source has: {', '.join(FIELDS)}")
        try:
            values[key] = _typed(value, FIELDS[key])
        except ValueError as error:
            raise wrong(f"{key} is {value!r}, {error} is needed", key, "Correct the value") from None
    card = Card(name=table.name, line=table.line, **values)
    for key, what, remedy in faults(card, known):
        raise wrong(what, key, remedy)
    if card.reader == "file" and card.address:
        card = dataclasses.replace(card, address=str(table.path.resolve().parent / card.address))
    return card


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
