"""A Shopware 6 Admin API as documented: an integration's tokens, and the search over product reviews.

Bearer tokens with a life of ten minutes, Criteria in JSON, JSON:API unless ``application/json`` is asked
for, no total unless it is asked for, ``comment`` for the merchant's answer, errors in a list.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import PRODUCTS, Voice
from demo.fakes.base import Fake, Said, opaque, reply_of

CLIENT_ID, CLIENT_SECRET = "SWIADEMO", "demo-key"
MAX_LIMIT = 100
#: Seconds that a token lives.
LIFE = 600
_CRITERIA = {
    "page", "limit", "filter", "sort", "post-filter", "associations", "aggregations", "grouping", "fields",
    "total-count-mode", "ids", "includes", "excludes",
}  # fmt: skip
_FIELDS = {
    "id", "productId", "customerId", "salesChannelId", "languageId", "externalUser", "externalEmail", "title",
    "content", "points", "status", "comment", "createdAt", "updatedAt",
}  # fmt: skip
_LINKED = {"product", "customer", "salesChannel", "language"}
_MODES = {"none", "exact", "next-pages"}
Row = dict[str, Any]


class Shopware(Fake):
    """The shop's interface; a review whose voice says ``held`` waits for approval.

    Attributes:
        tokens: Tokens given out, with the moment until which they live.
        now: The clock that tokens age by.
    """

    kind = "shopware"
    secrets = {"SHOPWARE_CLIENT_ID": CLIENT_ID, "SHOPWARE_CLIENT_SECRET": CLIENT_SECRET}  # noqa: RUF012
    data = "^search/product-review$"
    enum_path = ("status",)
    life = LIFE

    def __init__(self, stage: Any) -> None:
        super().__init__(stage)
        self.tokens: dict[str, float] = {}
        self.now: Callable[[], float] = time.monotonic

    def routes(self) -> list[BaseRoute]:
        """``oauth/token`` and ``search/product-review``."""
        return [
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/search/product-review", self._search, methods=["POST"]),
        ]

    def environment(self, source: str) -> dict[str, str]:
        """As every fake, with the address of the tokens."""
        prefix = f"KUNDENECHO_SOURCES_{source.upper()}_"
        return {**super().environment(source), f"{prefix}TOKEN_ADDRESS": f"{self.url}oauth/token"}

    def items(self, payload: Any) -> list[Any]:
        """The reviews in ``data``."""
        return list(payload.get("data") or []) if isinstance(payload, dict) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review with the merchant's answer."""
        for voice, shown in self.voices():
            answer = reply_of(shown)
            yield Said(
                opaque("shopware", voice.id, length=32),
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=voice.date,
                reply=answer[0] if answer else None,
                state="hidden" if shown.get("held") else "published",
            )

    def forbidden(self) -> Response:
        """The integration's role lacks a privilege."""
        return _error(403, "FRAMEWORK__MISSING_PRIVILEGE_ERROR", "Forbidden")

    def quota(self) -> Response:
        """Too many requests."""
        return _error(429, "FRAMEWORK__RATE_LIMIT_EXCEEDED", "Too Many Requests")

    async def _token(self, request: Request) -> Response:
        form = await _json(request)
        if not isinstance(form, dict) or form.get("grant_type") != "client_credentials":
            return _error(400, "2", "The authorization grant type is not supported by the authorization server.")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _error(401, "4", "Client authentication failed")
        token = opaque("token", str(len(self.tokens)), str(self.now()))
        self.tokens[token] = self.now() + self.life
        return JSONResponse({"token_type": "Bearer", "expires_in": self.life, "access_token": token})

    async def _search(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, 0) <= self.now():
            return _error(401, "9", "The resource owner or authorization server denied the request.")
        criteria = await _json(request)
        if not isinstance(criteria, dict):
            return _error(400, "0", "The JSON payload is malformed.")
        if code := _wrong(criteria):
            return _error(400, code, "Bad Request")
        every = [self._row(voice, shown) for voice, shown in self.voices()]
        rows = [row for row in every if all(_keeps(each, row) for each in criteria.get("filter", []))]
        for sort in reversed(criteria.get("sort", [])):
            down = sort.get("order", "ASC").upper() == "DESC"
            rows.sort(key=lambda row: str(row[sort["field"]] or ""), reverse=down)
        limit, page = criteria.get("limit", 10), criteria.get("page", 1)
        part = rows[(page - 1) * limit : page * limit]
        total = len(rows) if criteria.get("total-count-mode", "none") == "exact" else len(part)
        shown = [_shown("product_review", row, criteria) for row in part]
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"total": total, "data": shown, "aggregations": []})
        data = [{"id": row["id"], "type": "product_review", "attributes": row} for row in shown]
        return JSONResponse({"data": data, "meta": {"total": total}}, media_type="application/vnd.api+json")

    def _row(self, voice: Voice, shown: Mapping[str, Any]) -> Row:
        person, product = self.person(voice), voice.product or ""
        answer = reply_of(shown)
        return {
            "id": opaque("shopware", voice.id, length=32),
            "productId": opaque("product", product, length=32),
            "customerId": opaque("customer", person.id, length=32) if person else None,
            "salesChannelId": opaque("sales channel", length=32),
            "languageId": opaque("language", length=32),
            "externalUser": self.display(voice),
            "externalEmail": person.email if person else None,
            "title": shown.get("title") or "",
            "content": shown.get("text") or "",
            "points": float(shown["stars"]),
            "status": not shown.get("held"),
            "comment": answer[0] if answer else None,
            "createdAt": _stamp(voice.date),
            "updatedAt": _stamp(shown["edited"]) if "edited" in shown else None,
            "product": {
                "id": opaque("product", product, length=32),
                "productNumber": product,
                "name": PRODUCTS.get(product, product),
                "translated": {"name": PRODUCTS.get(product, product)},
            },
            "language": {
                "id": opaque("language", length=32),
                "localeId": opaque("locale", length=32),
                "name": "Deutsch",
                "locale": {"id": opaque("locale", length=32), "code": "de-DE"},
            },
        }


