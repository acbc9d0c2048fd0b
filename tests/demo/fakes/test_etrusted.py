"""The eTrusted fake refuses what is documented, and gives the documented form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.company import company
from demo.fakes.etrusted import AUDIENCE, CHANNEL, CLIENT_ID, CLIENT_SECRET
from demo.server import DemoServer
from tests.demo.fakes.calls import call
from tests.spiders.crowd import crowd

GRANT = {
    "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "audience": AUDIENCE,
}  # fmt: skip
FIELDS = {
    "id", "accountRef", "channelRef", "rating", "title", "comment", "createdAt", "submittedAt", "updatedAt", "editedAt",
    "state", "type", "feedbackType", "verificationType", "reply", "customer", "transaction", "product", "questionnaire",
    "originalReview", "additionalInformation",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("etrusted", 45)) as running:
        yield running


def give(server: DemoServer, **form: str) -> tuple[int, Any]:
    return call(f"{server.fakes['etrusted'].url}oauth/token", form={**GRANT, **form})


def reviews(server: DemoServer, token: str | None = None, method: str = "GET", **params: Any) -> tuple[int, Any]:
    found = give(server)[1]["access_token"] if token is None else token
    headers = {"Authorization": f"Bearer {found}"}
    return call(f"{server.fakes['etrusted'].url}reviews", params, headers=headers, method=method)


def test_a_page(server: DemoServer) -> None:
    status, answer = reviews(server, channels=CHANNEL, count=20)
    assert (status, answer["totalElements"], len(answer["items"]), answer["paging"]["count"]) == (200, 45, 20, 20)
    assert set(answer["paging"]) == {"count", "cursor", "links"}
    assert answer["paging"]["cursor"] == {"before": answer["items"][0]["id"], "after": answer["items"][-1]["id"]}
    for review in answer["items"]:
        assert set(review) <= FIELDS
        assert review["id"].startswith("rev-")
        assert ("comment" in review) == (review["feedbackType"] == "REVIEW")
        assert ("product" in review) == (review["type"] == "PRODUCT_REVIEW")
        assert review["submittedAt"].endswith(".000Z")
    dates = [review["submittedAt"] for review in answer["items"]]
    assert dates == sorted(dates, reverse=True)


def test_the_cursor_leads_to_older_reviews(server: DemoServer) -> None:
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = reviews(server, count=20, **after)[1]
        seen += [review["id"] for review in answer["items"]]
        if "after" not in answer["paging"]["cursor"]:
            break
        after = {"after": answer["paging"]["cursor"]["after"]}
    assert len(seen) == len(set(seen)) == 45


def test_order_and_filters(server: DemoServer) -> None:
    changed = [review["updatedAt"] for review in reviews(server, count=100, orderBy="updatedAt")[1]["items"]]
    assert changed == sorted(changed, reverse=True)
    assert {r["type"] for r in reviews(server, type="SERVICE_REVIEW")[1]["items"]} == {"SERVICE_REVIEW"}
    assert {r["feedbackType"] for r in reviews(server, ignoreStatements="true")[1]["items"]} == {"REVIEW"}
    assert reviews(server, status="REJECTED")[1]["items"] == []


@pytest.mark.parametrize(
    "params",
    [{"count": 1001}, {"count": 0}, {"count": "viele"}, {"orderBy": "rating"}, {"after": "rev-unknown"}, {"page": 2},
     {"status": "DISCARDED"}, {"state": "APPROVED"}],
)  # fmt: skip
def test_wrong_questions(server: DemoServer, params: dict[str, Any]) -> None:
    assert reviews(server, **params)[0] == 400


def test_who_may_not_ask(server: DemoServer) -> None:
    assert reviews(server, token="guess")[0] == 401
    assert reviews(server, token="")[0] == 401
    assert reviews(server, method="POST")[0] == 405
    assert reviews(server, channels="chl-of-somebody-else")[0] == 403


@pytest.mark.parametrize(
    ("form", "status"),
    [({"grant_type": "password"}, 400), ({"client_secret": "guess"}, 401), ({"client_id": "guess"}, 401),
     ({"audience": "https://elsewhere.example"}, 403), ({"audience": ""}, 403)],
)  # fmt: skip
def test_who_gets_no_token(server: DemoServer, form: dict[str, str], status: int) -> None:
    assert give(server, **form)[0] == status


def test_a_token_ends() -> None:
    with DemoServer(crowd("etrusted", 3)) as server:
        server.fakes["etrusted"].token_life = 0.0  # type: ignore[attr-defined]
        assert reviews(server)[0] == 401


def test_answers_and_edits_move_the_time_of_change() -> None:
    with DemoServer(as_of=datetime(2026, 6, 1, tzinfo=UTC)) as server:
        before = {r["id"]: r for r in reviews(server, count=1000)[1]["items"]}
        server.as_of = None
        after = {r["id"]: r for r in reviews(server, count=1000)[1]["items"]}
    assert len(after) == sum(voice.channel == "etrusted" for voice in company().voices) > len(before)
    for key, review in before.items():
        same = {**after[key], "updatedAt": review["updatedAt"]} == review
        assert same == (after[key]["updatedAt"] == review["updatedAt"])
