"""What a spider and a fake really said to each other, as a layer before the demo's server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Exchange:
    """One request and its answer."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int = 0
    body: bytes = b""

    def json(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.body)


class Recorder:
    """An ASGI layer that keeps every exchange whose path holds a word.

    Args:
        word: Part of the paths that are kept.
    """

    def __init__(self, word: str) -> None:
        self.word = word
        self.exchanges: list[Exchange] = []
        self.app: Any = None

    def wrap(self, app: Any) -> Any:
        """Stand before an application."""
        self.app = app
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on and keep it."""
        if scope["type"] != "http" or self.word not in scope["path"]:
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        exchange = Exchange(scope["path"], dict(parse_qsl(scope["query_string"].decode())), headers)
        self.exchanges.append(exchange)

        async def keep(message: Any) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            else:
                exchange.body += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, keep)
