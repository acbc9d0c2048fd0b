"""Shopware: tokens that age, what is new by either time, the merchant's answer, the vendor's own description."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from demo.fakes.shopware import CLIENT_ID, CLIENT_SECRET
from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.keying import Keyer
from tests.conftest import SHARED, needs_shared
from tests.spiders.crowd import FIRST
from tests.spiders.inprocess import FastClock, card_of, collect_here, spider_of
from tests.spiders.site import site
from tests.spiders.sources.shops import company_of, edited, serving
from tests.spiders.test_faults import card_for, fed, run

ENV = {"SHOPWARE_CLIENT_ID": CLIENT_ID, "SHOPWARE_CLIENT_SECRET": CLIENT_SECRET}
TOKEN = '{"token_type": "Bearer", "expires_in": 600, "access_token": "t"}'
PAGE = {"url": "u", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
SPEC = SHARED / "specs" / "shopware-6-admin-product-review.json"


def answering(body: str, status: int = 200) -> Any:
    return lambda path, times: (200, TOKEN) if "token" in path else (status, body)


def collected(url: str, folder: Path, **card: Any) -> Any:
    return collect_here(card_of("shopware", url, token_address=f"{url}oauth/token", **card), folder, ENV)


def test_what_is_new_and_what_was_edited_is_read(tmp_path: Path) -> None:
    mark, later = FIRST + timedelta(hours=200), FIRST + timedelta(hours=300)
    company = edited(company_of("shopware", 210), 3, later, text="Nach dem Umtausch läuft sie.")
    with serving(company) as (server, recorder):
        harvest = run(server, "shopware", tmp_path, watermark=mark.isoformat(), full=False)
    rows = sorted(fed(harvest).values(), key=lambda row: row["created_at"])
    assert rows[0]["text"] == "Nach dem Umtausch läuft sie."
    # Two hours of overlap, and nine reviews since.
    assert len(rows) == 1 + 2 + 10
    assert harvest.watermark == later.isoformat(timespec="milliseconds")
    assert not harvest.complete
    since = f"{mark - timedelta(hours=2):%Y-%m-%d %H:%M:%S}.000"
    [asked] = recorder.to("search/product-review")
    assert asked.json["filter"] == [
        {"type": "multi", "operator": "or", "queries": [
            {"type": "range", "field": "updatedAt", "parameters": {"gte": since}},
            {"type": "range", "field": "createdAt", "parameters": {"gte": since}},
        ]}
    ]  # fmt: skip


def test_one_token_serves_a_run(tmp_path: Path) -> None:
    with serving(company_of("shopware", 230)) as (server, recorder):
        run(server, "shopware", tmp_path)
    [asked] = recorder.to("oauth/token")
    assert asked.json == {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert asked.headers["content-type"] == "application/json"
    assert len(recorder.to("search/product-review")) == 3


def test_a_token_is_renewed_before_it_ends(tmp_path: Path) -> None:
    clock = FastClock()
    with serving(company_of("shopware", 530)) as (server, recorder):
        server.fakes["shopware"].now = clock.monotonic  # type: ignore[attr-defined]
        # At one request in four minutes a token of ten minutes serves two or three.
        card, env = card_for(server, "shopware", requests_per_minute=None)
        recorder.before = lambda number, path: setattr(clock, "passed", clock.passed + 240)
        harvest = collect_here(card, tmp_path, env, clock=clock)
    assert (harvest.items, harvest.truncated) == (530, False)
    assert len(recorder.to("oauth/token")) == 3
    assert len(recorder.to("search/product-review")) == 6, "no request was refused"


def test_a_token_that_is_withdrawn_is_renewed_once(tmp_path: Path) -> None:
    with serving(company_of("shopware", 230)) as (server, recorder):
        fake = server.fakes["shopware"]

        def before(number: int, path: str) -> None:
            if number == 2:
                fake.tokens.clear()  # type: ignore[attr-defined]

        recorder.before = before
        harvest = run(server, "shopware", tmp_path)
    assert (harvest.items, harvest.truncated) == (230, False)
    assert len(recorder.to("oauth/token")) == 2


def test_wrong_credentials(tmp_path: Path) -> None:
    with serving(company_of("shopware", 3)) as (server, _):
        card, env = card_for(server, "shopware")
        with pytest.raises(SettingsError, match="no token is given") as told:
            collect_here(card, tmp_path, {**env, "SHOPWARE_CLIENT_SECRET": "falsch"})
    assert "falsch" not in str(told.value)


def test_a_bad_review_with_a_friendly_answer(keyer: Keyer, tmp_path: Path) -> None:
    row = {"id": "a" * 32, "productId": "b" * 32, "title": "Defekt", "content": "Nach drei Tagen kaputt.", "points": 1.0,
           "status": True, "comment": "Vielen Dank für das tolle Lob!", "createdAt": "2026-06-01T08:12:33.117+00:00"}  # fmt: skip
    [found] = spider_of("shopware", keyer, tmp_path).parse([row], PAGE)
    assert (found.text, found.reply) == ("Nach drei Tagen kaputt.", "Vielen Dank für das tolle Lob!")  # type: ignore[union-attr]
    assert (found.rating_1_5, found.reply_at, found.verified_purchase) == (1.0, None, "unknown")  # type: ignore[union-attr]


def test_what_waits_for_approval_is_collected_and_hidden(tmp_path: Path) -> None:
    with serving(company_of("shopware", 3, {1: {"held": True}})) as (server, _):
        rows = sorted(fed(run(server, "shopware", tmp_path)).values(), key=lambda row: row["created_at"])
    assert [row["state"] for row in rows] == ["published", "hidden", "published"]
    assert {row["product"] for row in rows} == {"HM-310", "HM-120", "HM-450"}
    assert {row["language"] for row in rows} == {"de"}


def test_a_review_that_goes_away_while_it_is_read_is_told(tmp_path: Path) -> None:
    whole = company_of("shopware", 230)
    with serving(whole) as (server, recorder):

        def before(number: int, _: str) -> None:
            if number == 2:
                server.company = type(whole)(whole.persons, whole.voices[1:])

        recorder.before = before
        harvest = run(server, "shopware", tmp_path)
    assert (harvest.items, harvest.truncated, harvest.complete) == (229, True, False)


def test_a_shop_that_does_not_count_is_not_believed(tmp_path: Path) -> None:
    """Versions that know no mode by name give the number of a page as the total."""
    row = {
        "productId": "b" * 32,
        "title": "T",
        "content": "C",
        "points": 4.0,
        "status": True,
        "createdAt": "2026-06-01T08:12:33.117+00:00",
    }

    def answer(path: str, times: int) -> tuple[int, str]:
        if "token" in path:
            return 200, TOKEN
        rows = [{**row, "id": f"{times}{n:031}"} for n in range(100 if times == 1 else 30)]
        return 200, json.dumps({"total": len(rows), "data": rows})

    with site(answer) as url:
        harvest = collected(url, tmp_path)
    assert (harvest.items, harvest.truncated) == (130, True)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, '{"errors":[{"status":"403","code":"FRAMEWORK__MISSING_PRIVILEGE_ERROR"}]}', SettingsError, "may read product_review"),
        (400, '{"errors":[{"status":"400","code":"FRAMEWORK__QUERY_LIMIT_EXCEEDED"}]}', DataError, "QUERY_LIMIT_EXCEEDED"),
        (401, '{"errors":[{"status":"401","code":"9"}]}', SettingsError, "HTTP 401"),
        (429, '{"errors":[{"status":"429","code":"FRAMEWORK__RATE_LIMIT_EXCEEDED"}]}', RetryError, "HTTP 429"),
        (200, '{"errors":[{"code":"X"}]}', DataError, "reports X"),
        (200, '{"data":[]}', DataError, "no total"),
        (200, '{"total":3}', DataError, "no data"),
        (200, '{"total":3,"data":[]}', RetryError, "promised"),
    ],
)  # fmt: skip
def test_errors_by_what_is_to_be_done(
    status: int, body: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    with site(answering(body, status)) as url, pytest.raises(error, match=words):
        collected(url, tmp_path)


def described(name: str) -> dict[str, Any]:
    """One schema of the vendor's description, with what the description was cut to leave out standing for anything."""
    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    schemas = spec["components"]["schemas"]
    missing = {ref.rsplit("/", 1)[1] for ref in _references(spec)} - schemas.keys()
    schemas.update({each: {} for each in missing})
    # A filter of filters points to a schema that was cut away: here it is what the criteria themselves take.
    schemas["Filters"] = copy.deepcopy(schemas["Criteria"]["properties"]["filter"])
    for partial in ("Product", "Language"):
        # Of these, includes asks for some fields only.
        schemas[partial].pop("required")
    return {**spec, "$ref": f"#/components/schemas/{name}"}


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in node.values()))
    return set().union(*(_references(value) for value in node)) if isinstance(node, list) else set()


