"""A ProvenExpert API v1 as documented.

POST only, HTTP Basic, form-encoded bodies, errors with HTTP 200, ratings as an object keyed by a
32-character id, ``comment`` for the owner's reply, a summary that counts other portals' reviews as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice, portal_id
from demo.fakes.base import Fake, Said, basic, reply_of

API_ID, API_KEY = "demo", "demo-key"
MAX_LIMIT = 100
_METHODS = ["GET", "POST", "PUT", "DELETE"]


class ProvenExpert(Fake):
    """The portal; below the plan PREMIUM it hands out no ratings."""

    kind = "provenexpert"
    secrets = {"PROVENEXPERT_API_ID": API_ID, "PROVENEXPERT_API_KEY": API_KEY}  # noqa: RUF012
    data = "rating/get"
    id_path = ()  # the key of the object
    enum_path = ("status",)
    plan = "PREMIUM"

    def routes(self) -> list[BaseRoute]:
        """``rating/get`` and ``rating/summary/get``."""
        return [
            Route("/rating/get", self._ratings, methods=_METHODS),
            Route("/rating/summary/get", self._summary, methods=_METHODS),
        ]

    def items(self, payload: Any) -> list[Any]:
        """The ratings; their ids are the keys of the object."""
        return list(payload["ratings"].values()) if isinstance(payload.get("ratings"), dict) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every rating."""
        for voice, shown in self.voices():
            answer = reply_of(shown)
            yield Said(
                portal_id(voice),
                text=shown.get("text"),
                rating_1_5=_mean(shown),
                author_name=None if shown.get("anonymous") else self.display(voice),
                created_at=voice.date.replace(microsecond=0),
                reply=answer[0] if answer else None,
            )

    def forbidden(self) -> Response:
        """The documented refusal comes with HTTP 200."""
        return _error("wrongCredentials")

    def quota(self) -> Response:
        """What it says when asked too often is not documented; errors come with HTTP 200."""
        return _error("tooManyRequests")

    async def _ratings(self, request: Request) -> Response:
        form = await self._form(request, {"limit", "offset"})
        if isinstance(form, Response):
            return form
        try:
            limit, offset = int(form.get("limit", "20")), int(form.get("offset", "0"))
        except ValueError:
            return _error("invalidParameter")
        if not 1 <= limit <= MAX_LIMIT or offset < 0:
            return _error("invalidParameter")
        found = self.voices()[::-1][offset : offset + limit]
        page = {portal_id(voice): self._rating(voice, shown) for voice, shown in found}
        # PHP writes an empty map as a list.
        return JSONResponse({"status": "success", "ratings": page or []})

    async def _summary(self, request: Request) -> Response:
        form = await self._form(request, set())
        if isinstance(form, Response):
            return form
        voices = self.voices()
        values = [_mean(shown) for _, shown in voices]
        positive = [shown.get("recommendation") for _, shown in voices]
        return JSONResponse(
            {
                "status": "success",
                "ratingValue": sum(values) / len(values) if values else 0,
                # The provider's count holds reviews of other portals as well.
                "reviewCount": len(values) + 33,
                "recommendationRate": round(100 * sum(p == 1 for p in positive) / len(positive)) if positive else 0,
            }
        )

    async def _form(self, request: Request, known: set[str]) -> dict[str, str] | Response:
        """The form of a request that the API accepts, or its refusal."""
        if request.method != "POST":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "POST"})
        if not basic(request, API_ID, API_KEY):
            return _error("wrongCredentials")
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _error("invalidRequest")
        if self.plan != "PREMIUM":
            return _error("wrongPlan")
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        return form if form.keys() <= known else _error("invalidParameter")

    def _rating(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        categories: Mapping[str, int] = shown["categories"]
        name = None if shown.get("anonymous") else self.display(voice)
        rating: dict[str, Any] = {
            "created": int(voice.date.timestamp()),
            "ratingValue": _mean(shown),
            "status": "published",
            "recommendation": shown["recommendation"],
            "topicCode": f"HMKT{len(categories):02d}",
            "user": {"name": name} if name else {"anonymous": 1},
            "ratings": {f"category_{n}": value for n, value in enumerate(categories.values())},
            "labels": {f"category_{n}": label for n, label in enumerate(categories)},
        }
        if "edited" in shown:
            rating["modified"] = int(shown["edited"].timestamp())
        if shown.get("text"):
            rating["feedback"] = shown["text"]
        if answer := reply_of(shown):
            rating["comment"] = answer[0]
        return rating


def _error(code: str) -> Response:
    return JSONResponse({"status": "error", "errors": [code]})


def _mean(shown: Mapping[str, Any]) -> float:
    values = list(shown["categories"].values())
    return float(sum(values) / len(values))
