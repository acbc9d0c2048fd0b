"""Spider: product pages of a shop, read through schema.org."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy.http import Request, Response, TextResponse

from kundenecho.errors import DataError
from spiders.engine import Item, SourceSpider
from spiders.links import page_links
from spiders.markup import parse_tree, unpacked
from spiders.output import Reject
from spiders.schemaorg import Review, reviews_of, to_feedback


class ShopPagesSpider(SourceSpider):
    """Starts at sitemap or listing, follows product pages and their paging."""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the card's start pages."""
        self.seen: set[str] = set()
        for path in self.card.start:
            yield self.get(urljoin(self.card.address, path), self.parse_page)

    def parse_page(self, response: Response) -> Iterator[Item | Request]:
        """Yield the reviews of a page and the pages that follow."""
        readable = isinstance(response, TextResponse)
        tree = parse_tree(response.text if readable else unpacked(response.body, response.url))
        if tree is None:
            return
        for link in page_links(tree, response.url, self.card):
            yield self.get(link, self.parse_page, optional=True)
        found = reviews_of(tree, response.url)
        yield from (Reject(response.url, fault) for fault in found.faults)
        page = self.envelope(response)
        for review in found.reviews:
            # The same review is often reached by two addresses.
            if review.native_id not in self.seen:
                self.seen.add(review.native_id)
                yield self._item(review, page)

    def _item(self, review: Review, page: dict[str, Any]) -> Item:
        try:
            return to_feedback(self.context, review, page)
        except (DataError, ValueError, OverflowError) as error:
            reason = error.what if isinstance(error, DataError) else str(error)
            return Reject(f"{page['url']} ({review.native_id})", reason, review.raw)
