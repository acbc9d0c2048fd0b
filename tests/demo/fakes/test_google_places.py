"""The fake of the Places API (New): nothing without a field mask, and reviews as Google describes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from demo.company import NAME
from demo.fakes.google_places import API_KEY, PLACE
from demo.server import DemoServer
from tests.conftest import SHARED, needs_shared
from tests.demo.fakes.calls import call
from tests.demo.fakes.discovery import method, schema
from tests.spiders.crowd import crowd
from tests.spiders.inprocess import collect_here
from tests.spiders.sources.recorded import Recorder
from tests.spiders.test_faults import card_for

KIND = "google_places"
SPEC = SHARED / "specs" / "google-places-v1-review.json"
MASK = "id,displayName,rating,userRatingCount"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("google_business", 60)) as running:
        yield running


def place(server: DemoServer, mask: str | None = MASK, key: str | None = API_KEY, **params: Any) -> tuple[int, Any]:
    which = params.pop("which", PLACE)
    headers = {"X-Goog-FieldMask": mask, "X-Goog-Api-Key": key}
    found = {name: value for name, value in headers.items() if value is not None}
    return call(f"{server.fakes[KIND].url}v1/places/{which}", params, headers=found)


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"mask": None}, 400, "INVALID_ARGUMENT"),
        ({"mask": "id,stars"}, 400, "INVALID_ARGUMENT"),
        ({"key": None}, 403, "PERMISSION_DENIED"),
        ({"key": "geraten"}, 400, "INVALID_ARGUMENT"),
        ({"reviews_sort": "newest"}, 400, "INVALID_ARGUMENT"),
        ({"which": "ChIJanders"}, 404, "NOT_FOUND"),
    ],
)
def test_what_is_not_documented_is_refused(server: DemoServer, wrong: dict[str, Any], status: int, word: str) -> None:
    code, answer = place(server, **wrong)
    assert (code, answer["error"]["code"], answer["error"]["status"]) == (status, status, word)


def test_the_mask_says_what_is_given(server: DemoServer) -> None:
    name = {"text": NAME, "languageCode": "de"}
    whole = {"id": PLACE, "displayName": name, "rating": 3.0, "userRatingCount": 60}
    assert place(server, languageCode="de", regionCode="DE") == (200, whole)
    assert place(server, mask="rating") == (200, {"rating": 3.0})


@needs_shared
def test_at_most_five_reviews_as_google_describes_them(server: DemoServer) -> None:
    status, answer = place(server, mask="reviews")
    assert (status, len(answer["reviews"])) == (200, 5)
    for review in answer["reviews"]:
        jsonschema.validate(review, schema(SPEC, "GoogleMapsPlacesV1Review"))


@needs_shared
def test_the_request_is_what_google_describes(tmp_path: Path) -> None:
    path, known = method(SPEC, "places", "get")
    recorder = Recorder("/places/")
    with DemoServer(crowd("google_business", 6), wrap=recorder.wrap) as running:
        card, env = card_for(running, KIND)
        collect_here(card, tmp_path, env, account=PLACE)
    [exchange] = recorder.exchanges
    assert exchange.path == f"/{KIND}/" + path.replace("{placesId}", PLACE)
    assert all(known[name]["location"] == "query" for name in exchange.query)
    assert exchange.headers["x-goog-fieldmask"] == MASK
    jsonschema.validate(exchange.json()["displayName"], schema(SPEC, "GoogleTypeLocalizedText"))
