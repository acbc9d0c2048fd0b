"""Trustpilot Business API v1: a business unit's reviews by page number, the newest first.

Edits and answers do not move ``createdAt``, the only time that can be ordered by: a run that reads what
is new reads the last ``reread_days`` again, and only a full read shows what was deleted. Pages are
positions in a list that moves, and there is no total: the end of each page is asked for again after the
next one, and the oldest review at last. Page times size beyond 100,000 is refused, so a further window
begins there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import quote

from scrapy.http import Response
from w3lib.http import basic_auth_header

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import chosen, record, text
from spiders.engine import Item
from spiders.paging import OVERLAP, PageGuard
from spiders.values import moment, number, yes_no

#: Reviews of one page; the documented maximum.
PER_PAGE: Final = 100
#: A reported review stands there until it is hidden.
_STATES: Final = {"active": "published", "reported": "published"}
_VERIFIED: Final = {True: "yes", False: "no", None: "unknown"}


class CeilingError(DataError):
    """The interface refuses to go further down the list."""


class Spider(ApiSpider):
    """Reads the reviews of a business unit with its referral fields.

    Attributes:
        path: Path of the list; takes the id of the business unit.
        windows: Whether the list can be cut by time.
        ceiling: Reviews that are handed out of one window.
    """

    personal = ("findReviewer", "links")
    path: ClassVar[str] = "private/business-units/{}/reviews"
    windows: ClassVar[bool] = True
    ceiling: ClassVar[int] = 100_000

    async def authorisation(self) -> dict[str, str]:
        """A bearer token for a user of the business account."""
        key, secret, user, password = (self.secrets[name] for name in self.card.credentials)
        form = {"grant_type": "password", "username": user, "password": password}
        headers = {"Authorization": basic_auth_header(key, secret).decode()}
        return {"Authorization": f"Bearer {await self.token(form, headers)}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """The end of what is handed out, told apart from other bad requests."""
        answer = self.json_of(response)
        if response.status != 400 or not isinstance(answer, dict):
            return None
        if "pagination limit" not in str(answer.get("details")).casefold():
            return None
        return CeilingError("the source gives no further pages", where=response.url.split("?")[0])

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for page after page until one is empty or older than what is to be read."""
        guard, start, page = PageGuard(), self._start(), 1
        window = {"startDateTime": _told(start)} if start and self.windows else {}
        oldest: datetime | None = None
        while True:
            try:
                reviews, envelope = await self._page(window, page)
            except CeilingError as end:
                if not self.windows or oldest is None or page == 1:
                    self.truncate(f"{end.what} after {len(guard.seen)} reviews")
                    return
                # What was written in the same second may be on both sides of the border.
                window, page = {**window, "endDateTime": _told(oldest + timedelta(seconds=1))}, 1
                continue
            border = page == 1 and "endDateTime" in window and len(reviews) < PER_PAGE
            if not reviews or (border and all(_id(review) in guard.seen for review in reviews)):
                break
            for item in self._taken(guard, reviews, envelope):
                yield item
            if page > 1:
                for item in await self._missed(guard, window, page - 1):
                    yield item
            oldest = min([*self._times(reviews), *([oldest] if oldest else [])], default=None)
            if start and oldest and oldest < start:
                return
            page += 1
        await self._check_end(guard, window)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page, a list."""
        for review in payload:
            yield self.item(_id(review) or None, review, page, partial(self._review, review, page))

    def _start(self) -> datetime | None:
        days = self.card.options["reread_days"]
        if not days.isdecimal() or len(days) > 4:
            raise SettingsError(f"reread_days is {days[:20]!r}", where=self.name, remedy="Write a number of days")
        return self.since - timedelta(days=int(days)) if self.since else None

    async def _page(
        self, window: Mapping[str, str], page: int, size: int = PER_PAGE, order: str = "createdat.desc"
    ) -> tuple[list[Any], dict[str, Any]]:
        if page * size > self.ceiling:
            raise CeilingError("the source gives no further pages", where=self.name)
        if not self.context.account:
            remedy = "Write the ids of the business units into accounts"
            raise SettingsError("the card names no business unit", where=self.name, remedy=remedy)
        params = {**window, "page": page, "perPage": size, "orderBy": order}
        answer, response = await self.ask_json(self.path.format(quote(self.context.account, safe="")), params)
        return part(answer, "reviews", list, response), self.envelope(response)

    def _taken(self, guard: PageGuard, reviews: Sequence[Any], page: dict[str, Any]) -> Iterator[Item]:
        new = guard.turn([_id(review) for review in reviews], page["url"])
        self.newest = newest(self._times(reviews), self.newest, self.card.time_zone)
        return self.parse([reviews[n] for n in new], page)

    async def _missed(self, guard: PageGuard, window: Mapping[str, str], page: int) -> Iterator[Item]:
        """What slipped over the end of a page onto it, because something before it was deleted."""
        again, envelope = await self._page(window, page * PER_PAGE // OVERLAP, OVERLAP)
        missed = [review for review in again if _id(review) and _id(review) not in guard.seen]
        if len(missed) == len(again):
            raise RetryError("the list moved while it was read", where=envelope["url"], remedy="Try again")
        return self._taken(guard, missed, envelope) if missed else iter(())

    async def _check_end(self, guard: PageGuard, window: Mapping[str, str]) -> None:
        """An empty page is the end only where the oldest review has been read."""
        first, envelope = await self._page(window, 1, 1, "createdat.asc")
        if any(_id(review) and _id(review) not in guard.seen for review in first):
            what = "the source gives an empty page before the end of its list"
            raise RetryError(what, where=envelope["url"], remedy="Try again")

    def _times(self, reviews: Sequence[Any]) -> list[datetime]:
        found = []
        for review in reviews:
            with suppress(ValueError, AttributeError):
                if when := moment(review.get("createdAt"), self.card.time_zone):
                    found.append(when.at)
        return found

    def _review(self, review: Any, page: dict[str, Any]) -> Feedback:
        consumer, answer = review.get("consumer") or {}, review.get("companyReply") or {}
        hidden = (review.get("reportData") or {}).get("reviewVisibility") == "hidden"
        likes = number(review.get("numberOfLikes"))
        extra = {
            "edited_at": review.get("updatedAt"),
            "verification": review.get("reviewVerificationLevel"),
            "origin": review.get("source"),
            "counts_towards_score": review.get("countsTowardsTrustScore"),
            "compliance_labels": [str(label) for label in review.get("complianceLabels") or () if label],
        }
        if review.get("createdAt") is None:
            raise ValueError("the review has no time")
        state = chosen(review.get("status"), _STATES, "state")
        return record(
            self.context, review, page,
            native_id=review.get("id"),
            state="hidden" if hidden else state,
            title=text(review.get("title")),
            text=text(review.get("text")),
            language=text(review.get("language")),
            created=review["createdAt"],
            experienced=review.get("experiencedAt"),
            rating=review.get("stars"),
            likes=None if likes is None else int(likes),
            verified_purchase=_VERIFIED[yes_no(review.get("isVerified"))],
            author=consumer.get("id"),
            author_name=consumer.get("displayName"),
            email=review.get("referralEmail"),
            order=review.get("referenceId"),
            reply=text(answer.get("text")),
            reply_at=answer.get("createdAt"),
            personal=self.personal,
            extra={key: value for key, value in extra.items() if value not in (None, [])},
        )  # fmt: skip


def _id(review: Any) -> str:
    found = review.get("id") if isinstance(review, dict) else None
    return found if isinstance(found, str) else ""


def _told(when: datetime) -> str:
    """A time as the interface's filters take it, without a zone."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
