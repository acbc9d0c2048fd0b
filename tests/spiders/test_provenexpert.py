from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.company import Company, Person, Voice
from demo.fakes.provenexpert import API_ID, API_KEY
from demo.server import DemoServer
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.keying import Keyer
from spiders.card import Card
from spiders.run import run_source
from tests.conftest import SHARED, needs_shared
from tests.spiders.inprocess import collect_here, spider_of
from tests.spiders.site import site

CARD = Card(
    name="provenexpert", kind="provenexpert", credentials=("PE_ID", "PE_KEY"), robots=False, allow_private=True,
    feedback_kind="shop_rating", full_read=True,
)  # fmt: skip
SUMMARY = '{"status": "success", "ratingValue": 4.9, "reviewCount": 612, "recommendationRate": 99}'
ENV = {"PE_ID": API_ID, "PE_KEY": API_KEY}


def company(count: int) -> Company:
    ina = Person("p1", "Ina Beispiel", {"provenexpert": "Ina B."}, "ina@example.org", "K-1", "DE", "Kassel")
    first = datetime(2026, 1, 1, tzinfo=UTC)
    voices = [
        Voice(f"pe-{n}", "provenexpert", "p1" if n % 2 else None, first + timedelta(hours=n),
              {"recommendation": n % 2, "categories": {"Qualität": 5, "Nutzen": 4}, "text": None if n % 5 == 0 else f"Urteil {n}",
               "anonymous": not n % 2, "reply": {"text": "Danke, Frau B.", "date": "2026-01-05T10:00:00+00:00"} if n == 1 else None})
        for n in range(count)
    ]  # fmt: skip
    return Company({"p1": ina}, tuple(voices))


def test_every_page_is_read(tmp_path: Path) -> None:
    with DemoServer(company(250)) as server:
        card = replace(CARD, address=server.fakes["provenexpert"].url)
        harvest = run_source(card, "", tmp_path / "run", env={**os.environ, **ENV})
    rows = [json.loads(line) for line in harvest.feed.read_text(encoding="utf-8").splitlines()]
    assert len({row["native_id"] for row in rows}) == harvest.items == 250
    replied = next(row for row in rows if row.get("reply"))
    assert (replied["reply"], replied["text"], replied["rating_1_5"]) == ("Danke, Frau B.", "Urteil 1", 4.5)
    assert sum("author_key" in row for row in rows) == 125
    assert sum("text" in row for row in rows) == 200
    assert {row["would_recommend"] for row in rows} == {True, False}


@pytest.mark.parametrize(
    ("env", "plan", "words"),
    [({"PE_ID": "demo", "PE_KEY": "wrong"}, "PREMIUM", "wrongCredentials"), (ENV, "BASIC", "wrongPlan")],
)
def test_the_portal_refuses(env: dict[str, str], plan: str, words: str, tmp_path: Path) -> None:
    with DemoServer(company(3)) as server:
        server.fakes["provenexpert"].plan = plan  # type: ignore[attr-defined]
        card = replace(CARD, address=server.fakes["provenexpert"].url)
        with pytest.raises(SettingsError, match=words):
            run_source(card, "", tmp_path / "run", env={**os.environ, **env})


def test_a_portal_that_answers_with_the_same_page_for_ever(tmp_path: Path) -> None:
    rating = {"created": 1771601749, "ratingValue": 5, "status": "published", "user": {"anonymous": 1}}
    body = json.dumps({"status": "success", "ratings": {f"{n:032}": rating for n in range(100)}})
    with site(lambda p, n: (200, body)) as url:
        card = replace(CARD, address=f"{url}api/v1/")
        with pytest.raises(RetryError, match="repeats a page"):
            run_source(card, "", tmp_path / "run", env={**os.environ, **ENV})


def test_an_odd_rating_costs_itself_only(tmp_path: Path) -> None:
    good = {"created": 1771601749, "ratingValue": 5, "status": "published", "user": {"anonymous": 1}}
    odd = [None, [], "x", {**good, "created": None}, {**good, "created": 1e30}, {**good, "user": [1]}, {**good, "ratingValue": "viel"},
           {**good, "status": "new"}, {**good, "feedback": {"a": 1}}, {**good, "recommendation": 7}]  # fmt: skip
    ratings = {f"r{n}": rating for n, rating in enumerate([good, *odd])}
    first, second = (
        json.dumps({"status": "success", "ratings": dict(part)}) for part in (ratings, [*ratings.items()][-5:])
    )
    with site(lambda p, n: (200, SUMMARY if "summary" in p else first if n == 1 else second)) as url:
        card = replace(CARD, address=f"{url}api/v1/")
        harvest = run_source(card, "", tmp_path / "run", env={**os.environ, **ENV})
    assert (harvest.items, harvest.rejected_count, harvest.complete) == (1, len(odd), False)


@pytest.mark.parametrize(
    ("body", "error"),
    [("", RetryError), ("{}", RetryError), ("[]", RetryError), ("<html>", RetryError), ('{"status":"success"}', DataError),
     ('{"status":"error","errors":["wrongPlan"]}', SettingsError), ('{"status":"error","errors":["tooManyRequests"]}', RetryError)],
)  # fmt: skip
def test_odd_answers_never_look_like_success(body: str, error: type[KundenechoError], tmp_path: Path) -> None:
    with site(lambda p, n: (200, body)) as url, pytest.raises(error):
        collect_here(replace(CARD, address=url), tmp_path / "run", ENV)


@pytest.mark.parametrize("empty", ["{}", "[]"])
def test_an_empty_map_may_be_a_list(empty: str, tmp_path: Path) -> None:
    body = f'{{"status":"success","ratings":{empty}}}'
    with site(lambda p, n: (200, body)) as url:
        harvest = collect_here(replace(CARD, address=url, min_yield=0), tmp_path / "run", ENV)
    assert (harvest.items, harvest.complete) == (0, True)


def test_the_summary_is_kept_apart(tmp_path: Path) -> None:
    with DemoServer(company(30)) as server:
        harvest = collect_here(replace(CARD, address=server.fakes["provenexpert"].url), tmp_path / "run", ENV)
    assert harvest.aggregates is not None
    [figure] = [json.loads(line) for line in harvest.aggregates.read_text().splitlines()]
    assert (harvest.items, figure["review_count"], figure["rating_value"]) == (30, 63, 4.5)


@needs_shared
def test_recorded_answer_is_read(keyer: Keyer, tmp_path: Path) -> None:
    body = (SHARED / "fixtures" / "provenexpert" / "rating_get_page.json").read_bytes()
    ratings = json.loads(body)["ratings"]
    page = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
    records = list(spider_of("provenexpert", keyer, tmp_path).parse(ratings, page))
    assert len(records) == 26
    assert all(record.rating_1_5 and record.would_recommend and record.created_at for record in records)
    for record, rating in zip(records, ratings.values(), strict=True):
        assert (record.text or "") == rating.get("feedback", "")
        assert (record.reply or "") == rating.get("comment", "")
        assert (record.author_key is None) == bool(rating["user"].get("anonymous"))
        if record.author_name:
            assert record.author_name not in json.dumps(
                {**record.raw, "feedback": "", "comment": ""}, ensure_ascii=False
            )
