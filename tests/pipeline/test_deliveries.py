"""A report reaches each address once, and a receipt tells what became of every attempt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import RetryError, SettingsError
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.analyse import analyse
from pipeline.decide import decide
from pipeline.deliver import masked
from pipeline.notify import Message, post
from pipeline.report import report
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.receivers import MailServer, Receiver, mail_server, webhook
from web.report import PAGES

SECRET = "the webhook's secret"
As = Callable[[str], Connection]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("KUNDENECHO_WEBHOOK_SECRET", SECRET)
    with webhook(SECRET) as receiver:
        yield receiver


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def chosen(settings: Settings, **values: Any) -> Settings:
    return replace(settings, values={**settings.values, **{k.replace("_", ".", 1): v for k, v in values.items()}})


def by_mail(settings: Settings, mails: MailServer, *to: str, **values: Any) -> Settings:
    return chosen(
        settings, report_email_to=", ".join(to), alerts_smtp_host="127.0.0.1", alerts_smtp_port=mails.port, **values
    )


def receipts(conn: Connection) -> list[tuple[Any, ...]]:
    return rows(conn, "SELECT channel, target, outcome, detail, attempt FROM lists.deliveries ORDER BY delivery_id")


def page(settings: Settings) -> Path:
    [found] = (settings.home / "reports").glob("*.html")
    return found


def test_delivered_once_with_a_receipt_that_names_the_file(
    settings: Settings, conn: Connection, hook: Receiver
) -> None:
    told = chosen(settings, report_webhook_url=hook.url)
    assert report(told, pages=PAGES)["delivered"] == 1
    digest = hashlib.sha256(page(settings).read_bytes()).hexdigest()
    [(name, kept, begun, ended)] = rows(conn, "SELECT report, digest, begun_at, ended_at FROM lists.deliveries")
    assert (name, kept) == (page(settings).stem, digest)
    assert begun <= ended
    assert [hook.bodies[0][key] for key in ("report", "digest", "delivery")] == [name, digest, 1]
    counts = report(told, pages=PAGES)
    assert (counts["delivered"], counts["failed"], len(hook.answers)) == (0, 0, 1), "who has got it gets no second one"
    assert report(told, pages=PAGES, again=True)["delivered"] == 1
    assert receipts(conn) == [
        ("webhook", "127.0.0.1", "delivered", "HTTP 204", 1),
        ("webhook", "127.0.0.1", "delivered", "HTTP 204", 2),
    ]


def test_what_failed_is_sent_again_and_only_that(
    settings: Settings, conn: Connection, hook: Receiver, mails: MailServer
) -> None:
    told = by_mail(settings, mails, "a@firma.example", "bea@firma.example", report_webhook_url=hook.url)
    mails.refused["bea@firma.example"] = 450
    hook.status = 503
    with pytest.raises(RetryError, match=r"HTTP 503.*SMTP 450|SMTP 450.*HTTP 503"):
        report(told, pages=PAGES)
    mails.refused.clear()
    hook.status = 200
    assert report(told, pages=PAGES)["delivered"] == 2
    assert [to for to, _ in mails.received] == [["a@firma.example"], ["bea@firma.example"]]
    assert receipts(conn) == [
        ("email", "a•••@firma.example", "delivered", None, 1),
        ("email", "b•••@firma.example", "failed", "SMTP 450", 1),
        ("webhook", "127.0.0.1", "failed", "HTTP 503", 1),
        ("email", "b•••@firma.example", "delivered", None, 2),
        ("webhook", "127.0.0.1", "delivered", "HTTP 200", 2),
    ]


def test_an_address_stands_nowhere_in_clear(settings: Settings, conn: Connection, mails: MailServer) -> None:
    told = by_mail(settings, mails, "bea.muster@firma.example")
    mails.refused["bea.muster@firma.example"] = 550
    with pytest.raises(RetryError) as error:
        report(told, pages=PAGES)
    kept = str(rows(conn, "SELECT to_jsonb(d) FROM report_delivery d UNION ALL SELECT to_jsonb(r) FROM run r"))
    assert "SMTP 550" in kept
    assert "bea.muster" not in kept + str(error.value)


def test_what_a_crash_cut_off_is_seen_and_sent_again(
    settings: Settings, conn: Connection, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = chosen(settings, report_webhook_url=hook.url)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("pipeline.deliver.post", crash)
        with pytest.raises(KeyboardInterrupt):
            report(told, pages=PAGES)
    assert receipts(conn) == [("webhook", "127.0.0.1", "sending", None, 1)]
    conn.rollback()
    report(told, pages=PAGES)
    assert [r[2] for r in receipts(conn)] == ["sending", "delivered"]


def test_a_receiver_refuses_another_secret_an_old_call_and_a_repeat(
    settings: Settings, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message("report", "Bericht", "Text")
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    assert post(settings, hook.url, message).delivered
    assert post(settings, hook.url, message).detail == "HTTP 409", "the very same call again"
    monkeypatch.setenv("KUNDENECHO_WEBHOOK_SECRET", "another secret")
    assert post(settings, hook.url, message).detail == "HTTP 401"
    monkeypatch.delenv("KUNDENECHO_WEBHOOK_SECRET")
    assert post(settings, hook.url, message).detail == "HTTP 401", "unsigned"
    body = b'{"event": "report"}'
    from pipeline.notify import signature

    def signed(stamp: str, of: bytes) -> int:
        return hook.judge(
            {"X-Kundenecho-Timestamp": stamp, "X-Kundenecho-Signature": signature(SECRET, stamp, of)}, body
        )

    assert signed("1799999000", body) == 401, "signed well, but long ago"
    assert signed("1800000000", body + b" ") == 401, "another body"
    assert signed("1800000000", body) == hook.status


def test_a_redirect_is_not_taken_for_delivered(settings: Settings, conn: Connection, hook: Receiver) -> None:
    hook.status, hook.location = 302, hook.url
    with pytest.raises(RetryError, match="HTTP 302"):
        report(chosen(settings, report_webhook_url=hook.url), pages=PAGES)
    assert hook.answers == [302]
    assert receipts(conn)[0][2:4] == ("failed", "HTTP 302")


def test_nobody_there(settings: Settings, conn: Connection) -> None:
    with pytest.raises(RetryError, match="Connection refused"):
        report(chosen(settings, report_email_to="a@x.example", alerts_smtp_host="127.0.0.1", alerts_smtp_port=9))
    assert receipts(conn)[0][2] == "failed"


@pytest.mark.parametrize(("form", "attached"), [("html", True), ("link", False)])
def test_the_mail_carries_the_report_or_a_link(
    settings: Settings, mails: MailServer, form: str, attached: bool
) -> None:
    link = "https://berichte.firma.example/kundenecho/"
    told = by_mail(settings, mails, "a@firma.example", report_email_as=form, report_link="" if attached else link)
    report(told, pages=PAGES)
    [(_, mail)] = mails.received
    assert mail["Date"]
    assert mail["Message-ID"]
    files = list(mail.iter_attachments())
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    if attached:
        [file] = files
        assert file.get_content_type() == "text/html"
        assert file.get_content().encode() == page(settings).read_bytes()
        assert file.get_filename() in text
    else:
        assert files == []
        assert f"{link}{page(settings).name}" in text


def test_wrong_settings_are_named_before_anything_is_sent(settings: Settings, hook: Receiver) -> None:
    for values, place in (
        ({"report_email_as": "fax"}, "report.email_as"),
        ({"report_email_as": "link"}, "report.link"),
        ({"report_email_to": "a@x.example"}, "alerts.smtp_host"),
    ):
        with pytest.raises(SettingsError, match=place):
            report(chosen(settings, report_webhook_url=hook.url, **values), pages=PAGES)
    assert hook.answers == []


def test_the_summary_says_since_when(
    settings: Settings,
    conn: Connection,
    hook: Receiver,
    load: Callable[..., object],
    feedback: Callable[..., Feedback],
) -> None:
    load([feedback(str(n), f"Der Deckel ist undicht, Fall {n}.") for n in range(4)])
    analyse(settings)
    decide(settings)
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE defect_figure SET signal = 'rising', rising_since = '2026-03-16', rising_since_low = '2026-03-09',"
            " rising_since_high = '2026-03-23'"
        )
    conn.commit()
    report(chosen(settings, report_webhook_url=hook.url), pages=PAGES)
    [body] = hook.bodies
    assert "steigt seit März 2026" in body["text"]
    assert [(d["component"], d["signal"], d["rising_since"]) for d in body["urgent"]] == [
        ("Deckel", "rising", "2026-03-16")
    ]


def test_operations_read_the_receipts_and_nobody_else_does(as_role: As) -> None:
    assert rows(as_role("operations"), "SELECT * FROM lists.deliveries") == []
    for role in ("marketing", "product", "support"):
        with pytest.raises(Exception, match="permission denied"):
            rows(as_role(role), "SELECT * FROM lists.deliveries")


def test_masked() -> None:
    assert masked("bea.muster@firma.example") == "b•••@firma.example"
