"""A Google Play Developer API v3 as documented: what users wrote of an app in the last seven days.

A service account's signed grant (RS256) for a token, only reviews with a text, title and text in one field with a
TAB between, seconds as a text, the developer's answer as a second comment. Its "today" is that of the demo company:
the moment that is shown, else that of the newest review.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes._google import Tokens, invalid, oauth_error, refused, token_form, unknown, whole
from demo.fakes.base import Fake, Said, Stage, opaque, reply_of

PACKAGE = "de.hallmeyer.kaffee"
ISSUER, KEY_ID = "kundenecho@hallmeyer.example.com", "demo-key"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
WINDOW = timedelta(days=7)
#: Reads that one app allows in an hour.
READS = 200
MAX_SIZE = 100
#: Seconds that the clocks of two machines may differ.
SLACK = 600
_METHODS = ["GET", "POST", "PUT", "DELETE"]
#: Parameters of the method and those that all methods have.
_KNOWN = frozenset(
    "maxResults startIndex token translationLanguage alt fields key prettyPrint quotaUser access_token".split()  # noqa: SIM905
)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account() -> str:
    """The JSON file of a service account that the app's owner has invited."""
    coding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = _key().private_bytes(coding, form, serialization.NoEncryption()).decode()
    return json.dumps({"type": "service_account", "private_key_id": KEY_ID, "private_key": pem, "client_email": ISSUER})