def _wrong(criteria: Mapping[str, Any]) -> str:
    """The code of what is wrong with a search, empty where nothing is."""
    limit, page = criteria.get("limit", 10), criteria.get("page", 1)
    if type(limit) is not int or limit < 1:
        return "FRAMEWORK__INVALID_LIMIT_QUERY"
    if limit > MAX_LIMIT:
        return "FRAMEWORK__QUERY_LIMIT_EXCEEDED"
    if type(page) is not int or page < 1:
        return "FRAMEWORK__INVALID_PAGE_QUERY"
    if not criteria.keys() <= _CRITERIA or criteria.get("total-count-mode", "none") not in _MODES:
        return "FRAMEWORK__INVALID_CRITERIA"
    if any(sort.get("field") not in _FIELDS for sort in criteria.get("sort", [])):
        return "FRAMEWORK__INVALID_SORT_QUERY"
    if not criteria.get("associations", {}).keys() <= _LINKED:
        return "FRAMEWORK__ASSOCIATION_NOT_FOUND"
    return "" if all(_sound(each) for each in criteria.get("filter", [])) else "FRAMEWORK__INVALID_FILTER_QUERY"


def _sound(each: Any) -> bool:
    if not isinstance(each, dict):
        return False
    if each.get("type") == "multi":
        return each.get("operator") in {"and", "or"} and all(_sound(query) for query in each.get("queries", []))
    bounds = each.get("parameters")
    return each.get("type") == "range" and each.get("field") in _FIELDS and isinstance(bounds, dict) and bool(bounds)


def _keeps(each: Mapping[str, Any], row: Row) -> bool:
    if each["type"] == "multi":
        found = [_keeps(query, row) for query in each["queries"]]
        return any(found) if each["operator"] == "or" else all(found)
    value = row[each["field"]]
    if value is None:
        return False
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "gte": lambda a, b: bool(a >= b), "gt": lambda a, b: bool(a > b),
        "lte": lambda a, b: bool(a <= b), "lt": lambda a, b: bool(a < b),
    }  # fmt: skip
    return all(tests[how](_moment(value), _moment(bound)) for how, bound in each["parameters"].items())


def _shown(entity: str, row: Row, criteria: Mapping[str, Any], linked: Mapping[str, Any] | None = None) -> Row:
    """An entity with the associations that were asked for, cut to the fields that were."""
    wanted = criteria.get("associations", {}) if linked is None else linked
    fields = criteria.get("includes", {}).get(entity)
    out: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and name != "translated":
            if name in wanted and (fields is None or name in fields):
                out[name] = _shown(name, value, criteria, wanted[name].get("associations", {}))
        elif fields is None or name in fields:
            out[name] = value
    return {**out, "apiAlias": entity}


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


async def _json(request: Request) -> Any:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def _error(status: int, code: str, title: str) -> Response:
    body = {"errors": [{"status": str(status), "code": code, "title": title, "detail": title}]}
    return JSONResponse(body, status)
