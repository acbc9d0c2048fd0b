"""A Magento 2 as documented: GraphQL with the header ``Store``, products by filter, reviews below them.

Approved reviews only, without ids; percentages for ratings; a time of the database without a zone; errors
with HTTP 200 beside what could be answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import PRODUCTS, Voice
from demo.fakes._graphql import Query, QueryError, answered
from demo.fakes.base import Fake, Said
from kundenecho.keying import keyer_from_env

STORE = "hallmeyer_de"
#: A second store view, in which nothing was said.
OTHER = "hallmeyer_at"
MAX_PAGE_SIZE = 300
_INPUT = "graphql-input"
Shown = tuple[Voice, Mapping[str, Any]]


class Magento(Fake):
    """The shop; a review whose voice says ``held`` is not approved and not handed out."""

    kind = "magento"
    data = "^graphql$"
    id_path = ()
    accounts = (STORE,)

    def routes(self) -> list[BaseRoute]:
        """``graphql``."""
        return [Route("/graphql", self._graphql, methods=["POST"])]

    def items(self, payload: Any) -> list[Any]:
        """The reviews below all products."""
        products = ((payload.get("data") or {}).get("products") or {}).get("items") or []
        return [row for product in products for row in (product.get("reviews") or {}).get("items") or []]

    def said(self, account: str = "") -> Iterator[Said]:
        """Every approved review, named as the project names what has no id."""
        keyer = keyer_from_env()
        for voice, shown in self._approved():
            row = self._row(voice, shown)
            parts = (account, voice.product, row["created_at"], row["nickname"], row["summary"], row["text"])
            yield Said(
                keyer.key("magento/review", "\x1f".join(str(part) for part in parts)) or "",
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=voice.date.replace(microsecond=0),
            )

    def forbidden(self) -> Response:
        """The refusal of one who may not ask, with HTTP 200."""
        return _refused(QueryError("The current customer isn't authorized.", "graphql-authorization"))

    def quota(self) -> Response:
        """Magento has no quota; a host has, and answers in HTML."""
        return HTMLResponse("<html><body><h1>429 Too Many Requests</h1></body></html>", 429)

    async def _graphql(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/json"):
            return _refused(QueryError("Unable to parse the request.", _INPUT))
        store = request.headers.get("store", STORE)
        try:
            body = json.loads(await request.body())
            query = Query(body["query"], body.get("variables") or {})
            if store not in {STORE, OTHER}:
                raise QueryError("Requested store is not found", _INPUT)

            def products(**asked: Any) -> dict[str, Any]:
                return self._products(store, asked)

            return JSONResponse({"data": answered(query.fields, {"products": products}, "Query")})
        except QueryError as error:
            return _refused(error)
        except (ValueError, KeyError, TypeError):
            return _refused(QueryError("Syntax Error: Unexpected <EOF>"))

    def _products(self, store: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := asked.keys() - {"search", "filter", "pageSize", "currentPage", "sort"}:
            raise QueryError(f'Unknown argument "{min(unknown)}" on field "products" of type "Query".')
        if asked.get("search") is None and asked.get("filter") is None:
            raise QueryError("'search' or 'filter' input argument is required.", _INPUT)
        sort = asked.get("sort") or {}
        if sort.keys() - {"name", "position", "price", "relevance"}:
            raise QueryError('Field is not defined by type "ProductAttributeSortInput".')
        found = [sku for sku in PRODUCTS if _matches(sku, asked.get("filter") or {})]
        if "name" in sort:
            found.sort(key=lambda sku: PRODUCTS[sku], reverse=sort["name"] == "DESC")
        part, info = _page(found, asked.get("pageSize", 20), asked.get("currentPage", 1))
        items = [self._product(store, sku) for sku in part]
        return {"total_count": len(found), "items": items, "page_info": info}

    def _product(self, store: str, sku: str) -> dict[str, Any]:
        voices = [each for each in self._approved() if each[0].product == sku and store == STORE][::-1]
        stars = [20 * shown["stars"] for _, shown in voices]

        def reviews(pageSize: int = 20, currentPage: int = 1) -> dict[str, Any]:  # noqa: N803  Magento's names
            part, info = _page(voices, pageSize, currentPage)
            return {"items": [self._row(*each) for each in part], "page_info": info}

        return {
            "sku": sku,
            "name": PRODUCTS[sku],
            "rating_summary": sum(stars) / len(stars) if stars else 0,
            "review_count": len(voices),
            "reviews": reviews,
        }

    def _approved(self) -> list[Shown]:
        return [(voice, shown) for voice, shown in self.voices() if voice.product in PRODUCTS and not shown.get("held")]

    def _row(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "summary": shown.get("title") or "",
            "text": shown.get("text") or "",
            "nickname": self.display(voice) or "",
            "created_at": f"{voice.date.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            "average_rating": 20.0 * shown["stars"],
            "ratings_breakdown": [{"name": "Bewertung", "value": str(shown["stars"])}],
        }


def _matches(sku: str, wanted: Mapping[str, Any]) -> bool:
    if wanted.keys() - {"sku"}:
        raise QueryError('Field is not defined by type "ProductAttributeFilterInput".')
    how = wanted.get("sku") or {}
    if how.keys() - {"eq", "in"}:
        raise QueryError('Field is not defined by type "FilterEqualTypeInput".')
    return how.get("eq", sku) == sku and sku in how.get("in", [sku])


def _page(rows: list[Any], size: int, page: int) -> tuple[list[Any], dict[str, Any]]:
    if size < 1:
        raise QueryError("pageSize value must be greater than 0.", _INPUT)
    if page < 1:
        raise QueryError("currentPage value must be greater than 0.", _INPUT)
    if size > MAX_PAGE_SIZE:
        raise QueryError(f"Maximum pageSize is {MAX_PAGE_SIZE}", _INPUT)
    pages = -(-len(rows) // size)
    if page > pages and rows:
        message = f"currentPage value {page} specified is greater than the number of pages available."
        raise QueryError(message, _INPUT)
    return rows[(page - 1) * size : page * size], {"page_size": size, "current_page": page, "total_pages": pages}


def _refused(error: QueryError) -> Response:
    found = {"message": str(error), "extensions": {"category": error.category}}
    return JSONResponse({"errors": [found], "data": {"products": None}})
