"""The Trustpilot fakes refuse what is documented, and give the documented form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo.company import company
from demo.fakes.trustpilot import API_KEY, API_SECRET, PASSWORD, TOKEN_PATH, UNIT, USERNAME
from demo.server import DemoServer
from tests.demo.fakes.calls import basic_header, call
from tests.spiders.crowd import crowd

PRIVATE = {"referralEmail", "referenceId", "source", "tags", "findReviewer", "invitation"}
FIELDS = {
    "links", "id", "stars", "title", "text", "language", "createdAt", "experiencedAt", "updatedAt", "numberOfLikes",
    "isVerified", "reviewVerificationLevel", "status", "companyReply", "consumer", "businessUnit", "location",
    "countsTowardsTrustScore", "reportData", "complianceLabels", "businessUnitHistory",
}  # fmt: skip
GRANT = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
BASIC = basic_header(API_KEY, API_SECRET)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("trustpilot", 45)) as running:
        yield running


@pytest.fixture
def token(server: DemoServer) -> str:
    server.fakes["trustpilot"]._given.clear()  # type: ignore[attr-defined]
    return str(give(server)[1]["access_token"])


def give(server: DemoServer, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Any:
    url = f"{server.fakes['trustpilot'].url}{TOKEN_PATH}"
    return call(url, form=GRANT if form is None else form, headers=BASIC if headers is None else headers)


def private(server: DemoServer, token: str, unit: str = UNIT, method: str = "GET", **params: Any) -> tuple[int, Any]:
    url = f"{server.fakes['trustpilot'].url}private/business-units/{unit}/reviews"
    return call(url, params, headers={"Authorization": f"Bearer {token}"}, method=method)


def public(server: DemoServer, key: str = API_KEY, **params: Any) -> tuple[int, Any]:
    url = f"{server.fakes['trustpilot_public'].url}business-units/{UNIT}/reviews"
    return call(url, params, headers={"apikey": key})


def test_the_private_list(server: DemoServer, token: str) -> None:
    status, answer = private(server, token)
    assert (status, set(answer), len(answer["reviews"])) == (200, {"links", "reviews"}, 20)
    assert all(set(review) == FIELDS | PRIVATE for review in answer["reviews"])
    dates = [review["createdAt"] for review in answer["reviews"]]
    assert dates == sorted(dates, reverse=True)
    assert dates[0].endswith("Z")
    answered = [review["companyReply"] for review in answer["reviews"] if review["companyReply"]]
    assert answered
    assert not any(reply["createdAt"].endswith("Z") for reply in answered)
    assert any(review["text"] == "" for review in answer["reviews"])


def test_the_public_list_tells_no_more_than_is_public(server: DemoServer) -> None:
    status, answer = public(server, perPage=100)
    assert (status, len(answer["reviews"])) == (200, 45)
    assert all(set(review) == FIELDS for review in answer["reviews"])
    assert "example.org" not in str(answer)


def test_pages_and_windows(server: DemoServer, token: str) -> None:
    oldest = private(server, token, perPage=1, orderBy="createdat.asc")[1]["reviews"][0]
    assert private(server, token, perPage=45, page=1)[1]["reviews"][-1] == oldest
    assert private(server, token, perPage=45, page=2) == (200, {"links": [], "reviews": []})
    # The voices are an hour apart, from half past nine on.
    window = {"startDateTime": "2026-01-05T10:30:00", "endDateTime": "2026-01-05T12:30:00"}
    assert len(private(server, token, **window)[1]["reviews"]) == 2
    assert len(private(server, token, endDateTime="2026-01-06")[1]["reviews"]) == 15
    assert {r["stars"] for r in private(server, token, stars="1,5")[1]["reviews"]} == {1, 5}


@pytest.mark.parametrize(
    "params",
    [{"perPage": 101}, {"perPage": 0}, {"page": 0}, {"page": "zwei"}, {"orderBy": "updatedat.desc"}, {"sort": "new"},
     {"startDateTime": "gestern"}, {"stars": "viele"}],
)  # fmt: skip
def test_wrong_questions(server: DemoServer, token: str, params: dict[str, Any]) -> None:
    assert private(server, token, **params)[0] == 400


def test_the_ceiling(server: DemoServer, token: str) -> None:
    assert private(server, token, perPage=100, page=1000)[0] == 200
    assert private(server, token, perPage=100, page=1001) == (400, {"details": "Pagination limit exceeded."})
    assert public(server, perPage=100, page=1001) == (400, {"details": "Pagination limit exceeded."})


def test_who_may_not_ask(server: DemoServer, token: str) -> None:
    assert private(server, "guess")[0] == 401
    assert private(server, API_KEY)[0] == 401
    assert private(server, token, unit="5e5300000000000000000000")[0] == 404
    assert private(server, token, method="POST")[0] == 405
    assert public(server, key="guess")[0] == 401
    # The key belongs into a header.
    assert public(server, key="", apikey=API_KEY)[0] == 401
    assert public(server, startDateTime="2026-01-05")[0] == 400


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [(None, {}, 401), (None, basic_header(API_KEY, "guess"), 401), ({**GRANT, "password": "guess"}, None, 400),
     ({"grant_type": "implicit"}, None, 400), ({}, None, 400), ({"grant_type": "refresh_token", "refresh_token": "x"}, None, 400)],
)  # fmt: skip
def test_who_gets_no_token(server: DemoServer, token: str, form: Any, headers: Any, status: int) -> None:
    assert give(server, form, headers)[0] == status


def test_a_token_ends_and_is_renewed_but_not_too_often() -> None:
    with DemoServer(crowd("trustpilot", 3)) as server:
        fake: Any = server.fakes["trustpilot"]
        fake.token_life, fake.tokens_per_minute = 0.0, 2
        first = give(server)[1]
        assert private(server, first["access_token"])[0] == 401
        fake.token_life = 60.0
        status, second = give(server, {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
        assert (status, private(server, second["access_token"])[0]) == (200, 200)
        assert give(server)[0] == 429


def test_every_written_review_is_there() -> None:
    with DemoServer() as server:
        reviews = public(server, perPage=100)[1]["reviews"]
    voices = [voice for voice in company().voices if voice.channel == "trustpilot"]
    assert len({review["id"] for review in reviews}) == len(reviews) == min(100, len(voices))
    assert all(len(review["id"]) == 24 for review in reviews)
    edited = [review for review in reviews if review["updatedAt"]]
    assert len(edited) == sum(bool(voice.edits) for voice in voices)
