"""Scoring of the personal data found in texts: figures by hand, the table, and broken files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, SettingsError
from nlp.personal_evaluation import evaluate_personal, read_labelled, score, score_personal, wilson


def row(name: str, text: str, *spans: tuple[str, str]) -> dict[str, Any]:
    return {"id": name, "text": text, "spans": [{"text": words, "kind": kind} for words, kind in spans]}


ROWS = [
    row("found", "Danke an Sabine Huber!", ("Sabine Huber", "name")),
    row("missed", "Der Stuhl ist gut.", ("Stuhl", "name")),
    row("made-up", "Mail an a@example.org"),
    row("nothing", "Alles gut."),
]


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_figures_by_hand(tmp_path: Path) -> None:
    figures = score_personal(write(tmp_path / "rows.jsonl", *ROWS))["all"]
    assert figures.texts == 4
    assert (figures.recall("name"), figures.precision("name")) == (1 / 2, 1.0)
    assert (figures.recall("email"), figures.precision("email")) == (None, 0.0)
    assert (figures.recall(), figures.precision()) == (1 / 2, 1 / 2)
    assert figures.missed == [("missed", "Stuhl")]
    assert figures.wrong == [("made-up", "a@example.org")]


def test_a_name_found_in_part_is_not_found(tmp_path: Path) -> None:
    line = row("1", "Danke an Sabine Huber!", ("Danke an Sabine Huber", "name"))
    figures = score_personal(write(tmp_path / "rows.jsonl", line))["all"]
    assert (figures.recall(), figures.precision()) == (0.0, 1.0)


def test_the_parts_make_the_whole(tmp_path: Path) -> None:
    parts = score_personal(write(tmp_path / "rows.jsonl", *ROWS))
    assert parts["kept"].texts + parts["held_back"].texts == parts["all"].texts


def test_the_second_of_two_places(tmp_path: Path) -> None:
    line = {"id": "1", "text": "Rose und Rose", "spans": [{"text": "Rose", "nth": 2, "kind": "name"}]}
    (text,) = read_labelled(write(tmp_path / "rows.jsonl", line))
    assert [(span.start, span.end) for span in text.spans] == [(9, 13)]
    assert score([text]).labelled["name"] == 1


def test_the_table_names_texts_and_quotes_none(tmp_path: Path) -> None:
    shown = evaluate_personal(write(tmp_path / "rows.jsonl", *ROWS))
    assert "Nicht gefunden in: missed" in shown
    assert "Zu Unrecht angezeigt in: made-up" in shown
    assert "Stuhl" not in shown
    assert "example.org" not in shown
    assert "0,500" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_for_machines(tmp_path: Path) -> None:
    found = json.loads(evaluate_personal(write(tmp_path / "rows.jsonl", *ROWS), as_json=True))
    assert set(found) == {"file", "kept", "held_back", "all"}
    assert found["all"]["kinds"]["name"]["recall"] == 0.5
    assert found["all"]["missed_in"] == ["missed"]
    assert found["all"]["wrong_in"] == ["made-up"]


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)]
)
def test_intervals(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "[" * 100_000,
        json.dumps({"id": "1", "text": "abc"}),
        json.dumps({"id": "1", "text": None, "spans": [{"text": "x", "kind": "name"}]}),
        json.dumps({"id": "1", "text": "abc", "spans": [{"text": "x", "kind": "name"}]}),
        json.dumps({"id": "1", "text": "abc", "spans": [{"text": "a", "kind": "moon"}]}),
        json.dumps({"id": "1", "text": "abc", "spans": [{"text": "", "kind": "name"}]}),
        json.dumps({"id": "1", "text": "abc", "spans": [{"text": "a", "kind": "name", "more": 1}]}),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "labels.jsonl", ROWS[0], "", line)
    with pytest.raises(DataError, match="no valid annotation") as error:
        score_personal(path)
    assert error.value.where == f"{path}:3"


def test_no_file_and_no_texts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_labelled(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="no texts"):
        read_labelled(write(tmp_path / "empty.jsonl", ""))
