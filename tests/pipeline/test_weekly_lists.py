"""The weekly lists are written as they come, and say the same in both forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline import report


@pytest.mark.parametrize("count", [0, 1, 5])
def test_json_has_all_and_the_sheet_what_it_holds(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "SHEET_ROWS", 4)
    defects = [{"defect_id": "D1", "quotes": [{"text": "Düse »zu«"}]}]
    advocates = [{"person_id": f"P{n}", "score": n, "reasons": []} for n in range(count)]
    file = tmp_path / "w.json"
    assert report._write_lists(file, defects, iter(advocates)) == count
    assert json.loads(file.read_text(encoding="utf-8")) == [{"defects": defects, "advocates": advocates}]
    book = load_workbook(file.with_suffix(".xlsx"))
    names = [row[0] for row in book["Fürsprecher"].iter_rows(values_only=True)]
    assert names == (["person_id", *(f"P{n}" for n in range(count))][:4] if count else [])
    assert book["Mängel"].max_row == 2


def test_nothing_gives_two_empty_lists(tmp_path: Path) -> None:
    file = tmp_path / "w.json"
    assert report._write_lists(file, [], iter([])) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == [{"defects": [], "advocates": []}]


def test_no_more_than_one_advocate_is_held_at_a_time(tmp_path: Path) -> None:
    class Row(dict[str, object]):
        alive = most = 0

        def __init__(self) -> None:
            super().__init__(person_id="P1")
            Row.alive += 1
            Row.most = max(Row.most, Row.alive)

        def __del__(self) -> None:
            Row.alive -= 1

    report._write_lists(tmp_path / "w.json", [], (Row() for _ in range(200)))
    assert Row.most <= 5
