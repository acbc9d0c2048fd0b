"""An Airflow of its own for the DAG tests, with its metadata in a temporary SQLite file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dags.local import _prepare


@pytest.fixture(scope="session")
def airflow_home(environment: Path) -> Path:
    _prepare(environment)
    folder = environment / "airflow"
    shutil.copy(folder / "airflow.db", folder / "migrated")
    return environment


@pytest.fixture(scope="session")
def migrated(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's database as it is before the first run, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    return Path(shutil.copy(airflow_home / "airflow" / "migrated", folder / "airflow.db"))
