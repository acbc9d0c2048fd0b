"""WooCommerce: headers that must be there, a window in local time, pages that may be short, moderation."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kundenecho.errors import DataError, RetryError, SettingsError
from tests.spiders.crowd import FIRST
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.site import site
from tests.spiders.sources.shops import company_of, serving
from tests.spiders.test_faults import card_for, fed, run

ENV = {"WOOCOMMERCE_CONSUMER_KEY": "ck_demo-key", "WOOCOMMERCE_CONSUMER_SECRET": "cs_demo-key"}
ROW = {
    "id": 7, "date_created_gmt": "2026-05-04T16:22:10", "product_id": 310, "status": "approved", "reviewer": "Ina",
    "reviewer_email": "ina@example.org", "review": "<p>Gut.</p>\n", "rating": 4, "verified": True,
}  # fmt: skip


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    mark = FIRST + timedelta(hours=200)
    with serving(company_of("woocommerce", 230)) as (server, recorder):
        harvest = run(server, "woocommerce", tmp_path, watermark=mark.isoformat(), full=False)
    since = mark - timedelta(hours=48)
    times = [datetime.fromisoformat(row["created_at"]) for row in fed(harvest).values()]
    assert (min(times), max(times)) == (since, FIRST + timedelta(hours=229))
    assert len(times) == 230 - 152
    assert harvest.watermark == (FIRST + timedelta(hours=229)).isoformat(timespec="milliseconds")
    assert (harvest.complete, harvest.truncated) == (False, False)
    # The shop compares with its own time, which is two hours ahead here and might be fourteen.
    assert {asked.query["after"] for asked in recorder.requests} == {f"{since - timedelta(hours=26):%Y-%m-%dT%H:%M:%S}"}


def test_nothing_new_is_no_failure(tmp_path: Path) -> None:
    with serving(company_of("woocommerce", 3)) as (server, _):
        mark = (FIRST + timedelta(days=30)).isoformat()
        harvest = run(server, "woocommerce", tmp_path, watermark=mark, full=False)
    assert (harvest.items, harvest.truncated, harvest.watermark) == (0, False, mark)


def test_every_request_asks_for_all_in_a_fixed_order(tmp_path: Path) -> None:
    with serving(company_of("woocommerce", 230)) as (server, recorder):
        run(server, "woocommerce", tmp_path)
    assert [asked.query for asked in recorder.requests] == [
        {"per_page": "100", "orderby": "date_gmt", "order": "asc", "status": "all", "page": str(n)} for n in (1, 2, 3)
    ]


def test_what_waits_for_approval_is_collected_and_hidden(tmp_path: Path) -> None:
    with serving(company_of("woocommerce", 4, {1: {"held": True}})) as (server, _):
        rows = sorted(fed(run(server, "woocommerce", tmp_path)).values(), key=lambda row: row["created_at"])
    assert [row["state"] for row in rows] == ["published", "hidden", "published", "published"]


@pytest.mark.parametrize("gone", [b"x-wp-total", b"x-wp-totalpages"])
@pytest.mark.parametrize("number", [0, 1])
def test_an_answer_without_its_counts_is_no_answer(gone: bytes, number: int, tmp_path: Path) -> None:
    with serving(company_of("woocommerce", 230)) as (server, recorder):
        recorder.without = lambda n, _: frozenset({gone}) if n == number else frozenset()
        with pytest.raises(DataError, match="the answer has no X-WP-Total"):
            run(server, "woocommerce", tmp_path)


def test_a_short_page_does_not_end_the_reading(tmp_path: Path) -> None:
    def answer(path: str, _: int) -> tuple[int, str, dict[str, str]]:
        page = int(path.split("page=")[-1])
        rows = [{**ROW, "id": 100 * page + n} for n in range((100, 37, 100)[page - 1])]
        return 200, json.dumps(rows), {"X-WP-Total": "300", "X-WP-TotalPages": "3"}

    with site(answer) as url:
        harvest = collect_here(card_of("woocommerce", url), tmp_path, ENV)
    assert harvest.items == 237
    # 63 rows may not be read with this key; so nothing that is absent counts as gone.
    assert (harvest.truncated, harvest.complete, harvest.watermark) == (True, False, None)
    assert "300 items and gave 237" in harvest.notes[0]


def test_a_review_that_goes_away_while_it_is_read_is_told(tmp_path: Path) -> None:
    whole = company_of("woocommerce", 230)
    with serving(whole) as (server, recorder):

        def before(number: int, _: str) -> None:
            if number == 1:
                server.company = type(whole)(whole.persons, whole.voices[1:])

        recorder.before = before
        harvest = run(server, "woocommerce", tmp_path)
    assert (harvest.truncated, harvest.complete) == (True, False)
    assert "went away while the list was read" in harvest.notes[0]


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, '{"code":"woocommerce_rest_cannot_view","message":"m","data":{"status":401}}', SettingsError, "cannot_view"),
        (403, '{"code":"woocommerce_rest_cannot_view","message":"m","data":{"status":403}}', SettingsError, "cannot_view"),
        (403, "<h1>Forbidden</h1>", RetryError, "firewall"),
        (404, '{"code":"rest_no_route","message":"m","data":{"status":404}}', SettingsError, "rest_no_route"),
        (404, "<h1>weg</h1>", DataError, "HTTP 404"),
        (400, '{"code":"rest_invalid_param","message":"m","data":{"status":400}}', DataError, "rest_invalid_param"),
        (200, '{"code":"internal","message":"m"}', DataError, "internal"),
        (200, '{"rows":[]}', DataError, "X-WP-Total"),
    ],
)  # fmt: skip
def test_errors_by_what_is_to_be_done(
    status: int, body: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    with site(lambda p, n: (status, body)) as url, pytest.raises(error, match=words) as told:
        collect_here(card_of("woocommerce", url), tmp_path, ENV)
    assert "demo-key" not in str(told.value)


def test_an_empty_shop_is_empty(tmp_path: Path) -> None:
    with site(lambda p, n: (200, "[]", {"X-WP-Total": "0", "X-WP-TotalPages": "0"})) as url:
        harvest = collect_here(card_of("woocommerce", url, min_yield=0), tmp_path, ENV)
    assert (harvest.items, harvest.complete) == (0, True)


def test_an_empty_page_that_was_promised(tmp_path: Path) -> None:
    counts = {"X-WP-Total": "5", "X-WP-TotalPages": "1"}
    with site(lambda p, n: (200, "[]", counts)) as url, pytest.raises(RetryError, match="promised"):
        collect_here(card_of("woocommerce", url, min_yield=0), tmp_path, ENV)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_shop_in_any_zone(zone: str, tmp_path: Path) -> None:
    with serving(company_of("woocommerce", 60)) as (server, _):
        server.fakes["woocommerce"].zone = ZoneInfo(zone)  # type: ignore[attr-defined]
        card, env = card_for(server, "woocommerce", overlap_hours=0)
        mark = (FIRST + timedelta(hours=50)).isoformat()
        harvest = collect_here(card, tmp_path, env, watermark=mark, full=False)
    assert (harvest.items, harvest.truncated) == (10, False)
