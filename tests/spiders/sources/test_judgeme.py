"""Judge.me: a token that must not be told, two counts, curation, raw texts."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from kundenecho.errors import KundenechoError, RetryError, SettingsError
from kundenecho.keying import Keyer
from tests.spiders.inprocess import card_of, collect_here, spider_of
from tests.spiders.site import site
from tests.spiders.sources.shops import company_of, serving
from tests.spiders.test_faults import fed, run

TOKEN = "t0ken-that-nobody-may-see"
SHOP = "hallmeyer.myshopify.com"
PAGE = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
ROW = {
    "id": 1, "title": None, "body": "Gut", "rating": 5, "curated": "ok", "published": True, "hidden": False,
    "verified": "buyer", "created_at": "2026-02-13T05:42:00Z", "reviewer": {"id": 2, "name": "Ina"},
}  # fmt: skip


def collected(url: str, folder: Path, **card: object) -> object:
    made = card_of("judgeme", url, accounts=(SHOP,), **card)
    return collect_here(made, folder, {"JUDGEME_API_TOKEN": TOKEN}, account=SHOP)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, json.dumps({"count": 1, "current_page": 1, "reviews": [ROW]})),
        (200, json.dumps({"count": 1, "current_page": 1, "reviews": [{**ROW, "id": None}, {**ROW, "id": 2}]})),
        (200, "{}"), (200, "<html>"), (200, '{"count": "viele"}'), (401, '{"error":"x"}'), (403, ""), (404, ""),
        (422, ""), (429, ""), (500, ""), (302, "/other?api_token=" + TOKEN), (302, "http://127.0.0.1:1/?api_token=" + TOKEN),
    ],
)  # fmt: skip
def test_the_token_is_nowhere(status: int, body: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    with site(lambda p, n: (status, body if "page=2" not in p else '{"reviews": []}')) as url:
        try:
            collected(url, tmp_path)
        except KundenechoError as error:
            assert TOKEN not in str(error)
            assert "api_token" not in str(error)
    written = "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
    assert TOKEN not in written
    assert "api_token" not in written
    assert TOKEN not in caplog.text


def test_the_query_carries_token_and_shop(tmp_path: Path) -> None:
    with serving(company_of("judgeme", 130)) as (server, recorder):
        harvest, address = run(server, "judgeme", tmp_path), f"{server.url}judgeme/reviews"
    known = {"api_token": "demo-key", "shop_domain": SHOP}
    assert [asked.path.removeprefix("/judgeme/") for asked in recorder.requests] == [
        "reviews/count", "reviews", "reviews", "reviews", "reviews/count",
    ]  # fmt: skip
    assert [asked.query for asked in recorder.to("reviews")] == [
        {**known, "page": str(n), "per_page": "100"} for n in (1, 2, 3)
    ]
    rows = fed(harvest).values()
    assert {row["account"] for row in rows} == {SHOP}
    assert {row["page"]["url"] for row in rows} == {address}
    assert {row["url"].split("/products/")[0] for row in rows} == {f"https://{SHOP}"}


def test_a_card_without_a_shop(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="names no shop"):
        collect_here(card_of("judgeme"), tmp_path, {"JUDGEME_API_TOKEN": TOKEN})


@pytest.mark.parametrize(("before", "after"), [(3, 2), (2, 3), (3, 3)])
def test_the_counts_are_compared(before: int, after: int, tmp_path: Path) -> None:
    rows = [{**ROW, "id": n} for n in (1, 2)]

    def answer(path: str, times: int) -> tuple[int, str]:
        if "count" in path:
            return 200, json.dumps({"count": before if times == 1 else after})
        return 200, json.dumps(
            {"current_page": 1 if "page=1&" in path else 2, "reviews": rows if "page=1&" in path else []}
        )

    with site(answer) as url:
        harvest = collected(url, tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete) == (2, True, False)  # type: ignore[attr-defined]


def test_another_page_than_was_asked_for(tmp_path: Path) -> None:
    body = json.dumps({"count": 1, "current_page": 7, "reviews": [ROW]})
    with site(lambda p, n: (200, body)) as url, pytest.raises(RetryError, match="another page"):
        collected(url, tmp_path)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "published"), ({"hidden": True}, "hidden"), ({"published": False}, "hidden"),
        ({"curated": "spam"}, "hidden"), ({"curated": "not-yet"}, "published"),
        ({"curated": "not-yet", "published": None}, "hidden"), ({"published": None}, "published"),
    ],
)  # fmt: skip
def test_states(values: dict[str, object], state: str, keyer: Keyer, tmp_path: Path) -> None:
    [found] = spider_of("judgeme", keyer, tmp_path).parse([{**ROW, **values}], PAGE)
    assert found.state == state  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("word", "verified"), [("buyer", "yes"), ("nothing", "no"), ("email", "unknown"), (None, "unknown")]
)
def test_an_unknown_word_of_verification_is_kept(word: str | None, verified: str, keyer: Keyer, tmp_path: Path) -> None:
    [found] = spider_of("judgeme", keyer, tmp_path).parse([{**ROW, "verified": word}], PAGE)
    assert found.verified_purchase == verified  # type: ignore[union-attr]
    assert found.extra.get("verified") == word  # type: ignore[union-attr]
