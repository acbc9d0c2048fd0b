"""``kundenecho journey`` on the demo company."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from kundenecho.analysis import TOUCHPOINTS
from kundenecho.journey import MOODS
from tests.cli.conftest import Installation


def test_the_map_as_json(installed: Installation) -> None:
    rows = json.loads(installed.run("journey", "--format", "json").output)
    names = [row["touchpoint"] for row in rows]
    assert names == [name for name in (*TOUCHPOINTS, "overall") if name in names]
    assert {"delivery", "use", "support"} <= set(names)
    for row in rows:
        assert sum(row[mood] for mood in MOODS) == row["persons"] <= row["of_persons"]
        assert (row["negative_share"] is None) == (row["needed"] > 0)
        assert row["extreme_persons"] <= min(row["persons"], row["of_extreme"])


def test_the_map_in_the_terminal(installed: Installation) -> None:
    shown = installed.run("journey").output
    assert all(word in shown for word in ("vorher", "währenddessen", "danach", "Kundendienst", "Wichtigkeit"))
    assert "zu wenig" in installed.run("journey", "--product", "HM-450").output


def test_the_map_as_files(installed: Installation, tmp_path: Path) -> None:
    found = list(csv.DictReader(io.StringIO(installed.run("journey", "--format", "csv", "--company").output)))
    assert {row["about"] for row in found} == {"company"}
    file = tmp_path / "reise.xlsx"
    assert installed.run("journey", "--format", "xlsx", "--output", str(file)).exit_code == 0
    assert file.stat().st_size > 1000
    assert installed.run("journey", "--format", "xlsx").exit_code == 2
    assert installed.run("journey", "--product", "HM-310", "--company").exit_code == 2


def test_the_quotes_behind_a_cell(installed: Installation) -> None:
    cell = {row["touchpoint"]: row for row in json.loads(installed.run("journey", "--format", "json").output)}[
        "support"
    ]
    quotes = json.loads(installed.run("journey", "quotes", "support", "--mood", "negative", "--format", "json").output)
    assert len({quote["feedback_id"] for quote in quotes}) == len(quotes) == min(20, cell["negative"])
    assert {quote["mood"] for quote in quotes} == {"negative"}
    shown = installed.run("journey", "quotes", "support", "--limit", "1").output
    assert "Kundendienst" in shown
    assert "„" in shown
    assert installed.run("journey", "quotes", "moon").exit_code == 2


def test_the_ways_between_touchpoints(installed: Installation) -> None:
    ways = json.loads(installed.run("journey", "transitions", "--format", "json").output)
    assert [way["persons"] for way in ways] == sorted((way["persons"] for way in ways), reverse=True)
    assert all(way["from_touchpoint"] != way["to_touchpoint"] for way in ways)
    assert "von gut zu schlecht" in installed.run("journey", "transitions", "--limit", "3").output
