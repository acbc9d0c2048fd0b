"""Google Business Profile API v4: the reviews of one's own, verified locations.

The list comes by the last change, the newest first, and cannot be asked from a moment on: it is read down
to the last run's end. Nothing tells of deletions but a full read. A location without reviews has no key
``reviews``. At random the API answers 404. A comment may hold Google's translation beside the original.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import chosen, record, text
from spiders.engine import Item
from spiders.formats.google import display_name, google_refusal
from spiders.paging import PageGuard

#: Reviews asked for at once; the documented maximum.
PAGE_SIZE: Final = 50
_LOCATION: Final = re.compile(r"accounts/[^/]+/locations/[^/]+")
_STARS: Final = {"STAR_RATING_UNSPECIFIED": None, "ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED: Final = "(Translated by Google)"
_ORIGINAL: Final = "(Original)"
#: The marker on a line of its own; within a sentence it may be the customer's own word.
_OWN_LINE: Final = re.compile(r"(?:^|\n)[ \t]*\(Original\)")


class Spider(ApiSpider):
    """Reads the reviews of one location, all of them or those that were changed since the last run."""

    also_retried: ClassVar[frozenset[int]] = frozenset({404})

    async def authorisation(self) -> dict[str, str]:
        """An access token for the refresh token of one who manages the location."""
        client, secret, refresh = (self.secrets[name] for name in self.card.credentials)
        form = {"client_id": client, "client_secret": secret, "refresh_token": refresh}
        return {"Authorization": f"Bearer {await self.token({'grant_type': 'refresh_token', **form})}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """Google's error body."""
        remedy = f"Check {', '.join(self.card.credentials)}, accounts, and that the API is enabled in the project"
        return google_refusal(self.json_of(response), response.status, response.url.split("?")[0], remedy)

    async def collect(self) -> AsyncIterator[Item]:
        """Ask page by page, down to the last run's end where only what is new is wanted."""
        if not _LOCATION.fullmatch(self.context.account):
            what = "the account is no location"
            raise SettingsError(what, where="accounts", remedy='Write "accounts/1068/locations/5521"')
        guard, cursor, totals = PageGuard(), None, list[int]()
        while True:
            params = {"pageSize": PAGE_SIZE, "orderBy": "updateTime desc", "pageToken": cursor}
            # A location without any reviews may answer {}, as an outage does: min_yield = 0 says that it may be so.
            empty = not self.card.min_yield
            answer, response = await self.ask_json(f"{self.context.account}/reviews", params, empty=empty)
            where, reviews = response.url.split("?")[0], _reviews(answer, response)
            totals.append(_total(answer))
            ids = [_id(review) for review in reviews]
            fresh = guard.turn(ids, where, promised=bool(cursor), total=totals[-1])
            for item in self.parse([reviews[n] for n in fresh], self.envelope(response)):
                yield item
            changes = [_changed(review) for review in reviews]
            self.newest = newest(changes, self.newest, self.card.time_zone)
            following = part(answer, "nextPageToken", str, response) if "nextPageToken" in answer else None
            if not (cursor := guard.cursor(following, where)):
                short = guard.short_of()
                break
            if self._is_old(changes):
                short = "reviews disappeared while the list was read" if min(totals) < totals[0] else ""
                break
        if short:
            self.truncate(short)
        for figure in self.aggregate(answer.get("averageRating"), rating_count=answer.get("totalReviewCount")):
            yield figure

    def _is_old(self, changes: list[Any]) -> bool:
        """Whether a whole page is older than what is wanted; a single old review may stand at the wrong place."""
        latest = newest(changes, None, self.card.time_zone)
        return bool(self.since and latest and datetime.fromisoformat(latest) < self.since)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page."""
        for review in payload:
            yield self.item(_id(review) or None, review, page, partial(self._review, review, page))

    def _review(self, review: Any, page: dict[str, Any]) -> Feedback:
        reviewer, reply = review.get("reviewer") or {}, review.get("reviewReply") or {}
        if review.get("createTime") is None:
            raise ValueError("the review has no time")
        return record(
            self.context, review, page,
            native_id=review.get("reviewId"),
            text=original(text(review.get("comment"))),
            created=review["createTime"],
            # JSON of protocol buffers leaves out what has the first value of its list.
            rating=chosen(review.get("starRating", "STAR_RATING_UNSPECIFIED"), _STARS, "star rating"),
            author_name=None if reviewer.get("isAnonymous") else display_name(reviewer.get("displayName")),
            reply=original(text(reply.get("comment"))),
            reply_at=reply.get("updateTime"),
        )  # fmt: skip


def original(comment: str | None) -> str | None:
    """What a customer wrote, without Google's translation before or behind it.

    Args:
        comment: The comment as Google gives it.

    Returns:
        The original; the translation where there is nothing else; None for nothing.
    """
    if comment is None or _TRANSLATED not in comment:
        return comment
    before, _, after = comment.partition(_TRANSLATED)
    if before.strip():
        return before.strip().removeprefix(_ORIGINAL).strip() or None
    # Behind the translation stands the original: on a line of its own, else behind the first marker.
    if marker := _OWN_LINE.search(after):
        return after[marker.end() :].strip() or None
    return (after.partition(_ORIGINAL)[2].strip() or after.strip()) or None


def _reviews(answer: Any, response: Response) -> list[Any]:
    """The reviews of an answer; none where the location says that it has none."""
    if not isinstance(answer, dict):
        what = "the answer is no object"
        raise DataError(what, where=response.url.split("?")[0], remedy="Something else answers at this address")
    if "reviews" not in answer and not _total(answer) and not answer.keys() - {"averageRating", "totalReviewCount"}:
        return []
    return part(answer, "reviews", list, response)


def _total(answer: dict[str, Any]) -> int:
    total = answer.get("totalReviewCount")
    return total if type(total) is int else 0


def _id(review: Any) -> str:
    return str(review.get("reviewId") or "") if isinstance(review, dict) else ""


def _changed(review: Any) -> Any:
    return review.get("updateTime") if isinstance(review, dict) else None
