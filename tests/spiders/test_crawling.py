"""Collecting over real HTTP: polite, guarded, and no failure that looks like success."""

from __future__ import annotations

import gzip
import itertools
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest
from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.middlewares import retry_after
from spiders.run import run_source
from tests.spiders.site import CARD, PAGE, collect, fails, instead, pages


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(401, SettingsError, "refuses access"), (403, SettingsError, "refuses access"), (404, DataError, "not there")],
)
def test_statuses_of_the_first_page(status: int, error: type[KundenechoError], words: str, tmp_path: Path) -> None:
    fails(instead("/p1", status, ""), tmp_path, error, words)


def test_a_product_that_is_gone_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    harvest = collect(instead("/p3", 404, ""), tmp_path)
    assert (harvest.items, harvest.rejected_count, harvest.truncated, harvest.complete) == (2, 1, True, False)
    assert "the page is gone (HTTP 404)" in harvest.rejected.read_text()


def test_a_followed_page_that_robots_txt_forbids_is_left_alone(tmp_path: Path) -> None:
    harvest = collect(instead("/p3", 200, PAGE % (3, '<a href="/p9">9</a>')), tmp_path)
    assert (harvest.items, harvest.truncated) == (3, True)
    assert "robots.txt forbids the page" in harvest.rejected.read_text()


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    fails(pages, tmp_path, SettingsError, "robots.txt", start=("p9",))


def test_robots_txt_that_cannot_be_read_forbids_everything(tmp_path: Path) -> None:
    fails(instead("/robots.txt", 503, ""), tmp_path, RetryError, "robots.txt cannot be read")


def test_the_pause_that_robots_txt_asks_for_is_kept(tmp_path: Path) -> None:
    begin = time.monotonic()
    asked: list[float] = []

    def slow(path: str, n: int) -> tuple[int, str]:
        if path == "/robots.txt":
            return 200, "User-agent: *\nCrawl-delay: 1"
        asked.append(time.monotonic() - begin)
        return pages(path, n)

    assert collect(slow, tmp_path).items == 3
    assert min(b - a for a, b in itertools.pairwise(asked)) > 0.8


def test_500_then_good_is_retried(tmp_path: Path) -> None:
    harvest = collect(lambda p, n: (500, "") if p == "/p2" and n == 1 else pages(p, n), tmp_path)
    assert (harvest.items, harvest.stats["retries"]) == (3, 1)


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    times: list[float] = []

    def busy(path: str, n: int) -> tuple[int, str] | tuple[int, str, dict[str, str]]:
        if path == "/p2":
            times.append(time.monotonic())
            if n == 1:
                return 429, "", {"Retry-After": "2"}
        return pages(path, n)

    assert collect(busy, tmp_path).items == 3
    assert times[1] - times[0] >= 1.9


def test_a_source_that_wants_an_hour_is_left_for_later(tmp_path: Path) -> None:
    fails(instead("/p2", 429, "", {"Retry-After": "3600"}), tmp_path, RetryError, r"HTTP 429")


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(429, "7", 7), (503, "7", 7), (500, "7", None), (429, "", None), (429, "bald", None), (429, formatdate(0), 0)],
)
def test_retry_after_is_read(status: int, header: str, seconds: float | None) -> None:
    assert (
        retry_after(Response("https://s.example", status=status, headers={"Retry-After": header}), datetime.now(UTC))
        == seconds
    )


@pytest.mark.heavy
def test_500_for_ever_is_a_retry_for_later(tmp_path: Path) -> None:
    fails(instead("/p2", 500, ""), tmp_path, RetryError, "overloaded or broken")


def test_private_address_needs_permission(tmp_path: Path) -> None:
    fails(pages, tmp_path, SettingsError, "private address", allow_private=False, robots=False)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/html,x"])
def test_redirects_to_other_schemes_are_not_followed(target: str, tmp_path: Path) -> None:
    with pytest.raises(KundenechoError):
        collect(instead("/p2", 302, target), tmp_path)


def test_an_endless_circle_of_redirects(tmp_path: Path) -> None:
    with pytest.raises(KundenechoError):
        collect(instead("/p2", 302, "/p2"), tmp_path)


def test_a_body_beyond_all_measure_ends_the_run(tmp_path: Path) -> None:
    fails(instead("/p2", 200, b"x" * (21 * 1024 * 1024)), tmp_path, DataError, "more than 20971520 bytes")


def test_a_decompression_bomb_ends_the_run(tmp_path: Path) -> None:
    bomb = gzip.compress(b"x" * (200 * 1024 * 1024), 9)
    fails(instead("/p2", 200, bomb, {"Content-Encoding": "gzip"}), tmp_path, DataError, "more than 20971520 bytes")


def test_a_body_cut_off_is_tried_again_later(tmp_path: Path) -> None:
    fails(instead("/p2", 200, "<html>", {"Content-Length": "500"}), tmp_path, RetryError, "did not answer")


def test_sitemaps_of_sitemaps_also_packed(tmp_path: Path) -> None:
    def shop(path: str, n: int) -> tuple[int, str | bytes] | tuple[int, str | bytes, dict[str, str]]:
        home = os.environ["TEST_SITE"]
        if path == "/sitemap.xml":
            return 200, f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{home}products.xml.gz</loc></sitemap></sitemapindex>', {"Content-Type": "application/xml"}  # fmt: skip
        if path == "/products.xml.gz":
            urls = "".join(f"<url><loc> {home}p{k} </loc></url>" for k in (2, 3)) + f"<url><loc>{home}about</loc></url>"
            body = gzip.compress(
                f'<?xml version="1.0"?><urlset>{urls}<url><loc>http://other.example/p4</loc></url></urlset>'.encode()
            )
            return 200, body, {"Content-Type": "application/gzip"}
        return pages(path, n)

    from tests.spiders.site import site

    with site(shop) as url:
        os.environ["TEST_SITE"] = url
        card = replace(CARD, address=url, start=("sitemap.xml",))
        harvest = run_source(card, "", tmp_path / "run", env=dict(os.environ))
    assert (harvest.items, harvest.rejected_count) == (2, 0)


def test_unparsable_block_is_kept_as_rejected(tmp_path: Path) -> None:
    broken = '<script type="application/ld+json">{"@type": </script>'
    harvest = collect(instead("/p1", 200, broken + pages("/p1", 1)[1]), tmp_path)
    assert (harvest.items, harvest.rejected_count) == (3, 1)
    assert "block 1 cannot be read" in harvest.rejected.read_text()


def test_rating_outside_its_scale_is_kept_as_rejected(tmp_path: Path) -> None:
    harvest = collect(instead("/p2", 200, pages("/p2", 1)[1].replace('"5"', '"9"')), tmp_path)
    assert (harvest.items, harvest.rejected_count) == (2, 1)
    assert "outside its scale" in harvest.rejected.read_text()


def test_unreachable_server(tmp_path: Path) -> None:
    card = replace(CARD, address="http://127.0.0.1:9/", robots=False)
    with pytest.raises(RetryError, match="did not answer"):
        run_source(card, "", tmp_path / "run", env=dict(os.environ))
