"""The configured sources: how each stands, and whether it would answer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from croniter import croniter

from kundenecho.errors import KundenechoError
from kundenecho.settings import Settings
from pipeline.alarms import PRESETS
from pipeline.collect import card_of, child_environment
from spiders.card import BrokenCard, Card, load_cards
from spiders.run import probe_source
from storage.connect import database
from storage.runs import LastRun, last_runs


@dataclass(frozen=True)
class SourceState:
    """How a source's account stands.

    Attributes:
        name: Name of the source.
        account: Account, empty for the only one.
        card: The card, or why it is broken.
        last: Its last collect or import; None before the first.
        next_run: When its schedule comes round again, aware; None where it is collected by hand.
    """

    name: str
    account: str
    card: Card | BrokenCard
    last: LastRun | None
    next_run: datetime | None


@dataclass(frozen=True)
class Check:
    """What trying a source gave: ``good`` and one line that says what was found, or what is wrong and what to do."""

    source: str
    account: str
    good: bool
    line: str


def overview(settings: Settings, now: datetime | None = None) -> list[SourceState]:
    """How every configured source stands, in the order of the file.

    Args:
        settings: The installation's settings.
        now: Moment to reckon the next run from, aware; the present by default.
    """
    moment = now or datetime.now(UTC)
    with database(settings) as db, db.connect("kundenecho sources") as conn:
        latest = {(row.source, row.account): row for row in last_runs(conn)}
    states = []
    for card in load_cards(settings).values():
        accounts = card.accounts if isinstance(card, Card) else ("",)
        for account in accounts:
            # An import names no account.
            last = latest.get((card.name, account)) or latest.get((card.name, ""))
            states.append(SourceState(card.name, account, card, last, _next_run(card, moment)))
    return states


def check_sources(settings: Settings, names: tuple[str, ...] = ()) -> Iterator[Check]:
    """Try the credentials and one page of some sources; nothing is loaded.

    Args:
        settings: The installation's settings.
        names: The sources; all by default.

    Yields:
        One result for each account, as soon as it is known.

    Raises:
        SettingsError: A named source is unknown.
    """
    if not set(names) <= set(load_cards(settings)):
        card_of(settings, next(n for n in names if n not in load_cards(settings)))
    for name, card in load_cards(settings).items():
        if names and name not in names:
            continue
        if isinstance(card, BrokenCard):
            yield Check(name, "", False, str(card.error))
            continue
        for account in card.accounts:
            yield _check(settings, card, account)


def _check(settings: Settings, card: Card, account: str) -> Check:
    if card.reader == "file" and not card.address:
        return Check(card.name, account, True, "read by hand: kundenecho import FILE --source " + card.name)
    with tempfile.TemporaryDirectory(prefix="kundenecho") as folder:
        try:
            line = probe_source(card, account, Path(folder), env=child_environment(settings))
        except KundenechoError as error:
            return Check(card.name, account, False, str(error))
    return Check(card.name, account, True, line)


def _next_run(card: Card | BrokenCard, moment: datetime) -> datetime | None:
    if isinstance(card, BrokenCard) or not card.schedule:
        return None
    local = moment.astimezone(ZoneInfo(card.time_zone))
    found: datetime = croniter(PRESETS.get(card.schedule, card.schedule), local).get_next(datetime)
    return found
