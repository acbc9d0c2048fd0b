"""Collect: run a source's spider, judge the run, load the feed in one transaction."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kundenecho.errors import KundenechoError, RetryError, SettingsError
from kundenecho.settings import Settings
from pipeline.alarms import tell_truncation
from pipeline.step import Counts, Progress, Step, log, silent, step
from spiders.card import BrokenCard, Card, load_cards
from spiders.judge import Harvest
from spiders.run import run_source
from storage.aggregates import read_aggregates
from storage.connect import named_lock
from storage.load import Beside, LoadSource, load_feed
from storage.pages import known_pages, read_pages
from storage.runs import keep_rejected, last_full_read, watermark

#: How often a load is tried again from its file when the database went away.
LOAD_TRIES = 3


def card_of(settings: Settings, source: str) -> Card:
    """The card of one source.

    Raises:
        SettingsError: If the source is unknown, or its card is broken.
    """
    cards = load_cards(settings)
    if source not in cards:
        known = ", ".join(sorted(cards)) or "none"
        raise SettingsError(
            f"there is no source {source!r}", where=str(settings.path), remedy=f"Known sources: {known}"
        )
    card = cards[source]
    if isinstance(card, BrokenCard):
        raise card.error
    return card


def collect(
    settings: Settings, source: str, account: str = "", *, full: bool = False, progress: Progress = silent
) -> Counts:
    """Collect one account of one source and load what it gave.

    Args:
        settings: The installation's settings.
        source: Name of the source in ``kundenecho.toml``.
        account: One of the card's accounts; empty for the only, unnamed one.
        full: Read everything again instead of what is new.
        progress: Told about records collected and loaded.

    Returns:
        items, new, revised, unchanged, deleted, rejected.

    Raises:
        SettingsError: The card, credentials or environment must be mended first.
        RetryError: Network, server or database trouble, or another collect of this source runs.
        YieldError: Fewer or more records than the card allows; nothing was loaded.
        DataError: The source's content could not be read.
    """
    return _harvest_and_load(settings, card_of(settings, source), account, (), full, progress, "collect")


def import_file(settings: Settings, source: str, file: Path, *, progress: Progress = silent) -> Counts:
    """Load one export file through a source's card.

    Args:
        settings: The installation's settings.
        source: Name of a source that reads files.
        file: The file; CSV, XLSX or JSON lines.
        progress: Told about records read and loaded.

    Returns:
        items, new, revised, unchanged, deleted, rejected.

    Raises:
        SettingsError: The source is unknown or takes no files, or the file lacks a mapped column.
        DataError: The file is missing, empty or unreadable.
        YieldError: Fewer rows than the card allows.
    """
    card = card_of(settings, source)
    if card.reader != "file":
        raise SettingsError(
            f"the source {source} is of kind {card.kind} and takes no files",
            where=str(settings.path),
            remedy="Name a source that reads files, such as one of kind file",
        )
    return _harvest_and_load(settings, card, "", (file,), False, progress, "import")


def _harvest_and_load(
    settings: Settings,
    card: Card,
    account: str,
    files: Sequence[Path],
    full: bool,
    progress: Progress,
    name: str,
) -> Counts:
    workdir = _workdir(settings, card.name, account)
    with step(settings, name, source=card.name, account=account) as running:
        with named_lock(running.conn, f"collect:{card.name}"):
            mark = watermark(running.conn, card.name, account, "")
            full = full or _full_read_due(running, card, account)
            # Who reads everything on purpose wants the pages as they are.
            pages = [] if full or files else known_pages(running.conn, card.name, account, card.digest())
            running.conn.commit()
            try:
                harvest = run_source(
                    card,
                    account,
                    workdir,
                    env=child_environment(settings),
                    watermark=mark,
                    full=full,
                    time_limit=settings["collect.time_limit"],
                    progress=lambda done: progress(f"{card.name} lesen", done, None),
                    files=files,
                    known=pages,
                )
            finally:
                _keep_rejected(running, card, account, workdir)
            _load(running, card, account, harvest, full, progress)
            running.truncated, running.notes[:] = harvest.truncated, harvest.notes
        shutil.rmtree(workdir, ignore_errors=True)
    if name == "collect":
        tell_truncation(settings, f"{card.name} {account}".strip(), harvest.notes if harvest.truncated else ())
    return running.counts


def _full_read_due(running: Step, card: Card, account: str) -> bool:
    """Whether it is time for a source that is read by what is new to be read whole again."""
    if card.full_read_days is None:
        return False
    last = last_full_read(running.conn, card.name, account)
    return last is None or datetime.now(UTC) - last >= timedelta(days=card.full_read_days)


def _load(running: Step, card: Card, account: str, harvest: Harvest, full: bool, progress: Progress) -> None:
    beside = Beside(
        aggregates=read_aggregates(harvest.aggregates),
        seen=harvest.unchanged(),
        pages=read_pages(harvest.pages) if harvest.pages else (),
        reader=card.digest(),
    )
    for attempt in range(1, LOAD_TRIES + 1):
        try:
            conn = running.conn if attempt == 1 else running.database.connect_now(f"kundenecho load {card.name}")
            report = load_feed(
                conn,
                harvest.feed,
                card=LoadSource(card.name, keep_raw=card.keep_raw, refresh=card.refresh_days is not None),
                account=account,
                partition="",
                full_read=full or card.full_read,
                complete=harvest.complete,
                watermark=harvest.watermark,
                run_id=running.run_id,
                beside=beside,
                progress=lambda done: progress(f"{card.name} laden", done, harvest.items),
            )
            break
        except RetryError as error:
            if attempt == LOAD_TRIES:
                raise
            log.warning("load of %s failed, trying again from %s: %s", card.name, harvest.feed.name, error)
    running.counts.pop("rejected", None)
    running.counts.update(
        items=report.items,
        new=report.new,
        revised=report.revised,
        unchanged=report.unchanged,
        deleted=report.deleted,
        rejected=harvest.rejected_count + report.rejected,
    )
    if report.blocked:
        running.counts["blocked"] = report.blocked


def _keep_rejected(running: Step, card: Card, account: str, workdir: Path) -> None:
    """Keep the refused rows also when the run as a whole was refused."""
    file = workdir / "rejected.jsonl"
    if not file.exists():
        return
    try:
        running.counts["rejected"] = keep_rejected(running.conn, running.run_id, card.name, account, file)
        running.conn.commit()
    except KundenechoError as error:
        log.error("rejected rows of %s stay in %s: %s", card.name, file.name, error)


def _workdir(settings: Settings, source: str, account: str) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    safe = "".join(c if c.isalnum() else "_" for c in account)[:40]
    return settings.home / "feeds" / "-".join(p for p in (source, safe, moment, str(os.getpid())) if p)


def child_environment(settings: Settings) -> dict[str, str]:
    """The spider's environment: ours without the database's address and other secrets, which it must not know.

    Args:
        settings: For the contact address in the user agent.
    """
    hidden = {"KUNDENECHO_DATABASE_URL", "KUNDENECHO_SMTP_PASSWORD", "KUNDENECHO_WEBHOOK_SECRET"}
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    env["KUNDENECHO_COMPANY_CONTACT"] = settings["company.contact"]
    return env
