"""The demo company's servers: the portal refuses what the real one refuses, the shop is a shop."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import extruct
import pytest

from demo.company import company
from demo.fakes.provenexpert import API_ID, API_KEY
from demo.server import DemoServer

RATING = {
    "created",
    "modified",
    "ratingValue",
    "status",
    "recommendation",
    "topicCode",
    "user",
    "ratings",
    "labels",
    "feedback",
    "comment",
}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def call(
    server: DemoServer, form: dict[str, str] | None = None, *, path: str = "rating/get", method: str = "POST",
    auth: str | None = f"{API_ID}:{API_KEY}", kind: str = "application/x-www-form-urlencoded", body: bytes | None = None,
) -> tuple[int, Any]:  # fmt: skip
    data = body if body is not None else urllib.parse.urlencode(form or {}).encode()
    request = urllib.request.Request(
        f"{server.url}provenexpert/{path}", data=data if method == "POST" else None, method=method
    )
    request.add_header("Content-Type", kind)
    if auth:
        request.add_header("Authorization", "Basic " + base64.b64encode(auth.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"auth": None}, "wrongCredentials"),
        ({"auth": "demo:guess"}, "wrongCredentials"),
        ({"kind": "application/json", "body": b"{}"}, "invalidRequest"),
        ({"form": {"limit": "10", "sort": "new"}}, "invalidParameter"),
        ({"form": {"limit": "101"}}, "invalidParameter"),
        ({"form": {"limit": "0"}}, "invalidParameter"),
        ({"form": {"limit": "viele"}}, "invalidParameter"),
        ({"form": {"offset": "-1"}}, "invalidParameter"),
    ],
)
def test_the_portal_refuses(server: DemoServer, wrong: dict[str, Any], code: str) -> None:
    assert call(server, **wrong) == (200, {"status": "error", "errors": [code]})


def test_only_post(server: DemoServer) -> None:
    assert call(server, method="GET")[0] == 405


def test_a_small_plan_has_no_ratings() -> None:
    with DemoServer() as small:
        small.fakes["provenexpert"].plan = "PLUS"  # type: ignore[attr-defined]
        assert call(small)[1]["errors"] == ["wrongPlan"]


def test_pages_hold_everything_once(server: DemoServer) -> None:
    found: dict[str, Any] = {}
    for offset in range(0, 1000, 30):
        page = call(server, {"limit": "30", "offset": str(offset)})[1]["ratings"]
        if page == []:
            break
        assert not found.keys() & page.keys()
        found |= page
    assert len(found) == sum(v.channel == "provenexpert" for v in company().voices)
    assert all(set(rating) <= RATING and len(key) == 32 for key, rating in found.items())
    assert any(rating["user"] == {"anonymous": 1} for rating in found.values())
    assert any("comment" in rating for rating in found.values())
    assert any("feedback" not in rating for rating in found.values())


def test_edits_appear_with_time() -> None:
    with DemoServer(as_of=datetime(2026, 9, 15, tzinfo=UTC)) as server:
        before = call(server, {"limit": "100"})[1]["ratings"]
        server.as_of = None
        after = call(server, {"limit": "100"})[1]["ratings"]
    assert len(after) > len(before)
    assert [k for k in before if "modified" in after.get(k, {}) and "modified" not in before[k]]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_robots_and_sitemap(server: DemoServer) -> None:
    assert "Disallow: /warenkorb" in get(server.url + "robots.txt")[1]
    assert get(server.url + "sitemap.xml")[1].count("<loc>") == 3


@pytest.mark.parametrize(("sku", "syntax"), [("HM-310", "json-ld"), ("HM-450", "json-ld"), ("HM-120", "microdata")])
def test_every_review_stands_on_some_page(server: DemoServer, sku: str, syntax: str) -> None:
    count, url, ids = 0, f"{server.url}produkt/{sku}", set()
    while url:
        html = get(url)[1]
        data = extruct.extract(html, base_url=url, syntaxes=[syntax], uniform=False)[syntax]
        product = data[0] if syntax == "json-ld" else data[0]["properties"]
        for review in product["review"]:
            ids.add(review.get("@id") or review.get("id"))
        count += len(product["review"])
        assert len(product["review"]) <= 20
        following = re.search(r'<link rel="next" href="([^"]+)"', html)
        url = urllib.parse.urljoin(url, following[1].replace("&amp;", "&")) if following else ""
    assert count == len(ids) == sum(v.channel == "shop" and v.product == sku for v in company().voices)


@pytest.mark.parametrize("path", ["produkt/HM-999", "produkt/HM-310?seite=999", "produkt/HM-310?seite=x", "nirgends"])
def test_what_is_not_there(server: DemoServer, path: str) -> None:
    assert get(server.url + path)[0] == 404
