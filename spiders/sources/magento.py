"""Magento 2 GraphQL: first the catalogue of one store view, then the reviews of each product that has some.

Only approved reviews, and those without id, edit time, reply or proof of purchase. The id is made here of
everything a review says, keyed as a whole: it tells nothing, stays the same from run to run, and an edit
looks like one review gone and another come. Errors come with HTTP 200 beside a part of the data, which is
then no answer. ``average_rating`` is a percentage with 20 for one star.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, part
from spiders.build import record, text
from spiders.engine import Item
from spiders.paging import PageGuard
from spiders.values import number

#: A percentage of five stars, of which one is the least.
PERCENT: Final = (20.0, 100.0)
CATALOGUE: Final = """query ($filter: ProductAttributeFilterInput, $page: Int) {
  products(filter: $filter, pageSize: 50, currentPage: $page, sort: {name: ASC}) {
    total_count items { sku name review_count rating_summary } page_info { current_page total_pages } } }"""
REVIEWS: Final = """query ($filter: ProductAttributeFilterInput, $page: Int) {
  products(filter: $filter) { items { sku name review_count
    reviews(pageSize: 50, currentPage: $page) {
      items { summary text nickname created_at average_rating ratings_breakdown { name value } }
      page_info { current_page total_pages } } } } }"""
#: Categories of errors that a change of settings mends.
_SETTINGS: Final = {"graphql-authorization", "graphql-authentication", "graphql-no-such-entity"}
_DATA: Final = {"graphql", "graphql-input"}
_SAID: Final = ("created_at", "nickname", "summary", "text")


class Spider(ApiSpider):
    """Reads the reviews of one store view."""

    def refusal(self, response: Response) -> KundenechoError | None:
        """Errors that stand in the answer; their messages are not repeated, for they may quote anything."""
        answer, where = self.json_of(response), response.url
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if not errors or response.status == 429 or response.status >= 500:
            return None
        known = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        kinds = {_category(error) for error in known}
        messages = " ".join(str(error.get("message")) for error in known).lower()
        what = f"the shop reports errors: {', '.join(sorted(kinds)) or 'unknown'}"
        if "requested store" in messages:
            return SettingsError("the shop has no such store view", where=where, remedy="Correct accounts on the card")
        if kinds & _SETTINGS:
            return SettingsError(what, where=where, remedy="Look whether the shop's GraphQL is open to everybody")
        if kinds & _DATA and "currentpage value" not in messages:
            return DataError(what, where=where, remedy="The shop may be older than 2.4.1, or its interface has changed")
        return RetryError(what, where=where, remedy="Try later")

    async def collect(self) -> AsyncIterator[Item]:
        """Read the catalogue, then the reviews of each product that has some."""
        for product in await self._catalogue():
            if product["review_count"]:
                async for item in self._product(product["sku"]):
                    yield item
                value, counts = product.get("rating_summary") or None, product["review_count"]
                for figure in self.aggregate(value, *PERCENT, product=product["sku"], review_count=counts):
                    yield figure

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one product, as it stands in the answer."""
        for row in payload["reviews"]["items"]:
            native_id = self._id(payload["sku"], row)
            yield self.item(native_id or None, row, page, partial(self._review, payload, native_id, row, page))

    async def _ask(self, query: str, wanted: Any, page: int) -> tuple[dict[str, Any], Response]:
        headers = {"Store": self.context.account} if self.context.account else {}
        body = {"query": query, "variables": {"filter": wanted, "page": page}}
        answer, response = await self.ask_json("graphql", body=body, headers=headers)
        return part(part(answer, "data", dict, response), "products", dict, response), response

    async def _catalogue(self) -> list[dict[str, Any]]:
        skus = [sku.strip() for sku in self.card.options.get("skus", "").split(",") if sku.strip()]
        wanted = {"sku": {"in": skus}} if skus else {}
        guard, page, pages, total, found = PageGuard(), 0, 1, 0, []
        while page < pages:
            page += 1
            products, response = await self._ask(CATALOGUE, wanted, page)
            before, total = total, part(products, "total_count", int, response)
            rows, pages = part(products, "items", list, response), _pages(products, response)
            for row in rows:
                part(row, "sku", str, response)
                part(row, "review_count", int, response)
            if total < before:
                self.truncate("a product went away while the catalogue was read, so that one may have been passed over")
            fresh = guard.turn([row["sku"] for row in rows], response.url, promised=total > 0 or page > 1)
            found += [rows[n] for n in fresh]
        if short := guard.short_of(total):
            self.truncate(f"of the products: {short}")
        return found

    async def _product(self, sku: str) -> AsyncIterator[Item]:
        guard, page, pages, given, counts = PageGuard(), 0, 1, 0, set()
        while page < pages:
            page += 1
            products, response = await self._ask(REVIEWS, {"sku": {"eq": sku}}, page)
            # The search engine behind the filter may find more than the one.
            found = [p for p in part(products, "items", list, response) if isinstance(p, dict) and p.get("sku") == sku]
            if not found:
                self.truncate("a product went away before its reviews were read")
                return
            reviews = part(found[0], "reviews", dict, response)
            rows, pages = part(reviews, "items", list, response), _pages(reviews, response)
            counts.add(part(found[0], "review_count", int, response))
            given += len(rows)
            fresh = guard.turn([self._id(sku, row) for row in rows], response.url, promised=max(counts) > 0)
            kept = {**found[0], "reviews": {"items": [rows[n] for n in fresh]}}
            for item in self.parse(kept, self.envelope(response)):
                yield item
        # Counted are rows, not ids: the same words twice within a second are one review here and two there.
        if len(counts) > 1 or given < max(counts):
            self.truncate("a product's reviews changed while they were read, so that one may have been passed over")

    def _id(self, sku: str, row: Any) -> str:
        """An id that tells nothing; empty for what is no review. Another keying secret makes all ids anew."""
        if not isinstance(row, dict) or not any(row.get(name) for name in _SAID):
            return ""
        said = (self.context.account, sku, *(str(row.get(name) or "") for name in _SAID))
        return self.context.keyer.key("magento/review", "\x1f".join(said)) or ""

    def _review(self, product: dict[str, Any], native_id: str, row: Any, page: dict[str, Any]) -> Feedback:
        rating, created = number(row["average_rating"]), row["created_at"]
        if not created:
            raise ValueError("the review has no time")
        aspects = {str(aspect["name"]): str(aspect["value"]) for aspect in row.get("ratings_breakdown") or ()}
        return record(
            self.context, row, page,
            native_id=native_id,
            title=text(row["summary"]),
            text=text(row["text"]),
            created=created,
            rating=rating or None,
            scale=PERCENT if rating and rating > 5 else None,
            author_name=row["nickname"],
            product=product["sku"],
            product_name=text(product.get("name")),
            extra={"aspects": aspects} if aspects else {},
        )  # fmt: skip


def _category(error: dict[str, Any]) -> str:
    """Where older versions write an error's category, and where newer ones do."""
    extensions = error.get("extensions")
    found = extensions.get("category") if isinstance(extensions, dict) else None
    return str(found or error.get("category") or "unknown")[:40]


def _pages(payload: Any, response: Response) -> int:
    return part(part(payload, "page_info", dict, response), "total_pages", int, response)
