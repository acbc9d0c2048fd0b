from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.fakes.google_places import API_KEY, PLACE
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from spiders.judge import Harvest
from spiders.sources.google_places import FIELDS
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.site import site
from tests.spiders.sources.wire import wired

KIND = "google_places"
GOOD = {"id": PLACE, "displayName": {"text": "Werkstatt", "languageCode": "de"}, "rating": 4.6, "userRatingCount": 213}


def figures(harvest: Harvest) -> list[dict[str, Any]]:
    assert harvest.aggregates is not None
    return [json.loads(line) for line in harvest.aggregates.read_text(encoding="utf-8").splitlines()]


def from_site(status: int, body: Any, folder: Path, *, account: str = PLACE, **values: Any) -> Harvest:
    said = body if isinstance(body, str) else json.dumps(body)
    with site(lambda path, n: (status, said)) as url:
        return collect_here(card_of(KIND, url, **values), folder, {"GOOGLE_PLACES_API_KEY": API_KEY}, account=account)


def test_only_the_figure_is_asked_for_and_kept(tmp_path: Path) -> None:
    with wired(KIND, crowd("google_business", 60)) as wire:
        harvest = wire.collect(tmp_path)
    [figure] = figures(harvest)
    assert (figure["account"], figure["rating_value"], figure["rating_count"]) == (PLACE, 3.0, 60)
    assert (harvest.items, harvest.feed.read_text(), harvest.rejected.read_text()) == (0, "", "")
    assert len(wire.asked) == 1
    assert "reviews" not in FIELDS


def test_texts_that_come_all_the_same_are_not_kept(tmp_path: Path) -> None:
    reviews = [
        {"name": "r", "rating": 1, "text": {"text": "Darf nicht bleiben."}, "publishTime": "2026-05-01T10:00:00Z"}
    ]
    harvest = from_site(200, {**GOOD, "reviews": reviews}, tmp_path)
    assert (harvest.items, len(figures(harvest))) == (0, 1)
    assert "bleiben" not in "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    "figure",
    [{"rating": "viel"}, {"rating": 7.5}, {"userRatingCount": -1}, {"rating": {"value": 4}}],
)
def test_a_figure_that_is_none(figure: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(YieldError):
        from_site(200, {**GOOD, **figure}, tmp_path)


def test_a_place_without_ratings_must_be_expected(tmp_path: Path) -> None:
    unrated = {key: GOOD[key] for key in ("id", "displayName")}
    with pytest.raises(YieldError):
        from_site(200, unrated, tmp_path / "a")
    assert from_site(200, unrated, tmp_path / "b", min_yield=0).aggregates is None


def test_a_place_with_another_id(tmp_path: Path) -> None:
    harvest = from_site(200, {**GOOD, "id": "ChIJneu"}, tmp_path)
    assert (harvest.truncated, len(figures(harvest))) == (True, 1)
    assert "accounts" in harvest.notes[0]


def error(code: int, status: str, reason: str = "") -> dict[str, Any]:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return {"error": {"code": code, "message": "der geheime Schlüssel", "status": status, "details": details}}


@pytest.mark.parametrize(
    ("status", "body", "wanted", "words"),
    [
        (
            400,
            error(400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
            SettingsError,
            "API_KEY_INVALID.*GOOGLE_PLACES_API_KEY",
        ),
        (403, error(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), SettingsError, "SERVICE_DISABLED"),
        (403, error(403, "RESOURCE_EXHAUSTED"), RetryError, "quota"),
        (429, error(429, "RESOURCE_EXHAUSTED"), RetryError, "quota"),
        (404, error(404, "NOT_FOUND"), DataError, "accounts"),
        (200, error(503, "UNAVAILABLE"), RetryError, "UNAVAILABLE"),
        (200, {"id": PLACE}, DataError, "displayName"),
        (200, {"displayName": {}}, DataError, "id"),
        (200, {}, RetryError, "empty"),
        (200, [], RetryError, "empty"),
        (200, "<html>", RetryError, "no JSON"),
    ],
)
def test_what_goes_wrong_is_told_by_what_is_to_be_done(
    status: int, body: Any, wanted: type[KundenechoError], words: str, tmp_path: Path
) -> None:
    with pytest.raises(wanted, match=words) as caught:
        from_site(status, body, tmp_path)
    assert "geheim" not in str(caught.value)
    assert API_KEY not in str(caught.value)


@pytest.mark.parametrize("account", ["", "places/ChIJ1", "ChIJ1?x=1", "../v1"])
def test_an_account_that_is_no_place(account: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no place id"):
        from_site(200, GOOD, tmp_path, account=account)


def test_the_card_says_that_texts_are_not_kept() -> None:
    card = card_of(KIND)
    assert (card.keep_texts, card.keep_raw, card.min_yield) == (False, False, 1)
    assert "no copying or saving" in card.terms
