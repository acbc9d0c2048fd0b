"""The fake LimeSurvey refuses what the documented one refuses; its export is one base64 text."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from demo.fakes.limesurvey import NPS, PASSWORD, SURVEY, USER
from demo.server import DemoServer
from tests.spiders.crowd import crowd

GOOD = (SURVEY, "json", None, "all", "code", "long")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("limesurvey", 12)) as running:
        yield running


def post(server: DemoServer, body: bytes, kind: str = "application/json", method: str = "POST") -> bytes:
    request = urllib.request.Request(
        f"{server.url}limesurvey/index.php/admin/remotecontrol", data=body if method == "POST" else None, method=method
    )
    request.add_header("Content-Type", kind)
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: bytes = answer.read()
        assert answer.status == 200
        return found


def call(server: DemoServer, method: str, *params: Any) -> Any:
    answer = json.loads(post(server, json.dumps({"method": method, "params": params, "id": 7}).encode()))
    assert answer["id"] == 7
    return answer["result"] if answer["error"] is None else answer["error"]


def session(server: DemoServer) -> str:
    return str(call(server, "get_session_key", USER, PASSWORD))


@pytest.mark.parametrize(
    ("params", "status"),
    [
        (("999", *GOOD[1:]), "No Data, survey table does not exist."),
        ((SURVEY, "json", "fr", *GOOD[3:]), "Language code not found for this survey."),
    ],
)
def test_failures_come_with_200(server: DemoServer, params: tuple[Any, ...], status: str) -> None:
    assert call(server, "export_responses", session(server), *params) == {"status": status}


def test_sessions(server: DemoServer) -> None:
    assert call(server, "get_session_key", USER, "guess") == {"status": "Invalid user name or password"}
    assert call(server, "export_responses", "guess", *GOOD) == {"status": "Invalid session key"}
    key = session(server)
    assert isinstance(call(server, "export_responses", key, *GOOD), str)
    assert call(server, "release_session_key", key) == "OK"
    assert call(server, "export_responses", key, *GOOD) == {"status": "Invalid session key"}
    for _ in range(2):
        call(server, "get_session_key", USER, "guess")
    assert "exceeded" in call(server, "get_session_key", USER, PASSWORD)["status"]


def test_rights(server: DemoServer) -> None:
    server.fakes["limesurvey"].permitted = False  # type: ignore[attr-defined]
    assert call(server, "export_responses", session(server), *GOOD) == {"status": "No permission"}


@pytest.mark.parametrize("wrong", [(SURVEY,), (SURVEY, "yaml"), (SURVEY, "json", None, "done"), (*GOOD, 1, 2, [], 3)])
def test_positions_matter(server: DemoServer, wrong: tuple[Any, ...]) -> None:
    assert call(server, "export_responses", session(server), *wrong) == "wrong number of parameters"


@pytest.mark.parametrize(
    ("body", "how"), [(b"{}", {}), (b"method=x", {}), (b"{}", {"kind": "text/xml"}), (b"", {"method": "GET"})]
)
def test_what_is_no_call_gets_nothing(server: DemoServer, body: bytes, how: dict[str, str]) -> None:
    assert post(server, body, **how) == b""


def test_unknown_procedures(server: DemoServer) -> None:
    assert call(server, "drop_survey", session(server)) == "unknown procedure drop_survey"


def test_codes_and_labels(server: DemoServer) -> None:
    key = session(server)
    rows = {}
    for kind in ("short", "long"):
        export = json.loads(base64.b64decode(call(server, "export_responses", key, *GOOD[:5], kind)))
        rows[kind] = export["responses"]
    assert [row[NPS] for row in rows["long"]] == [str(n % 11) for n in range(12)]
    assert [row[NPS] for row in rows["short"]][:2] == ["AO01", "AO02"]
    assert [row["id"] for row in rows["long"]] == [str(n) for n in range(1, 13)]


def test_nobody_has_answered() -> None:
    with DemoServer() as server:
        found = call(server, "export_responses", session(server), *GOOD)
    assert found == {"status": "No Data, could not get max id."}
