"""The eKomi fake refuses as the real one does: with HTTP 200 and a text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from demo.company import Company
from demo.fakes.ekomi import INTERFACE, PASSWORD
from demo.server import DemoServer
from tests.demo.fakes.calls import call
from tests.spiders.crowd import FIRST, crowd

AUTH = f"{INTERFACE}|{PASSWORD}"
GOOD = {"auth": AUTH, "version": "cust-1.0.0", "type": "json", "charset": "utf-8"}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(crowd("ekomi", 60)) as running:
        yield running


def ask(server: DemoServer, method: str = "GET", **params: Any) -> tuple[int, Any]:
    asked = {k: v for k, v in {**GOOD, **params}.items() if v is not None}
    return call(f"{server.fakes['ekomi'].url}getFeedback", asked, method=method)


def test_everything_is_a_list(server: DemoServer) -> None:
    status, rows = ask(server, range="all")
    assert (status, len(rows)) == (200, 60)
    assert all(set(row) == {"submitted", "order_id", "rating", "review", "comment"} for row in rows)
    assert {type(row["rating"]) for row in rows} == {str, int}
    assert len({row["order_id"] for row in rows}) == 60
    assert max(row["submitted"] for row in rows) == (FIRST + timedelta(hours=59)).timestamp()


@pytest.mark.parametrize("auth", [None, "", INTERFACE, f"{INTERFACE}|guess", f"guess|{PASSWORD}"])
def test_wrong_credentials_are_answered_with_200(server: DemoServer, auth: str | None) -> None:
    assert ask(server, auth=auth) == (200, "Access denied")


@pytest.mark.parametrize(
    "params", [{"version": None}, {"type": "xml"}, {"charset": "latin1"}, {"range": "2w"}, {"page": 2}]
)
def test_wrong_questions(server: DemoServer, params: dict[str, Any]) -> None:
    assert ask(server, **params)[0] == 400


def test_only_get(server: DemoServer) -> None:
    assert ask(server, method="POST")[0] == 405


def test_without_utf_8_umlauts_break(server: DemoServer) -> None:
    broken = ask(server, charset=None)[1]
    assert isinstance(broken, str)
    assert "\N{REPLACEMENT CHARACTER}" in broken


def test_without_json_it_is_csv(server: DemoServer) -> None:
    rows = list(csv.reader(io.StringIO(ask(server, type=None)[1])))
    assert len(rows) == 60
    assert all(len(row) == 5 and row[0].isdecimal() for row in rows)


def test_no_data_is_204() -> None:
    with DemoServer(Company({})) as empty:
        assert ask(empty) == (204, "")


def test_a_range() -> None:
    with DemoServer(crowd("ekomi", 60), as_of=FIRST + timedelta(hours=59)) as server:
        rows = ask(server, range="day")[1]
    assert len(rows) == 25
    assert min(datetime.fromtimestamp(row["submitted"], FIRST.tzinfo) for row in rows) == FIRST + timedelta(hours=35)