def without_nulls(node: Any) -> Any:
    """JSON without empty values, which the description leaves out and the shop sends."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return [without_nulls(value) for value in node] if isinstance(node, list) else node


@needs_shared
@pytest.mark.parametrize("mark", [None, "2026-01-08T00:00:00+00:00"])
def test_the_spiders_requests_are_what_the_vendor_describes(mark: str | None, tmp_path: Path) -> None:
    with serving(company_of("shopware", 230)) as (server, recorder):
        run(server, "shopware", tmp_path, watermark=mark, full=mark is None)
    for asked in recorder.to("search/product-review"):
        jsonschema.validate(asked.json, described("Criteria"), jsonschema.Draft202012Validator)
        assert asked.headers["accept"] == "application/json"
    for asked in recorder.to("oauth/token"):
        jsonschema.validate(asked.json, described("OAuthClientCredentialsGrant"), jsonschema.Draft202012Validator)
    wrong = {**recorder.to("search/product-review")[0].json, "total-count-mode": "yes"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, described("Criteria"), jsonschema.Draft202012Validator)


@needs_shared
def test_the_golden_reviews_are_what_the_vendor_describes() -> None:
    golden = Path(__file__).parent.parent / "golden" / "shopware.reviews.api.json"
    first, second = json.loads(golden.read_text(encoding="utf-8"))[:2]
    for row in (first, second):
        jsonschema.validate(without_nulls(row), described("ProductReview"), jsonschema.Draft202012Validator)
