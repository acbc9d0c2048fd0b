"""Spider: product pages of a shop, read through schema.org."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Final
from urllib.parse import urljoin

from scrapy.http import Request, Response, TextResponse

from kundenecho.aggregates import AggregateRating
from kundenecho.pages import KnownPage
from spiders.build import built
from spiders.engine import Item, SourceSpider
from spiders.formats.links import page_links
from spiders.formats.markup import parse_tree, unpacked
from spiders.formats.schemaorg import PageReviews, aggregates_of, reviews_of, to_feedback
from spiders.output import Reject

_OPENED: Final = re.compile(r"<(?:html|urlset|sitemapindex)\b", re.IGNORECASE)
_CLOSED: Final = re.compile(r"</(?:html|urlset|sitemapindex)\s*>", re.IGNORECASE)


class Spider(SourceSpider):
    """Starts at sitemap or listing, follows product pages and their paging."""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the card's start pages."""
        self.seen: set[str] = set()
        self.rated: set[AggregateRating] = set()
        for path in self.card.start:
            yield self.get(urljoin(self.card.address, path), self.parse_page, meta={"reached": "start"})

    def parse_page(self, response: Response) -> Iterator[Item | Request]:
        """Yield the reviews of a page and the pages that follow."""
        body = text_of(response)
        tree = parse_tree(body) if body is not None else None
        links = page_links(tree, response.url, self.card) if tree is not None else {}
        found = reviews_of(tree, response.url) if tree is not None else PageReviews()
        yield from self._follow(links)
        if reason := self._doubtful(response, body, links, found):
            self.truncate(reason)
            yield Reject(response.url, reason)
            return
        yield from (Reject(response.url, fault) for fault in found.faults)
        if not found.faults:
            self.remember(response, [review.native_id for review in found.reviews], links)
        page = self.envelope(response)
        for review in found.reviews:
            # The same review is often reached by two addresses.
            if review.native_id not in self.seen:
                self.seen.add(review.native_id)
                make = partial(to_feedback, self.context, review, page)
                yield built(f"{page['url']} ({review.native_id})", review.raw, self.context, make)
        for figure in aggregates_of(self.context, found):
            # Every page of a product says the same of it.
            if figure not in self.rated:
                self.rated.add(figure)
                yield figure

    def led_to(self, page: KnownPage) -> Iterator[Request]:
        """What an unchanged page leads to."""
        self.seen.update(page.native_ids)
        yield from self._follow(page.links)

    def _follow(self, links: Mapping[str, str]) -> Iterator[Request]:
        for link, how in links.items():
            yield self.get(link, self.parse_page, optional=True, meta={"reached": how})

    def _doubtful(self, response: Response, body: str | None, links: Mapping[str, str], found: PageReviews) -> str:
        """Why a page with HTTP 200 is not what should stand at its address; empty where it seems good."""
        if body is None:
            # Broken letters would overwrite good texts with worse ones.
            return "the page holds bytes that are not in its encoding"
        if _OPENED.search(body) and not _CLOSED.search(body):
            return "the page ends in the middle"
        how = response.meta.get("reached")
        if how == "start" and not links and not found.described:
            return "a start page leads nowhere and describes nothing"
        if how != "start" and not links and not found.described:
            return "a followed page describes nothing with schema.org"
        if how == "next" and found.reviews and all(review.native_id in self.seen for review in found.reviews):
            return "the pager repeats a page"
        return ""


def text_of(response: Response) -> str | None:
    """The text of an answer, None where it holds bytes that are not in the encoding it declares.

    Raises:
        DataError: It is neither text nor a ``.gz`` file.
    """
    if not isinstance(response, TextResponse):
        return unpacked(response.body, response.url)
    text = response.text
    # Scrapy replaces what it cannot decode.
    return None if "\ufffd" in text and "\ufffd".encode(response.encoding, "ignore") not in response.body else text
