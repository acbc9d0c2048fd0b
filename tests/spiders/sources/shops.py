"""What the tests of the shops' interfaces share: a server that remembers what it was asked, voices that change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from demo.company import Company
from demo.server import DemoServer
from tests.spiders.crowd import crowd


@dataclass
class Asked:
    """One request as it reached the server."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Recorder:
    """Stands before the server, remembers every request, and may change the answers."""

    requests: list[Asked] = field(default_factory=list)
    #: Number of the request from 0, and the path: headers to take away, or None.
    without: Callable[[int, str], frozenset[bytes]] = lambda number, path: frozenset()
    #: Called before a request is answered, with its number and path.
    before: Callable[[int, str], None] = lambda number, path: None
    app: Any = None

    def wrap(self, app: Any) -> Any:
        self.app = app
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        message = await receive()
        number, path = len(self.requests), scope["path"]
        headers = {k.decode().lower(): v.decode() for k, v in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        self.requests.append(Asked(path, query, headers, message.get("body", b"")))
        self.before(number, path)

        async def again() -> Any:
            return message

        async def sent(out: Any) -> None:
            if out["type"] == "http.response.start":
                gone = self.without(number, path)
                out = {**out, "headers": [(k, v) for k, v in out["headers"] if k.lower() not in gone]}
            await send(out)

        await self.app(scope, again, sent)

    def to(self, end: str) -> list[Asked]:
        return [asked for asked in self.requests if asked.path.endswith(end)]


@contextmanager
def serving(company: Company, **options: Any) -> Iterator[tuple[DemoServer, Recorder]]:
    recorder = Recorder()
    with DemoServer(company, wrap=recorder.wrap, **options) as server:
        yield server, recorder


def company_of(kind: str, count: int, changes: Mapping[int, Mapping[str, Any]] | None = None) -> Company:
    """So many voices of the crowd, some with other values."""
    found = crowd(kind, count)
    voices = [replace(v, values={**v.values, **(changes or {}).get(n, {})}) for n, v in enumerate(found.voices)]
    return replace(found, voices=tuple(voices))


def edited(company: Company, number: int, when: datetime, **values: Any) -> Company:
    """The company after one of its voices was edited."""
    voices = list(company.voices)
    voices[number] = replace(voices[number], edits=({"date": when.isoformat(), **values},))
    return replace(company, voices=tuple(voices))
