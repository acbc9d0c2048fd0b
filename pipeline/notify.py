"""Telling somebody: e-mail and webhook, with a receipt for each channel."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from kundenecho.errors import SettingsError
from kundenecho.settings import Settings

_TIMEOUT_SECONDS = 20


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
    """Whether one channel took the message; ``detail`` says why not."""

    channel: str
    delivered: bool
    detail: str = ""


def tell(settings: Settings, message: Message, *, to: str | None = None) -> list[Receipt]:
    """Send a message over every channel that the settings name.

    Args:
        settings: ``alerts.*`` settings; user, password and webhook secret come from the environment.
        message: What to tell.
        to: Comma-separated addresses instead of ``alerts.email_to``.

    Returns:
        A receipt per configured channel; an empty list where nobody is to be told.
    """
    receipts = []
    addresses = [a.strip() for a in (settings["alerts.email_to"] if to is None else to).split(",") if a.strip()]
    if addresses and settings["alerts.smtp_host"]:
        receipts.append(_by_email(settings, message, addresses))
    if settings["alerts.webhook_url"]:
        receipts.append(_by_webhook(settings["alerts.webhook_url"], message))
    return receipts


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Signature of a webhook: ``sha256=`` and the HMAC-SHA-256 of ``<timestamp>.<body>`` in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _by_email(settings: Settings, message: Message, addresses: list[str]) -> Receipt:
    mail = EmailMessage()
    mail["From"] = settings["alerts.email_from"]
    mail["To"] = ", ".join(addresses)
    mail["Subject"] = f"[Kundenecho] {message.subject}"
    mail.set_content(message.body)
    for file in message.attachments:
        mail.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
    user, password = os.environ.get("KUNDENECHO_SMTP_USER"), os.environ.get("KUNDENECHO_SMTP_PASSWORD")
    try:
        with smtplib.SMTP(
            settings["alerts.smtp_host"], settings["alerts.smtp_port"], timeout=_TIMEOUT_SECONDS
        ) as server:
            if server.has_extn("starttls"):
                server.starttls()
            if user and password:
                server.login(user, password)
            refused = server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        return Receipt("email", False, f"{type(error).__name__}: {error}")
    return Receipt("email", not refused, f"{len(refused)} addresses refused" if refused else "")


def _by_webhook(url: str, message: Message) -> Receipt:
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
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return Receipt("webhook", 200 <= answer.status < 300, f"HTTP {answer.status}")
    except urllib.error.HTTPError as error:
        return Receipt("webhook", False, f"HTTP {error.code}")
    except OSError as error:
        return Receipt("webhook", False, f"{type(error).__name__}: {error}")
