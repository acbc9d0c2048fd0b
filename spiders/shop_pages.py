"""Spider: product pages of a shop, read through schema.org."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy.http import Request, Response, TextResponse

from kundenecho.errors import DataError
from kundenecho.records import Feedback
from spiders.engine import Item, SourceSpider
from spiders.output import Reject
from spiders.schemaorg import Review, parse_page
from spiders.values import moment, number, rating_1_5


class ShopPagesSpider(SourceSpider):
    """Starts at sitemap or listing, follows product pages and their paging."""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the card's start pages."""
        for path in self.card.start:
            yield self.get(urljoin(self.card.address, path), self.parse_page)

    def parse_page(self, response: Response) -> Iterator[Item | Request]:
        """Yield the reviews of a page and the pages that the card follows."""
        if not isinstance(response, TextResponse):
            raise DataError("the page is no text", where=response.url, remedy="Narrow the card's follow patterns")
        for link in self._links(response):
            yield self.get(link, self.parse_page)
        page = parse_page(response.text, response.url)
        envelope = self.envelope(response)
        yield from (Reject(response.url, fault) for fault in page.faults)
        for review in page.reviews:
            # The same page is often reached by two addresses.
            if review.native_id not in self.seen:
                self.seen.add(review.native_id)
                yield self._record(review, envelope, response.url)

    def _links(self, response: TextResponse) -> Iterator[str]:
        found = response.xpath("//*[local-name()='loc']/text() | //a/@href | //link[@rel='next']/@href").getall()
        for link in dict.fromkeys(urljoin(response.url, href.strip()).split("#")[0] for href in found):
            if any(re.search(pattern, link) for pattern in self.card.follow):
                yield link

    def _record(self, review: Review, envelope: dict[str, Any], where: str) -> Item:
        try:
            return to_feedback(self, review, envelope)
        except (DataError, ValueError) as error:
            reason = error.what if isinstance(error, DataError) else str(error)
            return Reject(f"{where} ({review.native_id})", reason, review.raw)


def to_feedback(spider: SourceSpider, review: Review, envelope: dict[str, Any]) -> Feedback:
    """One review as a record.

    Raises:
        ValueError: The rating is outside its scale, or the date is none.
        DataError: The record is otherwise not allowed.
    """
    card, keyer = spider.card, spider.keyer
    value = number(review.rating)
    low, high = number(review.worst), number(review.best)
    low, high = card.rating_min if low is None else low, card.rating_max if high is None else high
    when = moment(review.date, card.time_zone)
    handle = f"{review.author}\x1f{review.product}" if review.author else None
    return Feedback(
        source=card.name,
        account=spider.account,
        native_id=review.native_id,
        kind=card.feedback_kind,
        title=review.title,
        text=review.text,
        url=review.url,
        created_at=when.at if when else None,
        created_precision=when.precision if when else "unknown",
        collected_at=spider.collected_at,
        raw_value=value,
        raw_min=low if value is not None else None,
        raw_max=high if value is not None else None,
        rating_1_5=rating_1_5(value, low, high) if value is not None else None,
        product=review.product,
        product_name=review.product_name,
        author_key=keyer.account(card.name, handle),
        author_name=review.author,
        reply=review.reply,
        raw={**review.raw, "author": keyer.account(card.name, handle)} if card.keep_raw else None,
        page=envelope,
    )
