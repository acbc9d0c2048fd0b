"""What new-source writes works: its tests, its golden pair, its row of the fault matrix."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.conftest import ROOT

#: Its golden pair, its own tests, and of the fault matrix what reads the whole list.
SOME = "musterportal and (golden or every_page or refuses or undisturbed or moves or personal or wiederholt)"
ROOMS = ("kundenecho", "spiders", "storage", "nlp", "insights", "pipeline", "dags", "web", "cli", "demo", "tests")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    leave = shutil.ignore_patterns("__pycache__", "voices", "pictures")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def outcome_of(checkout: Path, name: str, *where: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/spiders/test_golden.py",
            *where,
            "-q",
            "-k",
            name,
            "-p",
            "no:cacheprovider",
        ],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.heavy
def test_an_api_begins_with_everything_green(checkout: Path) -> None:
    done = CliRunner().invoke(
        cli, ["new-source", "musterportal", "--title", 'Muster "Portal"', "--root", str(checkout)]
    )
    assert done.exit_code == 0, done.output
    first = outcome_of(checkout, "musterportal.reviews").stdout
    assert "musterportal.reviews.api.json.expected.json was written now: look at it" in first
    own = "tests/spiders/sources/test_musterportal.py"
    again = outcome_of(checkout, SOME, "tests/spiders/test_faults.py", own)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "passed" in again.stdout


def test_a_file_begins_with_a_golden_pair(checkout: Path) -> None:
    done = CliRunner().invoke(cli, ["new-source", "musterumfrage", "--kind", "file", "--root", str(checkout)])
    assert done.exit_code == 0, done.output
    outcome_of(checkout, "musterumfrage.csv")
    assert outcome_of(checkout, "musterumfrage.csv").returncode == 0
    written = (checkout / "tests/spiders/golden/musterumfrage.csv.expected.json").read_text(encoding="utf-8")
    assert "ina@example.org" not in written
    assert '"rejected"' in written


@pytest.mark.parametrize(
    ("name", "words"), [("Muster-Portal", "lower-case letters"), ("provenexpert", "exists already")]
)
def test_names_that_are_none(name: str, words: str, checkout: Path) -> None:
    done = CliRunner().invoke(cli, ["new-source", name, "--root", str(checkout)])
    assert done.exit_code == 1
    assert words in str(done.exception)
