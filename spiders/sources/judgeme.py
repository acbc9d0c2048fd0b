"""Judge.me API v1, ``reviews``: numbered pages of everything, counted before and after by ``reviews/count``.

The private token stands in the query, so no whole address may reach a message, an envelope or a log. Title
and text come as they were typed, markup included. ``id`` is Judge.me's own, ``external_id`` the shop's. What
is new cannot be asked for and the order is not documented: a list that moved while it was read shows in the
two counts. The company's replies are a list of their own and are not read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, part
from spiders.build import chosen, html_text, record, text
from spiders.engine import Item
from spiders.paging import PageGuard
from spiders.values import yes_no

PER_PAGE: Final = 100
#: What each word of curation means where ``published`` is not told.
_CURATED: Final = {"ok": True, "not-yet": False, "spam": False}
#: The list of these words is not documented; an unknown one is kept and says nothing of the purchase.
_VERIFIED: Final = {"buyer": "yes", "confirmed-buyer": "yes", "nothing": "no"}


class Spider(ApiSpider):
    """Reads all reviews of one shop."""

    async def collect(self) -> AsyncIterator[Item]:
        """Count, ask page by page until one is empty, and count again."""
        guard, page, found = PageGuard(), 0, True
        before = await self._count()
        while found:
            page += 1
            answer, response = await self._ask("reviews", page=page, per_page=PER_PAGE)
            rows, where = part(answer, "reviews", list, response), response.url.split("?")[0]
            if answer.get("current_page", page) != page:
                raise RetryError("the source gives another page than was asked for", where=where, remedy="Try again")
            found = bool(rows)
            ids = [str(row.get("id") or "") if isinstance(row, dict) else "" for row in rows]
            fresh = guard.turn(ids, where, promised=page == 1 and before > 0)
            for item in self.parse([rows[n] for n in fresh], self.envelope(response)):
                yield item
        if before != (after := await self._count()):
            self.truncate(f"the source had {before} reviews before and {after} after they were read")
        elif short := guard.short_of(after):
            self.truncate(short)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page, a list."""
        for row in payload:
            native_id = row.get("id") if isinstance(row, dict) else None
            yield self.item(native_id, row, page, partial(self._review, row, page))

    async def _count(self) -> int:
        answer, response = await self._ask("reviews/count")
        return part(answer, "count", int, response)

    async def _ask(self, path: str, **params: Any) -> tuple[Any, Response]:
        """Ask with the token; there is no other way than the query."""
        if not self.context.account:
            remedy = 'Write accounts = ["NAME.myshopify.com"]'
            raise SettingsError("the card names no shop", where=f"source {self.card.name}", remedy=remedy)
        known = {"api_token": self.secrets[self.card.credentials[0]], "shop_domain": self.context.account}
        return await self.ask_json(path, {**known, **params})

    def _review(self, row: Any, page: dict[str, Any]) -> Feedback:
        reviewer, product = row.get("reviewer") or {}, row.get("product_external_id")
        handle = text(row.get("product_handle"))
        words = {name: row[name] for name in ("source", "verified") if row.get(name)}
        return record(
            self.context, row, page,
            native_id=row.get("id"),
            state="published" if _shown(row) else "hidden",
            title=html_text(row.get("title")),
            text=html_text(row["body"]),
            created=row["created_at"],
            rating=row.get("rating"),
            verified_purchase=_VERIFIED.get(str(row.get("verified")), "unknown"),
            author=reviewer.get("id"),
            author_name=reviewer.get("name"),
            email=reviewer.get("email"),
            phone=reviewer.get("phone"),
            customer=reviewer.get("external_id"),
            product=str(product) if product else handle,
            product_name=text(row.get("product_title")),
            url=f"https://{self.context.account}/products/{handle}" if handle and self.context.account else None,
            extra=words,
        )  # fmt: skip


def _shown(row: Mapping[str, Any]) -> bool:
    """Whether the shop shows a review; a hidden one and one that is spam are collected and marked."""
    curated, published = chosen(row.get("curated"), _CURATED, "curation"), yes_no(row.get("published"))
    return not yes_no(row.get("hidden")) and row["curated"] != "spam" and (curated if published is None else published)
