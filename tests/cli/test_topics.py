"""``kundenecho topics`` keeps its contract to the letter."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from openpyxl import load_workbook

from tests.cli.conftest import Installation
from tests.conftest import rows

TOPIC = ["topic", "label", "terms", "product", "persons", "share", "first_seen", "quotes"]


def test_topics_as_json(installed: Installation) -> None:
    result = installed.run("topics", "--format", "json")
    assert result.exit_code == 0
    topics = json.loads(result.output)
    assert len(topics) > 5
    for topic in topics:
        assert list(topic) == TOPIC
        assert re.fullmatch(r"T\d+", topic["topic"])
        assert topic["label"] in topic["terms"]
        assert 1 <= len(topic["terms"]) <= 8
        assert topic["persons"] >= 5
        assert 0.01 <= topic["share"] <= 1
        assert topic["first_seen"] is None or re.match(r"\d{4}-\d\d-\d\dT", topic["first_seen"])
        assert 1 <= len(topic["quotes"]) <= 5
        for quote in topic["quotes"]:
            assert list(quote) == ["text", "feedback_id", "url", "start", "end"]
            assert len(quote["text"]) == quote["end"] - quote["start"]
        assert len({quote["feedback_id"] for quote in topic["quotes"]}) == len(topic["quotes"])
    assert [t["persons"] for t in topics] == sorted((t["persons"] for t in topics), reverse=True)
    assert len({t["topic"] for t in topics}) == len(topics)


def test_quotes_stand_in_the_texts(installed: Installation) -> None:
    topics = json.loads(installed.run("topics", "--format", "json", "--limit", "3").output)
    with installed.db.connect("test") as conn:
        masked = {
            f"F{number}": {title, text}
            for number, title, text in rows(
                conn,
                "SELECT c.feedback_id, m.title, m.text FROM kundenecho.current_feedback c"
                " JOIN kundenecho.masked_revision m USING (revision_id)",
            )
        }
    for quote in (quote for topic in topics for quote in topic["quotes"]):
        assert quote["text"] in {body[quote["start"] : quote["end"]] for body in masked[quote["feedback_id"]] if body}


def test_one_product(installed: Installation) -> None:
    topics = json.loads(installed.run("topics", "--format", "json", "--product", "HM-120").output)
    assert len({t["product"] for t in topics}) == 1
    assert json.loads(installed.run("topics", "--format", "json", "--product", topics[0]["product"]).output) == topics
    assert installed.run("topics", "--format", "json", "--product", "none").exit_code == 1


def test_the_other_formats(installed: Installation, tmp_path: Path) -> None:
    table = installed.run("topics", "--limit", "2").output
    assert "Thema" in table
    found = list(csv.DictReader(io.StringIO(installed.run("topics", "--format", "csv", "--limit", "4").output)))
    assert (list(found[0]), len(found)) == (TOPIC, 4)
    file = tmp_path / "themen.xlsx"
    assert installed.run("topics", "--format", "xlsx", "--output", str(file)).exit_code == 0
    book = load_workbook(file)
    assert book.sheetnames == ["Themen"]
    assert [cell.value for cell in next(book.worksheets[0].iter_rows())] == TOPIC
    assert installed.run("topics", "--format", "xlsx").exit_code == 2
    assert installed.run("topics", "--limit", "0").exit_code == 2
