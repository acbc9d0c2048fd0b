"""Google Play Developer API v3: the reviews that an app's users wrote or changed in the last seven days.

There is no way to older ones, so no run is a full one, and a review that is not shown is not gone. A title stands
before the text, parted by a TAB; ``text`` may be a translation. An edit replaces the review under its id, with a
new time. The API tells no more than the time of the last change.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from scrapy.http import Response

from kundenecho.errors import KundenechoError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, part
from spiders.build import record, text
from spiders.engine import Item
from spiders.formats.google import display_name, google_refusal
from spiders.jwt_tokens import signed
from spiders.paging import PageGuard
from spiders.values import number

PAGE_SIZE: Final = 100
#: How far back the interface looks.
WINDOW: Final = timedelta(days=7)
_PACKAGE: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+")
_SCOPE: Final = "https://www.googleapis.com/auth/androidpublisher"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_KEPT: Final = {
    "appVersionName": "app_version",
    "appVersionCode": "app_version_code",
    "androidOsVersion": "android_version",
    "device": "device",
    "thumbsDownCount": "dislikes",
}


class Spider(ApiSpider):
    """Reads all that the interface shows of one app."""

    #: Make, memory and screen of a device together may tell whose it is.
    personal: ClassVar[Collection[str]] = ("deviceMetadata",)

    async def authorisation(self) -> dict[str, str]:
        """An access token for a grant that the service account signs for itself (RFC 7523)."""
        [name] = self.card.credentials
        key, key_id, issuer = _service_account(self.secrets[name], name)
        now = int(self.context.clock.now().timestamp())
        claims = {"iss": issuer, "scope": _SCOPE, "aud": self.card.token_address, "iat": now, "exp": now + 3600}
        form = {"grant_type": _GRANT, "assertion": signed(key, claims, {"kid": key_id}, "RS256")}
        return {"Authorization": f"Bearer {await self.token(form)}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """Google's error body."""
        remedy = "Invite the service account into the Play Console with the right to reply to reviews"
        return google_refusal(self.json_of(response), response.status, response.url.split("?")[0], remedy)

    async def collect(self) -> AsyncIterator[Item]:
        """Ask page by page for what is shown; each run reads all of it."""
        if not _PACKAGE.fullmatch(self.context.account):
            raise SettingsError("the account is no package", where="accounts", remedy='Write "com.example.app"')
        self._note_gap()
        # Never a full read, whatever was asked for: what has left the window must not be taken for deleted.
        self.incremental = True
        guard, cursor = PageGuard(), None
        path = f"androidpublisher/v3/applications/{self.context.account}/reviews"
        while True:
            # A week without reviews may answer {}, as an outage does: min_yield = 0 says that it may be so.
            params = {"maxResults": PAGE_SIZE, "token": cursor}
            answer, response = await self.ask_json(path, params, empty=not self.card.min_yield)
            where = response.url.split("?")[0]
            reviews = [] if answer == {} else part(answer, "reviews", list, response)
            fresh = guard.turn([_id(review) for review in reviews], where, promised=bool(cursor))
            for item in self.parse([reviews[n] for n in fresh], self.envelope(response)):
                yield item
            pages = part(answer, "tokenPagination", dict, response) if "tokenPagination" in answer else {}
            following = part(pages, "nextPageToken", str, response) if "nextPageToken" in pages else None
            cursor = guard.cursor(following, where)
            if not cursor:
                break
        # The mark only tells when the window was read last, so it moves on in any case; the reviews' own
        # times would tell nothing of a quiet week.
        self.newest = self.resume_at = self.context.collected_at.isoformat(timespec="milliseconds")

    def _note_gap(self) -> None:
        """Tell that reviews may be missing for good: nobody looked for longer than the window is."""
        if self.newest and self.context.collected_at - datetime.fromisoformat(self.newest) > WINDOW:
            self.truncate("the last run is more than seven days ago; reviews of the time between may be missing")

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one page."""
        for review in payload:
            yield self.item(_id(review) or None, review, page, partial(self._review, review, page))

    def _review(self, review: Any, page: dict[str, Any]) -> Feedback:
        said, reply = _last(review["comments"], "userComment"), _last(review["comments"], "developerComment")
        if said is None or _seconds(said) is None:
            raise ValueError("the review has no comment of a user, or none with a time")
        title, tab, body = (text(said.get("originalText")) or text(said.get("text")) or "").partition("\t")
        return record(
            self.context, review, page,
            native_id=review.get("reviewId"),
            title=title.strip() or None if tab else None,
            text=(body if tab else title).strip() or None,
            created=_seconds(said),
            rating=said.get("starRating"),
            author_name=display_name(review.get("authorName")),
            language=text(said.get("reviewerLanguage")),
            likes=None if (likes := number(said.get("thumbsUpCount"))) is None else int(likes),
            product=self.context.account or None,
            reply=text(reply.get("text")) if reply else None,
            reply_at=_seconds(reply) if reply else None,
            personal=self.personal,
            extra={name: said[key] for key, name in _KEPT.items() if said.get(key) is not None},
        )  # fmt: skip


def _service_account(secret: str, name: str) -> tuple[str, str, str]:
    """Private key, its id, and the account's name from the JSON file that Google gives for it."""
    try:
        file = json.loads(secret)
        return str(file["private_key"]), str(file["private_key_id"]), str(file["client_email"])
    except (ValueError, KeyError, TypeError):
        remedy = "Put the whole JSON file of the service account into the variable"
        raise SettingsError(f"{name} holds no service account", where=name, remedy=remedy) from None


def _last(comments: Any, kind: str) -> dict[str, Any] | None:
    """The last comment of a kind; user and developer may take turns."""
    found = [comment[kind] for comment in comments if kind in comment]
    return max(found, key=lambda comment: _seconds(comment) or 0) if found else None


def _seconds(comment: dict[str, Any]) -> float | None:
    """When a comment was changed last; the interface writes the seconds as a text."""
    return number((comment.get("lastModified") or {}).get("seconds"))


def _id(review: Any) -> str:
    return str(review.get("reviewId") or "") if isinstance(review, dict) else ""
