"""WooCommerce REST v3, ``products/reviews``: numbered pages, oldest first, with the shop's own count in headers.

Oldest first, since a new review then stands at the end and moves nothing; a deleted one shows in a count
that falls. A page may be short although more follow (unreadable rows are left out after counting), so
``X-WP-TotalPages`` ends the reading, never the length, and an answer without it is no answer. ``after`` is
compared with the site's local time: it is asked with room for every zone, and what is older is left out
here. ``review`` is HTML. A rating of 0 is none. Replies of the shop and plain comments are not handed out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from scrapy.http import Response
from w3lib.http import basic_auth_header

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest
from spiders.build import chosen, html_text, record, text
from spiders.engine import Item
from spiders.paging import PageGuard
from spiders.values import moment, yes_no

PER_PAGE: Final = 100
#: Zones lie between UTC-12 and UTC+14; with this room none of them hides a review.
ZONE_ROOM: Final = timedelta(hours=26)
_STATES: Final = {"approved": "published", "hold": "hidden"}
_VERIFIED: Final = {True: "yes", False: "no", None: "unknown"}


class Spider(ApiSpider):
    """Reads the reviews of all products."""

    #: The links name the reviewer's account.
    personal: ClassVar = ("_links",)

    async def authorisation(self) -> dict[str, str]:
        """HTTP Basic with consumer key and consumer secret."""
        key, secret = (self.secrets[name] for name in self.card.credentials)
        return {"Authorization": basic_auth_header(key, secret).decode()}

    def refusal(self, response: Response) -> KundenechoError | None:
        """The code of an error; a 403 that is none of WooCommerce's own is a firewall's."""
        answer, where = self.json_of(response), response.url.split("?")[0]
        code = str(answer.get("code") or "")[:60] if isinstance(answer, dict) else ""
        if response.status == 403 and not code:
            remedy = "Try later; if it stays so, have the firewall let this program in"
            return RetryError("a firewall before the shop refuses (HTTP 403)", where=where, remedy=remedy)
        if not code or response.status == 429 or response.status >= 500:
            return None
        if response.status in {401, 403}:
            remedy = "Check the key; its user must be allowed to moderate comments"
            return SettingsError(f"the shop reports {code}", where=where, remedy=remedy)
        if code == "rest_no_route":
            remedy = "Correct the address, and look whether WooCommerce is active there"
            return SettingsError(f"the shop reports {code}", where=where, remedy=remedy)
        return DataError(f"the shop reports {code}", where=where, remedy="The interface has changed")

    async def collect(self) -> AsyncIterator[Item]:
        """Ask page by page, as many as the shop says there are."""
        guard, page, pages, total = PageGuard(), 0, 1, 0
        asked = {"per_page": PER_PAGE, "orderby": "date_gmt", "order": "asc", "status": "all"}
        if self.since:
            asked["after"] = (self.since.astimezone(UTC) - ZONE_ROOM).strftime("%Y-%m-%dT%H:%M:%S")
        while page < pages:
            page += 1
            rows, response = await self.ask_json("products/reviews", {**asked, "page": page}, empty=True)
            before, total, pages = total, _count(response, "X-WP-Total"), _count(response, "X-WP-TotalPages")
            if not isinstance(rows, list):
                raise DataError("the answer is no list", where=response.url.split("?")[0], remedy="Try later")
            if total < before:
                self.truncate("a review went away while the list was read, so that one may have been passed over")
            ids = [str(row.get("id") or "") if isinstance(row, dict) else "" for row in rows]
            fresh = guard.turn(ids, response.url.split("?")[0], promised=total > 0 or page > 1)
            for item in self.parse([rows[n] for n in fresh if not self._old(rows[n])], self.envelope(response)):
                yield item
            self.newest = newest([_written(row) for row in rows], self.newest, "UTC")
        if short := guard.short_of(total):
            self.truncate(short)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page, a list."""
        for row in payload:
            native_id = row.get("id") if isinstance(row, dict) else None
            yield self.item(native_id, row, page, partial(self._review, row, page))

    def _old(self, row: Any) -> bool:
        """Whether a review was only handed out because of the room for zones."""
        try:
            when = moment(_written(row), "UTC")
        except ValueError:
            return False
        return self.since is not None and when is not None and when.at < self.since

    def _review(self, row: Any, page: dict[str, Any]) -> Feedback:
        product, link = row["product_id"], text(row.get("product_permalink"))
        return record(
            self.context, row, page,
            native_id=row.get("id"),
            state=chosen(row.get("status"), _STATES, "status"),
            text=html_text(row["review"]),
            created=row["date_created_gmt"],
            rating=row.get("rating") or None,
            verified_purchase=_VERIFIED[yes_no(row.get("verified"))],
            author_name=row.get("reviewer"),
            email=row.get("reviewer_email"),
            product=str(product) if product else None,
            product_name=html_text(row.get("product_name")),
            url=f"{link}#comment-{row['id']}" if link else None,
            personal=self.personal,
        )  # fmt: skip


def _written(row: Any) -> Any:
    return row.get("date_created_gmt") if isinstance(row, dict) else None


def _count(response: Response, name: str) -> int:
    """A count that the shop gives in a header.

    Raises:
        DataError: It does not; then something else answers, or something in between takes it away.
    """
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    if not value.isdecimal():
        remedy = "Look what answers at this address; a proxy before the shop must pass the header on"
        raise DataError(f"the answer has no {name}", where=response.url.split("?")[0], remedy=remedy)
    return int(value)
