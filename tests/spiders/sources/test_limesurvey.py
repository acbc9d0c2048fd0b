"""LimeSurvey: the session is always ended, a failure's text decides, drop-outs count for no NPS."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from demo.company import Company, Voice
from demo.fakes.limesurvey import LimeSurvey, _result
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from kundenecho.keying import Keyer
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.inprocess import collect_here, spider_of
from tests.spiders.sources.wire import wired
from tests.spiders.test_faults import card_for, fed, truth

KIND = "limesurvey"
PAGE = {"url": "https://umfrage.example/", "fetched_at": "2026-06-01T08:00:00+00:00", "status": 200, "digest": "d"}


def some(*statuses: str, answers: dict[str, str] | None = None) -> Company:
    values = {
        "nps": 3,
        "scores": {"a": 4, "b": 2},
        "answers": {"gut": "Kanne ist dicht."} if answers is None else answers,
    }
    return Company(
        {}, tuple(Voice(f"v{n}", KIND, None, FIRST, {**values, "status": s}) for n, s in enumerate(statuses))
    )


def test_three_calls_and_the_session_is_ended(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 30)) as wire:
        harvest = wire.collect(tmp_path)
        assert (wire.fake.opened_sessions, wire.fake.sessions) == (1, set())
    assert [path for _, path, _ in wire.asked] == [
        "admin/remotecontrol",
        "index.php/admin/remotecontrol",
        "admin/remotecontrol",
    ]
    assert {method for method, _, _ in wire.asked} == {"POST"}
    assert harvest.complete
    scores = next(row["extra"]["scores"] for row in fed(harvest).values())
    assert set(scores) == {"tempo", "freundlichkeit"}


def test_the_address_alone_is_enough(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 3)) as wire:
        card, env = card_for(wire.server, KIND)
        harvest = collect_here(replace(card, token_address=""), tmp_path, env, account=wire.fake.accounts[0])
    assert harvest.complete
    assert {path for _, path, _ in wire.asked} == {"index.php/admin/remotecontrol"}


def test_who_did_not_submit_counts_for_no_nps(tmp_path: Path) -> None:
    with wired(KIND, some("completed", "partial")) as wire:
        rows = fed(wire.collect(tmp_path))
    assert (rows["1/gut"]["nps_0_10"], rows["1/gut"]["extra"].get("submitted")) == (3, None)
    assert ("nps_0_10" in rows["2/gut"], rows["2/gut"]["extra"]["submitted"]) == (False, False)


def test_who_said_nothing_is_left_out_until_it_is_submitted(tmp_path: Path) -> None:
    with wired(KIND, some("partial", "completed", answers={})) as wire:
        assert fed(wire.collect(tmp_path)).keys() == {"2/rating"} == truth(wire.server, KIND).keys()


def test_nobody_has_answered(tmp_path: Path) -> None:
    with wired(KIND, Company({}, ())) as wire:
        with pytest.raises(YieldError):
            wire.collect(tmp_path)
        assert wire.fake.sessions == set()


def test_a_survey_without_dates(tmp_path: Path) -> None:
    with wired(KIND, some("completed", "partial")) as wire:
        wire.fake.dated = False
        rows = fed(wire.collect(tmp_path))
    assert {row["created_precision"] for row in rows.values()} == {"unknown"}
    assert "nps_0_10" in rows["1/gut"]
    assert "nps_0_10" not in rows["2/gut"]


def test_the_shape_of_older_versions(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 20)) as wire:
        wire.fake.old_shape = True
        assert fed(wire.collect(tmp_path)).keys() == truth(wire.server, KIND).keys()


def set_to(name: str, value: Any) -> Callable[[Any], None]:
    return lambda fake: setattr(fake, name, value)


@pytest.mark.parametrize(
    ("change", "how", "error", "words"),
    [
        (set_to("permitted", False), {}, SettingsError, "No permission"),
        (set_to("active", False), {}, SettingsError, "activate it"),
        (set_to("failures", 3), {}, RetryError, "locks out"),
        (set_to("failures", 0), {"account": "1"}, SettingsError, "survey's id"),
        (set_to("failures", 0), {"account": ""}, SettingsError, "names no survey"),
        (set_to("failures", 0), {"options": {"language": "fr"}}, SettingsError, "option language"),
        (set_to("failures", 0), {"env": {"LIMESURVEY_PASSWORD": "geheim"}}, SettingsError, "user and password"),
    ],
)
def test_what_a_failure_means(
    change: Callable[[Any], None], how: dict[str, Any], error: type[KundenechoError], words: str, tmp_path: Path
) -> None:
    with wired(KIND, some("completed")) as wire:
        change(wire.fake)
        with pytest.raises(error, match=words) as caught:
            wire.collect(tmp_path, **how)
        assert wire.fake.sessions == set()
    assert "geheim" not in str(caught.value)
    assert "demo-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HTMLResponse("<html>Wartung</html>"), RetryError),
        (JSONResponse({}), RetryError),
        (JSONResponse([]), RetryError),
        (HTMLResponse(""), RetryError),
        (JSONResponse({"id": 1, "result": None, "error": "oops"}), DataError),
        (JSONResponse({"id": 1, "result": None, "error": None}), DataError),
        (_result({}), DataError),
        (_result([]), DataError),
        (_result(""), DataError),
        (_result({"status": "Invalid session key"}), RetryError),
        (_result({"status": "Error: something new"}), DataError),
        (_result({"status": ["No permission"]}), DataError),
    ],
)
@pytest.mark.parametrize("method", ["get_session_key", "export_responses"])
def test_odd_answers_never_look_like_success(
    method: str, answer: Any, error: type[KundenechoError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LimeSurvey._call

    async def call(fake: LimeSurvey, request: Any) -> Any:
        return answer if json.loads(await request.body())["method"] == method else await real(fake, request)

    monkeypatch.setattr(LimeSurvey, "_call", call)
    # An empty text is no session, and an export that is cut off.
    expected = RetryError if (method, answer.body) == ("export_responses", _result("").body) else error
    with wired(KIND, some("completed")) as wire:
        with pytest.raises(expected):
            wire.collect(tmp_path)
        assert wire.fake.sessions == set()


@pytest.mark.parametrize("export", ["kein base64!", base64.b64encode(b"<html>").decode(), base64.b64encode(b'{"responses": {}}').decode(),
                                    base64.b64encode(b'{"responses": [{"id": "1", "G0').decode(), base64.b64encode(b"[]").decode()])  # fmt: skip
def test_exports_that_cannot_be_read(export: str, tmp_path: Path) -> None:
    with wired(KIND, some("completed")) as wire:
        wire.fake._export = lambda *_: export
        with pytest.raises(RetryError, match="cannot be read"):
            wire.collect(tmp_path)
        assert wire.fake.sessions == set()


def test_a_session_that_cannot_be_ended_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LimeSurvey, "_close", lambda *_: {}["no"])
    with wired(KIND, some("completed")) as wire:
        assert wire.collect(tmp_path).items == 1
    assert len(wire.asked) > 3  # it was tried


def test_a_question_that_is_not_there(keyer: Keyer, tmp_path: Path) -> None:
    spider = spider_of(KIND, keyer, tmp_path, columns={"native_id": "id", "nps": "G09Q09"})
    with pytest.raises(SettingsError, match="'G09Q09' is missing") as error:
        list(spider.parse({"responses": [{"id": "1", "G01Q01": "9"}]}, PAGE))
    assert "The file has: id, G01Q01" in str(error.value)


def test_codes_instead_of_labels_are_no_score(keyer: Keyer, tmp_path: Path) -> None:
    spider = spider_of(KIND, keyer, tmp_path, columns={"native_id": "id", "nps": "N"})
    rows = [{"id": "1", "N": "A11"}, {"id": "2", "N": "AO05"}, {"id": "3", "N": "5"}]
    found: list[Any] = list(spider.parse({"responses": rows}, PAGE))
    assert [getattr(item, "nps_0_10", "refused") for item in found] == ["refused", "refused", 5]


def test_an_empty_export(keyer: Keyer, tmp_path: Path) -> None:
    assert list(spider_of(KIND, keyer, tmp_path).parse({"responses": []}, PAGE)) == []
