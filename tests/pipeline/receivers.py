"""The other side of a delivery: a webhook receiver and a mail server that take nothing on trust."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

MAX_AGE_SECONDS = 300


@dataclass
class Receiver:
    """A webhook as docs/report.md tells its owner to write one.

    Attributes:
        status: Answered to what is accepted.
        bodies: What was accepted.
        answers: Status of every call.
    """

    secret: str
    url: str = ""
    status: int = 204
    location: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def judge(self, headers: Any, body: bytes) -> int:
        """401 for what is not signed with the secret just now, 409 for what came before."""
        stamp, given = headers.get("X-Kundenecho-Timestamp", ""), headers.get("X-Kundenecho-Signature", "")
        mac = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if not stamp.isdigit() or not hmac.compare_digest(given, f"sha256={mac}"):
            return 401
        if abs(time.time() - int(stamp)) > MAX_AGE_SECONDS:
            return 401
        if given in self.seen:
            return 409
        self.seen.add(given)
        return self.status


@contextmanager
def webhook(secret: str, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that listens, with a certificate or without."""
    receiver = Receiver(secret)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.judge(self.headers, body)
            receiver.answers.append(answer)
            if answer == receiver.status and answer < 300:
                receiver.bodies.append(json.loads(body))
            self.send_response(answer)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def do_GET(self) -> None:
            receiver.answers.append(200)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        receiver.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_port}/"
        yield receiver
        server.shutdown()


@dataclass
class MailServer:
    """As much of SMTP (RFC 5321) as takes messages, and refuses single recipients.

    Attributes:
        refused: Status by address that is refused at RCPT.
        received: Recipients and message of each mail that was taken.
        offers: Extensions that it names when it is greeted; it carries none of them out but STARTTLS with ``tls``.
        tls: Its certificate, None for a server that cannot encrypt.
        at_once: It encrypts from the first byte.
        said: Command words of the other side.
    """

    port: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    offers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    said: list[str] = field(default_factory=list)


class _Quiet(socketserver.ThreadingTCPServer):
    """Whoever does not trust our certificate breaks off, which is no error here."""

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[MailServer]:
    """A mail server that listens, with a certificate or without."""
    mails = MailServer(tls=tls, at_once=at_once, offers=("STARTTLS",) if tls and not at_once else ())

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            super().setup()
            if mails.at_once:
                self.encrypt()

        def encrypt(self) -> None:
            assert mails.tls
            secured = mails.tls.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = secured.makefile("rb"), secured.makefile("wb", buffering=0)  # type: ignore[assignment]

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            to: list[str] = []
            self.say("220 local")
            while line := self.rfile.readline().decode("ascii").strip():
                word, _, rest = line.partition(" ")
                mails.said.append(word.upper())
                if word.upper() == "EHLO":
                    *most, last = ("local", *mails.offers)
                    for name in most:
                        self.say(f"250-{name}")
                    self.say(f"250 {last}")
                elif word.upper() == "STARTTLS" and mails.tls:
                    self.say("220 go on")
                    self.encrypt()
                elif word.upper() in mails.offers:
                    self.say("454 not now")
                elif word.upper() == "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    code = mails.refused.get(address, 250)
                    self.say(f"{code} <{address}>")
                    to += [address] if code == 250 else []
                elif word.upper() == "DATA":
                    self.say("354 go on")
                    raw = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        raw.append(text.removeprefix(b"."))
                    message = email.message_from_bytes(b"".join(raw), policy=email.policy.default)
                    assert isinstance(message, EmailMessage)
                    mails.received.append((to, message))
                    self.say("250 taken")
                elif word.upper() == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    with _Quiet(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mails.port = server.server_address[1]
        yield mails
        server.shutdown()
