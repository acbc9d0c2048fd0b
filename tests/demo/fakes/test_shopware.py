"""The fake Shopware refuses what the real one refuses, and answers as its vendor describes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from demo.fakes.shopware import CLIENT_ID, CLIENT_SECRET, Shopware
from demo.server import DemoServer
from tests.conftest import needs_shared
from tests.demo.fakes.shop_calls import call
from tests.spiders.sources.shops import company_of
from tests.spiders.sources.test_shopware import described, without_nulls

GRANT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
GOOD = {"page": 1, "limit": 100, "total-count-mode": "exact", "sort": [{"field": "createdAt", "order": "ASC"}]}


@pytest.fixture
def fake() -> Iterator[Shopware]:
    with DemoServer(company_of("shopware", 25)) as server:
        found = server.fakes["shopware"]
        assert isinstance(found, Shopware)
        yield found


def token(fake: Shopware) -> str:
    status, body, _ = call(f"{fake.url}oauth/token", body=GRANT)
    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 600)
    return str(body["access_token"])


def search(fake: Shopware, criteria: Any, accept: str = "application/json") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token(fake)}", "Accept": accept}
    status, body, _ = call(f"{fake.url}search/product-review", body=criteria, headers=headers)
    return status, body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**GRANT, "client_secret": "guess"}, 401), ({**GRANT, "grant_type": "password"}, 400), ([], 400),
        (b"grant_type=client_credentials", 400),
    ],
)  # fmt: skip
def test_no_token(fake: Shopware, body: Any, status: int) -> None:
    got, answer, _ = call(f"{fake.url}oauth/token", body=body)
    assert (got, answer["errors"][0]["status"]) == (status, str(status))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit": 101}, "FRAMEWORK__QUERY_LIMIT_EXCEEDED"),
        ({"limit": 0}, "FRAMEWORK__INVALID_LIMIT_QUERY"),
        ({"limit": "100"}, "FRAMEWORK__INVALID_LIMIT_QUERY"),
        ({"page": 0}, "FRAMEWORK__INVALID_PAGE_QUERY"),
        ({"sort": [{"field": "changedAt"}]}, "FRAMEWORK__INVALID_SORT_QUERY"),
        (
            {"filter": [{"type": "range", "field": "changedAt", "parameters": {"gte": "2026-01-01"}}]},
            "FRAMEWORK__INVALID_FILTER_QUERY",
        ),
        ({"filter": [{"type": "since"}]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        ({"associations": {"author": {}}}, "FRAMEWORK__ASSOCIATION_NOT_FOUND"),
    ],
)
def test_wrong_criteria(fake: Shopware, change: dict[str, Any], code: str) -> None:
    status, body = search(fake, {**GOOD, **change})
    assert (status, body["errors"][0]["code"]) == (400, code)


def test_a_token_has_a_life(fake: Shopware) -> None:
    url, moment = f"{fake.url}search/product-review", [0.0]
    fake.now = lambda: moment[0]
    headers = {"Authorization": f"Bearer {token(fake)}", "Accept": "application/json"}
    moment[0] = 599
    assert call(url, body=GOOD, headers=headers)[0] == 200
    moment[0] = 600
    status, body, _ = call(url, body=GOOD, headers=headers)
    assert (status, body["errors"][0]["status"]) == (401, "401")
    assert call(url, body=GOOD)[0] == 401
    assert call(url, method="GET")[0] == 405


def test_no_total_unless_it_is_asked_for(fake: Shopware) -> None:
    status, body = search(fake, {"limit": 10})
    assert (status, body["total"], len(body["data"])) == (200, 10, 10)
    assert search(fake, {**GOOD, "limit": 10})[1]["total"] == 25
    assert "product" not in body["data"][0]


def test_json_api_unless_json_is_asked_for(fake: Shopware) -> None:
    body = search(fake, GOOD, accept="*/*")[1]
    assert (body["meta"]["total"], body["data"][0]["type"]) == (25, "product_review")


@needs_shared
def test_answers_are_what_the_vendor_describes(fake: Shopware) -> None:
    associations = {"product": {}, "language": {"associations": {"locale": {}}}}
    status, body = search(fake, {**GOOD, "associations": associations})
    assert (status, len(body["data"])) == (200, 25)
    for row in body["data"]:
        jsonschema.validate(without_nulls(row), described("ProductReview"), jsonschema.Draft202012Validator)
    refused = search(fake, {**GOOD, "limit": 101})[1]
    jsonschema.validate(refused, described("failure"), jsonschema.Draft202012Validator)
