"""Runs the DAGs in this process, without a scheduler: a fresh machine, a test."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kundenecho.errors import KundenechoError
from kundenecho.settings import Settings

_STEPS = ("analyse", "decide", "report")


def airflow_environment(home: Path) -> dict[str, str]:
    """Environment for an Airflow of its own: metadata in SQLite under ``home``, our DAGs, no examples.

    Args:
        home: State directory of Kundenecho; Airflow's stands in ``airflow`` below it.
    """
    folder = home.resolve() / "airflow"
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent.resolve()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def run_dags(settings: Settings, *, progress: Callable[[str, int, int | None], None]) -> dict[str, str]:
    """Run collect for every scheduled source, then analyse, decide and report, by ``dag.test()``.

    Args:
        settings: The installation's settings; its environment must be the process's own.
        progress: Told about each DAG.

    Returns:
        State of the run by DAG id, ``success`` or ``failed``.

    Raises:
        KundenechoError: If Airflow's own database cannot be prepared or a DAG file is broken.
    """
    os.environ.update(airflow_environment(settings.home))
    # A library of Airflow's warns about another one; nobody in front of a terminal can act on it.
    warnings.filterwarnings("ignore", message="Using .httpx. with")
    progress("Airflow vorbereiten", 0, 1)
    _prepare(settings.home)
    progress("Airflow vorbereiten", 1, 1)
    dags = load_dags()
    order = [d for d in sorted(dags) if d.startswith("kundenecho_collect_") and dags[d].schedule is not None]
    order += [f"kundenecho_{step}" for step in (*_STEPS, *(["seal"] if settings["seal.renew"] else []))]
    states: dict[str, str] = {}
    for number, dag_id in enumerate(order):
        progress("DAGs ausführen", number, len(order))
        states[dag_id] = test_dag(dags[dag_id])
    progress("DAGs ausführen", len(order), len(order))
    return states


def load_dags() -> dict[str, Any]:
    """All DAGs of this folder by id.

    Raises:
        KundenechoError: If a file cannot be imported; the message names it.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(Path(__file__).parent))
    if bag.import_errors:
        file, trace = next(iter(bag.import_errors.items()))
        raise KundenechoError(trace.strip().splitlines()[-1], where=Path(file).name, remedy="Mend the DAG file")
    return dict(bag.dags)


def test_dag(dag: Any) -> str:
    """Run one DAG in this process and return the state of its run."""
    for task in dag.tasks:
        # Nobody waits five minutes for a retry in front of a terminal.
        options = getattr(task, "partial_kwargs", None)
        if options is not None:
            options["retries"] = 0
        else:
            task.retries = 0
    return str(dag.test().state)


def _prepare(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env={**os.environ, **airflow_environment(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise KundenechoError(
            f"Airflow's own database could not be prepared: {lines[-1] if lines else 'no message'}",
            where=str(home / "airflow"),
            remedy="Remove that folder and try again",
        )
