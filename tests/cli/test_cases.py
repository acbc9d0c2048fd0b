"""The commands of the follow-up and of the key figures, on a small book of cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from storage.connect import Connection, Database
from tests.pipeline.case_book import understood

Run = Callable[..., Result]


@pytest.fixture
def run(
    db: Database, conn: Connection, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    load: Callable[..., object], feedback: Callable[..., Feedback],
) -> Run:  # fmt: skip
    """An installation with one complaint and one question of May 2026."""
    when: dict[str, Any] = {"created_at": datetime(2026, 5, 4, 8, tzinfo=UTC), "created_precision": "second"}
    load([
        feedback("1", "Undicht, ruft an: 0561 1234567!", rating_1_5=1.0, raw_value=1.0, **when),
        feedback("2", "Passt die Kanne auch für Tee?", **when),
    ])  # fmt: skip
    understood(conn, {"2": {"question": True}})
    decide(settings)
    monkeypatch.setenv("KUNDENECHO_DATABASE_URL", db.url)
    monkeypatch.setenv("KUNDENECHO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, list(arguments))


def test_from_the_list_to_the_last_event(run: Run) -> None:
    listed = run("cases")
    assert listed.exit_code == 0, listed.output
    assert listed.output == run("cases", "list").output
    assert "2 offen, 2 davon überfällig" in listed.output
    assert "0561" not in listed.output
    shown = run("cases", "show", "V1").output
    assert "V1: Beschwerde, offen" in shown
    assert "Vorschlag: Erste Antwort auf eine Beschwerde (Entwurf, nicht freigegeben)" in shown
    assert "bei support" in run("cases", "take", "V1", "--by", "support").output
    assert "zugewiesen (support): marketing" in run("cases", "assign", "V1", "marketing", "--by", "support").output
    assert "ruft morgen an" in run("cases", "note", "V1", "ruft morgen an", "--by", "marketing").output
    assert "wartet auf den Kunden" in run("cases", "wait", "V1", "--by", "marketing").output
    assert "(zu spät)" in run("cases", "answer", "V1", "--by", "marketing").output
    assert "geschlossen (gelöst)" in run("cases", "close", "V1", "--by", "marketing").output
    assert "V1: Beschwerde, offen" in run("cases", "reopen", "V1", "--by", "marketing", "--note", "doch nicht").output
    assert run("cases", "check").output.startswith("cases: escalated 2")


def test_for_machines(run: Run, tmp_path: Path) -> None:
    rows = json.loads(run("cases", "--format", "json", "--kind", "question").stdout)
    assert [(r["case_id"], r["overdue"], r["opened_at"]) for r in rows] == [("V2", True, "2026-05-04T08:00:00+00:00")]
    assert json.loads(run("cases", "show", "V2", "--json").stdout)[0]["suggestions"]
    assert run("cases", "--format", "xlsx", "--output", str(tmp_path / "v.xlsx")).exit_code == 0
    assert run("cases", "list", "--overdue", "--unhappy", "--format", "csv").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "V9"), "V9 is not known"),
        (("take", "V1", "--by", "zoe"), "'zoe' is in no team"),
        (("reopen", "V1", "--by", "support"), "Possible now"),
        (("close", "V1", "--by", "support", "--outcome", "luck"), "'luck' is not one of"),
    ],
)
def test_what_cannot_be_says_so(run: Run, arguments: tuple[str, ...], says: str) -> None:
    done = run("cases", *arguments)
    assert done.exit_code != 0
    assert says in done.output + str(done.exception)


def test_key_figures(run: Run) -> None:
    shown = run("kpis")
    assert shown.exit_code == 0, shown.output
    assert "Antwortzeit, Hälfte beantwortet nach" in shown.output
    assert "Meilensteine" in shown.output
    found = json.loads(run("kpis", "--format", "json", "--by", "week", "--kpi", "answered_in_time").stdout)
    assert [(r["week"], r["value"], r["n"]) for r in found] == [("2026-05-04", 0.0, 2)]
    assert run("kpis", "--kpi", "luck").exit_code == 2