class GooglePlay(Fake):
    """The API of one app."""

    kind = "google_play"
    data = r"/reviews$"
    id_path = ("reviewId",)
    accounts = (PACKAGE,)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.tokens = Tokens(self.kind)
        self._reads: list[float] = []
        #: Tells what time it is; a test whose clock runs otherwise brings its own.
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def environment(self, source: str) -> dict[str, str]:
        """The service account's key is made anew in each process."""
        tokens = f"KUNDENECHO_SOURCES_{source.upper()}_TOKEN_ADDRESS"
        own = {tokens: f"{self.url}token", "GOOGLE_PLAY_SERVICE_ACCOUNT": service_account()}
        return {**super().environment(source), **own}

    def routes(self) -> list[BaseRoute]:
        """``token`` and ``reviews.list``."""
        return [
            Route("/token", self._token, methods=_METHODS),
            Route("/androidpublisher/v3/applications/{package}/reviews", self._list, methods=_METHODS),
        ]

    def items(self, payload: Any) -> list[Any]:
        """The reviews of a page."""
        found: list[Any] = payload.get("reviews", [])
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """The reviews of the last seven days that have a text."""
        for voice, shown in self._shown():
            answer = reply_of(shown)
            yield Said(
                _id(voice),
                text=shown["text"],
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=None if shown.get("anonymous") else self.display(voice),
                created_at=_changed(voice, shown).replace(microsecond=0),
                reply=answer[0] if answer else None,
            )

    def forbidden(self) -> Response:
        """The refusal of an account that the app's owner has not invited."""
        return refused(403, "PERMISSION_DENIED", "The caller does not have permission", "forbidden")

    def quota(self) -> Response:
        """Too many reads: a 403, as Google's older interfaces have it."""
        return refused(403, "PERMISSION_DENIED", "Quota exceeded for this request", "quotaExceeded")

    async def _token(self, request: Request) -> Response:
        form = await token_form(request)
        if isinstance(form, Response):
            return form
        if form.get("grant_type") != GRANT:
            return oauth_error(400, "unsupported_grant_type")
        said = self._claims(form.get("assertion", ""))
        if said is None:
            return oauth_error(400, "invalid_grant")
        return self.tokens.give() if said["scope"] == SCOPE else oauth_error(400, "invalid_scope")

    def _claims(self, grant: str) -> dict[str, Any] | None:
        """What a grant says; None for one that is not well signed, not for this address, or not of now."""
        options: Any = {"require": ["iss", "scope", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False}
        try:
            kid = jwt.get_unverified_header(grant).get("kid")
            said: dict[str, Any] = jwt.decode(
                grant, _key().public_key(), ["RS256"], audience=f"{self.url}token", issuer=ISSUER, options=options
            )
        except jwt.PyJWTError:
            return None
        now = self.now().timestamp()
        timely = said["iat"] - SLACK <= now <= said["exp"] and 0 < said["exp"] - said["iat"] <= 3600
        return said if timely and kid == KEY_ID else None

    async def _list(self, request: Request) -> Response:
        if request.method != "GET":
            return refused(404, "NOT_FOUND", "Requested entity was not found.", "notFound")
        if wrong := self.tokens.refusal(request) or unknown(request, _KNOWN):
            return wrong
        if request.path_params["package"] != PACKAGE:
            return refused(404, "NOT_FOUND", "No application was found for the given package name.", "notFound")
        size, start = whole(request, "maxResults", 10), whole(request, "startIndex", 0)
        if size is None or size < 1 or start is None:
            return invalid("Invalid value")
        now = time.monotonic()
        self._reads = [*(moment for moment in self._reads if moment > now - 3600), now]
        if len(self._reads) > READS:
            return self.quota()
        found = sorted(self._shown(), key=_place, reverse=True)
        if token := request.query_params.get("token"):
            after = _anchor(token)
            if after is None:
                return invalid("Invalid token")
            found = [one for one in found if _place(one) < after]
        return self._page(found[start:], min(size, MAX_SIZE), request.query_params.get("translationLanguage"))

    def _page(self, found: list[tuple[Voice, Mapping[str, Any]]], size: int, language: str | None) -> Response:
        page: dict[str, Any] = {"reviews": [self._review(voice, shown, language) for voice, shown in found[:size]]}
        if len(found) > size:
            moment, native_id = _place(found[size - 1])
            token = base64.urlsafe_b64encode(f"{moment.isoformat()} {native_id}".encode()).decode()
            page["tokenPagination"] = {"nextPageToken": token}
        return JSONResponse({key: value for key, value in page.items() if value})

    def _shown(self) -> list[tuple[Voice, Mapping[str, Any]]]:
        found = [(voice, shown) for voice, shown in self.voices() if shown.get("text")]
        today = self.stage.as_of or max((_changed(*one) for one in found), default=None)
        return [one for one in found if today and today - WINDOW < _changed(*one) <= today]

    def _review(self, voice: Voice, shown: Mapping[str, Any], language: str | None) -> dict[str, Any]:
        comment: dict[str, Any] = {
            "text": _text(voice, shown),
            "lastModified": _stamp(_changed(voice, shown)),
            "starRating": shown["stars"],
            "thumbsUpCount": shown.get("likes") or 0,
            "thumbsDownCount": 0,
        }
        if language:
            comment |= {"text": "What the machine understood of it.", "originalText": _text(voice, shown)}
        if shown.get("language"):
            comment["reviewerLanguage"] = shown["language"]
        if shown.get("app_version"):
            comment |= {"appVersionName": shown["app_version"], "appVersionCode": 512, "androidOsVersion": 34}
        review: dict[str, Any] = {"reviewId": _id(voice), "comments": [{"userComment": comment}]}
        if answer := reply_of(shown):
            review["comments"].append({"developerComment": {"text": answer[0], "lastModified": _stamp(answer[1])}})
        if not shown.get("anonymous") and (name := self.display(voice)):
            review["authorName"] = name
        return review


def _id(voice: Voice) -> str:
    return "gp:AOqpT" + opaque("play review", voice.id, length=20)


def _changed(voice: Voice, shown: Mapping[str, Any]) -> datetime:
    moment: datetime = shown.get("edited", voice.date)
    return moment


def _place(one: tuple[Voice, Mapping[str, Any]]) -> tuple[datetime, str]:
    """Where a review stands in the list, so that a page can begin behind it whatever has changed."""
    return _changed(*one), _id(one[0])


def _anchor(token: str) -> tuple[datetime, str] | None:
    try:
        moment, _, native_id = base64.urlsafe_b64decode(token).decode().partition(" ")
        return datetime.fromisoformat(moment), native_id
    except ValueError:
        return None


def _stamp(moment: datetime) -> dict[str, Any]:
    return {"seconds": str(int(moment.timestamp())), "nanos": moment.microsecond * 1000}


def _text(voice: Voice, shown: Mapping[str, Any]) -> str:
    """Title and text; where there is no title, the TAB stands there or not."""
    tab = "\t" if shown.get("title") or len(voice.id) % 2 else ""
    return f"{shown.get('title') or ''}{tab}{shown['text']}"
