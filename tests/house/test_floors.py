"""The floors of the house hold: imports point down, never up, never sideways between rooms of floor 2."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOOR = {
    "kundenecho": 1,
    "spiders": 2,
    "nlp": 2,
    "insights": 2,
    "storage": 2,
    "pipeline": 3,
    "dags": 4,
    "web": 4,
    "cli": 5,
}
#: demo stands aside: it may use the vocabulary, and only these may use it.
USERS_OF_DEMO = {"cli", "tests", "benchmarks", "demo"}
#: What a room never knows.
NEVER = {
    "storage": {"scrapy", "spacy", "airflow"},
    "nlp": {"scrapy", "psycopg2", "airflow"},
    "spiders": {"psycopg2", "spacy", "airflow"},
    "insights": {"scrapy", "spacy", "psycopg2", "airflow"},
    "pipeline": {"scrapy", "spacy", "airflow", "jinja2", "fastapi"},
    "web": {"scrapy", "spacy", "airflow"},
    "dags": {"scrapy", "spacy", "psycopg2"},
    "kundenecho": {"scrapy", "spacy", "psycopg2", "airflow"},
}
ROOMS = (*FLOOR, "demo")
#: What makes somebody wait who only asks for help; each command imports what it needs.
SLOW_TO_IMPORT = {
    "airflow", "datasketch", "fastapi", "jinja2", "jwt", "nlp", "numpy", "openpyxl", "psutil", "psycopg2", "scipy",
    "scrapy", "spacy", "uvicorn", "web",
}  # fmt: skip


def imports(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.relative_to(ROOT)}:{node.lineno} imports relatively"
            yield node.module or "", node.lineno


def violations(room: str, module: str) -> str | None:
    top = module.split(".")[0]
    if top in NEVER.get(room, ()):
        return f"{room} never knows {top}"
    if top == "demo" and room not in USERS_OF_DEMO:
        return "demo is used by cli, tests and benchmarks only"
    if room == "demo":
        return f"demo may not use {top}" if top in FLOOR and top != "kundenecho" else None
    if top not in FLOOR or top == room:
        return None
    if FLOOR[top] > FLOOR[room]:
        return f"{room} (floor {FLOOR[room]}) imports {top} (floor {FLOOR[top]}) above it"
    if FLOOR[top] == FLOOR[room] == 2:
        return f"{room} imports its neighbour {top}"
    return None


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_down(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"the room {room} is empty"
    found = [
        f"{file.relative_to(ROOT)}:{line}: {reason}"
        for file in files
        for module, line in imports(file)
        if (reason := violations(room, module))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("room", "module"),
    [
        ("storage", "pipeline.collect"),
        ("nlp", "storage.load"),
        ("insights", "spacy"),
        ("pipeline", "demo.server"),
        ("demo", "spiders.run"),
        ("kundenecho", "storage"),
    ],
)
def test_the_test_sees_a_violation(room: str, module: str) -> None:
    assert violations(room, module)


def test_the_command_starts_without_what_its_steps_need() -> None:
    code = (
        "import json, sys; import cli.main;"
        f"print(json.dumps(sorted({SLOW_TO_IMPORT!r} & {{name.split('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("room", ROOMS)
def test_files_stay_readable_in_one_sitting(room: str) -> None:
    long = [
        f"{file.relative_to(ROOT)}: {count} lines"
        for file in sorted((ROOT / room).rglob("*.py"))
        if (count := len(file.read_text(encoding="utf-8").splitlines())) > 320
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_it_is(room: str) -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / room).rglob("*.py"))
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_nothing_else_stands_in_the_house() -> None:
    """A folder that somebody made to try something is not kept by mistake."""
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if kept.returncode or not kept.stdout:
        pytest.skip("no checkout of git")
    folders = {Path(name).parts[0] for name in kept.stdout.splitlines() if "/" in name}
    assert folders == {*ROOMS, ".ci", "benchmarks", "deploy", "docs", "tests", "training"}
