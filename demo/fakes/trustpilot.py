"""A Trustpilot Business API v1 as documented: the private reviews of a business unit, and the tokens for them.

Pages by number, at most a hundred reviews each, no total; pages beyond 100,000 reviews are refused, a page
beyond the list is empty. A token is for the password or a refresh token, and not too often. Times of the
company's answer have no zone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import NAME, Voice
from demo.fakes.base import Fake, Said, Stage, basic, bearer, opaque, reply_of, zulu

API_KEY, API_SECRET, USERNAME, PASSWORD = "demo-key", "demo-secret", "technik@hallmeyer.example", "demo-password"
UNIT = opaque("trustpilot", "business unit")
TOKEN_PATH = "oauth/oauth-business-users-for-applications/accesstoken"  # noqa: S105  a path
MAX_PER_PAGE = 100
_ORDERS = {"createdat.asc", "createdat.desc", "stars.asc", "stars.desc"}
_METHODS = ["GET", "POST", "PUT", "DELETE"]
_MOMENTS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d")

Shown = tuple[Voice, Mapping[str, Any]]


class Trustpilot(Fake):
    """The private list; a token gives access to it.

    Attributes:
        ceiling: Page number times page size beyond which a page is refused.
        token_life: Seconds that a token is good for.
        tokens_per_minute: Tokens that are given in a minute.
    """

    kind = "trustpilot"
    channel = "trustpilot"
    secrets = {  # noqa: RUF012
        "TRUSTPILOT_API_KEY": API_KEY,
        "TRUSTPILOT_API_SECRET": API_SECRET,
        "TRUSTPILOT_USERNAME": USERNAME,
        "TRUSTPILOT_PASSWORD": PASSWORD,
    }
    data = r"reviews$"
    enum_path = ("status",)
    accounts = (UNIT,)
    path: ClassVar[str] = "/private/business-units/{unit}/reviews"
    filters: ClassVar[frozenset[str]] = frozenset({"stars", "language", "startDateTime", "endDateTime"})

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.ceiling = 100_000
        self.token_life = 360_000.0
        self.tokens_per_minute = 10
        self.tokens: dict[str, float] = {}
        self._given: list[float] = []

    def routes(self) -> list[BaseRoute]:
        """The list and the tokens."""
        return [
            Route(self.path, self._reviews, methods=_METHODS),
            Route(f"/{TOKEN_PATH}", self._token, methods=_METHODS),
        ]

    def environment(self, source: str) -> dict[str, str]:
        """Tokens come from the same server."""
        name = f"KUNDENECHO_SOURCES_{source.upper()}_TOKEN_ADDRESS"
        return {**super().environment(source), name: f"{self.url}{TOKEN_PATH}"}

    def items(self, payload: Any) -> list[Any]:
        """The reviews of an answer."""
        return payload["reviews"] if isinstance(payload.get("reviews"), list) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review of the business unit."""
        for voice, shown in self.voices():
            answer = self._answer(shown)
            yield Said(
                review_id(voice),
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=voice.date.replace(microsecond=0),
                reply=answer[0] if answer else None,
                state="hidden" if shown.get("reported") == "hidden" else "published",
            )

    def forbidden(self) -> Response:
        """The body is not documented."""
        return _error(403, "Access is denied.")

    def quota(self) -> Response:
        """Of requests and of tokens."""
        return _error(429, "Too many requests.")

    def refused(self, request: Request) -> Response | None:
        """The refusal of a request without a good token."""
        now = time.monotonic()
        if any(bearer(request, token) and now < end for token, end in self.tokens.items()):
            return None
        return _error(401, "The access token is missing, wrong or expired.")

    async def _reviews(self, request: Request) -> Response:
        if request.method != "GET":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET"})
        if refused := self.refused(request):
            return refused
        if request.path_params["unit"] != UNIT:
            return _error(404, "The business unit does not exist.")
        asked = dict(request.query_params)
        if asked.keys() - self.filters - {"page", "perPage", "orderBy"}:
            return _error(400, "Unknown parameter.")
        try:
            page, size = int(asked.get("page", "1")), int(asked.get("perPage", "20"))
            found = self._found(asked)
        except ValueError:
            return _error(400, "Malformed parameter.")
        if page < 1 or not 1 <= size <= MAX_PER_PAGE or asked.get("orderBy", "createdat.desc") not in _ORDERS:
            return _error(400, "Parameter out of range.")
        if page * size > self.ceiling:
            return _error(400, "Pagination limit exceeded.")
        shown = found[(page - 1) * size : page * size]
        return JSONResponse({"links": [], "reviews": [self._review(voice, values) for voice, values in shown]})

    def _found(self, asked: Mapping[str, str]) -> list[Shown]:
        """The voices that the filters leave, in the order asked for."""
        start, end = _moment(asked.get("startDateTime")), _moment(asked.get("endDateTime"))
        stars = {int(value) for value in asked.get("stars", "1,2,3,4,5").split(",")}
        language = asked.get("language")
        by, direction = asked.get("orderBy", "createdat.desc").partition(".")[::2]
        found = [
            (voice, shown)
            for voice, shown in self.voices()
            if (start is None or voice.date >= start)
            and (end is None or voice.date.replace(microsecond=0) < end)
            and shown["stars"] in stars
            and language in (None, shown.get("language"))
        ]

        def key(item: Shown) -> Any:
            return (item[1]["stars"], item[0].date) if by == "stars" else item[0].date

        return sorted(found, key=key, reverse=direction == "desc")

    async def _token(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "POST"})
        if not basic(request, API_KEY, API_SECRET):
            return _error(401, "API key or secret is wrong.")
        now = time.monotonic()
        if sum(given > now - 60 for given in self._given) >= self.tokens_per_minute:
            return self.quota()
        self._given.append(now)
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return JSONResponse({"error": "invalid_request"}, 400)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        refreshed = [token for token in self.tokens if form.get("refresh_token") == opaque("refresh", token)]
        if form.get("grant_type") not in {"password", "refresh_token"}:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        known = form == {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
        if not known and not (form["grant_type"] == "refresh_token" and refreshed):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = opaque("trustpilot token", str(len(self._given)), length=32)
        self.tokens[token] = now + self.token_life
        answer = {"access_token": token, "refresh_token": opaque("refresh", token)}
        return JSONResponse({**answer, "expires_in": str(int(self.token_life))})

    def _answer(self, shown: Mapping[str, Any]) -> tuple[str, datetime] | None:
        answer, now = reply_of(shown), self.stage.as_of
        return answer if answer and (now is None or answer[1] <= now) else None

    def _review(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        answer, reported = self._answer(shown), shown.get("reported")
        person = self.person(voice)
        return {
            "links": [],
            "id": review_id(voice),
            "consumer": {
                "id": opaque("trustpilot", voice.person or voice.id, "consumer"),
                "displayName": self.display(voice),
                "displayLocation": f"{person.city}, {person.country}" if person else None,
                "numberOfReviews": 1,
            },
            "businessUnit": {"id": UNIT, "identifyingName": "hallmeyer.example", "displayName": NAME},
            "location": None,
            "stars": shown["stars"],
            # Where nothing was written, the text is empty.
            "title": shown.get("title") or "",
            "text": shown.get("text") or "",
            "language": shown.get("language", "de"),
            "createdAt": zulu(voice.date),
            "experiencedAt": f"{shown.get('experienced') or voice.date.date().isoformat()}T00:00:00Z",
            "updatedAt": zulu(shown["edited"]) if "edited" in shown else None,
            "numberOfLikes": shown.get("likes", 0),
            "isVerified": bool(shown.get("verified")),
            "reviewVerificationLevel": "verified" if shown.get("verified") else "not-verified",
            "status": "reported" if reported else "active",
            "countsTowardsTrustScore": not reported,
            "companyReply": {"text": answer[0], "createdAt": _naive(answer[1]), "updatedAt": None} if answer else None,
            "reportData": {"source": "Trustpilot", "reviewVisibility": reported} if reported else None,
            "complianceLabels": [None] if reported else [],
            "businessUnitHistory": [],
            **self._referral(voice, shown),
        }

    def _referral(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        """What only the private list tells."""
        person, order = self.person(voice), shown.get("order")
        return {
            "referralEmail": person.email if person and order else None,
            "referenceId": order,
            "source": "InvitationLinkApi" if order else "Organic",
            "tags": [],
            "findReviewer": {"isEligible": False, "requests": []},
            "invitation": {"businessUnitId": UNIT} if order else None,
        }


def review_id(voice: Voice) -> str:
    """The 24 characters by which the portal knows a review."""
    return opaque("trustpilot", voice.id)


def _error(status: int, details: str) -> Response:
    return JSONResponse({"details": details}, status)


def _naive(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _moment(value: str | None) -> datetime | None:
    """A time of a filter; without a time of day it is midnight.

    Raises:
        ValueError: It is none.
    """
    if value is None:
        return None
    for pattern in _MOMENTS:
        try:
            return datetime.strptime(value, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError("no time")
