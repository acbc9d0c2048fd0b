from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company
from demo.fakes.app_store_connect import APP, PRIVATE_KEY, AppStoreConnect
from demo.server import DemoServer
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.judge import Harvest
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import FastClock, card_of, collect_here
from tests.spiders.site import site
from tests.spiders.sources.recorded import Recorder

LAST = datetime(2026, 5, 1, 12, tzinfo=UTC)
ENV = dict(AppStoreConnect.secrets)
EMPTY = {"data": [], "links": {"self": "x"}, "meta": {"paging": {"total": 0, "limit": 200}}}


def collect(server: DemoServer, folder: Path, env: dict[str, str] = ENV, **options: Any) -> Harvest:
    card = card_of("app_store_connect", server.fakes["app_store_connect"].url, accounts=(APP,))
    return collect_here(card, folder, env, account=options.pop("account", APP), **options)


def rows(harvest: Harvest) -> list[dict[str, Any]]:
    return [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]


def last_of(whole: Company, count: int) -> Company:
    return replace(whole, voices=whole.voices[:count])


def test_new_reviews_are_found_by_the_mark_of_the_last_run(tmp_path: Path) -> None:
    whole, recorder = crowd("app_store", 700, last=LAST), Recorder("customerReviews")
    with DemoServer(last_of(whole, 650), wrap=recorder.wrap) as server:
        first = collect(server, tmp_path / "a")
        server.company = whole
        recorder.exchanges.clear()
        second = collect(server, tmp_path / "b", watermark=first.watermark, full=False)
    assert (first.items, first.complete, first.watermark) == (650, True, "2026-04-29T10:00:00.000+00:00")
    assert second.watermark == "2026-05-01T12:00:00.000+00:00"
    # The overlap of two days ends on the first page, the second shows that nothing newer follows.
    assert (second.complete, second.truncated, len(recorder.exchanges)) == (False, False, 2)
    found = {row["native_id"] for row in rows(first)} | {row["native_id"] for row in rows(second)}
    assert len(found) == 700


def test_an_edit_is_found_by_the_full_read_only(tmp_path: Path) -> None:
    whole = crowd("app_store", 500, last=LAST)
    edited = replace(whole.voices[1], edits=({"date": "2026-05-01T11:00:00+00:00", "text": "Doch gut"},))
    with DemoServer(whole) as server:
        mark = collect(server, tmp_path / "a").watermark
        server.company = replace(whole, voices=(whole.voices[0], edited, *whole.voices[2:]))
        between = collect(server, tmp_path / "b", watermark=mark, full=False)
        full = collect(server, tmp_path / "c", watermark=mark)
    assert "Doch gut" not in [row.get("text") for row in rows(between)]
    assert "Doch gut" in [row.get("text") for row in rows(full)]


def test_an_angry_review_and_its_friendly_answer(tmp_path: Path) -> None:
    whole = crowd("app_store", 1)
    angry = {
        **whole.voices[0].values,
        "stars": 1,
        "text": "Stürzt ab.",
        "reply": {"text": "DANKE!", "date": "2026-01-06T09:00:00+00:00"},
    }
    with DemoServer(replace(whole, voices=(replace(whole.voices[0], values=angry),))) as server:
        [row] = rows(collect(server, tmp_path))
    assert (row["text"], row["reply"], row["rating_1_5"]) == ("Stürzt ab.", "DANKE!", 1)
    assert (row["reply_at"], row["extra"], row["product"]) == ("2026-01-06T09:00:00+00:00", {"territory": "DEU"}, APP)


class LateClock(FastClock):
    """Six minutes pass whenever somebody looks."""

    def monotonic(self) -> float:
        self.passed += 360
        return self.passed


def test_a_new_token_is_signed_before_the_last_one_ends(tmp_path: Path) -> None:
    recorder, clock = Recorder("customerReviews"), LateClock()
    with DemoServer(crowd("app_store", 900), wrap=recorder.wrap) as server:
        server.fakes["app_store_connect"].now = clock.now  # type: ignore[attr-defined]
        harvest = collect(server, tmp_path, clock=clock)
    tokens = [exchange.headers["authorization"] for exchange in recorder.exchanges]
    assert {exchange.status for exchange in recorder.exchanges} == {200}
    assert (harvest.items, len(tokens)) == (900, 5)
    assert len(set(tokens)) > 1


