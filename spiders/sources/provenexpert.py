"""ProvenExpert API v1: ``rating/get`` page by page, and the profile's own summary.

Every call is a POST with HTTP Basic; errors come with HTTP 200. ``comment`` is the owner's reply. The
summary counts reviews of other portals as well, so it is kept as the portal's own figure only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

from scrapy.http import Response
from w3lib.http import basic_auth_header

from kundenecho.errors import KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, part
from spiders.build import chosen, record, text
from spiders.engine import Item
from spiders.paging import OverlapPaging
from spiders.values import yes_no

#: Ratings asked for at once; the highest value that has been seen to work.
LIMIT: Final = 100
#: Error codes that a change of settings mends.
_SETTINGS_CODES: Final = {"wrongPlan", "wrongCredentials", "wrongApiId", "wrongApiKey", "unauthorized"}
_STATES: Final = {"published": "published"}


class Spider(ApiSpider):
    """Reads every rating of the profile."""

    async def authorisation(self) -> dict[str, str]:
        """HTTP Basic with API ID and API key."""
        user, key = (self.secrets[name] for name in self.card.credentials)
        return {"Authorization": basic_auth_header(user, key).decode()}

    def refusal(self, response: Response) -> KundenechoError | None:
        """An error that the API reports with HTTP 200."""
        answer = self.json_of(response)
        if response.status != 200 or not isinstance(answer, dict) or answer.get("status") in ("success", None):
            return None
        errors = answer.get("errors")
        codes = [str(code)[:60] for code in errors] if isinstance(errors, list) and errors else ["unknown"]
        what, where = f"the API reports: {', '.join(codes)}", response.url
        if set(codes) & _SETTINGS_CODES:
            return SettingsError(what, where=where, remedy="Check plan and credentials of the account")
        return RetryError(what, where=where, remedy="Try later")

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for the ratings page by page, then for the summary."""
        paging = OverlapPaging()
        while paging.more:
            form = {"limit": str(LIMIT), "offset": str(paging.offset)}
            answer, response = await self.ask_json("rating/get", form=form)
            # PHP writes an empty map as a list.
            ratings = {} if answer.get("ratings") == [] else part(answer, "ratings", dict, response)
            new = paging.turn(list(ratings), response.url)
            for item in self.parse({key: ratings[key] for key in new}, self.envelope(response)):
                yield item
        answer, _ = await self.ask_json("rating/summary/get", form={})
        for figure in self.aggregate(
            answer.get("ratingValue"),
            review_count=answer.get("reviewCount"),
            recommendation_rate=answer.get("recommendationRate"),
        ):
            yield figure

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The ratings of one page, an object by their id."""
        for native_id, rating in payload.items():
            yield self.item(native_id, rating, page, partial(self._rating, native_id, rating, page))

    def _rating(self, native_id: str, rating: Any, page: dict[str, Any]) -> Feedback:
        user = rating["user"]
        if rating.get("created") is None:
            raise ValueError("the rating has no time")
        return record(
            self.context, rating, page,
            native_id=native_id,
            state=chosen(rating.get("status"), _STATES, "state"),
            text=text(rating.get("feedback")),
            created=rating["created"],
            rating=rating.get("ratingValue"),
            would_recommend=yes_no(rating.get("recommendation")),
            author_name=None if user.get("anonymous") else user.get("name"),
            reply=text(rating.get("comment")),
            extra={"topic_code": rating["topicCode"]} if rating.get("topicCode") else {},
        )  # fmt: skip
