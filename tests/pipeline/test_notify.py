"""Telling somebody, against real local servers."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kundenecho.settings import Settings, SourceTable
from pipeline.alarms import check_freshness, step_failed, step_succeeded
from pipeline.notify import Message, signature, tell
from storage.connect import Connection
from storage.runs import begin_run, end_run
from tests.pipeline.receivers import mail_server


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as delivers one message."""

    received: list[str] = []  # noqa: RUF012  shared on purpose

    def handle(self) -> None:
        def say(line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        say("220 local")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            word = line.split(" ")[0].upper()
            if word == "DATA":
                say("354 go on")
                body = []
                while (text := self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n")) != ".":
                    body.append(text)
                Mail.received.append("\n".join(body))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def mail() -> Iterator[int]:
    Mail.received.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]], list[int]]]:
    calls: list[tuple[dict[str, str], bytes]] = []
    status = [204]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", calls, status
    server.shutdown()
    server.server_close()


def told_by(settings: Settings, **values: Any) -> Settings:
    return replace(settings, values={**settings.values, **{k.replace("_", ".", 1): v for k, v in values.items()}})


def test_mail_and_webhook_are_delivered_and_signed(
    settings: Settings, mail: int, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, calls, _ = hook
    monkeypatch.setenv("KUNDENECHO_WEBHOOK_SECRET", "s3cret")
    chosen = told_by(
        settings,
        alerts_email_to="a@x.example, b@x.example",
        alerts_smtp_host="127.0.0.1",
        alerts_smtp_port=mail,
        alerts_webhook_url=url,
    )
    receipts = tell(chosen, Message("test", "Düse", "Alles verstopft", {"n": 1}))
    assert [(r.channel, r.delivered) for r in receipts] == [("email", True), ("webhook", True)]
    assert "To: a@x.example, b@x.example" in Mail.received[0]
    [(headers, body)] = calls
    assert json.loads(body) == {"event": "test", "subject": "Düse", "text": "Alles verstopft", "n": 1}
    assert headers["X-Kundenecho-Signature"] == signature("s3cret", headers["X-Kundenecho-Timestamp"], body)
    assert signature("other", headers["X-Kundenecho-Timestamp"], body) != headers["X-Kundenecho-Signature"]


def test_what_was_not_delivered_says_so(settings: Settings, hook: Any) -> None:
    url, _, status = hook
    status[0] = 500
    chosen = told_by(
        settings,
        alerts_email_to="a@x.example",
        alerts_smtp_host="127.0.0.1",
        alerts_smtp_port=9,
        alerts_webhook_url=url,
    )
    receipts = tell(chosen, Message("test", "x", "y"))
    assert [(r.channel, r.delivered) for r in receipts] == [("email", False), ("webhook", False)]
    assert "HTTP 500" in receipts[1].detail
    assert tell(settings, Message("test", "x", "y")) == []


def test_an_alarm_is_told_once_until_it_is_over(settings: Settings, hook: Any) -> None:
    url, calls, status = hook
    chosen = told_by(settings, alerts_webhook_url=url)
    status[0] = 503
    step_failed(chosen, "collect shop", "HTTP 500")
    status[0] = 204
    step_failed(chosen, "collect shop", "HTTP 500")
    step_failed(chosen, "collect shop", "HTTP 500")
    assert len(calls) == 2, "what nobody received is told again, what was received is not"
    step_succeeded(chosen, "collect shop")
    step_failed(chosen, "collect shop", "HTTP 500")
    assert len(calls) == 3


def test_freshness(settings: Settings, conn: Connection, hook: Any) -> None:
    url, calls, _ = hook
    tables = {
        name: SourceTable(
            name, {"kind": "schemaorg", "address": "https://x.example/", "schedule": schedule}, 1, settings.path
        )
        for name, schedule in (("daily", "0 4 * * *"), ("weekly", "@weekly"), ("never", "0 4 * * *"), ("byhand", None))
        if schedule
    }
    chosen = replace(told_by(settings, alerts_webhook_url=url), sources=tables)
    for source in ("daily", "weekly"):
        end_run(conn, begin_run(conn, "collect", source), "done", {}, None)
    now = datetime.now(UTC)
    assert check_freshness(chosen, now) == {"sources": 3, "stale": 0, "told": 0}
    assert check_freshness(chosen, now + timedelta(hours=47))["stale"] == 0
    assert check_freshness(chosen, now + timedelta(hours=49)) == {"sources": 3, "stale": 1, "told": 1}
    assert check_freshness(chosen, now + timedelta(hours=50))["told"] == 0
    assert json.loads(calls[0][1])["source"] == "daily"
    assert check_freshness(chosen, now + timedelta(days=15))["stale"] == 2


def test_a_mail_server_that_offers_encryption_is_asked_for_it(settings: Settings) -> None:
    """What a server offers is known once it was greeted; nothing goes out in clear where encryption fails."""
    with mail_server() as mails:
        mails.offers = ("STARTTLS",)
        values = {"alerts.email_to": "a@example.org", "alerts.smtp_host": "127.0.0.1", "alerts.smtp_port": mails.port,
                  "alerts.smtp_security": "starttls"}  # fmt: skip
        [receipt] = tell(replace(settings, values={**settings.values, **values}), Message("test", "Betreff", "Text"))
    assert mails.said[:2] == ["EHLO", "STARTTLS"]
    assert (receipt.delivered, receipt.detail) == (False, "SMTP 454")
    assert mails.received == []
