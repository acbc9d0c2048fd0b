"""An App Store Connect API as documented, as far as customer reviews go.

JSON:API with cursors in ``links.next``, answers of the company in ``included`` where they are asked for, and
tokens that the caller signs: ES256, twenty minutes at most, for the audience of this interface.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, opaque, reply_of, zulu

APP = "1480021310"
KEY_ID, ISSUER = "DEMO123KEY", "69a6de70-demo-47e3-e053-5b8c7c11a4d1"
#: Always the same, so that it can stand in the demo's settings; it guards nothing.
_KEY = derive_private_key(20260301, SECP256R1())
PRIVATE_KEY = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
MAX_LIMIT, MAX_LIFE, HOURLY = 200, 1200, 3500
_KNOWN = {
    "limit", "sort", "include", "cursor", "filter[territory]", "filter[rating]", "exists[publishedResponse]",
    "fields[customerReviews]", "fields[customerReviewResponses]",
}  # fmt: skip
_SORTS = {
    "createdDate": ("date", False),
    "-createdDate": ("date", True),
    "rating": ("stars", False),
    "-rating": ("stars", True),
}
_TERRITORIES = {"DE": "DEU", "AT": "AUT", "CH": "CHE"}
_PACIFIC = ZoneInfo("America/Los_Angeles")


class AppStoreConnect(Fake):
    """Reviews of the company's app in all countries.

    Attributes:
        remaining: Requests that are left of this hour's.
        now: Tells the time that a token is judged by.
    """

    kind = "app_store_connect"
    channel = "app_store"
    secrets = {"APP_STORE_KEY_ID": KEY_ID, "APP_STORE_ISSUER_ID": ISSUER, "APP_STORE_PRIVATE_KEY": PRIVATE_KEY}  # noqa: RUF012
    data = "customerReviews$"
    enum_path = ("type",)
    accounts = (APP,)
    remaining = HOURLY
    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def routes(self) -> list[BaseRoute]:
        """The reviews of an app."""
        return [Route("/v1/apps/{app}/customerReviews", self._reviews, methods=["GET", "POST", "PUT", "DELETE"])]

    def items(self, payload: Any) -> list[Any]:
        """The reviews of an answer."""
        found: list[Any] = payload["data"]
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review of the app."""
        for voice, shown in self.voices() if account == APP else ():
            answer = reply_of(shown)
            yield Said(
                _uuid("review", voice),
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=voice.date.replace(microsecond=0),
                reply=answer[0] if answer else None,
            )

    def forbidden(self) -> Response:
        """A key whose role may not read reviews."""
        return _error(403, "FORBIDDEN_ERROR", "This request is forbidden for security reasons")

    def quota(self) -> Response:
        """Too many requests in an hour."""
        return _error(429, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached.")

    async def _reviews(self, request: Request) -> Response:
        query = dict(request.query_params)
        if refused := self._refused(request, query):
            return refused
        size = int(query.get("limit", "50"))
        by, down = _SORTS[query.get("sort", "createdDate")]
        voices = [(v, s) for v, s in self.voices() if _wanted(query, self._attributes(v, s), s)]
        voices.sort(key=lambda found: found[0].date if by == "date" else found[1]["stars"], reverse=down)
        start = int(urlsafe_b64decode(query["cursor"])) if "cursor" in query else 0
        page = voices[start : start + size]
        own = f"{self.url}v1/apps/{APP}/customerReviews"
        answer: dict[str, Any] = {
            "data": [self._review(voice, shown, query) for voice, shown in page],
            "links": {"self": f"{own}?{urlencode(query)}"},
            "meta": {"paging": {"total": len(voices), "limit": size}},
        }
        if query.get("include") == "response":
            answer["included"] = [_response(voice, shown) for voice, shown in page if reply_of(shown)]
        if len(voices) > start + size:
            cursor = urlsafe_b64encode(str(start + size).encode()).decode()
            answer["links"]["next"] = f"{own}?{urlencode({**query, 'cursor': cursor})}"
        self.remaining = max(0, self.remaining - 1)
        return JSONResponse(answer, headers={"X-Rate-Limit": f"user-hour-lim:{HOURLY};user-hour-rem:{self.remaining};"})

    def _refused(self, request: Request, query: Mapping[str, str]) -> Response | None:
        """The refusal of a request that is not as documented."""
        if request.method != "GET":
            return _error(405, "METHOD_NOT_ALLOWED", "The request method is not valid for the resource path.")
        if not self._may(request):
            return _error(401, "NOT_AUTHORIZED", "Authentication credentials are missing or invalid.")
        if self.remaining == 0:
            return self.quota()
        if request.path_params["app"] != APP:
            return _error(404, "NOT_FOUND", "The specified resource does not exist")
        if unknown := query.keys() - _KNOWN:
            return _error(400, "PARAMETER_ERROR.ILLEGAL", f"The parameter {min(unknown)} can not be used")
        size, cursor = query.get("limit", "50"), query.get("cursor")
        good = size.isdecimal() and 1 <= int(size) <= MAX_LIMIT and query.get("sort", "createdDate") in _SORTS
        good = good and query.get("include", "response") == "response" and (cursor is None or _is_cursor(cursor))
        return None if good else _error(400, "PARAMETER_ERROR.INVALID", "A parameter has an invalid value")

    def _may(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        required = ["iss", "iat", "exp", "aud"]
        try:
            # The times are judged below, by the fake's own clock.
            options: Any = {"require": required, "verify_exp": False, "verify_iat": False}
            claims = jwt.decode(
                token, _KEY.public_key(), algorithms=["ES256"], audience="appstoreconnect-v1", options=options
            )
            header, now = jwt.get_unverified_header(token), self.now().timestamp()
        except jwt.PyJWTError:
            return False
        lives = claims["iat"] <= now + 60 and now < claims["exp"] <= claims["iat"] + MAX_LIFE
        return scheme == "Bearer" and header.get("kid") == KEY_ID and claims["iss"] == ISSUER and lives

    def _attributes(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        person = self.person(voice)
        return {
            "rating": shown["stars"],
            "title": shown.get("title"),
            "body": shown.get("text"),
            "reviewerNickname": self.display(voice),
            "createdDate": voice.date.astimezone(_PACIFIC).isoformat(timespec="seconds"),
            "territory": _TERRITORIES.get(person.country if person else "DE", "DEU"),
        }

    def _review(self, voice: Voice, shown: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        key = _uuid("review", voice)
        own = f"{self.url}v1/customerReviews/{key}"
        relation: dict[str, Any] = {"links": {"related": f"{own}/response"}}
        if query.get("include") == "response":
            answered = {"type": "customerReviewResponses", "id": _uuid("response", voice)}
            relation["data"] = answered if reply_of(shown) else None
        return {
            "type": "customerReviews",
            "id": key,
            "attributes": self._attributes(voice, shown),
            "relationships": {"response": relation},
            "links": {"self": own},
        }


def _wanted(query: Mapping[str, str], attributes: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    territory, rating = query.get("filter[territory]"), query.get("filter[rating]")
    answered = query.get("exists[publishedResponse]")
    return (
        (territory is None or attributes["territory"] in territory.split(","))
        and (rating is None or str(attributes["rating"]) in rating.split(","))
        and (answered is None or bool(reply_of(shown)) == (answered == "true"))
    )


def _is_cursor(value: str) -> bool:
    try:
        return urlsafe_b64decode(value).isdigit()
    except ValueError:
        return False


def _response(voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
    text, when = reply_of(shown) or ("", voice.date)
    attributes = {"responseBody": text, "lastModifiedDate": zulu(when), "state": "PUBLISHED"}
    return {"type": "customerReviewResponses", "id": _uuid("response", voice), "attributes": attributes}


def _uuid(what: str, voice: Voice) -> str:
    found = opaque(what, voice.id, length=32)
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))


def _error(status: int, code: str, title: str) -> Response:
    error = {"id": opaque(code), "status": str(status), "code": code, "title": title, "detail": title}
    return JSONResponse({"errors": [error]}, status)
