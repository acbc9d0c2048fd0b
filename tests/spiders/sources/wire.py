"""A fake behind a tap: what a spider really asks is kept, and the fake can be changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo.company import Company
from demo.fakes.base import Fake
from demo.server import DemoServer
from spiders.judge import Harvest
from tests.spiders.inprocess import collect_here
from tests.spiders.test_faults import card_for


@dataclass
class Wire:
    """A running server, and what has been asked of one of its fakes.

    Attributes:
        asked: Method, path below the fake's address and query of each request.
        before: Called before each request with its number, from 1.
    """

    server: Any = None
    kind: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    before: Callable[[int], None] | None = None

    @property
    def fake(self) -> Any:
        """The fake, whatever its class."""
        found: Fake = self.server.fakes[self.kind]
        return found

    def wrap(self, app: Any) -> Any:
        """Stand before the server's application."""

        async def tapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                path = scope["path"].removeprefix(urlsplit(self.fake.url).path)
                query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
                self.asked.append((scope["method"], path, {k: ",".join(v) for k, v in query.items()}))
                if self.before:
                    self.before(len(self.asked))
            await app(scope, receive, send)

        return tapped

    def queries(self, ending: str) -> list[dict[str, str]]:
        """The queries of all requests whose path ends so."""
        return [query for _, path, query in self.asked if path.endswith(ending)]

    def collect(self, folder: Path, *, options: dict[str, str] | None = None, **how: Any) -> Harvest:
        """Collect everything, or from a watermark what is new."""
        card, env = card_for(self.server, self.kind, **({"options": options} if options else {}))
        how.setdefault("account", self.fake.accounts[0])
        return collect_here(card, folder, env | how.pop("env", {}), full=how.get("watermark") is None, **how)


@contextmanager
def wired(kind: str, company: Company, **options: Any) -> Iterator[Wire]:
    """A server that shows a company, tapped at one fake."""
    wire = Wire(kind=kind)
    with DemoServer(company, wrap=wire.wrap, **options) as server:
        wire.server = server
        yield wire
