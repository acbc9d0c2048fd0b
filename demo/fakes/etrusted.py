"""A Trusted Shops eTrusted API as documented: reviews of a channel by cursor, and the tokens for them.

The newest come first; ``after`` names a review and leads to those older than it. The filter says ``status``,
the review says ``state``; statements have no text; the token is for an audience.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import PRODUCTS, Voice
from demo.fakes.base import Fake, Said, Stage, bearer, opaque, reply_of, zulu

CLIENT_ID, CLIENT_SECRET, AUDIENCE = "demo-client", "demo-secret", "https://api.etrusted.com"
MAX_COUNT = 1000
_METHODS = ["GET", "POST", "PUT", "DELETE"]
_KNOWN = {"channels", "count", "after", "orderBy", "status", "type", "ignoreStatements"}
_ORDERS = {"submittedAt", "updatedAt", "lastEditedAt", "editedAt"}
_STATUSES = {"APPROVED", "MODERATION", "REJECTED"}

Shown = tuple[Voice, Mapping[str, Any]]


def ref(kind: str, *parts: str) -> str:
    """A reference as the interface makes them: three letters and a UUID."""
    raw = opaque("etrusted", kind, *parts, length=32)
    return f"{kind}-{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


CHANNEL = ref("chl", "shop")


class ETrusted(Fake):
    """The reviews of one channel.

    Attributes:
        token_life: Seconds that a token is good for.
        endless: Give a cursor after the last page, too; an empty page follows it.
    """

    kind = "etrusted"
    secrets = {"ETRUSTED_CLIENT_ID": CLIENT_ID, "ETRUSTED_CLIENT_SECRET": CLIENT_SECRET}  # noqa: RUF012
    data = r"^reviews$"
    enum_path = ("state",)
    accounts = (CHANNEL,)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.token_life = 3600.0
        self.endless = False
        self.tokens: dict[str, float] = {}

    def routes(self) -> list[BaseRoute]:
        """The list and the tokens."""
        return [
            Route("/reviews", self._reviews, methods=_METHODS),
            Route("/oauth/token", self._token, methods=_METHODS),
        ]

    def environment(self, source: str) -> dict[str, str]:
        """Tokens come from the same server."""
        name = f"KUNDENECHO_SOURCES_{source.upper()}_TOKEN_ADDRESS"
        return {**super().environment(source), name: f"{self.url}oauth/token"}

    def items(self, payload: Any) -> list[Any]:
        """The reviews of an answer."""
        return payload["items"] if isinstance(payload.get("items"), list) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review of the channel."""
        for voice, shown in self.voices():
            answer, statement = self._answer(shown), _is_statement(shown)
            first, last = self._names(voice)
            yield Said(
                ref("rev", voice.id),
                text=None if statement else shown.get("text"),
                title=None if statement else shown.get("title"),
                rating_1_5=shown["stars"],
                # What the interface hands out is the whole name; no more than the initial is anybody's business.
                author_name=f"{first} {last[0]}." if first and last else None,
                created_at=_cut(voice.date),
                reply=answer[0] if answer else None,
                state="published" if shown.get("state", "APPROVED") == "APPROVED" else "hidden",
            )

    async def _reviews(self, request: Request) -> Response:
        if request.method != "GET":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET"})
        now = time.monotonic()
        if not any(bearer(request, token) and now < end for token, end in self.tokens.items()):
            return JSONResponse({"message": "Unauthorized"}, 401)
        asked = dict(request.query_params)
        if fault := _fault(asked):
            return JSONResponse({"message": fault}, 400)
        if any(channel != CHANNEL for channel in asked.get("channels", CHANNEL).split(",")):
            return self.forbidden()
        found = self._found(asked)
        ids = [ref("rev", voice.id) for voice, _ in found]
        if "after" in asked and asked["after"] not in ids:
            return JSONResponse({"message": "after is no review of this list"}, 400)
        first = ids.index(asked["after"]) + 1 if "after" in asked else 0
        page = found[first : first + int(asked.get("count", "20"))]
        return JSONResponse(self._page(page, len(found), more=first + len(page) < len(found)))

    def _found(self, asked: Mapping[str, str]) -> list[Shown]:
        """The voices that the filters leave, the newest first."""
        states, types = asked.get("status", "").split(","), asked.get("type", "").split(",")
        found = [
            (voice, shown)
            for voice, shown in self.voices()
            if (states == [""] or shown.get("state", "APPROVED") in states)
            and (types == [""] or shown["type"] in types)
            and not (asked.get("ignoreStatements") == "true" and _is_statement(shown))
        ]

        def key(item: Shown) -> Any:
            voice, shown = item
            if asked.get("orderBy", "submittedAt") == "submittedAt":
                return voice.date, voice.id
            if asked["orderBy"] == "updatedAt":
                return self._updated(voice, shown), voice.id
            return shown.get("edited", voice.date), voice.id

        return sorted(found, key=key, reverse=True)

    def _page(self, page: list[Shown], total: int, *, more: bool) -> dict[str, Any]:
        ids = [ref("rev", voice.id) for voice, _ in page]
        cursor = {"before": ids[0]} if ids else {}
        if ids and (more or self.endless):
            cursor["after"] = ids[-1]
        links = {"next": f"{self.url}reviews?after={ids[-1]}"} if "after" in cursor else {}
        paging = {"count": len(ids), "cursor": cursor, "links": links}
        return {
            "totalElements": total,
            "paging": paging,
            "items": [self._review(voice, shown) for voice, shown in page],
        }

    async def _token(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "POST"})
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return JSONResponse({"error": "invalid_request"}, 400)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        if form.get("audience") != AUDIENCE:
            return JSONResponse({"error": "access_denied"}, 403)
        token = opaque("etrusted token", str(len(self.tokens)), length=40)
        self.tokens[token] = time.monotonic() + self.token_life
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": int(self.token_life)})

    def _names(self, voice: Voice) -> tuple[str, str]:
        person = self.person(voice)
        first, _, last = person.name.partition(" ") if person else ("", "", "")
        return first, last

    def _answer(self, shown: Mapping[str, Any]) -> tuple[str, datetime] | None:
        answer, now = reply_of(shown), self.stage.as_of
        return answer if answer and (now is None or answer[1] <= now) else None

    def _updated(self, voice: Voice, shown: Mapping[str, Any]) -> datetime:
        answer = self._answer(shown)
        found: datetime = max(_cut(voice.date), shown.get("edited", voice.date), answer[1] if answer else voice.date)
        return found

    def _review(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        answer, statement, order = self._answer(shown), _is_statement(shown), shown.get("order")
        person, (first, last) = self.person(voice), self._names(voice)
        submitted, edited = zulu(_cut(voice.date), 3), shown.get("edited")
        review: dict[str, Any] = {
            "id": ref("rev", voice.id),
            "accountRef": ref("acc", "company"),
            "channelRef": CHANNEL,
            "rating": shown["stars"],
            "createdAt": submitted,
            "submittedAt": submitted,
            "updatedAt": zulu(self._updated(voice, shown), 3),
            "state": shown.get("state", "APPROVED"),
            "type": shown["type"],
            "feedbackType": "STATEMENT" if statement else "REVIEW",
            "verificationType": "VERIFIED" if order else "UNDEFINED",
            "questionnaire": {"id": ref("que", voice.id), "locale": "de_DE", "templateRef": ref("tpl", "shop")},
        }
        if not statement:
            review |= {"title": shown.get("title") or "", "comment": shown.get("text")}
        if edited:
            review["editedAt"] = zulu(edited, 3)
            review["originalReview"] = {"rating": voice.values["stars"], "comment": voice.values.get("text")}
        if person:
            review["customer"] = {"firstName": first, "lastName": last, "email": person.email}
        if order:
            review["transaction"] = {"reference": order, "date": zulu(voice.date - timedelta(days=5), 3)}
        if shown["type"] == "PRODUCT_REVIEW":
            sku = voice.product or ""
            review["product"] = {"sku": sku, "name": PRODUCTS.get(sku), "url": f"{self.stage.url}produkt/{sku}"}
        if answer:
            moment = zulu(answer[1], 3)
            review["reply"] = {"comment": answer[0], "createdAt": moment, "updatedAt": moment}
        return review


def _is_statement(shown: Mapping[str, Any]) -> bool:
    return not shown.get("text")


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _fault(asked: Mapping[str, str]) -> str:
    """What is wrong with a query, empty where it is good."""
    if asked.keys() - _KNOWN:
        return "unknown parameter"
    count = asked.get("count", "20")
    if not count.isdecimal() or not 1 <= int(count) <= MAX_COUNT:
        return f"count must be between 1 and {MAX_COUNT}"
    if asked.get("orderBy", "submittedAt") not in _ORDERS:
        return "orderBy is not supported"
    if not set(asked.get("status", "APPROVED").split(",")) <= _STATUSES:
        return "status is not supported"
    return ""
