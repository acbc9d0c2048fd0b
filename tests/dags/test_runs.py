"""Every DAG runs under dag.test() against the demo company; a broken source fails alone and is told once."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kundenecho.settings import load_settings
from storage.connect import Connection, Database
from tests.conftest import rows
from tests.pipeline.conftest import scene_on, small_company

pytestmark = [pytest.mark.airflow, pytest.mark.heavy]


@pytest.fixture
def scene(db: Database, tmp_path: Path, airflow_home: Path) -> Iterator[Any]:
    with scene_on(small_company(), db, tmp_path) as found:
        yield found


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    told: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", told
    server.shutdown()
    server.server_close()


def run(dag_id: str) -> str:
    from dags.local import load_dags, test_dag

    return test_dag(load_dags()[dag_id])


def handed_over() -> list[str]:
    """What tasks have handed on to others, as Airflow keeps it."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return [str(value) for (value,) in session.execute(select(XComModel.value))]


def test_every_dag_is_green(
    scene: Any, conn: Connection, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.local import load_dags, test_dag

    monkeypatch.setenv("KUNDENECHO_SEAL_RENEW", "HM-310")
    monkeypatch.setenv("KUNDENECHO_SEAL_FOLDER", str(tmp_path / "siegel"))
    monkeypatch.setenv("KUNDENECHO_SEAL_MIN_RATINGS", "10")
    dags = load_dags()
    order = sorted(d for d in dags if "collect" in d)
    order += [f"kundenecho_{s}" for s in ("analyse", "decide", "cases", "report", "seal", "retain", "freshness")]
    # Asking a person has a test of its own.
    assert {*order, "kundenecho_remedy"} == set(dags)
    states = {dag_id: test_dag(dags[dag_id]) for dag_id in order}
    assert set(states.values()) == {"success"}, states
    assert rows(conn, "SELECT count(*) > 80 FROM feedback") == [(True,)]
    assert rows(conn, "SELECT count(*) > 0 FROM defect_figure") == [(True,)]
    assert json.loads((tmp_path / "siegel" / "HM-310" / "siegel.json").read_text(encoding="utf-8"))["issued"]
    logged = "".join(capfd.readouterr())
    for word in ("@example.org", "Ina", "Auslaufdüse", "SELECT ", "INSERT INTO"):
        assert word not in logged, word
    held = handed_over()
    # Tasks hand on what they counted, never of whom or what was said.
    assert len(held) > 10
    names = {name for (name,) in rows(conn, "SELECT display_name FROM author_name WHERE length(display_name) > 3")}
    assert names
    for word in ("@example.org", "Auslaufdüse", *names):
        assert not [value for value in held if word in value], word


def test_a_broken_source_fails_alone_and_is_told_once(
    scene: Any, conn: Connection, webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, told = webhook
    os.environ["KUNDENECHO_ALERTS_WEBHOOK_URL"] = url
    assert run("kundenecho_collect_shop") == "success"
    os.environ["KUNDENECHO_SOURCES_PROVENEXPERT_ADDRESS"] = "http://127.0.0.1:9/api/v1/"
    assert run("kundenecho_collect_provenexpert") == "failed"
    assert run("kundenecho_collect_provenexpert") == "failed"
    assert run("kundenecho_collect_umfrage") == "success"
    assert rows(conn, "SELECT DISTINCT source FROM feedback ORDER BY 1") == [("shop",), ("umfrage",)]
    assert [(t["event"], t["step"]) for t in told] == [("step_failed", "collect provenexpert")]
    assert "did not answer" in told[0]["error"]
    os.environ["KUNDENECHO_SOURCES_PROVENEXPERT_ADDRESS"] = scene.env["KUNDENECHO_SOURCES_PROVENEXPERT_ADDRESS"]
    assert run("kundenecho_collect_provenexpert") == "success"
    os.environ["KUNDENECHO_SOURCES_PROVENEXPERT_ADDRESS"] = "http://127.0.0.1:9/api/v1/"
    assert run("kundenecho_collect_provenexpert") == "failed"
    assert len(told) == 2


def test_a_broken_card_fails_its_own_dag_only(scene: Any, tmp_path: Path) -> None:
    os.environ["KUNDENECHO_SOURCES_SHOP_SCHEDULE"] = "sometimes"
    assert run("kundenecho_collect_shop") == "failed"
    assert run("kundenecho_collect_umfrage") == "success"
    assert load_settings().sources
