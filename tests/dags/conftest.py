"""An Airflow of its own for the DAG tests, with its metadata in a temporary SQLite file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Path:
    home = tmp_path_factory.mktemp("airflow-state")
    from dags.local import _prepare, airflow_environment

    os.environ.update(airflow_environment(home))
    _prepare(home)
    return home
