"""The faults that every source must survive, as a layer before its fake.

A fault hits the n-th answer that hands out feedback, and from then on every one, unless it says "once".
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from demo.fakes.base import Fake

#: Status, headers, body.
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
Change = Callable[["FaultLayer", Answer], Answer]
HANGS = 0.6


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: What happens, as printed in the table.
        change: Makes the faulty answer of the good one; None where the connection itself fails.
        once: Only one answer is hit.
        needs: What the fake must have: ``id``, ``enum``, ``pages``.
        anywhere: What it is does not depend on the page, so one in the middle stands for all.
    """

    name: str
    change: Change | None = None
    once: bool = False
    needs: str = ""
    anywhere: bool = False


class FaultLayer:
    """An ASGI layer that hits the answers of one fake.

    Args:
        kind: Whose answers.
        fault: What happens to them.
        first: Which answer that hands out feedback is the first to be hit, from 1.
    """

    def __init__(self, kind: str, fault: Fault | None, first: int) -> None:
        self.kind, self.fault, self.first = kind, fault, first
        self.asked = 0
        self.hit = 0
        self.fake: Fake | None = None
        self.before: Answer | None = None
        #: Called once, before the second answer that hands out feedback.
        self.between: Callable[[], None] | None = None
        self.app: Any = None

    def wrap(self, app: Any) -> Any:
        """Stand before an application."""
        self.app = app
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and change its answer where it is its turn."""
        path = scope.get("path", "")
        if scope["type"] != "http" or self.fake is None or not self._is_data(path):
            await self.app(scope, receive, send)
            return
        self.asked += 1
        if self.asked == 2 and self.between:
            self.between()
        turn = self.fault is not None and (self.asked == self.first if self.fault.once else self.asked >= self.first)
        good = await self._answer(scope, receive)
        if not turn or self.fault is None:
            self.before = good
            await _give(send, good)
            return
        self.hit += 1
        if self.fault.name == "Zeitüberschreitung":
            await asyncio.sleep(HANGS)
        elif self.fault.name == "Abbruch mitten im Inhalt":
            status, headers, body = good
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionError("cut")
        else:
            assert self.fault.change is not None
            await _give(send, self.fault.change(self, good))

    def _is_data(self, path: str) -> bool:
        if self.fake is None:
            return False
        prefix = urlsplit(self.fake.url).path
        return path.startswith(prefix) and re.search(self.fake.data, path[len(prefix) :]) is not None

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        parts: list[Any] = []

        async def keep(message: Any) -> None:
            parts.append(message)

        await self.app(scope, receive, keep)
        body = b"".join(p.get("body", b"") for p in parts if p["type"] == "http.response.body")
        return parts[0]["status"], list(parts[0]["headers"]), body


async def _give(send: Any, answer: Answer) -> None:
    status, headers, body = answer
    kept = [(k, v) for k, v in headers if k.lower() != b"content-length"]
    await send({"type": "http.response.start", "status": status, "headers": [*kept, (b"content-length", str(len(body)).encode())]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


def _says(status: int, body: bytes = b"", **headers: str) -> Change:
    found = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return lambda _, good: (status, found or [(b"content-type", b"text/html")], body)


def _body(change: Callable[[bytes], bytes]) -> Change:
    return lambda _, good: (good[0], good[1], change(good[2]))


def _documented(what: str) -> Change:
    def change(layer: FaultLayer, _: Answer) -> Answer:
        response = getattr(layer.fake, what)()
        return response.status_code, response.raw_headers, response.body

    return change


def _one_item(change: Callable[[Any, tuple[str, ...]], None], path: str) -> Change:
    def changed(layer: FaultLayer, good: Answer) -> Answer:
        assert layer.fake is not None
        payload = layer.fake.opened(good[2])
        items = layer.fake.items(payload)
        if items:
            # One in the middle: those at the ends may stand on two pages.
            change(items[len(items) // 2], getattr(layer.fake, path))
        return good[0], good[1], layer.fake.closed(payload)

    return changed


def _remove(item: Any, path: tuple[str, ...]) -> None:
    for step in path[:-1]:
        item = item[step]
    item.pop(path[-1], None)


def _odd(item: Any, path: tuple[str, ...]) -> None:
    for step in path[:-1]:
        item = item[step]
    item[path[-1]] = "ETWAS_NEUES"


def _repeat(layer: FaultLayer, good: Answer) -> Answer:
    return layer.before or good


def _wrong_charset(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=False).encode("cp1252", "replace") if body[:1] in b"[{" else (
        body.decode("utf-8").encode("cp1252", "replace")
    )  # fmt: skip


_HTML = b"<!doctype html><html><body><h1>Wartungsarbeiten</h1><p>Wir sind gleich zur\xc3\xbcck.</p></body></html>"

FAULTS = (
    Fault("Zeitüberschreitung", anywhere=True),
    Fault("Abbruch mitten im Inhalt", anywhere=True),
    Fault("401", _says(401)),
    Fault("403 Rechte", _documented("forbidden")),
    Fault("403/429 Kontingent", _documented("quota")),
    Fault("404", _says(404), anywhere=True),
    Fault("404, dann gut", _says(404), once=True, anywhere=True),
    Fault("429 ohne Retry-After, dann gut", _says(429), once=True, anywhere=True),
    Fault("429 mit Retry-After, dann gut", _says(429, retry_after="7"), once=True, anywhere=True),
    Fault("429 mit Retry-After, immer", _says(429, retry_after="7"), anywhere=True),
    Fault("500, dann gut", _says(500), once=True, anywhere=True),
    Fault("500, immer", _says(500), anywhere=True),
    Fault("200 mit HTML-Seite", _says(200, _HTML, content_type="text/html")),
    Fault("200 mit {}", _says(200, b"{}", content_type="application/json")),
    Fault("200 mit []", _says(200, b"[]", content_type="application/json")),
    Fault("200 ohne Inhalt", _says(200, b"", content_type="application/json")),
    Fault("200 ohne Inhalt, dann gut", _says(200, b"", content_type="application/json"), once=True),
    Fault("JSON abgeschnitten", _body(lambda body: body[: len(body) * 2 // 3])),
    Fault("falscher Zeichensatz", _body(_wrong_charset)),
    Fault("Seite wiederholt", _repeat, needs="pages"),
    Fault("Eintrag ohne Kennung", _one_item(_remove, "id_path"), once=True, needs="id"),
    Fault("unbekanntes Wort", _one_item(_odd, "enum_path"), once=True, needs="enum"),
)
