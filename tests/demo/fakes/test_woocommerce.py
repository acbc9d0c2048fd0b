"""The fake WooCommerce refuses what the real one refuses, and answers as documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from demo.fakes.woocommerce import KEY, SECRET
from demo.server import DemoServer
from tests.demo.fakes.shop_calls import call
from tests.spiders.sources.shops import company_of

USER = f"{KEY}:{SECRET}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with DemoServer(company_of("woocommerce", 25, {0: {"held": True}})) as server:
        yield server.fakes["woocommerce"].url


@pytest.mark.parametrize(
    ("query", "user", "status", "code"),
    [
        ("", None, 401, "woocommerce_rest_cannot_view"),
        ("", f"{KEY}:guess", 401, "woocommerce_rest_cannot_view"),
        ("?per_page=101", USER, 400, "rest_invalid_param"),
        ("?page=0", USER, 400, "rest_invalid_param"),
        ("?order=newest", USER, 400, "rest_invalid_param"),
        ("?orderby=modified", USER, 400, "rest_invalid_param"),
        ("?status=new", USER, 400, "rest_invalid_param"),
        ("?after=gestern", USER, 400, "rest_invalid_param"),
        ("?modified_after=2026-01-01T00:00:00", USER, 400, "rest_invalid_param"),
    ],
)
def test_refused(url: str, query: str, user: str | None, status: int, code: str) -> None:
    got, body, _ = call(f"{url}products/reviews{query}", user=user)
    assert (got, body["code"], body["data"]) == (status, code, {"status": status})
    assert body["message"]


def test_another_route(url: str) -> None:
    status, body, _ = call(f"{url}reviews", user=USER)
    assert (status, body["code"]) == (404, "rest_no_route")


def test_without_being_asked_only_ten_approved_ones_the_newest_first(url: str) -> None:
    status, rows, headers = call(f"{url}products/reviews", user=USER)
    assert (status, len(rows), headers["X-WP-Total"], headers["X-WP-TotalPages"]) == (200, 10, "24", "3")
    assert 'page=2>; rel="next"' in headers["Link"]
    assert [row["date_created_gmt"] for row in rows] == sorted((row["date_created_gmt"] for row in rows), reverse=True)


def test_a_row_is_as_documented(url: str) -> None:
    _, rows, headers = call(f"{url}products/reviews?status=all&per_page=100&order=asc", user=USER)
    assert (headers["X-WP-Total"], headers["X-WP-TotalPages"], len(rows)) == ("25", "1", 25)
    row: dict[str, Any] = rows[1]
    assert row["review"].startswith("<p>")
    assert "&amp;" in row["review"]
    assert "&#8211;" in row["review"]
    naive = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    assert re.fullmatch(naive, row["date_created"])
    assert re.fullmatch(naive, row["date_created_gmt"])
    assert row["date_created"] > row["date_created_gmt"]
    assert [each["status"] for each in rows[:2]] == ["hold", "approved"]
    assert isinstance(row["id"], int)
    assert row["reviewer_email"].endswith("@example.org")


def test_after_is_the_shops_own_time(url: str) -> None:
    _, rows, _ = call(f"{url}products/reviews?status=all&per_page=100&order=asc", user=USER)
    local, utc = rows[10]["date_created"], rows[10]["date_created_gmt"]
    later = [row["id"] for row in rows[11:]]
    _, found, _ = call(f"{url}products/reviews?status=all&per_page=100&order=asc&after={local}", user=USER)
    assert [row["id"] for row in found] == later
    _, found, _ = call(f"{url}products/reviews?status=all&per_page=100&order=asc&after={utc}", user=USER)
    assert len(found) > len(later)
