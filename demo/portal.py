"""A ProvenExpert API v1 as documented: it refuses what the real one refuses.

Written from the provider's documentation of the interface: POST only, HTTP Basic, form-encoded
bodies, errors with HTTP 200, ratings as an object keyed by a 32-character id.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo.company import Voice, portal_id

if TYPE_CHECKING:
    from demo.server import DemoServer

MAX_LIMIT = 100
_CATEGORIES = ("Qualität", "Nutzen", "Leistungen", "Umsetzung", "Beratung", "Kundenservice", "Preis / Leistung")


def portal_routes(server: DemoServer) -> list[Route]:
    """The API's routes over one demo server."""

    async def ratings(request: Request) -> Response:
        form = await _form(request, server, {"limit", "offset"})
        if isinstance(form, Response):
            return form
        try:
            limit, offset = int(form.get("limit", "20")), int(form.get("offset", "0"))
        except ValueError:
            return _error("invalidParameter")
        if not 1 <= limit <= MAX_LIMIT or offset < 0:
            return _error("invalidParameter")
        found = list(server.company.on("provenexpert", server.as_of))[::-1][offset : offset + limit]
        page = {portal_id(voice): _rating(server, voice, shown) for voice, shown in found}
        # PHP writes an empty map as a list.
        return JSONResponse({"status": "success", "ratings": page or []})

    async def summary(request: Request) -> Response:
        form = await _form(request, server, set())
        if isinstance(form, Response):
            return form
        values = [_mean(shown) for _, shown in server.company.on("provenexpert", server.as_of)]
        positive = [shown.get("recommendation") for _, shown in server.company.on("provenexpert", server.as_of)]
        return JSONResponse(
            {
                "status": "success",
                "ratingValue": sum(values) / len(values) if values else 0,
                # The provider's count holds reviews of other portals as well.
                "reviewCount": len(values) + 33,
                "recommendationRate": round(100 * sum(p == 1 for p in positive) / len(positive)) if positive else 0,
            }
        )

    return [
        Route("/rating/get", ratings, methods=["GET", "POST", "PUT", "DELETE"]),
        Route("/rating/summary/get", summary, methods=["GET", "POST", "PUT", "DELETE"]),
    ]


async def _form(request: Request, server: DemoServer, known: set[str]) -> dict[str, str] | Response:
    """The form of a request that the API accepts, or its refusal."""
    if request.method != "POST":
        return PlainTextResponse("Method Not Allowed", 405, {"Allow": "POST"})
    if not _authorised(request.headers.get("authorization", "")):
        return _error("wrongCredentials")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _error("invalidRequest")
    if server.plan != "PREMIUM":
        return _error("wrongPlan")
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    return form if form.keys() <= known else _error("invalidParameter")


def _authorised(header: str) -> bool:
    from demo.server import API_ID, API_KEY

    expected = base64.b64encode(f"{API_ID}:{API_KEY}".encode()).decode()
    return hmac.compare_digest(header.encode(), f"Basic {expected}".encode())


def _error(code: str) -> Response:
    return JSONResponse({"status": "error", "errors": [code]})


def _rating(server: DemoServer, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
    categories: Mapping[str, int] = shown["categories"]
    person = server.company.persons.get(voice.person or "")
    rating: dict[str, Any] = {
        "created": int(voice.date.timestamp()),
        "ratingValue": _mean(shown),
        "status": "published",
        "recommendation": shown["recommendation"],
        "topicCode": f"HMKT{len(categories):02d}",
        "user": {"name": person.display["provenexpert"]} if person and not shown.get("anonymous") else {"anonymous": 1},
        "ratings": {f"category_{n}": value for n, value in enumerate(categories.values())},
        "labels": {f"category_{n}": label for n, label in enumerate(categories)},
    }
    if "edited" in shown:
        rating["modified"] = int(shown["edited"].timestamp())
    if shown.get("text"):
        rating["feedback"] = shown["text"]
    if shown.get("reply"):
        rating["comment"] = shown["reply"]["text"]
    return rating


def _mean(shown: Mapping[str, Any]) -> float:
    values = list(shown["categories"].values())
    return float(sum(values) / len(values))
