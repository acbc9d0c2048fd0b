"""App Store Connect API: the reviews of one app, as JSON:API, newest first.

Every request carries a token that the account signs itself and that lives twenty minutes at most. An edited
review keeps its id and its ``createdDate`` and an answer moves no date, so reading what is new finds neither:
the card has everything read again regularly. The answers stand apart from the reviews, in ``included``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import chosen, record, text
from spiders.engine import Item
from spiders.jwt_tokens import signed
from spiders.paging import PageGuard

#: Reviews of a page, the highest documented value.
LIMIT: Final = 200
#: Seconds that a token lives, and before whose end another one is signed.
TOKEN_LIFE: Final = 1200
_TOKEN_MARGIN: Final = 120
_REMAINING: Final = re.compile(r"user-hour-rem:\s*(\d+)")
_CODE: Final = re.compile(r"[A-Z_.]{1,80}")
_TYPES: Final = {"customerReviews": "published"}


class Spider(ApiSpider):
    """Reads the reviews of one app, with the company's answers."""

    async def authorisation(self) -> dict[str, str]:
        """A token of our own signing, a new one before the last one ends."""
        clock = self.context.clock
        now = clock.monotonic()
        if self._token is None or self._token[1] <= now:
            key_id, issuer, key = (self.secrets[name] for name in self.card.credentials)
            issued = int(clock.now().timestamp())
            # Some servers count the second of issue as a part of the life.
            claims = {"iss": issuer, "iat": issued, "exp": issued + TOKEN_LIFE - 1, "aud": "appstoreconnect-v1"}
            token = signed(key, claims, {"kid": key_id}, "ES256")
            self._token = token, now + TOKEN_LIFE - _TOKEN_MARGIN
        return {"Authorization": f"Bearer {self._token[0]}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """The code of a JSON:API error; its wording is not quoted."""
        answer = self.json_of(response) if response.status in {400, 401, 403, 404, 409} else None
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if not isinstance(errors, list):
            return None
        found = [str(error.get("code")) for error in errors if isinstance(error, dict)]
        code = next((code for code in found if _CODE.fullmatch(code)), "an unknown code")
        what, where = f"the API reports {code}", response.url.split("?")[0]
        if response.status == 401:
            return SettingsError(what, where=where, remedy=f"Check {', '.join(self.card.credentials)}")
        if response.status == 403:
            return SettingsError(what, where=where, remedy="Give the key a role that may read customer reviews")
        if response.status == 404:
            what = f"{what} for the app {self.context.account}"
            return SettingsError(what, where=where, remedy="Correct it in accounts: the Apple ID, a number")
        return DataError(what, where=where, remedy="The interface has changed")

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for the reviews page by page, newest first, back to the last run's end."""
        if not self.context.account:
            raise SettingsError("the card names no app", where=self.card.name, remedy="Write Apple IDs into accounts")
        since, guard = self.since, PageGuard()
        url: str | None = f"v1/apps/{self.context.account}/customerReviews"
        params: dict[str, Any] | None = {"limit": LIMIT, "sort": "-createdDate", "include": "response"}
        while url:
            answer, response = await self.ask_json(url, params)
            reviews, links = part(answer, "data", list, response), part(answer, "links", dict, response)
            where = response.url.split("?")[0]
            ids = [_id(review) for review in reviews]
            fresh = guard.turn(ids, where, promised=params is None, total=_total(answer))
            for item in self.parse({**answer, "data": [reviews[n] for n in fresh]}, self.envelope(response)):
                yield item
            dates = [_attributes(review).get("createdDate") for review in reviews]
            self.newest = newest(dates, self.newest, self.card.time_zone)
            top = newest(dates, None, self.card.time_zone)
            if since and top and datetime.fromisoformat(top) < since:
                return
            url, params = self._following(guard.cursor(links.get("next"), where), where), None
            if url and _spent(response):
                self.truncate("the requests of this hour are used up; older reviews were not read")
                return
        if gap := guard.short_of():
            self.truncate(gap)

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one answer, with the responses that it includes."""
        included = payload.get("included") or ()
        responses = {_id(one): _attributes(one) for one in included if isinstance(one, dict)}
        for review in payload["data"]:
            yield self.item(_id(review) or None, review, page, partial(self._review, review, responses, page))

    def _following(self, url: Any, where: str) -> str | None:
        """The next page's address; the token is sent to nobody else."""
        if url is None:
            return None
        try:
            same = urlsplit(str(url))[:2] == urlsplit(self.card.address)[:2]
        except ValueError:  # "http://[" and the like
            same = False
        if not same:
            raise DataError("the next page is on another server", where=where, remedy="Look at the card's address")
        return str(url)

    def _review(self, review: Any, responses: Mapping[str, Any], page: dict[str, Any]) -> Feedback:
        state, attributes = chosen(review.get("type"), _TYPES, "type"), review["attributes"]
        for name in ("rating", "createdDate"):
            if attributes.get(name) is None:
                raise ValueError(f"the review has no {name}")
        answer = self._answer(review, responses)
        extra = {"territory": text(attributes.get("territory")), "reply_state": text(answer.get("state"))}
        if extra["reply_state"] == "PUBLISHED":
            extra["reply_state"] = None
        return record(
            self.context, review, page,
            native_id=review.get("id"),
            state=state,
            title=text(attributes.get("title")),
            text=text(attributes.get("body")),
            created=attributes["createdDate"],
            rating=attributes["rating"],
            author_name=attributes.get("reviewerNickname"),
            product=self.context.account or None,
            reply=text(answer.get("responseBody")),
            reply_at=answer.get("lastModifiedDate"),
            extra={name: value for name, value in extra.items() if value},
        )  # fmt: skip

    def _answer(self, review: Any, responses: Mapping[str, Any]) -> Mapping[str, Any]:
        link = ((review.get("relationships") or {}).get("response") or {}).get("data")
        if not link:
            return {}
        if link["id"] not in responses:
            self.truncate("an answer names responses that it does not include")
            return {}
        found: Mapping[str, Any] = responses[link["id"]]
        return found


def _attributes(item: Any) -> Mapping[str, Any]:
    found = item.get("attributes") if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}


def _id(item: Any) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _total(answer: Mapping[str, Any]) -> int | None:
    meta = answer.get("meta")
    paging = meta.get("paging") if isinstance(meta, dict) else None
    total = paging.get("total") if isinstance(paging, dict) else None
    return total if type(total) is int else None


def _spent(response: Response) -> bool:
    """Whether no request is left of this hour's."""
    header = (response.headers.get("X-Rate-Limit") or b"").decode("latin-1")
    found = _REMAINING.search(header)
    return bool(found and int(found[1]) == 0)
