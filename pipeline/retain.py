"""Retain: what the cards' retention says, and files that have done their work."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

from kundenecho.settings import Settings
from pipeline.step import Counts, Progress, silent, step
from pipeline.traces import clean_blocked
from spiders.card import Card, load_cards
from storage.retain import retain as withdraw


def retain(settings: Settings, *, now: datetime | None = None, progress: Progress = silent) -> Counts:
    """Withdraw texts whose retention is over, and remove old feed folders.

    A withdrawn text leaves its counts and labels behind; its quote reads
    "Zitat nicht mehr verfügbar".

    Args:
        settings: The installation's settings.
        now: Moment to judge at, aware; the present by default.
        progress: Told about the sources.

    Returns:
        texts withdrawn, feed folders removed; feed_lines of erased persons that a failed run had left, if any.
    """
    moment = now or datetime.now(UTC)
    cards = [card for card in load_cards(settings).values() if isinstance(card, Card)]
    days = {card.name: card.retention_days for card in cards if card.retention_days is not None}
    fresh = {card.name: card.refresh_days for card in cards if card.refresh_days is not None}
    with step(settings, "retain") as running:
        withdrawn = withdraw(running.conn, days, moment, refreshed=fresh)
        running.conn.commit()
        if lines := clean_blocked(settings.home, running.conn):
            running.counts["feed_lines"] = lines
        running.counts.update(texts=sum(withdrawn.values()), feeds=_remove_feeds(settings, moment))
        progress("Aufbewahrung prüfen", len(cards), len(cards))
    return running.counts


def _remove_feeds(settings: Settings, now: datetime) -> int:
    folder = settings.home / "feeds"
    oldest = (now - timedelta(days=settings["retain.feed_days"])).timestamp()
    removed = 0
    for feed in folder.iterdir() if folder.is_dir() else ():
        if feed.stat().st_mtime < oldest:
            shutil.rmtree(feed, ignore_errors=True)
            removed += 1
    return removed
