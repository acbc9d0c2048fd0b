"""Magento: ids made here, percentages, errors beside data, the catalogue that leads to the reviews."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.fakes.magento import STORE
from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.keying import Keyer
from tests.spiders.inprocess import card_of, collect_here, spider_of
from tests.spiders.site import site
from tests.spiders.sources.shops import company_of, edited, serving
from tests.spiders.test_faults import card_for, fed, run

PAGE = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
ROW = {
    "summary": "Gut",
    "text": "Läuft.",
    "nickname": "Ina",
    "created_at": "2026-07-01 22:30:05",
    "average_rating": 80,
    "ratings_breakdown": [],
}


def parsed(keyer: Keyer, folder: Path, row: dict[str, Any], sku: str = "HM-310", **card: Any) -> Any:
    [found] = spider_of("magento", keyer, folder, **card).parse({"sku": sku, "reviews": {"items": [row]}}, PAGE)
    return found


def test_the_catalogue_leads_to_the_reviews(tmp_path: Path) -> None:
    with serving(company_of("magento", 230)) as (server, recorder):
        harvest = run(server, "magento", tmp_path)
    asked = [each.json["variables"] for each in recorder.requests]
    assert asked[0] == {"filter": {}, "page": 1}
    assert sorted((each["filter"]["sku"]["eq"], each["page"]) for each in asked[1:]) == [
        (sku, page) for sku in ("HM-120", "HM-310", "HM-450") for page in (1, 2)
    ]
    assert {each.headers["store"] for each in recorder.requests} == {STORE}
    assert all("authorization" not in each.headers for each in recorder.requests)
    assert (harvest.items, harvest.complete) == (230, True)


def test_each_products_own_figure_is_kept_apart(tmp_path: Path) -> None:
    with serving(company_of("magento", 30)) as (server, _):
        harvest = run(server, "magento", tmp_path)
    assert harvest.aggregates is not None
    figures = [json.loads(line) for line in harvest.aggregates.read_text().splitlines()]
    assert {figure["product"]: figure["review_count"] for figure in figures} == {
        "HM-310": 10,
        "HM-120": 10,
        "HM-450": 10,
    }
    assert all((figure["worst_rating"], figure["best_rating"]) == (20, 100) for figure in figures)


def test_only_some_products(tmp_path: Path) -> None:
    with serving(company_of("magento", 30)) as (server, recorder):
        card, env = card_for(server, "magento", options={"skus": "HM-450, HM-999"})
        harvest = collect_here(card, tmp_path, env, account=STORE)
    assert recorder.requests[0].json["variables"]["filter"] == {"sku": {"in": ["HM-450", "HM-999"]}}
    assert {row["product"] for row in fed(harvest).values()} == {"HM-450"}


def test_another_store_view_has_its_own_reviews(tmp_path: Path) -> None:
    with serving(company_of("magento", 30)) as (server, _):
        card, env = card_for(server, "magento", min_yield=0)
        assert collect_here(card, tmp_path / "at", env, account="hallmeyer_at").items == 0
        with pytest.raises(SettingsError, match="no such store view"):
            collect_here(card, tmp_path / "fr", env, account="hallmeyer_fr")


def test_an_id_stays_and_tells_nothing(keyer: Keyer, tmp_path: Path) -> None:
    first = parsed(keyer, tmp_path, ROW)
    assert first.native_id == parsed(keyer, tmp_path, dict(reversed(ROW.items()))).native_id
    assert first.native_id == parsed(keyer, tmp_path, {**ROW, "average_rating": 20}).native_id
    assert first.native_id != parsed(Keyer("another secret, and this one is long enough"), tmp_path, ROW).native_id
    changed = [
        parsed(keyer, tmp_path, {**ROW, name: "2026-07-02 08:00:00"})
        for name in ("summary", "text", "nickname", "created_at")
    ]
    others = {found.native_id for found in (*changed, parsed(keyer, tmp_path, ROW, sku="HM-120"))}
    assert len(others | {first.native_id}) == 6


def test_an_edit_is_one_gone_and_one_come(tmp_path: Path) -> None:
    company = company_of("magento", 30)
    with serving(company) as (server, _):
        before = fed(run(server, "magento", tmp_path / "a"))
        server.company = edited(company, 3, company.voices[29].date, text="Nach dem Umtausch läuft sie.")
        after = fed(run(server, "magento", tmp_path / "b"))
    assert (len(before.keys() - after.keys()), len(after.keys() - before.keys())) == (1, 1)


@pytest.mark.parametrize(
    ("average", "raw", "scale", "stars"),
    [(100, 100.0, (20, 100), 5.0), (20, 20.0, (20, 100), 1.0), (86.67, 86.67, (20, 100), 4.3335), (5, 5.0, (1, 5), 5.0),
     (3.5, 3.5, (1, 5), 3.5), ("60", 60.0, (20, 100), 3.0), (0, None, (None, None), None), (None, None, (None, None), None)],
)  # fmt: skip
def test_percentages_and_stars(average: Any, raw: Any, scale: Any, stars: Any, keyer: Keyer, tmp_path: Path) -> None:
    found = parsed(keyer, tmp_path, {**ROW, "average_rating": average})
    assert (found.raw_value, (found.raw_min, found.raw_max), found.rating_1_5) == (raw, scale, stars)


@pytest.mark.parametrize(
    ("errors", "error", "words"),
    [
        ([{"message": "Requested store is not found", "extensions": {"category": "graphql-input"}}], SettingsError, "store view"),
        ([{"message": "x", "extensions": {"category": "graphql-authorization"}}], SettingsError, "graphql-authorization"),
        ([{"message": "Cannot query field", "extensions": {"category": "graphql"}}], DataError, "graphql"),
        ([{"message": "Cannot query field", "category": "graphql"}], DataError, "graphql"),
        ([{"message": "currentPage value 2 specified is greater", "extensions": {"category": "graphql-input"}}], RetryError, "graphql-input"),
        ([{"message": "Internal server error"}], RetryError, "unknown"),
        (["seltsam"], RetryError, "unknown"),
        ([{"message": None, "extensions": ["seltsam"]}], RetryError, "unknown"),
        ({"message": "seltsam"}, RetryError, "unknown"),
    ],
)  # fmt: skip
def test_errors_beside_data_are_no_answer(errors: Any, error: type[Exception], words: str, tmp_path: Path) -> None:
    products = {
        "total_count": 1,
        "items": [{"sku": "A", "name": "A", "review_count": 0}],
        "page_info": {"total_pages": 1},
    }
    body = json.dumps({"errors": errors, "data": {"products": products}})
    with site(lambda p, n: (200, body)) as url, pytest.raises(error, match=words) as told:
        collect_here(card_of("magento", url, min_yield=0), tmp_path, {})
    assert "Internal" not in str(told.value)


@pytest.mark.parametrize(
    "products",
    [None, {}, {"items": []}, {"total_count": 1, "items": [{"name": "A"}], "page_info": {"total_pages": 1}},
     {"total_count": 1, "items": [None], "page_info": {"total_pages": 1}}, {"total_count": 1, "items": [], "page_info": None}],
)  # fmt: skip
def test_odd_catalogues_are_refused(products: Any, tmp_path: Path) -> None:
    with site(lambda p, n: (200, json.dumps({"data": {"products": products}}))) as url, pytest.raises(DataError):
        collect_here(card_of("magento", url, min_yield=0), tmp_path, {})


def test_a_review_that_goes_away_while_it_is_read_is_told(tmp_path: Path) -> None:
    whole = company_of("magento", 230)
    with serving(whole) as (server, recorder):

        def before(number: int, _: str) -> None:
            if number == 2:
                # Between the two pages of the first product.
                sku = recorder.requests[1].json["variables"]["filter"]["sku"]["eq"]
                newest = max(v.date for v in whole.voices if v.product == sku)
                server.company = replace(whole, voices=tuple(v for v in whole.voices if v.date != newest))

        recorder.before = before
        harvest = run(server, "magento", tmp_path)
    assert (harvest.truncated, harvest.complete) == (True, False)
    assert "changed while they were read" in harvest.notes[0]


def test_the_same_words_twice_within_a_second_are_one(tmp_path: Path) -> None:
    product = {"sku": "A", "name": "A", "review_count": 2, "rating_summary": 80}
    reviews = {"items": [ROW, ROW], "page_info": {"total_pages": 1}}

    def answer(_: str, times: int) -> tuple[int, str]:
        rows = [product if times == 1 else {**product, "reviews": reviews}]
        return 200, json.dumps(
            {"data": {"products": {"total_count": 1, "items": rows, "page_info": {"total_pages": 1}}}}
        )

    with site(answer) as url:
        harvest = collect_here(card_of("magento", url), tmp_path, {})
    assert (harvest.items, harvest.truncated, harvest.complete) == (1, False, True)
