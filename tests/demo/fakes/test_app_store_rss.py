"""The fake of Apple's review feed: its ten pages, its shapes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from demo.fakes.app_store_rss import APP
from demo.server import DemoServer
from tests.spiders.crowd import crowd


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("app_store", 520)) as running:
        yield running


def call(
    server: DemoServer, page: object = 1, *, country: str = "de", app: str = APP, rest: str = "sortBy=mostRecent/json", **options: Any
) -> tuple[int, bytes]:  # fmt: skip
    url = f"{server.url}app_store_rss/{country}/rss/customerreviews/page={page}/id={app}/{rest}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def entries(answer: tuple[int, bytes]) -> Any:
    assert answer[0] == 200
    return json.loads(answer[1])["feed"].get("entry")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"page": 11}, 400), ({"page": 0}, 400), ({"page": "x"}, 400), ({"country": "zz"}, 404), ({"method": "POST"}, 405),
        ({"rest": "sortBy=mostHelpful/json"}, 404), ({"rest": "sortBy=mostRecent/json?limit=200"}, 404),
    ],
)  # fmt: skip
def test_what_the_feed_does_not_have(server: DemoServer, wrong: dict[str, Any], status: int) -> None:
    assert call(server, **wrong)[0] == status


def test_ten_pages_of_fifty(server: DemoServer) -> None:
    pages = [entries(call(server, page)) for page in range(1, 11)]
    assert "im:rating" not in pages[0][0]
    assert [len(page) for page in pages] == [51] + [50] * 9
    reviews = [entry for page in pages for entry in page if "im:rating" in entry]
    assert len({review["id"]["label"] for review in reviews}) == 500
    dates = [review["updated"]["label"] for review in reviews]
    assert dates == sorted(dates, reverse=True)
    assert all(date.endswith(("-08:00", "-07:00")) for date in dates)


def test_no_entry_at_all(server: DemoServer) -> None:
    assert entries(call(server, app="1")) is None
    fake: Any = server.fakes["app_store_rss"]
    fake.throttled = frozenset({2})
    assert entries(call(server, 2)) is None
    fake.throttled = frozenset()


def test_a_single_review_is_an_object() -> None:
    with DemoServer(crowd("app_store", 51)) as server:
        assert entries(call(server, 2))["im:rating"]


def test_a_validator(server: DemoServer) -> None:
    url = f"{server.url}app_store_rss/de/rss/customerreviews/page=1/id={APP}/sortBy=mostRecent/json"
    with urllib.request.urlopen(url, timeout=10) as answer:
        tag = answer.headers["ETag"]
    assert call(server, headers={"If-None-Match": tag})[0] == 304
    assert call(server, 2, headers={"If-None-Match": tag})[0] == 200


def test_atom(server: DemoServer) -> None:
    fake: Any = server.fakes["app_store_rss"]
    fake.as_xml = True
    root = ElementTree.fromstring(call(server)[1])  # noqa: S314  the fake's own answer
    fake.as_xml = False
    assert len(root.findall("{http://www.w3.org/2005/Atom}entry")) == 50
