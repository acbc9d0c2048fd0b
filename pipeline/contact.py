"""Who may be contacted: the settings behind the rule, and the conditions of one person in words."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final

from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.words import CONTACT
from storage.connect import Connection
from storage.contact import ContactLimits, answer_of_person, answers_for_person, set_limits

CHANNEL: Final = {"email": "E-Mail", "phone": "Telefon", "sms": "SMS", "post": "Post"}
_YES: Final = frozenset({"yes", "ja", "true", "1"})
_NO: Final = frozenset({"", "no", "nein", "false", "0"})

#: Conditions that the answer of a channel is made of: column and words, as ``kundenecho contact`` prints them.
CONDITIONS: Final = (
    ("address_known", "Adresse bekannt"),
    ("consumer", "Verbraucher"),
    ("consent_given_at", "Einwilligung erteilt"),
    ("consent_confirmed_at", "Einwilligung bestätigt (Double-Opt-in)"),
    ("worded", "Wortlaut der Einwilligung bekannt"),
    ("proven", "Nachweis der Einwilligung bekannt"),
    ("in_time", "Nachweis noch in der Aufbewahrungsfrist"),
    ("consent_future_at", "Einwilligung gilt erst ab"),
    ("withdrawn_at", "Einwilligung widerrufen"),
    ("unsubscribed_at", "Abgemeldet"),
    ("objected", "Widerspruch (Art. 21 DSGVO)"),
    ("blocked", "Gelöscht und gesperrt"),
    ("obtained_with_sale", "Bestandskunde 1: Adresse aus einem Verkauf"),
    ("similar_goods", "Bestandskunde 2: eigene ähnliche Waren"),
    ("no_objection", "Bestandskunde 3: kein Widerspruch"),
    ("notice_at_collection", "Bestandskunde 4: Hinweis bei der Erhebung"),
    ("notice_at_use", "Bestandskunde 4: Hinweis in jeder Nachricht"),
    ("not_on_ecg_list", "Österreich: mit der ECG-Liste abgeglichen"),
    ("contacts", "Kontakte im Zeitraum des Budgets"),
    ("budget_left", "Budget reicht"),
    ("quiet_until", "Ruhezeit nach einer Beschwerde bis"),
)


def limits(settings: Settings) -> ContactLimits:
    """The company's limits from the settings ``contact.*``.

    Raises:
        SettingsError: A value is no date, no yes or no, or negative.
    """
    numbers = {name: settings[f"contact.{name}"] for name in ("budget", "budget_days", "quiet_days")}
    for name, value in numbers.items():
        if value < 0:
            raise _wrong(settings, f"contact.{name}", value, "a number from 0 on")
    segments = settings["contact.business_segments"].lower().split(",")
    return ContactLimits(
        **numbers,
        notice_since=_day(settings, "contact.notice_since"),
        notice_in_use=is_yes(settings, "contact.notice_in_messages"),
        ecg_checked_on=_day(settings, "contact.ecg_checked_on"),
        post_by_interest=is_yes(settings, "contact.post_by_interest"),
        business_segments=tuple(name.strip() for name in segments if name.strip()),
    )


def apply_limits(settings: Settings, conn: Connection) -> None:
    """Bring the limits to the database before anything is decided or handed out; the caller commits."""
    set_limits(conn, limits(settings))


def person_number(subject: str) -> int:
    """The number of a person's id such as ``P12``.

    Raises:
        DataError: It is no such id.
    """
    match = re.fullmatch(r"P-?(\d{1,18})", subject.strip().upper())
    if match is None:
        raise DataError(f"{subject!r} is no person", remedy="Name one as kundenecho advocates does, such as P12")
    return int(match[1])


def explain_contact(settings: Settings, conn: Connection, subject: str) -> dict[str, Any]:
    """Whether a person may be contacted, with every condition.

    Args:
        settings: The installation's settings.
        conn: Connection of the pipeline; committed.
        subject: ``P…``.

    Returns:
        ``{"person_id", "contactable", "channel", "reason", "legal_basis", "channels"}``; each channel has its
        answer and the conditions as (words, value in German).

    Raises:
        DataError: There is no such person.
    """
    apply_limits(settings, conn)
    conn.commit()
    number = person_number(subject)
    answer = answer_of_person(conn, number)
    if answer is None:
        raise DataError(f"P{number} is not known", remedy="Lists show the ids: kundenecho advocates")
    channels = [
        {
            "channel": row["channel"],
            "allowed": row["allowed"],
            "reason": row["reason"],
            "legal_basis": row["legal_basis"],
            "conditions": {words: in_german(row[column]) for column, words in CONDITIONS},
        }
        for row in answers_for_person(conn, number)
    ]
    return {
        "person_id": f"P{number}",
        "contactable": answer["contactable"],
        "answer": CONTACT[answer["contactable"]],
        "channel": answer["channel"],
        "reason": answer["reason"],
        "legal_basis": answer["legal_basis"],
        "channels": channels,
    }


def in_german(value: Any) -> str:
    """A fact as people read it: ja, nein, a day, a number, – for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return f"{value:%d.%m.%Y}" if isinstance(value, (date, datetime)) else str(value)


def _day(settings: Settings, name: str) -> date | None:
    value = settings[name].strip()
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong(settings, name, value, "a day such as 2025-01-31, or nothing") from None


def is_yes(settings: Settings, name: str) -> bool:
    """Whether a setting says yes.

    Raises:
        SettingsError: It is neither yes nor no.
    """
    value = settings[name].strip().lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise _wrong(settings, name, value, "yes or no")


def _wrong(settings: Settings, name: str, value: object, wanted: str) -> SettingsError:
    return SettingsError(
        f"{name} is {value!r}, {wanted} is needed", where=str(settings.path), remedy="Correct the value"
    )
