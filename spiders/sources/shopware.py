"""Shopware 6 Admin API: ``search/product-review`` with an integration's token.

``content`` is what the customer wrote and ``comment`` what the merchant answered, whatever the vendor's
description says. ``status`` false waits for approval or was turned down. ``updatedAt`` is empty until the
first edit, so what is new is asked for by either time. Oldest first, since a new review then moves nothing;
one that is deleted meanwhile shows in a total that falls. A customer's account is no proof of a purchase.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from scrapy.http import Request, Response

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import chosen, html_text, record, text
from spiders.engine import Item
from spiders.paging import PageGuard

LIMIT: Final = 100
_REVIEW: Final = (
    "id productId customerId salesChannelId languageId externalUser externalEmail title content points status comment"
    " createdAt updatedAt product language"
)
_CRITERIA: Final[Mapping[str, Any]] = {
    "limit": LIMIT,
    "total-count-mode": "exact",
    "sort": [{"field": "createdAt", "order": "ASC"}, {"field": "id", "order": "ASC"}],
    "associations": {"product": {}, "language": {"associations": {"locale": {}}}},
    # What is not needed is not asked for; a product alone has some hundred fields.
    "includes": {
        "product_review": _REVIEW.split(),
        "product": ["id", "productNumber", "name", "translated"],
        "language": ["id", "localeId", "name", "locale"],
        "locale": ["id", "code"],
    },
}
_STATES: Final[Mapping[Any, str]] = {True: "published", False: "hidden", None: "hidden"}


class Spider(ApiSpider):
    """Reads the reviews of all sales channels."""

    async def authorisation(self) -> dict[str, str]:
        """A token for the integration's credentials."""
        user, secret = (self.secrets[name] for name in self.card.credentials)
        form = {"grant_type": "client_credentials", "client_id": user, "client_secret": secret}
        return {"Authorization": f"Bearer {await self.token(form)}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """The code of an error that more can be said of than its status does."""
        answer, where = self.json_of(response), response.url
        errors = answer.get("errors") if isinstance(answer, dict) else None
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        code = str(first.get("code") or "without a code")[:60]
        if response.status == 403 and first:
            remedy = "Give the integration a role that may read product_review, product, language and locale"
            return SettingsError(f"the shop reports {code}", where=where, remedy=remedy)
        if response.status in {200, 400} and first:
            return DataError(f"the shop reports {code}", where=where, remedy="The interface has changed")
        return None

    async def collect(self) -> AsyncIterator[Item]:
        """Ask page by page until one is not full."""
        guard, page, total, full = PageGuard(), 0, 0, True
        criteria = {**_CRITERIA, **({"filter": [_changed(self.since)]} if self.since else {})}
        while full:
            page += 1
            answer, response = await self.ask_json("search/product-review", body={**criteria, "page": page})
            rows, before, total = part(answer, "data", list, response), total, part(answer, "total", int, response)
            full = len(rows) >= LIMIT
            if total < before:
                self.truncate("the shop's total fell while the list was read, so that one may have been passed over")
            ids = [str(row.get("id") or "") if isinstance(row, dict) else "" for row in rows]
            fresh = guard.turn(ids, response.url, promised=(page - 1) * LIMIT < total)
            for item in self.parse([rows[n] for n in fresh], self.envelope(response)):
                yield item
            times = [*_times(rows, "createdAt"), *_times(rows, "updatedAt")]
            self.newest = newest(times, self.newest, self.card.time_zone)
        if short := guard.short_of(total):
            self.truncate(short)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page, a list."""
        for row in payload:
            native_id = row.get("id") if isinstance(row, dict) else None
            yield self.item(native_id, row, page, partial(self._review, row, page))

    def _review(self, row: Any, page: dict[str, Any]) -> Feedback:
        product, locale = row.get("product") or {}, (row.get("language") or {}).get("locale") or {}
        name = product.get("name") or (product.get("translated") or {}).get("name")
        code = text(locale.get("code"))
        return record(
            self.context, row, page,
            native_id=row.get("id"),
            state=chosen(row["status"], _STATES, "status"),
            title=text(row.get("title")),
            text=html_text(row["content"]),
            created=row["createdAt"],
            rating=row.get("points"),
            language=code.split("-")[0].lower() if code else None,
            author=row.get("customerId"),
            author_name=row.get("externalUser"),
            email=row.get("externalEmail"),
            customer=row.get("customerId"),
            # The number is what other sources and lists know the product by.
            product=text(product.get("productNumber")) or text(row["productId"]),
            product_name=text(name),
            reply=text(row.get("comment")),
            extra={"sales_channel": row["salesChannelId"]} if row.get("salesChannelId") else {},
        )  # fmt: skip

    def _built(self, path: str, params: Any, form: Any, body: Any, headers: dict[str, str]) -> Request:
        # The vendor's description knows the token's request in JSON only.
        return super()._built(path, params, None, body if form is None else dict(form), headers)


def _changed(since: datetime) -> dict[str, Any]:
    """The filter for what was written or edited since a moment."""
    # As the shop itself writes times into its database.
    mark = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    ranges = [{"type": "range", "field": name, "parameters": {"gte": mark}} for name in ("updatedAt", "createdAt")]
    return {"type": "multi", "operator": "or", "queries": ranges}


def _times(rows: list[Any], name: str) -> list[Any]:
    return [row.get(name) for row in rows if isinstance(row, dict)]
