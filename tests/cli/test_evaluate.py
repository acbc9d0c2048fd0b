"""``kundenecho evaluate`` with labelled signals and personal data: tables, JSON, and flags that exclude each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.understand import evaluate

SIGNAL = {"id": "1", "text": "Wie lange hält das?", "question": True, "incentivised": None, "fix": [], "mentions": []}
PERSON = {"id": "1", "text": "Danke an Sabine Huber!", "spans": [{"text": "Sabine Huber", "kind": "name"}]}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(evaluate, list(arguments))


def file(folder: Path, line: object) -> str:
    path = folder / "labels.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("flag", "line", "words"),
    [("--signals", SIGNAL, "Frage"), ("--personal", PERSON, "Namen")],
    ids=["signals", "personal"],
)
def test_a_table_and_json(tmp_path: Path, flag: str, line: object, words: str) -> None:
    path = file(tmp_path, line)
    table = run(path, flag)
    assert table.exit_code == 0, table.output
    assert words in table.output
    assert "1,000" in table.output
    report = json.loads(run(path, flag, "--json").output)
    assert report["file"] == path
    assert report["kept"]["texts"] + report["held_back"]["texts"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--signals", "--personal"),
        ("--signals", "--cross-validate", "product"),
        ("--personal", "--cross-validate", "file"),
        ("--signals", "--personal", "--json"),
    ],
)
def test_one_kind_of_evaluation_at_a_time(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(file(tmp_path, SIGNAL), *arguments)
    assert done.exit_code == 2
    assert "exclude each other" in done.output


def test_rated_texts_without_cross_validation_are_refused(tmp_path: Path) -> None:
    done = run(file(tmp_path, SIGNAL), "--data", str(tmp_path))
    assert done.exit_code == 2
    assert "--data goes with --cross-validate" in done.output
