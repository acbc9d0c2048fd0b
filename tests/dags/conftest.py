"""An Airflow of its own for the DAG tests, with its metadata in a temporary SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dags.local import _prepare


@pytest.fixture(scope="session")
def airflow_home(environment: Path) -> Path:
    _prepare(environment)
    return environment
