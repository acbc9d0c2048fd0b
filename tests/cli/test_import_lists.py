"""``kundenecho import`` takes a source's export, or one of the company's own lists."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from demo.exports import write_lists
from storage.connect import Connection, Database
from tests.conftest import ROOT, rows
from tests.pipeline.conftest import small_company

Run = Callable[..., Result]


@pytest.fixture
def run(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KUNDENECHO_DATABASE_URL", db.url)
    monkeypatch.setenv("KUNDENECHO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_the_demo_lists(run: Run, conn: Connection, tmp_path: Path) -> None:
    for file in write_lists(small_company(), tmp_path):
        first, again = run(file, "--kind", file.stem), run(file, "--kind", file.stem)
        assert (first.exit_code, again.exit_code) == (0, 0), first.output
        assert first.output.startswith(f"{file.name} → {file.stem}: items ")
        assert "new 0, revised 0" in again.output
    assert rows(conn, "SELECT kind FROM lists.company_lists ORDER BY import_id") == [
        (kind,) for kind in ("customers", "orders", "consents", "contacts", "unsubscribes", "sales", "testimonials")
    ]


@pytest.mark.parametrize("options", [(), ("--source", "umfrage", "--kind", "orders")])
def test_either_a_source_or_a_kind(options: tuple[str, ...], run: Run, conn: Connection) -> None:
    result = run("orders.csv", *options)
    assert result.exit_code == 2
    assert "--source" in result.output.splitlines()[-1]
    assert "--kind" in result.output.splitlines()[-1]
    assert rows(conn, "SELECT count(*) FROM run") == [(0,)]


def test_an_unknown_kind(run: Run) -> None:
    result = run("x.csv", "--kind", "friends")
    assert result.exit_code == 2
    assert "customers" in result.output


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("product;month\nHM;2026-03\n", 2, "needs the column units"),
        ("product;month;units\nHM;bald;1\n", 1, "1 of 1 rows are not as the list wants them"),
        (None, 1, "the file does not exist"),
    ],
)
def test_exit_codes(content: str | None, code: int, message: str, db: Database, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "sales.csv").write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "import", str(tmp_path / "sales.csv"), "--kind", "sales"],
        env={**os.environ, "KUNDENECHO_DATABASE_URL": db.url, "KUNDENECHO_HOME": str(tmp_path / "home")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
