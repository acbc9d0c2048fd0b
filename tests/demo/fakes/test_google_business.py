"""The fake of the Business Profile API refuses what is not documented, with Google's own bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from demo.company import Company
from demo.fakes.google_business import CLIENT_ID, CLIENT_SECRET, LOCATION, REFRESH_TOKEN
from demo.server import DemoServer
from tests.demo.fakes.calls import call
from tests.spiders.crowd import crowd

GRANT = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}  # fmt: skip
#: The fields that the reference names, and no others.
REVIEW = {"name", "reviewId", "reviewer", "starRating", "comment", "createTime", "updateTime", "reviewReply"}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("google_business", 120)) as running:
        yield running


@pytest.fixture(scope="module")
def bearer(server: DemoServer) -> dict[str, str]:
    return bearer_of(server)


def bearer_of(server: DemoServer) -> dict[str, str]:
    status, answer = call(f"{server.fakes['google_business'].url}token", form=GRANT)
    assert (status, answer["expires_in"], answer["token_type"]) == (200, 3599, "Bearer")
    return {"Authorization": f"Bearer {answer['access_token']}"}


def reviews(server: DemoServer, headers: dict[str, str], where: str = LOCATION, **params: Any) -> tuple[int, Any]:
    method = params.pop("method", "GET")
    return call(f"{server.fakes['google_business'].url}v4/{where}/reviews", params, method=method, headers=headers)


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"pageSize": 51}, 400, "INVALID_ARGUMENT"),
        ({"pageSize": 0}, 400, "INVALID_ARGUMENT"),
        ({"pageSize": "alle"}, 400, "INVALID_ARGUMENT"),
        ({"orderBy": "updateTime"}, 400, "INVALID_ARGUMENT"),
        ({"orderBy": "createTime desc"}, 400, "INVALID_ARGUMENT"),
        ({"pageToken": "erfunden"}, 400, "INVALID_ARGUMENT"),
        ({"since": "2026-01-01"}, 400, "INVALID_ARGUMENT"),
        ({"where": "accounts/1068/locations/1"}, 404, "NOT_FOUND"),
        ({"headers": {}}, 401, "UNAUTHENTICATED"),
        ({"headers": {"Authorization": "Bearer geraten"}}, 401, "UNAUTHENTICATED"),
    ],
)
def test_what_is_not_documented_is_refused(
    server: DemoServer, bearer: dict[str, str], wrong: dict[str, Any], status: int, word: str
) -> None:
    code, answer = reviews(server, **{"headers": bearer, **wrong})
    assert (code, answer["error"]["code"], answer["error"]["status"]) == (status, status, word)
    if code == 404:
        assert answer["error"]["errors"] == [
            {"message": "Requested entity was not found.", "domain": "global", "reason": "notFound"}
        ]


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"refresh_token": "alt"}, 400, "invalid_grant"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_no_token_is_given(server: DemoServer, wrong: dict[str, str], status: int, word: str) -> None:
    code, answer = call(f"{server.fakes['google_business'].url}token", form={**GRANT, **wrong})
    assert (code, answer["error"]) == (status, word)


def test_a_token_lives_as_long_as_it_says(server: DemoServer) -> None:
    headers = bearer_of(server)
    assert reviews(server, headers)[0] == 200
    server.fakes["google_business"].tokens.expire()  # type: ignore[attr-defined]
    assert reviews(server, headers)[0] == 401


def test_pages_by_last_change_and_no_other_fields() -> None:
    found: list[dict[str, Any]] = []
    with DemoServer(crowd("google_business", 120)) as server:
        headers, token = bearer_of(server), None
        for _ in range(9):
            status, page = reviews(server, headers, **({"pageToken": token} if token else {}))
            assert (status, page["totalReviewCount"], page["averageRating"]) == (200, 120, 3.0)
            found += page["reviews"]
            if not (token := page.get("nextPageToken")):
                break
        mixed = reviews(server, headers, pageToken=reviews(server, headers)[1]["nextPageToken"], orderBy="rating")
    assert (len(found), len({review["reviewId"] for review in found}), mixed[0]) == (120, 120, 400)
    times = [review["updateTime"] for review in found]
    assert times == sorted(times, reverse=True)
    for review in found:
        assert review.keys() <= REVIEW
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", review["createTime"])
        assert review["starRating"] in {"ONE", "TWO", "THREE", "FOUR", "FIVE"}
        assert review["name"] == f"{LOCATION}/reviews/{review['reviewId']}"
        assert ("profilePhotoUrl" in review["reviewer"]) != review["reviewer"]["isAnonymous"]
    comments = [review.get("comment", "") for review in found]
    assert any(comment.startswith("(Translated by Google)") for comment in comments)
    assert any("\n\n(Translated by Google)\n" in comment for comment in comments)
    assert "" in comments
    assert any(len(review["createTime"]) == 30 for review in found)


def test_without_reviews_there_is_no_key() -> None:
    with DemoServer(Company({}, ())) as server:
        assert reviews(server, bearer_of(server)) == (200, {})


def test_a_project_that_is_not_approved_has_no_quota() -> None:
    with DemoServer(crowd("google_business", 3)) as server:
        server.fakes["google_business"].approved = False  # type: ignore[attr-defined]
        status, answer = reviews(server, bearer_of(server))
    assert (status, answer["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert answer["error"]["details"][0]["metadata"]["quota_limit_value"] == "0"
