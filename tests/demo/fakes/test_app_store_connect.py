"""The fake of App Store Connect: it refuses what is not documented."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from demo.fakes.app_store_connect import APP, ISSUER, KEY_ID, PRIVATE_KEY
from demo.server import DemoServer
from tests.spiders.crowd import crowd

COUNT = 45


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("app_store", COUNT)) as running:
        yield running


def token(key: Any = PRIVATE_KEY, kid: str = KEY_ID, algorithm: str = "ES256", **claims: Any) -> str:
    now = int(time.time())
    said = {"iss": ISSUER, "iat": now, "exp": now + 1200, "aud": "appstoreconnect-v1", **claims}
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})


def call(
    server: DemoServer, query: dict[str, str] | None = None, *, auth: str | None = None, app: str = APP, method: str = "GET"
) -> tuple[int, Any]:  # fmt: skip
    url = f"{server.url}app_store_connect/v1/apps/{app}/customerReviews?{urllib.parse.urlencode(query or {})}"
    request = urllib.request.Request(url, method=method)
    request.add_header("Authorization", f"Bearer {token()}" if auth is None else auth)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {**json.loads(answer.read()), "rate": answer.headers["X-Rate-Limit"]}
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["errors"][0]["code"]


@pytest.mark.parametrize(
    "auth",
    [
        lambda: "", lambda: token(), lambda: "Basic abc", lambda: "Bearer abc",
        lambda: f"Bearer {token(exp=int(time.time()) - 1)}",
        lambda: f"Bearer {token(exp=int(time.time()) + 1300)}",
        lambda: f"Bearer {token(exp=None)}",
        lambda: f"Bearer {token(iat=None)}",
        lambda: f"Bearer {token(iat=int(time.time()) + 600)}",
        lambda: f"Bearer {token(aud='elsewhere')}",
        lambda: f"Bearer {token(iss='somebody')}",
        lambda: f"Bearer {token(kid='ANDERER')}",
        lambda: f"Bearer {token(key=generate_private_key(SECP256R1()))}",
        lambda: f"Bearer {token(key='a secret of thirty-two characters', algorithm='HS256')}",
    ],
    ids=(
        "nothing", "no scheme", "basic", "no token", "expired", "lives too long", "never expires", "no birth",
        "born later", "audience", "issuer", "key id", "another key", "another algorithm",
    ),
)  # fmt: skip
def test_tokens_that_are_refused(server: DemoServer, auth: Callable[[], str]) -> None:
    assert call(server, auth=auth()) == (401, "NOT_AUTHORIZED")


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"method": "DELETE"}, (405, "METHOD_NOT_ALLOWED")),
        ({"app": "99"}, (404, "NOT_FOUND")),
        ({"query": {"limit": "201"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"limit": "0"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"limit": "alle"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"sort": "-lastModifiedDate"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"include": "app"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"cursor": "erfunden"}}, (400, "PARAMETER_ERROR.INVALID")),
        ({"query": {"filter[createdDate]": "2026"}}, (400, "PARAMETER_ERROR.ILLEGAL")),
    ],
)
def test_what_is_not_documented_is_refused(server: DemoServer, wrong: dict[str, Any], refusal: tuple[int, str]) -> None:
    assert call(server, **wrong) == refusal


def test_pages_hold_everything_once_and_newest_first(server: DemoServer) -> None:
    query, found = {"limit": "20", "sort": "-createdDate", "include": "response"}, list[Any]()
    for size in (20, 20, 5):
        status, page = call(server, query)
        assert (status, len(page["data"]), page["meta"]["paging"]) == (200, size, {"total": COUNT, "limit": 20})
        assert {one["id"] for one in page["included"]} == {
            link["id"] for one in page["data"] if (link := one["relationships"]["response"]["data"])
        }
        found += page["data"]
        following = page["links"].get("next")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(following or "").query))
    assert following is None
    assert len({review["id"] for review in found}) == COUNT
    assert all(review["attributes"]["createdDate"].endswith(("-08:00", "-07:00")) for review in found)
    assert "included" not in call(server)[1]


def test_filters(server: DemoServer) -> None:
    assert len(call(server, {"filter[rating]": "1,2"})[1]["data"]) == 18
    assert len(call(server, {"exists[publishedResponse]": "true"})[1]["data"]) == 9
    assert call(server, {"filter[territory]": "AUT"})[1]["data"] == []


def test_an_hour_s_requests() -> None:
    with DemoServer(crowd("app_store", 3)) as server:
        server.fakes["app_store_connect"].remaining = 2  # type: ignore[attr-defined]
        assert [call(server)[1]["rate"] for _ in range(2)] == [f"user-hour-lim:3500;user-hour-rem:{n};" for n in (1, 0)]
        assert call(server) == (429, "RATE_LIMIT_EXCEEDED")
