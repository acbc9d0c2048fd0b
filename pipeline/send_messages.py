"""Routine messages go out by rule: approved texts only, to whom it is allowed, each once, with a receipt."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

from kundenecho.errors import RetryError, SettingsError
from kundenecho.settings import Settings
from pipeline.contact import apply_limits, is_yes
from pipeline.messages import filled
from pipeline.step import Counts, Progress, silent, step
from pipeline.transport import mail_connection, not_trusted, reason_of
from storage.connect import Connection, named_lock
from storage.messages import Begun, begin_message, cut_off, due_cases, end_message

#: Attempts for one case; after that it is left to people.
_MOST: Final = 5


def send_messages(settings: Settings, *, progress: Progress = silent) -> Counts:
    """Send the approved text to every case that it may answer, and close the case.

    A receipt is committed before each message and says afterwards what became of it. What may have arrived is not
    repeated; what was refused for the moment is tried again next time, what was refused for good is left to people.

    Args:
        settings: ``messages.*`` and the mail server of ``alerts.*``.
        progress: Told about messages.

    Returns:
        sent; not_sent: left to people; later: refused for the moment.

    Raises:
        SettingsError: There is something to send, but no mail server, sender or address for objections; or the mail
            server's certificate is not trusted, or it offers no encryption.
        RetryError: The mail server cannot be reached.
    """
    days, confirm = settings["messages.days"], is_yes(settings, "messages.confirm_unsubscribes")
    with step(settings, "messages") as running, named_lock(running.conn, "messages"):
        conn, counts = running.conn, running.counts
        counts.update(sent=0, not_sent=0, later=0)
        apply_limits(settings, conn)
        conn.commit()
        for delivery in cut_off(conn):
            counts["not_sent"] += end_message(conn, delivery, "unknown", "abgebrochen", retry=False, most=_MOST)
        cases = due_cases(conn, days=days, confirm=confirm)
        conn.commit()
        if not cases:
            return counts
        sender, objection = _must(settings)
        with _server(settings) as server:
            for done, case in enumerate(cases, 1):
                begun = begin_message(conn, case, days=days, confirm=confirm)
                if begun is not None and not _send(conn, settings, server, begun, (sender, objection), counts):
                    break
                progress("Nachrichten", done, len(cases))
    return running.counts


def _must(settings: Settings) -> tuple[str, str]:
    for name, what in (
        ("alerts.smtp_host", "no mail server"),
        ("messages.email_from", "no sender for customers"),
        ("messages.unsubscribe", "nowhere to object, which every message has to tell (Art. 21 (4) GDPR, § 7 (3) UWG)"),
    ):
        if not settings[name]:
            raise SettingsError(
                f"a message is approved, but there is {what}",
                where=name,
                remedy="Set it, or take the approval back: docs/messages.md",
            )
    return settings["messages.email_from"], settings["messages.unsubscribe"]


@contextmanager
def _server(settings: Settings) -> Iterator[smtplib.SMTP]:
    try:
        server = mail_connection(settings)
    except (OSError, smtplib.SMTPException) as error:
        if not_trusted(error):
            raise SettingsError(
                f"nothing is sent by this mail server: {reason_of(error)}",
                where="alerts.smtp_host",
                remedy="alerts.ca_file names the company's authority, alerts.smtp_security the encryption",
            ) from None
        raise RetryError(
            f"the mail server cannot be reached: {reason_of(error)}", where="alerts.smtp_host", remedy="Look after it"
        ) from None
    try:
        yield server
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _send(
    conn: Connection, settings: Settings, server: smtplib.SMTP, begun: Begun, said: tuple[str, str], counts: Counts
) -> bool:
    """Send one message and note what became of it; False where the connection is gone."""
    outcome, detail, retry, alive = "delivered", "", False, True
    try:
        server.send_message(_mail(settings, begun, *said), to_addrs=[begun.email])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        outcome, detail, retry = "failed", f"SMTP {code}", code < 500
    except smtplib.SMTPResponseException as error:
        outcome, detail, retry = "failed", f"SMTP {error.smtp_code}", error.smtp_code < 500
    except (OSError, smtplib.SMTPException) as error:
        # It may have been taken before the connection broke.
        outcome, detail, alive = "unknown", reason_of(error), False
    left = end_message(conn, begun.delivery_id, outcome, detail, retry=retry, most=_MOST)
    counts["sent" if outcome == "delivered" else "not_sent" if left else "later"] += 1
    return alive


def _mail(settings: Settings, begun: Begun, sender: str, objection: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = begun.email
    mail["Subject"] = begun.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or None)
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{objection if objection.startswith('http') else 'mailto:' + objection}>"
    mail.set_content(filled(settings, begun.body))
    return mail
