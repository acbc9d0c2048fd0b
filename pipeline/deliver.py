"""Delivering a report: to each address once, with a receipt for every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from kundenecho.errors import SettingsError
from kundenecho.keying import Keyer, keyer_from_env
from kundenecho.settings import Settings
from pipeline.notify import Message, Receipt, addresses, post, send_mail
from storage.connect import Connection
from storage.deliveries import begin_delivery, delivered_to, end_delivery


def deliver(
    conn: Connection, settings: Settings, message: Message, *, report: str, digest: str, again: bool = False
) -> list[Receipt]:
    """Send a report by e-mail and webhook to those who have not got it.

    A receipt is committed before each attempt and closed after it. What a crash cut off in between is sent again:
    a receiver tells a repeat by the name of the report, which stands in the signed body.

    Args:
        conn: Connection of the pipeline, in no transaction.
        settings: ``report.email_to`` and ``report.webhook_url``, else ``alerts.webhook_url``.
        message: What to send.
        report: Name of the report; each address gets one of this name.
        digest: SHA-256 of the report, hexadecimal.
        again: Send it also to those who have got it.

    Returns:
        Receipts of this attempt, one an address; empty where everybody has got it or nobody is to.

    Raises:
        SettingsError: If addresses are set but no mail server, or the keying secret is missing.
    """
    message = replace(message, facts={**message.facts, "report": report, "digest": digest})
    to, hook = addresses(settings["report.email_to"]), settings["report.webhook_url"] or settings["alerts.webhook_url"]
    if to and not settings["alerts.smtp_host"]:
        raise SettingsError(
            "the report has addressees but there is no mail server",
            where="alerts.smtp_host",
            remedy="Set it, or empty report.email_to",
        )
    if not to and not hook:
        return []
    keyer, receipts = keyer_from_env(), []
    if to:
        got = set() if again else delivered_to(conn, report, "email")
        waiting = [address for address in to if keyer.email(address) not in got]
        receipts += _by_mail(conn, settings, keyer, message, waiting, report, digest)
    if hook:
        key = _key(keyer.key("webhook", hook))
        if again or key not in delivered_to(conn, report, "webhook"):
            number = begin_delivery(conn, report, digest, "webhook", key, urlsplit(hook).hostname or "–")
            # The number makes each call unlike any other, so that a receiver may refuse what it has seen.
            receipt = post(settings, hook, replace(message, facts={**message.facts, "delivery": number}))
            end_delivery(conn, number, delivered=receipt.delivered, detail=receipt.detail)
            receipts.append(receipt)
    return receipts


def _by_mail(
    conn: Connection,
    settings: Settings,
    keyer: Keyer,
    message: Message,
    waiting: Sequence[str],
    report: str,
    digest: str,
) -> list[Receipt]:
    if not waiting:
        return []
    numbers = {
        address: begin_delivery(conn, report, digest, "email", _key(keyer.email(address)), masked(address))
        for address in waiting
    }
    receipts = send_mail(settings, message, waiting)
    for address, receipt in receipts.items():
        end_delivery(conn, numbers[address], delivered=receipt.delivered, detail=receipt.detail)
    return list(receipts.values())


def masked(address: str) -> str:
    """An e-mail address as operations may see it: ``a•••@firma.example``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _key(key: str | None) -> str:
    if key is None:
        raise SettingsError("an address is empty", where="report.email_to", remedy="Correct the value")
    return key
