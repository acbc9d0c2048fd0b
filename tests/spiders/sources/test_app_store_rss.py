from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.fakes.app_store_rss import APP
from demo.server import DemoServer
from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from spiders.engine import Item
from spiders.formats.apple_feed import entries_of, feed_of
from spiders.judge import Harvest
from spiders.output import Reject
from spiders.run import run_source
from storage.pages import read_pages
from tests.conftest import SHARED, needs_shared
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import card_of, collect_here, spider_of
from tests.spiders.site import site
from tests.spiders.sources.recorded import Recorder

LAST = datetime(2026, 5, 1, 12, tzinfo=UTC)
PAGE = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
FIXTURES = SHARED / "fixtures" / "appstore_rss"


def collect(server: DemoServer, folder: Path, **options: Any) -> Harvest:
    card = card_of("app_store_rss", server.fakes["app_store_rss"].url, accounts=(APP,))
    return collect_here(card, folder, {}, account=options.pop("account", APP), **options)


def fake(server: DemoServer) -> Any:
    return server.fakes["app_store_rss"]


def rows(harvest: Harvest) -> dict[str, dict[str, Any]]:
    return {row["native_id"]: row for row in map(json.loads, harvest.feed.read_text(encoding="utf-8").splitlines())}


def test_the_end_is_an_empty_page(tmp_path: Path) -> None:
    recorder = Recorder("customerreviews")
    with DemoServer(crowd("app_store", 120), wrap=recorder.wrap) as server:
        harvest = collect(server, tmp_path)
    assert (harvest.items, harvest.complete) == (120, True)
    pages = [exchange.path.split("page=")[1].split("/")[0] for exchange in recorder.exchanges]
    assert pages == ["1", "2", "3", "4", "1"]


def test_five_hundred_are_the_most_and_the_next_run_goes_on(tmp_path: Path) -> None:
    whole = crowd("app_store", 540, last=LAST)
    with DemoServer(replace(whole, voices=whole.voices[:530])) as server:
        first = collect(server, tmp_path / "a")
        server.company = whole
        second = collect(server, tmp_path / "b", watermark=first.watermark, full=False)
    assert (first.items, first.truncated, first.complete) == (500, True, False)
    assert "newest 500 reviews of a country only" in first.notes[0]
    assert first.watermark == "2026-05-01T02:00:00.000+00:00"
    assert (second.truncated, second.complete, second.items) == (False, False, 150)
    assert len(rows(first).keys() | rows(second).keys()) == 510


def test_more_new_reviews_than_the_feed_shows_are_told(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 600, last=LAST)) as server:
        harvest = collect(server, tmp_path, watermark="2026-01-01T00:00:00.000+00:00", full=False)
    assert (harvest.items, harvest.truncated) == (500, True)


def test_new_and_edited_reviews_are_found_by_the_mark(tmp_path: Path) -> None:
    whole, recorder = crowd("app_store", 300, last=LAST), Recorder("customerreviews")
    edited = replace(whole.voices[3], edits=({"date": "2026-05-01T11:30:00+00:00", "text": "Doch gut"},))
    with DemoServer(replace(whole, voices=whole.voices[:290]), wrap=recorder.wrap) as server:
        first = collect(server, tmp_path / "a")
        server.company = replace(whole, voices=(*whole.voices[:3], edited, *whole.voices[4:]))
        recorder.exchanges.clear()
        second = collect(server, tmp_path / "b", watermark=first.watermark, full=False)
    assert (first.items, first.complete) == (290, True)
    assert (second.truncated, second.complete, len(recorder.exchanges)) == (False, False, 3)
    assert len(rows(first).keys() | rows(second).keys()) == 300
    assert "Doch gut" in [row.get("text") for row in rows(second).values()]
    assert second.watermark == "2026-05-01T12:00:00.000+00:00"


def test_without_entries_on_the_first_page_nothing_is_known(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 120)) as server:
        fake(server).throttled = frozenset({1})
        with pytest.raises(RetryError, match="no reviews, or too much was asked"):
            collect(server, tmp_path)


@pytest.mark.parametrize(
    ("count", "throttled", "whole"), [(120, {2}, False), (120, {3}, False), (120, {4}, True), (30, {2}, True)]
)
def test_without_entries_on_a_later_page(count: int, throttled: set[int], whole: bool, tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", count)) as server:
        fake(server).throttled = frozenset(throttled)
        harvest = collect(server, tmp_path)
    assert (harvest.complete, harvest.truncated) == (whole, not whole)
    assert whole or (harvest.watermark is None and harvest.items == 50 * (min(throttled) - 1))


def test_xml_instead_of_json(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 70)) as server:
        plain = rows(collect(server, tmp_path / "a"))
        fake(server).as_xml = True
        atom = rows(collect(server, tmp_path / "b"))
    assert len(atom) == 70
    for key, row in plain.items():
        for name in row.keys() - {"raw", "page", "collected_at"}:
            assert atom[key][name] == row[name]


def test_reviews_without_dates_are_read_to_the_end(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 120)) as server:
        fake(server).dated = False
        harvest = collect(server, tmp_path, watermark="2026-01-01T00:00:00.000+00:00", full=False)
    assert harvest.items == 120
    assert not any("created_at" in row for row in rows(harvest).values())
    assert harvest.watermark == "2026-01-01T00:00:00.000+00:00"


