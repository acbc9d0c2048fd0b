"""eKomi API v3, ``getFeedback``: all feedback of a shop in one answer, a list.

Wrong credentials are answered with HTTP 200 and a text, no data with 204. There are no ids: the order
number stands for one, but only as a key of it. ``review`` is the customer's text, ``comment`` the shop's
answer. Without ``charset=utf-8`` the answer comes in ISO 8859-1. Interface id and password stand in the
query, which is in no message and no envelope.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider
from spiders.build import record, text
from spiders.engine import Item


class NoDataError(DataError):
    """The source says that it has nothing (HTTP 204)."""


class Spider(ApiSpider):
    """Reads everything in the card's range."""

    def refusal(self, response: Response) -> KundenechoError | None:
        """A refusal that comes with HTTP 200, and the answer that there is nothing."""
        where = response.url.split("?")[0]
        if response.status == 204:
            return NoDataError("the source has no feedback", where=where)
        if response.status == 200 and response.body[:200].strip().lower().startswith(b"access denied"):
            remedy = f"Check {', '.join(self.card.credentials)}"
            return SettingsError("the source refuses access", where=where, remedy=remedy)
        return None

    async def collect(self) -> AsyncIterator[Item]:
        """Ask once."""
        span = self.card.options["range"]
        # Of a part, what is absent is not gone.
        self.incremental = span != "all"
        auth = "|".join(self.secrets[name] for name in self.card.credentials)
        params = {"auth": auth, "version": "cust-1.0.0", "type": "json", "charset": "utf-8", "range": span}
        try:
            answer, response = await self.ask_json("getFeedback", params)
        except NoDataError:
            return
        if not isinstance(answer, list):
            where = response.url.split("?")[0]
            raise DataError("the answer is no list", where=where, remedy="The interface has changed")
        for item in self.parse(answer, self.envelope(response)):
            yield item

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The feedback of one answer, a list."""
        known: dict[str, Any] = {}
        for row in payload:
            order = _order(row)
            if order in known and known[order] == row:
                continue
            key = self.context.keyer.key(f"feedback/{self.card.name}", order)
            # A row of another shape has no fields by which its order number could be told and keyed.
            raw = row if isinstance(row, dict) else None
            yield self.item(key, raw, page, partial(self._feedback, row, page, order, key, order in known))
            if order:
                known.setdefault(order, row)

    def _feedback(self, row: Any, page: dict[str, Any], order: str, key: str | None, again: bool) -> Feedback:
        submitted = row["submitted"]
        if again:
            raise ValueError("the order has another feedback already")
        if isinstance(submitted, str) and submitted.isdecimal():
            submitted = int(submitted)
        if not submitted:
            raise ValueError("the feedback has no time")
        return record(
            self.context, row, page,
            native_id=key,
            text=text(row.get("review")),
            created=submitted,
            rating=row.get("rating"),
            order=order,
            reply=text(row.get("comment")),
        )  # fmt: skip


def _order(row: Any) -> str:
    found = row.get("order_id") if isinstance(row, dict) else None
    return str(found).strip() if found and isinstance(found, (str, int)) else ""
