"""The written demo company, collected, understood and decided once for the whole module."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from demo.scene import demo_scene
from kundenecho.settings import load_settings
from pipeline.analyse import analyse
from pipeline.collect import collect
from pipeline.decide import decide
from storage.connect import Database
from tests.conftest import _admin


@dataclass
class Installation:
    """A running installation with the demo company in it."""

    db: Database
    home: Path
    run: Callable[..., Result]


@pytest.fixture(scope="module")
def installed(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    name = f"installed_{os.getpid()}"
    _admin(cluster, "CREATE DATABASE {} TEMPLATE kundenecho STRATEGY file_copy", name)
    db = Database(cluster.replace("/postgres?", f"/{name}?"))
    home = tmp_path_factory.mktemp("home")
    saved = dict(os.environ)
    with demo_scene(home) as scene:
        os.environ.update(scene.env, KUNDENECHO_DATABASE_URL=db.url)
        settings = load_settings()
        for source in ("shop", "provenexpert", "umfrage"):
            collect(settings, source)
        analyse(settings)
        decide(settings)

        def run(*arguments: str) -> Result:
            from cli.main import cli

            return CliRunner().invoke(cli, list(arguments), catch_exceptions=True)

        yield Installation(db, home, run)
    os.environ.clear()
    os.environ.update(saved)
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)
