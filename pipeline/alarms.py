"""Alarms: a source that failed, a source that has been silent for too long. Each is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from kundenecho.errors import KundenechoError
from kundenecho.settings import Settings
from pipeline.notify import Message, Receipt, tell
from pipeline.step import Counts, log
from spiders.card import BrokenCard, Card, load_cards
from storage.connect import database
from storage.runs import clear_alarm, freshness, mark_told, raise_alarm

#: Cron expression by preset.
PRESETS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


def step_failed(settings: Settings, name: str, error: str) -> list[Receipt]:
    """Tell that a step of the pipeline failed, once until it has succeeded again.

    Args:
        settings: Whom to tell.
        name: What failed, such as ``collect shop`` or ``analyse``.
        error: Our own message, or the class of a foreign one; no personal data.

    Returns:
        The receipts; empty when it was told before or nobody is to be told.
    """
    message = Message(
        "step_failed",
        f"{name} ist fehlgeschlagen",
        f"Der Schritt »{name}« ist fehlgeschlagen.\n\n{error}\n\n"
        "Die übrigen Quellen laufen weiter. Es folgt keine weitere Meldung, bis der Schritt wieder gelungen ist.",
        {"step": name, "error": error},
    )
    return _once(settings, f"failed:{name}", message)


def step_succeeded(settings: Settings, name: str) -> None:
    """End the alarm of a step, so that its next failure is told again."""
    with database(settings) as db, db.connect("kundenecho alarms") as conn:
        clear_alarm(conn, f"failed:{name}")


def tell_truncation(settings: Settings, name: str, notes: Sequence[str]) -> list[Receipt]:
    """Tell that a source could be read in part only, once until it was read whole again.

    Args:
        settings: Whom to tell.
        name: The source, and its account where it has several.
        notes: What is missing and why, without personal data; empty when nothing is.

    Returns:
        The receipts; empty when it was told before or nothing is missing.
    """
    key = f"truncated:{name}"
    if not notes:
        with database(settings) as db, db.connect("kundenecho alarms") as conn:
            clear_alarm(conn, key)
        return []
    reasons = "\n".join(f"- {note}" for note in notes)
    message = Message(
        "source_truncated",
        f"{name} ist nur teilweise gelesen worden",
        f"Von der Quelle »{name}« fehlt ein Teil; was gelesen wurde, ist geladen.\n\n{reasons}\n\n"
        "Der nächste Lauf beginnt an derselben Stelle. Es folgt keine weitere Meldung, bis er vollständig war.",
        {"source": name, "notes": list(notes)},
    )
    return _once(settings, key, message)


def tell_seal(settings: Settings, name: str, missing: str | None) -> list[Receipt]:
    """Tell that a seal was taken away, once until it is issued again.

    Args:
        settings: Whom to tell.
        name: The product, or ``company``.
        missing: Why it is not issued; None when it is.

    Returns:
        The receipts; empty when it was told before or is issued.
    """
    key = f"seal:{name}"
    if missing is None:
        with database(settings) as db, db.connect("kundenecho alarms") as conn:
            clear_alarm(conn, key)
        return []
    subject = "die Firma" if name == "company" else name
    message = Message(
        "seal_withdrawn",
        f"Das Siegel für {subject} ist zurückgezogen",
        f"Für {subject} gibt es zurzeit kein Siegel, und die Dateien des früheren sind weg: Seiten, die es einbinden,"
        f" zeigen ein leeres Bild.\n\n{missing}\n\nEs folgt keine weitere Meldung, bis es wieder ausgestellt ist.",
        {"seal": name, "missing": missing},
    )
    return _once(settings, key, message)


def check_freshness(settings: Settings, now: datetime | None = None) -> Counts:
    """Raise an alarm for each scheduled source without a good run for twice its interval.

    Args:
        settings: The sources and whom to tell.
        now: Moment to judge at, aware; the present by default.

    Returns:
        sources looked at, stale ones, alarms told.
    """
    moment = now or datetime.now(UTC)
    counts = {"sources": 0, "stale": 0, "told": 0}
    with database(settings) as db, db.connect("kundenecho freshness") as conn:
        latest = {(row.source, row.account): row for row in freshness(conn)}
    for card in load_cards(settings).values():
        if isinstance(card, BrokenCard) or not card.schedule:
            continue
        for account in card.accounts:
            counts["sources"] += 1
            row = latest.get((card.name, account))
            since = row.last_good if row and row.last_good else (row.first_run if row else None)
            if since is None or moment - since <= 2 * interval(card, moment):
                continue
            counts["stale"] += 1
            told = _once(settings, f"stale:{card.name}:{account}:{since.isoformat()}", _stale(card, account, since))
            counts["told"] += any(r.delivered for r in told)
    return counts


def interval(card: Card, moment: datetime) -> timedelta:
    """Time between the two runs of a source's schedule that lie around a moment.

    Args:
        card: A card with a schedule.
        moment: Aware time.
    """
    local = moment.astimezone(ZoneInfo(card.time_zone))
    schedule = PRESETS.get(card.schedule or "", card.schedule)
    after: datetime = croniter(schedule, local).get_next(datetime)
    before: datetime = croniter(schedule, local).get_prev(datetime)
    return after - before


def _stale(card: Card, account: str, since: datetime) -> Message:
    name = f"{card.name} {account}".strip()
    return Message(
        "source_stale",
        f"{name} liefert nichts mehr",
        f"Die Quelle »{name}« ist seit {since:%d.%m.%Y %H:%M} UTC nicht mehr erfolgreich gelesen worden; "
        f"geplant ist {card.schedule}.\n\nWas zu tun ist: kundenecho collect {card.name}",
        {"source": card.name, "account": account, "since": since.isoformat()},
    )


def _once(settings: Settings, key: str, message: Message) -> list[Receipt]:
    try:
        with database(settings) as db, db.connect("kundenecho alarms") as conn:
            if not raise_alarm(conn, key, message.subject):
                return []
            receipts = tell(settings, message)
            if any(r.delivered for r in receipts):
                mark_told(conn, key)
    except KundenechoError as error:
        log.error("the alarm %r cannot be remembered (%s), it is told all the same", key, error)
        receipts = tell(settings, message)
    for receipt in receipts:
        if not receipt.delivered:
            log.error("the alarm %r was not delivered by %s: %s", key, receipt.channel, receipt.detail)
    return receipts
