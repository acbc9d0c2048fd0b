"""The fake SurveyMonkey refuses what the documented one refuses, and answers in its shapes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from demo.company import company
from demo.fakes.surveymonkey import SURVEY, TOKEN
from demo.server import DemoServer
from tests.conftest import SHARED, needs_shared

BULK, SORT = f"surveys/{SURVEY}/responses/bulk", "sort_by=date_modified&sort_order=ASC"


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def call(server: DemoServer, path: str, *, method: str = "GET", token: str | None = TOKEN) -> tuple[int, Any, Any]:
    request = urllib.request.Request(f"{server.url}surveymonkey/{path}", method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


@pytest.mark.parametrize(
    ("path", "how", "status", "code"),
    [
        (f"{BULK}?{SORT}", {"token": None}, 401, "1010"),
        (f"{BULK}?{SORT}", {"token": "guess"}, 401, "1011"),
        (f"{BULK}?{SORT}", {"method": "POST"}, 404, "1020"),
        (f"surveys/1/responses/bulk?{SORT}", {}, 404, "1020"),
        (f"{BULK}?{SORT}&per_page=101", {}, 400, "1003"),
        (f"{BULK}?{SORT}&per_page=viele", {}, 400, "1003"),
        (f"{BULK}?{SORT}&page=0", {}, 400, "1003"),
        (f"{BULK}?{SORT}&limit=5", {}, 400, "1003"),
        (f"{BULK}?{SORT}&start_modified_at=gestern", {}, 400, "1003"),
        (f"{BULK}?{SORT}&status=done", {}, 400, "1003"),
        (BULK, {}, 400, "1003"),
        (f"surveys/{SURVEY}/details?include=all", {}, 400, "1003"),
    ],
)
def test_what_is_refused(server: DemoServer, path: str, how: dict[str, Any], status: int, code: str) -> None:
    got, answer, headers = call(server, path, **how)
    assert (got, answer["error"]["id"], answer["error"]["http_status_code"]) == (status, code, status)
    assert set(answer["error"]) == {"id", "name", "http_status_code", "message", "docs"}
    assert headers["X-Ratelimit-App-Global-Day-Remaining"] == "499"


def test_the_day_ends(server: DemoServer) -> None:
    server.fakes["surveymonkey"].day_limit = 2  # type: ignore[attr-defined]
    left = [call(server, f"surveys/{SURVEY}/details") for _ in range(3)]
    assert [status for status, _, _ in left] == [200, 200, 429]
    assert [headers["X-Ratelimit-App-Global-Day-Remaining"] for _, _, headers in left] == ["1", "0", "0"]
    assert left[2][1]["error"]["id"] == "1040"


def test_another_data_centre(server: DemoServer) -> None:
    server.fakes["surveymonkey"].data_centre = "eu"  # type: ignore[attr-defined]
    assert call(server, f"surveys/{SURVEY}/details")[1]["error"]["id"] == "1018"


def test_pages_hold_everything_once_and_in_order(server: DemoServer) -> None:
    found: list[Any] = []
    path: str | None = f"{BULK}?{SORT}&per_page=10&page=1"
    while path:
        answer = call(server, path)[1]
        found += answer["data"]
        following = answer["links"].get("next")
        path = f"{following.split('surveymonkey/', 1)[1]}&{SORT}" if following else None
    assert (
        answer["total"] == len({r["id"] for r in found}) == sum(v.channel == "surveymonkey" for v in company().voices)
    )
    times = [r["date_modified"] for r in found]
    assert times == sorted(times)
    assert {r["collection_mode"] for r in found} == {"default", "preview"}
    assert {r["response_status"] for r in found} == {"completed", "partial"}
    later = call(server, f"{BULK}?{SORT}&start_modified_at={times[5].replace('+00:00', '')}")[1]
    assert later["total"] == len(found) - 5


def test_every_id_of_an_answer_is_in_the_details(server: DemoServer) -> None:
    questions = call(server, f"surveys/{SURVEY}/details")[1]["pages"][0]["questions"]
    known = {q["id"]: q.get("answers") or {} for q in questions}
    for response in call(server, f"{BULK}?{SORT}&per_page=100")[1]["data"]:
        for question in response["pages"][0]["questions"]:
            parts = known[question["id"]]
            for answer in question["answers"]:
                assert answer.get("choice_id") in {None, *(c["id"] for c in parts.get("choices", ()))}
                assert answer.get("row_id") in {None, *(r["id"] for r in parts.get("rows", ()))}
    weights = {
        c["weight"] for q in questions for c in (q.get("answers") or {}).get("choices", ()) if "sehr unwahr" in str(q)
    }
    assert weights == {-100, 0, 100}


@needs_shared
def test_responses_have_the_recorded_fields(server: DemoServer) -> None:
    folder = SHARED / "fixtures" / "surveymonkey"
    recorded = json.loads((folder / "recorded_api_records.json").read_text(encoding="utf-8"))["responses_bulk_data"]
    for response in call(server, f"{BULK}?{SORT}&per_page=100")[1]["data"]:
        assert set(recorded[0]) <= set(response)
        assert all(isinstance(response[name], type(value)) for name, value in recorded[0].items())
