"""The real thing as plain processes: scheduler, api-server, dag-processor, triggerer, database, demo company."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dags.local import airflow_environment
from storage.connect import Connection, Database
from tests.conftest import ROOT, rows
from tests.pipeline.conftest import scene_on, small_company

pytestmark = [pytest.mark.airflow, pytest.mark.heavy, pytest.mark.timeout(600)]
COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer")
_PATIENCE_SECONDS = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Airflow:
    """Four processes on free ports, ended by their id.

    Every DAG begins paused: each would make up for the last run it missed, and all of them together, with what they
    start in turn, keep a small machine busy for minutes before it comes to the run that is waited for.
    """

    def __init__(self, home: Path, migrated: Path) -> None:
        self.home, self.migrated, self.port = home, migrated, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        secret = "one secret for all components of this test, long enough for HS512 ........"
        self.env = {
            **os.environ,
            **airflow_environment(home),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secret,
            "AIRFLOW__API_AUTH__JWT_SECRET": secret,
            # Nothing changes in the folder; reading it again and again would take a busy machine's time.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            # A task that finds the API too busy to begin is tried again after five minutes, longer than anybody waits.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "PYTHONPATH": str(ROOT),
        }

    def __enter__(self) -> Airflow:
        (self.home / "airflow").mkdir()
        shutil.copy(self.migrated, self.home / "airflow")
        self.processes = {}
        for name in COMPONENTS:
            log = (self.home / f"{name}.log").open("w")
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", name],
                env=self.env,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)

    def call(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        """Poll until something holds; a component that died or the end of patience fails with the logs."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError, KeyError):
                if found := done():
                    return found
            dead = [name for name, process in self.processes.items() if process.poll() is not None]
            if dead:
                break
            time.sleep(1)
        logs = "\n".join(f"--- {name}\n{(self.home / f'{name}.log').read_text()[-1500:]}" for name in COMPONENTS)
        pytest.fail(f"waited in vain until {what}; {self.states()}\n{logs}")

    def states(self) -> list[tuple[str, ...]]:
        """What stands where: a task that waits to be tried again explains what the logs do not."""
        with contextlib.suppress(OSError, KeyError):
            found = self.call("/api/v2/dags/~/dagRuns/~/taskInstances")["task_instances"]
            return [(t["dag_id"], t["dag_run_id"], t["task_id"], str(t["state"])) for t in found]
        return []


@pytest.fixture
def airflow(db: Database, tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    with scene_on(small_company(), db, tmp_path):
        # The only run of the shop is the one that is asked for.
        monkeypatch.setenv("KUNDENECHO_SOURCES_SHOP_SCHEDULE", "")
        with Airflow(tmp_path, migrated) as running:
            yield running


def test_a_triggered_collect_starts_the_analysis(airflow: Airflow, conn: Connection) -> None:
    def token() -> str:
        return str(airflow.call("/auth/token")["access_token"])

    airflow.token = airflow.wait("the API answers", token)
    known = "/api/v2/dags/kundenecho_collect_shop"
    for dag in (known, "/api/v2/dags/kundenecho_analyse"):
        airflow.wait(
            f"{dag} is read and switched on",
            lambda dag=dag: not airflow.call(dag, {"is_paused": False}, "PATCH")["is_paused"],
        )
    # SQLite has one writer, and another component may hold it at this moment.
    start = {"logical_date": None}
    run = airflow.wait("the run is accepted", lambda: airflow.call(f"{known}/dagRuns", start)["dag_run_id"])
    state = airflow.wait(
        "the collect run ends",
        lambda: (s := airflow.call(f"{known}/dagRuns/{run}")["state"]) in {"success", "failed"} and s,
    )
    assert state == "success"
    assert rows(conn, "SELECT count(*) FROM feedback WHERE source = 'shop'") == [(60,)]

    def analysed() -> Any:
        runs = airflow.call("/api/v2/dags/kundenecho_analyse/dagRuns")["dag_runs"]
        return [r["state"] for r in runs if r["run_type"] == "asset_triggered" and r["state"] in {"success", "failed"}]

    assert airflow.wait("the asset event has started the analysis", analysed) == ["success"]
    assert (
        rows(conn, "SELECT count(*) FROM analysis JOIN lineage USING (lineage_id) WHERE state = 'active'")[0][0] >= 60
    )
