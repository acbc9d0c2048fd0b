"""A collecting process whose spider or writer has a fault; started in the place of ``spiders.child``."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy.http import Request, Response

import spiders.registry
from spiders import child
from spiders.engine import SourceSpider
from spiders.output import Output
from spiders.sources.schemaorg import Spider as ShopPagesSpider


class RaisingSpider(SourceSpider):
    """Its callback raises with a customer's words in the message."""

    async def start(self) -> AsyncIterator[Request]:
        yield self.get(self.card.address + "p1", self.parse_page)

    def parse_page(self, response: Response) -> Iterator[Any]:
        raise ValueError("Ina Beispiel <ina@example.org> schreibt")
        yield


class StartingSpider(SourceSpider):
    """Fails before its first request."""

    async def start(self) -> AsyncIterator[Request]:
        raise ValueError("Ina Beispiel")
        yield


def _lose(self: Output, item: object) -> None:
    self.yielded += 1


def _crash(*_: object) -> None:
    raise MemoryError("Ina Beispiel")


if __name__ == "__main__":
    fault = sys.argv[1]
    found = {"callback": RaisingSpider, "start": StartingSpider}.get(fault, ShopPagesSpider)
    spiders.registry.spider_class = lambda kind: found
    if fault == "writer":
        Output.take = _lose  # type: ignore[method-assign]
    if fault == "crash":
        child._crawl = _crash  # type: ignore[assignment]
    child.main()
