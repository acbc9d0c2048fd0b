"""Whom mail and webhooks are handed to: the right server, by its certificate, and nobody who listens."""

from __future__ import annotations

import ipaddress
import os
import smtplib
import ssl
import urllib.error
from typing import Final

from kundenecho.errors import SettingsError
from kundenecho.settings import Settings

TIMEOUT_SECONDS: Final = 20
_SECURITY: Final = ("auto", "starttls", "tls", "plain")


def trust(settings: Settings) -> ssl.SSLContext:
    """What certificates must hold up to: the system's authorities and the company's own, and the name of the server.

    Args:
        settings: ``alerts.ca_file``, a path from the settings file.

    Raises:
        SettingsError: The file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    if named := settings["alerts.ca_file"]:
        file = settings.path.parent / named
        try:
            context.load_verify_locations(file)
        except (OSError, ssl.SSLError):
            raise SettingsError(
                f"{file} is no readable file with certificates (PEM)",
                where="alerts.ca_file",
                remedy="Name the certificate of the company's authority, or empty the setting",
            ) from None
    return context


def mail_connection(settings: Settings) -> smtplib.SMTP:
    """Connect to the mail server of the settings, encrypted as they say, and log in where a user is given.

    Args:
        settings: ``alerts.smtp_host``, ``smtp_port``, ``smtp_security``, ``ca_file``; user and password come from the
            environment.

    Returns:
        The open connection, to be closed by the caller.

    Raises:
        OSError: The server cannot be reached, or its certificate is not trusted.
        smtplib.SMTPException: It refuses, or does not offer the encryption that is wanted.
        SettingsError: The encryption or the file of the authority makes no sense, or a password would go out in clear.
    """
    host, port = settings["alerts.smtp_host"], settings["alerts.smtp_port"]
    user, password = os.environ.get("KUNDENECHO_SMTP_USER"), os.environ.get("KUNDENECHO_SMTP_PASSWORD")
    security = _security(settings, host)
    if security == "plain" and user and not _is_here(host):
        raise SettingsError(
            "the password of the mail server would go out in clear",
            where="alerts.smtp_security",
            remedy="Set it to starttls or tls, or leave KUNDENECHO_SMTP_USER out",
        )
    server: smtplib.SMTP
    if security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=trust(settings))
    else:
        context = trust(settings) if security == "starttls" else None
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        # What a server offers is known after it was greeted only.
        server.ehlo_or_helo_if_needed()
        if security == "starttls":
            server.starttls(context=context)
        if user and password:
            server.login(user, password)
    except BaseException:
        server.close()
        raise
    return server


def _security(settings: Settings, host: str) -> str:
    wanted = str(settings["alerts.smtp_security"])
    if wanted not in _SECURITY:
        raise SettingsError(
            f"{wanted!r} is no kind of encryption",
            where="alerts.smtp_security",
            remedy=f"One of {', '.join(_SECURITY)}",
        )
    if wanted != "auto":
        return wanted
    return "plain" if _is_here(host) else "starttls"


def _is_here(host: str) -> bool:
    """Whether a host is this machine, so that nothing leaves it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def not_trusted(error: Exception) -> bool:
    """Whether a server was refused by us, for its certificate or for no encryption; trying again will not help."""
    return isinstance(error, (ssl.SSLCertVerificationError, smtplib.SMTPNotSupportedError))


def reason_of(error: Exception) -> str:
    """Why something was not taken; the server's own words may name an address and are left out."""
    if isinstance(error, SettingsError):
        return str(error)
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return reason_of(error.reason)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the server offers no encryption (STARTTLS)"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}"
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return type(error).__name__
