"""The fake Magento refuses what the real one refuses, and answers as documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo.server import DemoServer
from tests.demo.fakes.shop_calls import call
from tests.spiders.sources.shops import company_of

REVIEWS = """{ products(filter: {sku: {eq: "HM-310"}}) { items { sku name rating_summary review_count
  reviews(pageSize: 5, currentPage: 2) { items { summary text nickname created_at average_rating
  ratings_breakdown { name value } } page_info { current_page page_size total_pages } } } } }"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with DemoServer(company_of("magento", 30, {0: {"held": True}})) as server:
        yield f"{server.fakes['magento'].url}graphql"


def asked(url: str, query: str, store: str | None = None, **variables: Any) -> Any:
    headers = {"Store": store} if store else {}
    status, body, _ = call(url, body={"query": query, "variables": variables}, headers=headers)
    assert status == 200
    return body


@pytest.mark.parametrize(
    ("query", "words", "category"),
    [
        ("{ products { total_count } }", "'search' or 'filter' input argument is required", "graphql-input"),
        ('{ products(search: "", pageSize: 0) { total_count } }', "pageSize value must be greater", "graphql-input"),
        ('{ products(search: "", currentPage: 0) { total_count } }', "currentPage value must be greater", "graphql-input"),
        ('{ products(search: "", currentPage: 2) { total_count } }', "greater than the number of pages", "graphql-input"),
        ('{ products(search: "", pageSize: 301) { total_count } }', "Maximum pageSize is 300", "graphql-input"),
        (REVIEWS.replace("{ summary text", "{ id text"), 'Cannot query field "id"', "graphql"),
        (REVIEWS.replace("{ summary text", "{ updated_at text"), 'Cannot query field "updated_at"', "graphql"),
        ('{ products(filter: {rating: {eq: "5"}}) { total_count } }', "not defined by type", "graphql"),
        ('{ products(search: "", since: "2026") { total_count } }', "Unknown argument", "graphql"),
        ('{ products(search: "") }', "must have a selection", "graphql"),
        ('{ products(search: "") { total_count { x } } }', "must not have a selection", "graphql"),
        ('{ products(search: $text) { total_count } }', "is not defined", "graphql"),
        ('{ products(search: "" { total_count } }', "Syntax Error", "graphql"),
        ("{ products(search: [", "Syntax Error", "graphql"),
        ("{ reviews { items } }", 'Cannot query field "reviews"', "graphql"),
    ],
)  # fmt: skip
def test_refused_with_http_200(url: str, query: str, words: str, category: str) -> None:
    [error] = asked(url, query)["errors"]
    assert words in error["message"]
    assert error["extensions"] == {"category": category}


def test_an_unknown_store_view(url: str) -> None:
    [error] = asked(url, REVIEWS, "hallmeyer_fr")["errors"]
    assert error["message"] == "Requested store is not found"


def test_only_post(url: str) -> None:
    assert call(url)[0] == 405


def test_reviews_as_documented(url: str) -> None:
    [product] = asked(url, REVIEWS)["data"]["products"]["items"]
    assert (product["sku"], product["review_count"]) == ("HM-310", 9), "what is not approved is not told"
    assert product["reviews"]["page_info"] == {"current_page": 2, "page_size": 5, "total_pages": 2}
    rows = product["reviews"]["items"]
    assert len(rows) == 4
    assert {row["average_rating"] % 20 for row in rows} == {0}
    assert all(len(row["created_at"]) == len("2026-01-05 09:30:00") for row in rows)


def test_variables_and_another_store_view(url: str) -> None:
    query = "query ($filter: ProductAttributeFilterInput!) { products(filter: $filter) { items { sku review_count } } }"
    found = asked(url, query, "hallmeyer_at", filter={"sku": {"in": ["HM-120"]}})
    assert found["data"]["products"]["items"] == [{"sku": "HM-120", "review_count": 0}]
