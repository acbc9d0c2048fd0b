"""The fake Judge.me refuses what the real one refuses, and answers as documented."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from demo.fakes.judgeme import SHOP, TOKEN
from demo.server import DemoServer
from tests.demo.fakes.shop_calls import call
from tests.spiders.sources.shops import company_of

KNOWN = {"api_token": TOKEN, "shop_domain": SHOP}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with DemoServer(company_of("judgeme", 25, {24: {"hidden": True}})) as server:
        yield server.fakes["judgeme"].url


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 401), ({"api_token": TOKEN}, 401), ({**KNOWN, "api_token": "guess"}, 401),
        ({**KNOWN, "shop_domain": "other.myshopify.com"}, 401), ({**KNOWN, "per_page": "101"}, 422),
        ({**KNOWN, "page": "0"}, 422), ({**KNOWN, "updated_since": "2026"}, 422),
    ],
)  # fmt: skip
def test_refused(url: str, query: dict[str, str], status: int) -> None:
    got, body, _ = call(f"{url}reviews?{urlencode(query)}")
    assert (got, set(body)) == (status, {"error"})


def test_a_token_in_a_header_is_none(url: str) -> None:
    assert call(f"{url}reviews/count?shop_domain={SHOP}", headers={"Authorization": f"Bearer {TOKEN}"})[0] == 401


def test_pages_and_count(url: str) -> None:
    assert call(f"{url}reviews/count?{urlencode(KNOWN)}")[1] == {"count": 25}
    _, body, _ = call(f"{url}reviews?{urlencode({**KNOWN, 'page': '1', 'per_page': '20'})}")
    assert (body["current_page"], body["per_page"], len(body["reviews"])) == (1, 20, 20)
    assert call(f"{url}reviews?{urlencode({**KNOWN, 'page': '3', 'per_page': '20'})}")[1]["reviews"] == []
    newest = body["reviews"][0]
    assert (newest["hidden"], newest["curated"], newest["published"]) == (True, "ok", True)
    assert newest["reviewer"]["email"].endswith("@example.org")
    assert newest["id"] != newest["reviewer"]["external_id"]
