"""The written demo company, collected, understood and decided: a copy of it for each module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storage.connect import Database
from tests.conftest import DemoCompany, _admin, _numbers


@dataclass
class Installation:
    """A running installation with the demo company in it."""

    db: Database
    home: Path
    run: Callable[..., Result]


@pytest.fixture(scope="module")
def installed(
    demo_company: DemoCompany, cluster: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    name = f"installed_{os.getpid()}_{next(_numbers)}"
    _admin(cluster, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, demo_company.database)
    db = Database(cluster.replace("/postgres?", f"/{name}?"))
    home = tmp_path_factory.mktemp("installed") / "home"
    shutil.copytree(demo_company.home, home)
    saved = dict(os.environ)
    os.environ.update(demo_company.env, KUNDENECHO_DATABASE_URL=db.url, KUNDENECHO_HOME=str(home))

    def run(*arguments: str, **options: Any) -> Result:
        from cli.main import cli

        return CliRunner().invoke(cli, list(arguments), catch_exceptions=True, **options)

    yield Installation(db, home, run)
    os.environ.clear()
    os.environ.update(saved)
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)