@pytest.mark.parametrize(("until", "statuses"), [(2, [200, 401, 200]), (99, [200, 401, 401])])
def test_a_token_that_is_refused_is_renewed_once(until: int, statuses: list[int], tmp_path: Path) -> None:
    recorder = Recorder("customerReviews")
    with DemoServer(crowd("app_store", 300), wrap=recorder.wrap) as server:
        # Seen by this server's clock, the token of the first page has expired at the second.
        def now() -> datetime:
            return datetime.now(UTC) + timedelta(minutes=25 * (2 <= len(recorder.exchanges) <= until))

        server.fakes["app_store_connect"].now = now  # type: ignore[attr-defined]
        with nullcontext() if until == 2 else pytest.raises(SettingsError, match="NOT_AUTHORIZED"):
            assert collect(server, tmp_path).items == 300
    assert [exchange.status for exchange in recorder.exchanges] == statuses
    assert recorder.exchanges[1].headers["authorization"] != recorder.exchanges[2].headers["authorization"]


@pytest.mark.parametrize("key", ["kein Schlüssel", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_not_quoted(key: str, tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 3)) as server, pytest.raises(SettingsError, match="cannot sign") as caught:
        collect(server, tmp_path, {**ENV, "APP_STORE_PRIVATE_KEY": key})
    assert "AAAA" not in str(caught.value)
    assert "kein Schl" not in str(caught.value)


def test_a_key_whose_line_breaks_are_written_out(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 3)) as server:
        env = {**ENV, "APP_STORE_PRIVATE_KEY": PRIVATE_KEY.replace("\n", "\\n")}
        assert collect(server, tmp_path, env).items == 3


def test_wrong_credentials_and_a_wrong_app(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 3)) as server:
        with pytest.raises(SettingsError, match=r"NOT_AUTHORIZED.*APP_STORE_KEY_ID"):
            collect(server, tmp_path / "a", {**ENV, "APP_STORE_KEY_ID": "ANDERER"})
        with pytest.raises(SettingsError, match="NOT_FOUND for the app 99"):
            collect(server, tmp_path / "b", account="99")
        with pytest.raises(SettingsError, match="names no app"):
            collect(server, tmp_path / "c", account="")


def test_the_hour_ends_before_the_reviews_do(tmp_path: Path) -> None:
    with DemoServer(crowd("app_store", 450)) as server:
        server.fakes["app_store_connect"].remaining = 2  # type: ignore[attr-defined]
        harvest = collect(server, tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete, harvest.watermark) == (400, True, False, None)
    assert "this hour" in harvest.notes[0]


def answer(items: int, total: int | None, **links: Any) -> str:
    reviews = [
        {
            "type": "customerReviews",
            "id": f"r{n}",
            "attributes": {"rating": 5, "createdDate": "2026-01-05T08:10:34-08:00"},
        }
        for n in range(items)
    ]
    meta = {} if total is None else {"paging": {"total": total, "limit": 200}}
    return json.dumps({"data": reviews, "links": {"self": "x", **links}, "meta": meta})


@pytest.mark.parametrize(("total", "whole"), [(3, True), (4, False), (None, True)])
def test_the_source_s_own_total_is_compared(total: int | None, whole: bool, tmp_path: Path) -> None:
    with site(lambda p, n: (200, answer(3, total))) as url:
        harvest = collect_here(card_of("app_store_connect", url), tmp_path, ENV, account=APP)
    assert (harvest.items, harvest.complete) == (3, whole)
    assert whole or "has 4 items and gave 3" in harvest.notes[0]


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/v1/apps/1/customerReviews?cursor=x", "/v1/relative", "http://[", 7]
)
def test_the_token_is_sent_to_nobody_else(link: Any, tmp_path: Path) -> None:
    with site(lambda p, n: (200, answer(3, 9, next=link))) as url, pytest.raises((DataError, RetryError)) as caught:
        collect_here(card_of("app_store_connect", url), tmp_path, ENV, account=APP)
    assert "another server" in str(caught.value)


def test_an_app_without_reviews_is_below_what_the_card_expects(tmp_path: Path) -> None:
    with site(lambda p, n: (200, json.dumps(EMPTY))) as url:
        with pytest.raises(KundenechoError, match="at least 1"):
            collect_here(card_of("app_store_connect", url), tmp_path / "a", ENV, account=APP)
        assert collect_here(card_of("app_store_connect", url, min_yield=0), tmp_path / "b", ENV, account=APP).complete


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(401, "NOT_AUTHORIZED", SettingsError), (403, "FORBIDDEN_ERROR", SettingsError), (400, "PARAMETER_ERROR.ILLEGAL", DataError),
     (429, "RATE_LIMIT_EXCEEDED", RetryError), (404, "Ina Beispiel", SettingsError)],
)  # fmt: skip
def test_codes_say_what_to_do(status: int, code: str, error: type[KundenechoError], tmp_path: Path) -> None:
    body = json.dumps({"errors": [None, {"status": str(status), "code": code, "detail": "Ina Beispiel"}]})
    with site(lambda p, n: (status, body)) as url, pytest.raises(error) as caught:
        collect_here(card_of("app_store_connect", url), tmp_path, ENV, account=APP)
    assert "Ina" not in str(caught.value)
