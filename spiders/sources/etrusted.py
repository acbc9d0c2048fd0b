"""Trusted Shops eTrusted API: reviews of a channel by cursor, the last changed first.

``after`` names a review and leads to *older* ones. A cursor may follow even the last page, so the end is
told by the source's own total. A STATEMENT is a rating without a text; ``customer`` has full names, of
which the initial is enough.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import DataError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import chosen, record, text
from spiders.engine import Item
from spiders.paging import PageGuard
from spiders.values import moment

#: Reviews of one page; up to 1000 are allowed, fewer make a failure cheaper.
COUNT: Final = 100
AUDIENCE: Final = "https://api.etrusted.com"
_STATES: Final = {
    "APPROVED": "published", "SUBMITTED": "hidden", "MODERATION": "hidden", "REJECTED": "hidden", "DISCARDED": "hidden",
}  # fmt: skip
#: Kind of the record and point of the customer's journey.
_TYPES: Final = {"SERVICE_REVIEW": ("shop_rating", "delivery"), "PRODUCT_REVIEW": ("review", "use")}
_FEEDBACK: Final = {"REVIEW": "review", "STATEMENT": "statement"}
_VERIFIED: Final = {"VERIFIED": "yes", "UNDEFINED": "unknown"}


class Spider(ApiSpider):
    """Reads the reviews of a channel, or of the whole account where none is named."""

    personal = ("vetoReporterEmail", "fullName")

    async def authorisation(self) -> dict[str, str]:
        """A bearer token for the API client."""
        client, secret = (self.secrets[name] for name in self.card.credentials)
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        return {"Authorization": f"Bearer {await self.token({**form, 'audience': AUDIENCE})}"}

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for page after page until the cursor ends, or a page is older than what is to be read."""
        guard, total, since, after = PageGuard(), 0, self.since, None
        low: datetime | None = None
        while True:
            params = {"channels": self.context.account or None, "count": COUNT, "orderBy": "updatedAt", "after": after}
            answer, response = await self.ask_json("reviews", params)
            reviews = part(answer, "items", list, response)
            # What was there before or came while it was read: the larger number must have been seen.
            total = max(total, part(answer, "totalElements", int, response))
            promised = after is not None and len(guard.seen) < total
            page = self.envelope(response)
            new = guard.turn([_id(review) for review in reviews], page["url"], promised=promised)
            for item in self.parse([reviews[n] for n in new], page):
                yield item
            times = self._times(reviews)
            self.newest = newest(times, self.newest, self.card.time_zone)
            if since and low and times and max(times) > low:
                self.truncate("the source does not give the last changed first")
            if since and times and max(times) < since and not self.truncations:
                return
            low = min(times, default=low)
            after = guard.cursor(_after(answer, response), page["url"])
            if after is None or not reviews:
                break
        if short := guard.short_of(total):
            self.truncate(short)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page, a list."""
        for review in payload:
            yield self.item(_id(review) or None, review, page, partial(self._review, review, page))

    def _times(self, reviews: Sequence[Any]) -> list[datetime]:
        found = []
        for review in reviews:
            with suppress(ValueError, AttributeError):
                if when := moment(review.get("updatedAt") or review.get("submittedAt"), self.card.time_zone):
                    found.append(when.at)
        return found

    def _review(self, review: Any, page: dict[str, Any]) -> Feedback:
        kind, touchpoint = chosen(review.get("type"), _TYPES, "type")
        said = chosen(review.get("feedbackType", "REVIEW"), _FEEDBACK, "feedbackType")
        customer, product = review.get("customer") or {}, review.get("product") or {}
        answer, transaction = review.get("reply") or {}, review.get("transaction") or {}
        veto = (review.get("additionalInformation") or {}).get("veto") or {}
        locale = text((review.get("questionnaire") or {}).get("locale"))
        extra = {"feedback_type": said, "edited_at": review.get("editedAt"), "veto": text(veto.get("reason"))}
        created = review.get("submittedAt") or review.get("createdAt")
        if created is None:
            raise ValueError("the review has no time")
        return record(
            self.context, review, page,
            native_id=review.get("id"),
            kind=kind,
            touchpoint=touchpoint,
            state=chosen(review.get("state"), _STATES, "state"),
            title=text(review.get("title")),
            text=text(review.get("comment")),
            language=locale.replace("-", "_").split("_")[0].lower() if locale else None,
            created=created,
            rating=review.get("rating"),
            verified_purchase=chosen(review.get("verificationType") or "UNDEFINED", _VERIFIED, "verificationType"),
            product=text(product.get("sku")),
            product_name=text(product.get("name")),
            author_name=_shown_name(customer),
            email=customer.get("email"),
            order=transaction.get("reference"),
            reply=text(answer.get("comment")),
            reply_at=answer.get("createdAt"),
            personal=self.personal,
            extra={key: value for key, value in extra.items() if value is not None},
        )  # fmt: skip


def _id(review: Any) -> str:
    found = review.get("id") if isinstance(review, dict) else None
    return found if isinstance(found, str) else ""


def _after(answer: Any, response: Response) -> str | None:
    cursor = part(answer, "paging", dict, response).get("cursor") or {}
    after = cursor.get("after") if isinstance(cursor, dict) else cursor
    if after is not None and not isinstance(after, str):
        where, remedy = response.url.split("?")[0], "The interface has changed"
        raise DataError("the cursor is another than documented", where=where, remedy=remedy)
    return after


def _shown_name(customer: Any) -> str | None:
    """First name and initial: no more than a reader of the reviews would need."""
    first, last = text(customer.get("firstName")), text(customer.get("lastName"))
    return " ".join(part for part in (first, f"{last.strip()[0]}." if last else None) if part) or None