@pytest.mark.parametrize(("gone", "added", "whole"), [(0, 0, True), (0, 2, True), (1, 0, False), (1, 1, False)])
def test_a_review_that_goes_while_the_feed_is_read(gone: int, added: int, whole: bool, tmp_path: Path) -> None:
    voices = crowd("app_store", 132, last=LAST).voices
    before, after = voices[:130], voices[: 130 + added]
    after = after[: 120 - gone] + after[120:]

    class Moving(Recorder):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if len(self.exchanges) == 1:
                server.company = replace(server.company, voices=after)
            await super().__call__(scope, receive, send)

    recorder = Moving("customerreviews")
    with DemoServer(replace(crowd("app_store", 1), voices=before), wrap=recorder.wrap) as server:
        harvest = collect(server, tmp_path)
    assert (harvest.complete, harvest.truncated) == (whole, not whole)
    assert whole or "the feed moved" in harvest.notes[0]


def test_an_unchanged_feed_is_not_sent_again(tmp_path: Path) -> None:
    whole, recorder = crowd("app_store", 130, last=LAST), Recorder("customerreviews")
    with DemoServer(replace(whole, voices=whole.voices[:120]), wrap=recorder.wrap) as server:
        card = card_of("app_store_rss", fake(server).url, accounts=(APP,))

        def run(name: str, before: Harvest | None) -> Harvest:
            recorder.exchanges.clear()
            known = read_pages(before.pages) if before and before.pages else []
            mark = before.watermark if before else None
            env = dict(os.environ)
            return run_source(card, APP, tmp_path / name, env=env, watermark=mark, full=before is None, known=known)

        first = run("a", None)
        same = run("b", first)
        assert [exchange.status for exchange in recorder.exchanges] == [304]
        server.company = whole
        more = run("c", first)
    assert (first.items, first.complete) == (120, True)
    assert (same.items, same.complete, same.watermark, len(same.unchanged())) == (0, False, first.watermark, 50)
    assert set(same.unchanged()) <= rows(first).keys()
    assert len(rows(more).keys() | rows(first).keys()) == 130


def test_a_first_page_is_no_proof_while_a_later_one_is_missing(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 120, last=LAST)) as server:
        fake(server).throttled = frozenset({2})
        harvest = collect(server, tmp_path)
    assert harvest.pages is not None
    assert read_pages(harvest.pages) == []


@pytest.mark.parametrize(
    ("app", "country"), [("", "de"), ("com.example", "de"), ("1/../2", "de"), (APP, "Deutschland"), (APP, "")]
)
def test_an_app_or_a_country_that_is_none(app: str, country: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the app or the country is none"):
        collect_here(card_of("app_store_rss", options={"country": country}, robots=False), tmp_path, {}, account=app)


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "<html><p>x</html>", '{"feed": {}}', '{"feed": []}', '{"feed": {"entry"', "<feed/>"]
)
def test_odd_answers_never_look_like_success(body: str, tmp_path: Path) -> None:
    with (
        site(lambda p, n: (404, "") if "robots" in p else (200, body)) as url,
        pytest.raises(RetryError, match="no feed"),
    ):
        collect_here(card_of("app_store_rss", url), tmp_path, {}, account=APP)


def test_entries_of_another_shape(tmp_path: Path) -> None:
    body = '{"feed": {"entry": "viele"}}'
    with (
        site(lambda p, n: (404, "") if "robots" in p else (200, body)) as url,
        pytest.raises(DataError, match="no list"),
    ):
        collect_here(card_of("app_store_rss", url), tmp_path, {}, account=APP)


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    robots = "User-agent: *\nDisallow: /*/rss/"
    with (
        site(lambda p, n: (200, robots if "robots" in p else "{}")) as url,
        pytest.raises(SettingsError, match="robots"),
    ):
        collect_here(card_of("app_store_rss", url), tmp_path, {}, account=APP)


def test_xml_reads_no_file_of_ours(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    entry = '<entry xmlns:im="http://itunes.apple.com/rss"><im:rating>5</im:rating><id>1</id><title>&x;</title></entry>'
    body = f'<!DOCTYPE feed [<!ENTITY x SYSTEM "file://{secret}">]><feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'
    assert "geheim" not in json.dumps(feed_of(body.encode()))


def parsed(name: str, keyer: Keyer, folder: Path) -> list[Item]:
    feed = feed_of((FIXTURES / name).read_bytes())
    assert feed is not None
    return list(spider_of("app_store_rss", keyer, folder).parse(feed, PAGE))


@needs_shared
def test_recorded_feeds_are_read(keyer: Keyer, tmp_path: Path) -> None:
    found = [parsed(name, keyer, tmp_path) for name in ("json_entry_full.json", "de_customerreviews_page1.xml")]
    reviews = [item for items in found for item in items if isinstance(item, Feedback)]
    assert [len(items) for items in found] == [1, 1]
    assert [(review.rating_1_5, review.likes) for review in reviews] == [(1.0, 0), (5.0, 9)]
    assert [review.created_at for review in reviews] == [
        datetime(2026, 9, 10, 18, 2, tzinfo=UTC), datetime(2012, 11, 10, 16, 8, 7, tzinfo=UTC),
    ]  # fmt: skip
    assert all(review.text and "rrelevantTag" not in review.text and review.author_key for review in reviews)


@needs_shared
def test_recorded_feeds_of_odd_shapes(keyer: Keyer, tmp_path: Path) -> None:
    # These recordings were cut by who made them: their reviews have no ids, and are refused for that alone.
    for name, count in (("json_metadata_first.json", 2), ("json_single_entry_object.json", 1)):
        reasons = [item.reason for item in parsed(name, keyer, tmp_path) if isinstance(item, Reject)]
        assert reasons == ["the item has no id"] * count
    throttled = feed_of((FIXTURES / "json_empty_feed_throttled.json").read_bytes())
    assert throttled
    assert entries_of(throttled) == []
