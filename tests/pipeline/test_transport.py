"""Mail and webhooks reach the right server by its certificate, encrypted, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import SettingsError
from kundenecho.settings import Settings
from pipeline.notify import Message, Receipt, tell
from pipeline.transport import mail_connection
from tests.pipeline.authority import Authority
from tests.pipeline.receivers import MailServer, mail_server, webhook

Mail = Callable[..., Receipt]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def with_values(settings: Settings, **values: Any) -> Settings:
    named = {f"alerts.{name}": value for name, value in values.items()}
    return replace(settings, values={**settings.values, **named})


def send(settings: Settings, mails: MailServer, **values: Any) -> Receipt:
    values = {"smtp_host": "localhost", "smtp_port": mails.port, "email_to": "a@example.org", **values}
    [receipt] = tell(with_values(settings, **values), Message("test", "Betreff", "Text"))
    return receipt


def test_a_self_signed_certificate_is_refused(settings: Settings, authority: Authority) -> None:
    for at_once, security in ((False, "starttls"), (True, "tls")):
        with mail_server(authority.self_signed("localhost"), at_once=at_once) as mails:
            receipt = send(settings, mails, smtp_security=security)
        assert receipt == Receipt("email", False, "the certificate is not trusted: self-signed certificate")
        assert mails.received == []
        assert not {"MAIL", "DATA", "AUTH"} & set(mails.said)


def test_the_companys_own_authority_is_trusted_by_its_file(settings: Settings, authority: Authority) -> None:
    ca = str(authority.file)
    for at_once, security in ((False, "starttls"), (True, "tls")):
        with mail_server(authority.server("localhost"), at_once=at_once) as mails:
            refused = send(settings, mails, smtp_security=security)
            taken = send(settings, mails, smtp_security=security, ca_file=ca)
        assert "unable to get local issuer" in refused.detail
        assert taken == Receipt("email", True)
        assert len(mails.received) == 1


def test_the_name_and_the_time_must_be_right_too(settings: Settings, authority: Authority) -> None:
    ca = str(authority.file)
    with mail_server(authority.server("mail.firma.example")) as mails:
        assert "Hostname mismatch" in send(settings, mails, smtp_security="starttls", ca_file=ca).detail
    with mail_server(authority.server("localhost", days=0)) as mails:
        assert "expired" in send(settings, mails, smtp_security="starttls", ca_file=ca).detail


def test_a_server_without_encryption_gets_nothing(settings: Settings) -> None:
    with mail_server() as mails:
        receipt = send(settings, mails, smtp_security="starttls")
        assert receipt == Receipt("email", False, "the server offers no encryption (STARTTLS)")
        assert mails.said == ["EHLO"]
        assert send(settings, mails, smtp_security="plain").delivered


def test_this_machine_needs_no_encryption(settings: Settings, authority: Authority) -> None:
    for host in ("localhost", "127.0.0.1"):
        with mail_server(authority.self_signed("localhost")) as mails:
            assert send(settings, mails, smtp_host=host).delivered
        assert "STARTTLS" not in mails.said


def test_a_password_never_goes_out_in_clear(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUNDENECHO_SMTP_USER", "kundenecho")
    monkeypatch.setenv("KUNDENECHO_SMTP_PASSWORD", "secret")
    with pytest.raises(SettingsError, match="would go out in clear"):
        mail_connection(with_values(settings, smtp_host="mail.firma.example", smtp_security="plain"))


@pytest.mark.parametrize(
    ("value", "message"),
    [({"smtp_security": "ssl"}, "no kind of encryption"), ({"ca_file": "nowhere.pem"}, "no readable file with certificates")],
)  # fmt: skip
def test_settings_that_cannot_be(value: dict[str, str], message: str, settings: Settings) -> None:
    values = {
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_security": "starttls",
        "email_to": "a@example.org",
        **value,
    }
    chosen = with_values(settings, **values)
    with pytest.raises(SettingsError, match=message):
        mail_connection(chosen)
    # An alarm goes on to its other channels.
    [receipt] = tell(chosen, Message("test", "x", "y"))
    assert message in receipt.detail


def test_webhooks_are_checked_the_same_way(
    settings: Settings, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUNDENECHO_WEBHOOK_SECRET", "s3cret")
    ca = str(authority.file)
    with webhook("s3cret", authority.server("localhost")) as receiver:
        [refused] = tell(with_values(settings, webhook_url=receiver.url), Message("test", "x", "y"))
        [taken] = tell(with_values(settings, webhook_url=receiver.url, ca_file=ca), Message("test", "x", "y"))
        [broken] = tell(with_values(settings, webhook_url=receiver.url, ca_file="no.pem"), Message("test", "x", "y"))
    assert not refused.delivered
    assert "certificate is not trusted" in refused.detail
    assert taken.delivered
    assert "no readable file" in broken.detail
    assert len(receiver.bodies) == 1
