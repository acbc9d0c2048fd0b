"""A Google Business Profile API v4 as documented: the reviews of one verified location.

OAuth with a refresh token, at most 50 a page, three orders and no other, no key ``reviews`` where there are none,
stars as words, times with up to nine digits behind the second, machine translations inside the comment.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes._google import Tokens, invalid, oauth_error, refused, token_form, unknown, whole
from demo.fakes.base import Fake, Said, Stage, opaque, reply_of, zulu

LOCATION = "accounts/1068/locations/5521"
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "demo-client", "demo-secret", "1//demo-refresh"
MAX_SIZE = 50
ORDERS = ("rating", "rating desc", "updateTime desc")
_STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")
_METHODS = ["GET", "POST", "PUT", "DELETE"]
_TRANSLATION = "This stands here in another language, as the machine understood it."


class GoogleBusiness(Fake):
    """The API; a project that has not been approved has a quota of 0."""

    kind = "google_business"
    secrets = {  # noqa: RUF012
        "GOOGLE_BUSINESS_CLIENT_ID": CLIENT_ID,
        "GOOGLE_BUSINESS_CLIENT_SECRET": CLIENT_SECRET,
        "GOOGLE_BUSINESS_REFRESH_TOKEN": REFRESH_TOKEN,
    }
    data = r"^v4/.*/reviews$"
    id_path = ("reviewId",)
    enum_path = ("starRating",)
    accounts = (LOCATION,)
    approved = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.tokens = Tokens(self.kind)

    def environment(self, source: str) -> dict[str, str]:
        """The API below ``v4/``, and the address where it gives tokens."""
        prefix = f"KUNDENECHO_SOURCES_{source.upper()}_"
        own = {f"{prefix}ADDRESS": f"{self.url}v4/", f"{prefix}TOKEN_ADDRESS": f"{self.url}token"}
        return {**super().environment(source), **own}

    def routes(self) -> list[BaseRoute]:
        """``token`` and ``accounts.locations.reviews.list``."""
        return [
            Route("/token", self._token, methods=_METHODS),
            Route("/v4/{parent:path}/reviews", self._list, methods=_METHODS),
        ]

    def items(self, payload: Any) -> list[Any]:
        """The reviews of a page."""
        found: list[Any] = payload.get("reviews", [])
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review; the original of a translated one."""
        for voice, shown in self.voices():
            answer = reply_of(shown)
            yield Said(
                _id(voice),
                text=shown.get("text"),
                rating_1_5=shown["stars"],
                author_name=None if shown.get("anonymous") else self.display(voice),
                created_at=voice.date,
                reply=answer[0] if answer else None,
            )

    def forbidden(self) -> Response:
        """The refusal of one who does not manage the location."""
        return refused(403, "PERMISSION_DENIED", "The caller does not have permission", "forbidden")

    def quota(self) -> Response:
        """Too many requests, or a project that has not been approved."""
        value = "300" if self.approved else "0"
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {"service": "mybusiness.googleapis.com", "quota_limit_value": value},
        }
        return refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests'.", details=[info])

    async def _token(self, request: Request) -> Response:
        form = await token_form(request)
        if isinstance(form, Response):
            return form
        if form.get("grant_type") != "refresh_token":
            return oauth_error(400, "unsupported_grant_type")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return oauth_error(401, "invalid_client")
        if form.get("refresh_token") != REFRESH_TOKEN:
            return oauth_error(400, "invalid_grant")
        return self.tokens.give()

    async def _list(self, request: Request) -> Response:
        if request.method != "GET" or request.path_params["parent"] != LOCATION:
            return refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        if wrong := self.tokens.refusal(request):
            return wrong
        if not self.approved:
            return self.quota()
        if wrong := unknown(request, {"pageSize", "pageToken", "orderBy"}):
            return wrong
        size, order = whole(request, "pageSize", MAX_SIZE), request.query_params.get("orderBy", ORDERS[-1])
        if size is None or not 1 <= size <= MAX_SIZE:
            return invalid("page_size must be between 1 and 50")
        if order not in ORDERS:
            return invalid("order_by is not supported")
        offset = _offset(request.query_params.get("pageToken", ""), order)
        return invalid("page_token is invalid") if offset is None else self._page(order, offset, size)

    def _page(self, order: str, offset: int, size: int) -> Response:
        voices = sorted(self.voices(), key=lambda found: _changed(*found), reverse=True)
        if order != ORDERS[-1]:
            voices.sort(key=lambda found: found[1]["stars"], reverse=order.endswith("desc"))
        if not voices:
            return JSONResponse({})
        found = voices[offset : offset + size]
        page: dict[str, Any] = {
            "reviews": [self._review(voice, shown) for voice, shown in found],
            "averageRating": round(sum(shown["stars"] for _, shown in voices) / len(voices), 1),
            "totalReviewCount": len(voices),
        }
        if offset + size < len(voices):
            page["nextPageToken"] = _cursor(offset + size, order)
        return JSONResponse({key: value for key, value in page.items() if value})

    def _review(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        name = None if shown.get("anonymous") else self.display(voice)
        photo = f"https://lh3.googleusercontent.com/a/{opaque('photo', voice.id, length=12)}"
        review: dict[str, Any] = {
            "name": f"{LOCATION}/reviews/{_id(voice)}",
            "reviewId": _id(voice),
            "reviewer": {"profilePhotoUrl": photo, "displayName": name, "isAnonymous": False}
            if name
            else {"displayName": "A Google user", "isAnonymous": True},
            "starRating": _STARS[shown["stars"] - 1],
            "createTime": zulu(voice.date, 9 if voice.date.microsecond or len(voice.id) % 2 else 0),
            "updateTime": zulu(_changed(voice, shown), 6),
        }
        if text := shown.get("text"):
            review["comment"] = _translated(voice, text)
        if answer := reply_of(shown):
            review["reviewReply"] = {"comment": answer[0], "updateTime": zulu(answer[1], 3)}
        return review


def _id(voice: Voice) -> str:
    return "AbFv" + opaque("google review", voice.id, length=20)


def _changed(voice: Voice, shown: Mapping[str, Any]) -> datetime:
    moment: datetime = shown.get("edited", voice.date)
    return moment


def _translated(voice: Voice, text: str) -> str:
    """Some comments come with a translation, before or behind the original."""
    turn = int(opaque("translated", voice.id, length=4), 16) % 5
    if turn == 0:
        return f"(Translated by Google) {_TRANSLATION}\n\n(Original)\n{text}"
    return f"{text}\n\n(Translated by Google)\n{_TRANSLATION}" if turn == 1 else text


def _cursor(offset: int, order: str) -> str:
    return base64.urlsafe_b64encode(f"{order}:{offset}".encode()).decode()


def _offset(cursor: str, order: str) -> int | None:
    """Where a page begins; None for a token that was not given for this order."""
    try:
        for_order, _, offset = base64.urlsafe_b64decode(cursor).decode().rpartition(":")
        return 0 if not cursor else int(offset) if for_order == order else None
    except ValueError:
        return None
