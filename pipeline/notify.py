"""Telling somebody: e-mail and webhook, with a receipt for each channel or address."""

from __future__ import annotations

import hashlib
import hmac
import json
import mimetypes
import os
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any, NoReturn

from kundenecho.errors import SettingsError
from kundenecho.settings import Settings
from pipeline.transport import TIMEOUT_SECONDS, mail_connection, reason_of, trust


@dataclass(frozen=True)
class Message:
    """What is told. Holds no personal data of customers.

    Attributes:
        event: Machine-readable kind, such as ``source_failed``.
        subject: One line, German.
        body: Plain text, German.
        facts: The same for machines, JSON-serialisable.
        attachments: Files for the e-mail.
    """

    event: str
    subject: str
    body: str
    facts: dict[str, Any] = field(default_factory=dict)
    attachments: Sequence[Path] = ()


@dataclass(frozen=True)
class Receipt:
    """Whether one channel took the message; ``detail`` says why not, without an address."""

    channel: str
    delivered: bool
    detail: str = ""


def tell(settings: Settings, message: Message) -> list[Receipt]:
    """Send a message over every channel that the settings name for alarms.

    Args:
        settings: ``alerts.*`` settings; user, password and webhook secret come from the environment.
        message: What to tell.

    Returns:
        A receipt per configured channel; an empty list where nobody is to be told.
    """
    receipts = []
    wanted = addresses(settings["alerts.email_to"])
    if wanted and settings["alerts.smtp_host"]:
        each = send_mail(settings, message, wanted)
        refused = [receipt for receipt in each.values() if not receipt.delivered]
        receipts.append(refused[0] if refused else each[wanted[0]])
    if settings["alerts.webhook_url"]:
        receipts.append(post(settings, settings["alerts.webhook_url"], message))
    return receipts


def addresses(listed: str) -> list[str]:
    """The addresses of a comma-separated setting, each once."""
    return list(dict.fromkeys(address.strip() for address in listed.split(",") if address.strip()))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Signature of a webhook: ``sha256=`` and the HMAC-SHA-256 of ``<timestamp>.<body>`` in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send_mail(settings: Settings, message: Message, to: Sequence[str]) -> dict[str, Receipt]:
    """Send one e-mail to some addresses.

    Args:
        settings: Server and sender; user and password come from the environment.
        message: What to tell.
        to: The addresses.

    Returns:
        A receipt by address: the server may take the mail for some and refuse others.
    """
    try:
        refused = _hand_over(settings, _mail(settings, message, to))
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (OSError, smtplib.SMTPException, SettingsError) as error:
        return {address: Receipt("email", False, reason_of(error)) for address in to}
    return {
        address: Receipt("email", False, f"SMTP {refused[address][0]}")
        if address in refused
        else Receipt("email", True)
        for address in to
    }


def _mail(settings: Settings, message: Message, to: Sequence[str]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings["alerts.email_from"]
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"[Kundenecho] {message.subject}"
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=settings["alerts.email_from"].rpartition("@")[2].strip("> ") or None)
    mail.set_content(message.body)
    for file in message.attachments:
        kind, _, form = (mimetypes.guess_type(file.name)[0] or "application/octet-stream").partition("/")
        params = {"charset": "utf-8"} if kind == "text" else None
        mail.add_attachment(file.read_bytes(), maintype=kind, subtype=form, filename=file.name, params=params)
    return mail


def _hand_over(settings: Settings, mail: EmailMessage) -> dict[str, tuple[int, bytes]]:
    with mail_connection(settings) as server:
        return server.send_message(mail)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its body, and be answered with 200."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> NoReturn:
        raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)


def post(settings: Settings, url: str, message: Message) -> Receipt:
    """Post a message to a webhook, signed where ``KUNDENECHO_WEBHOOK_SECRET`` is set.

    Args:
        settings: Which certificates are trusted.
        url: Address; a redirect counts as not delivered, and so does a certificate that is not trusted.
        message: What to tell.

    Raises:
        SettingsError: If it is no http address.
    """
    if not url.startswith(("http://", "https://")):
        raise SettingsError(
            "the webhook is no http address", where="alerts.webhook_url", remedy="Begin it with https://"
        )
    facts = {"event": message.event, "subject": message.subject, "text": message.body, **message.facts}
    body = json.dumps(facts, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    secret = os.environ.get("KUNDENECHO_WEBHOOK_SECRET")
    if secret:
        timestamp = str(int(time.time()))
        headers["X-Kundenecho-Timestamp"] = timestamp
        headers["X-Kundenecho-Signature"] = signature(secret, timestamp, body)
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310  checked above
    try:
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=trust(settings)))
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return Receipt("webhook", 200 <= answer.status < 300, f"HTTP {answer.status}")
    except urllib.error.HTTPError as error:
        return Receipt("webhook", False, f"HTTP {error.code}")
    except (OSError, SettingsError) as error:
        return Receipt("webhook", False, reason_of(error))
