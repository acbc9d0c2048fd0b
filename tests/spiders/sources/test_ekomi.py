from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company, Voice
from demo.fakes.ekomi import INTERFACE, PASSWORD
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError, YieldError
from spiders.engine import scrapy_settings
from tests.spiders.crowd import FIRST, crowd
from tests.spiders.inprocess import card_of, collect_here
from tests.spiders.site import Answer, site
from tests.spiders.sources.wire import wired
from tests.spiders.test_faults import fed

KIND = "ekomi"
ENV = {"EKOMI_INTERFACE_ID": "918273", "EKOMI_INTERFACE_PASSWORD": "pass-wort-9"}


def row(n: int, **values: Any) -> dict[str, Any]:
    return {"submitted": 1771601749, "order_id": f"BEST-{n}", "rating": "4", "review": "Gut", "comment": "", **values}


def collect(folder: Path, answer: Answer) -> Any:
    with site(answer) as url:
        return collect_here(card_of(KIND, url), folder, ENV)


def test_what_is_asked(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 30)) as wire:
        harvest = wire.collect(tmp_path)
    assert (harvest.items, harvest.complete) == (30, True)
    [(method, path, query)] = wire.asked
    assert (method, path) == ("GET", "getFeedback")
    assert query == {
        "auth": f"{INTERFACE}|{PASSWORD}", "version": "cust-1.0.0", "type": "json", "charset": "utf-8", "range": "all",
    }  # fmt: skip


def test_a_range_finds_no_deletions(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 900), as_of=FIRST.replace(month=2, day=11)) as wire:
        harvest = wire.collect(tmp_path, options={"range": "week"})
    assert wire.asked[0][2]["range"] == "week"
    assert 150 < harvest.items < 180
    assert not harvest.complete


def test_no_data_is_an_answer(tmp_path: Path) -> None:
    with wired(KIND, Company({})) as wire:
        with pytest.raises(YieldError):
            wire.collect(tmp_path / "1")
        # Of a week, nothing may be expected.
        assert wire.collect(tmp_path / "2", options={"range": "week"}).items == 0


def test_an_order_number_is_in_no_id(tmp_path: Path) -> None:
    with wired(KIND, crowd(KIND, 30)) as wire:
        first, again = (fed(wire.collect(tmp_path / name)) for name in "ab")
    assert first.keys() == again.keys()
    assert "BEST-" not in json.dumps([*first.values()])
    assert not first.keys() & {found["order_key"] for found in first.values()}


def test_an_edit_keeps_its_id(tmp_path: Path) -> None:
    whole = crowd(KIND, 9)
    with wired(KIND, whole) as wire:
        before = fed(wire.collect(tmp_path / "a"))
        edited = replace(
            whole.voices[3], edits=({"date": "2026-03-01T00:00:00+00:00", "stars": 2, "text": "Doch nicht."},)
        )
        wire.server.company = replace(whole, voices=(*whole.voices[:3], edited, *whole.voices[4:]))
        after = fed(wire.collect(tmp_path / "b"))
    assert before.keys() == after.keys()
    assert (
        sum(
            before[key] | {"page": 0, "collected_at": 0} != after[key] | {"page": 0, "collected_at": 0} for key in after
        )
        == 1
    )


def test_a_negative_review_with_a_friendly_answer(tmp_path: Path) -> None:
    reply = {"text": "VIELEN DANK für Ihr wunderbares Lob – schön!", "date": "2026-01-06T10:00:00+01:00"}
    values = {"stars": 1, "text": "Der Tank leckt – größer als gedacht.", "reply": reply, "order": "BEST-7"}
    with wired(KIND, Company({}, (Voice("v", KIND, None, FIRST, values),))) as wire:
        [found] = fed(wire.collect(tmp_path)).values()
    assert (found["text"], found["rating_1_5"], found["reply"]) == (values["text"], 1.0, reply["text"])


def test_a_second_feedback_of_an_order_is_told(tmp_path: Path) -> None:
    rows = [row(1), row(2), row(1), row(2, review="Doch schlecht", rating="1")]
    harvest = collect(tmp_path, lambda p, n: (200, json.dumps(rows)))
    assert (harvest.items, harvest.rejected_count, harvest.complete) == (2, 1, False)
    assert "BEST" not in harvest.rejected.read_text()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda p, n: (200, "Access denied"), SettingsError),
        (lambda p, n: (200, " access denied.\n"), SettingsError),
        (lambda p, n: (200, ""), RetryError),
        (lambda p, n: (200, "[]"), RetryError),
        (lambda p, n: (200, "{}"), RetryError),
        (lambda p, n: (200, '{"error": "x"}'), DataError),
        (lambda p, n: (200, "<html>Wartung</html>"), RetryError),
        (lambda p, n: (200, json.dumps([row(1, review="größer")], ensure_ascii=False).encode("cp1252")), RetryError),
        (lambda p, n: (401, ""), SettingsError),
        (lambda p, n: (404, "getFeedback?auth=918273|pass-wort-9"), DataError),
        (lambda p, n: (500, "918273|pass-wort-9"), RetryError),
        (lambda p, n: (302, "", {"Location": p}), DataError),
        (lambda p, n: (302, "", {"Location": f"ftp://x.example{p}"}), DataError),
    ],
)
def test_no_refusal_tells_the_password(
    answer: Callable[..., Any], error: type[KundenechoError], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(scrapy_settings(card_of(KIND), "")["LOG_LEVEL"])
    with pytest.raises(error) as raised:
        collect(tmp_path, answer)
    left = str(raised.value) + caplog.text + "".join(file.read_text() for file in tmp_path.iterdir())
    assert "pass-wort-9" not in left
    assert "918273" not in left


def test_the_password_is_in_no_envelope(tmp_path: Path) -> None:
    odd = [row(1), row(2, rating="viel"), ["BEST-3"], None]
    harvest = collect(tmp_path, lambda p, n: (200, json.dumps(odd)))
    assert (harvest.items, harvest.rejected_count) == (1, 3)
    left = "".join(file.read_text() for file in tmp_path.iterdir())
    assert all(word not in left for word in ("pass-wort-9", "918273", "BEST-"))
    assert json.loads(harvest.feed.read_text())["page"]["url"].endswith("/getFeedback")
