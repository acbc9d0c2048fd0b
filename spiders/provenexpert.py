"""Spider: ProvenExpert API v1, rating/get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy.http import Request, Response
from w3lib.http import basic_auth_header

from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.engine import Item, SourceSpider
from spiders.output import Reject
from spiders.values import moment, number, rating_1_5, yes_no

PAGE = 100
#: Error codes that a change of settings mends.
_SETTINGS_CODES = {"wrongPlan", "wrongCredentials", "wrongApiId", "wrongApiKey", "unauthorized"}


class ProvenExpertSpider(SourceSpider):
    """Reads every rating of the profile, page by page."""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page."""
        yield self._page(0)

    def _page(self, offset: int) -> Request:
        user, key = (self.secrets[name] for name in self.card.credentials)
        return self.post(
            urljoin(self.card.address, "rating/get"),
            {"limit": str(PAGE), "offset": str(offset)},
            self.parse_page,
            headers={"Authorization": basic_auth_header(user, key)},
            cb_kwargs={},
            meta={"offset": offset},
        )

    def parse_page(self, response: Response) -> Iterator[Item | Request]:
        """Yield the ratings of a page, and the next page while there is one."""
        ratings = read_ratings(response.body, response.url)
        envelope = self.envelope(response)
        for native_id, rating in ratings.items():
            try:
                yield to_feedback(self, native_id, rating, envelope)
            except (DataError, ValueError, TypeError) as error:
                reason = error.what if isinstance(error, DataError) else str(error)
                yield Reject(f"{response.url} ({native_id})", reason, _fragment(self, rating))
        if len(ratings) >= PAGE:
            yield self._page(response.meta["offset"] + PAGE)


def read_ratings(body: bytes, where: str) -> dict[str, Any]:
    """The ratings of one answer by their id.

    Raises:
        SettingsError: The API says that plan or credentials do not allow it.
        RetryError: Any other error it reports, or an empty answer, as during its outages.
        DataError: The answer is not what is documented.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        raise RetryError("the answer is empty or no JSON", where=where, remedy="Try later") from None
    if not isinstance(answer, dict) or not answer:
        raise RetryError("the answer is empty", where=where, remedy="Try later")
    if answer.get("status") != "success":
        codes = [str(code) for code in answer.get("errors") or ["unknown"]]
        error = SettingsError if set(codes) & _SETTINGS_CODES else RetryError
        remedy = "Check plan and credentials of the account" if error is SettingsError else "Try later"
        raise error(f"the API reports: {', '.join(codes)}", where=where, remedy=remedy)
    ratings = answer.get("ratings")
    if ratings == []:
        return {}
    if not isinstance(ratings, dict):
        raise DataError(
            "the answer has no ratings", where=where, remedy="The API has changed; the spider must learn it"
        )
    return ratings


def to_feedback(spider: SourceSpider, native_id: str, rating: Any, envelope: dict[str, Any]) -> Feedback:
    """One rating as a record; ``comment`` is the owner's reply, not the customer's.

    Raises:
        ValueError: A value is not what is documented.
        DataError: The record is not allowed.
    """
    if not isinstance(rating, dict):
        raise ValueError("the rating is no object")
    if rating.get("status") != "published":
        raise ValueError(f"unknown state {rating.get('status')!r}")
    card, keyer = spider.card, spider.keyer
    user = rating.get("user") or {}
    name = None if user.get("anonymous") else user.get("name")
    created = moment(rating["created"], card.time_zone)
    value = number(rating.get("ratingValue"))
    return Feedback(
        source=card.name,
        account=spider.account,
        native_id=native_id,
        kind=card.feedback_kind,
        text=rating.get("feedback") or None,
        created_at=created.at if created else None,
        created_precision=created.precision if created else "unknown",
        collected_at=spider.collected_at,
        raw_value=value,
        raw_min=card.rating_min,
        raw_max=card.rating_max,
        rating_1_5=round(rating_1_5(value, card.rating_min, card.rating_max), 6) if value is not None else None,
        would_recommend=yes_no(rating.get("recommendation")),
        author_key=keyer.account(card.name, name),
        author_name=name,
        reply=rating.get("comment") or None,
        raw=_fragment(spider, rating) if card.keep_raw else None,
        page=envelope,
        extra={"topic_code": rating["topicCode"]} if rating.get("topicCode") else {},
    )


def _fragment(spider: SourceSpider, rating: Any) -> Any:
    if not isinstance(rating, dict):
        return None
    user = rating.get("user") or {}
    name = user.get("name") if isinstance(user, dict) else None
    return {**rating, "user": {"name": spider.keyer.account(spider.card.name, name)} if name else {"anonymous": 1}}
