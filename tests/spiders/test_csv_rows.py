"""CSV files, well-formed in any dialect and broken in every way that has been seen."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundenecho.errors import DataError
from spiders.card import Card
from spiders.files.csv_rows import MAX_ROW_CHARS, NO_DELIMITER, find_delimiter
from spiders.files.dialect import Row, read_table

CARD = Card(name="r", kind="file")
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\x1f"), max_size=20)


def table(file: Path, card: Card = CARD) -> tuple[list[dict[str, object]], list[Row]]:
    rows = list(read_table(file, card))
    return [row.cells for row in rows if not row.fault], [row for row in rows if row.fault]


@given(
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, encoding: str, rows: list[tuple[str, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("csv") / "t.csv"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    file.write_bytes(out.getvalue().encode(encoding))
    card = Card(name="r", kind="file", delimiter=delimiter, encoding=encoding)
    good, bad = table(file, card)
    marked = [row for row in rows if encoding == "utf-16" and "\ufffd" in "".join(row)]
    assert len(bad) == len(marked)
    assert [tuple(cells.values()) for cells in good] == [
        row for row in rows if "".join(row).strip() and row not in marked
    ]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('id;text;stars\n1;gut;5\n2;"nie zu;4\n3;"mit\nUmbruch";3\n4;Ende;2\n', encoding="utf-8")
    good, bad = table(file)
    assert [cells["id"] for cells in good] == ["1", "3", "4"]
    assert good[1]["text"] == "mit\nUmbruch"
    assert [(row.number, row.fault) for row in bad] == [(3, "a quotation mark is not closed")]


def test_the_last_such_mark_does_not_swallow_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rest = "".join(f"{n};Text {n};5\n" for n in range(3, 3000))
    file.write_text(f'id;text;stars\n1;gut;5\n2;"nie zu;4\n{rest}', encoding="utf-8")
    good, bad = table(file)
    assert len(good) == 2998
    assert [row.number for row in bad] == [3]
    assert good[-1] == {"id": "2999", "text": "Text 2999", "stars": "5"}


def test_a_row_cut_off_at_the_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id;text;stars\n1;gut;5\n2;abgeschn", encoding="utf-8")
    good, bad = table(file)
    assert len(good) == 1
    assert bad[0].fault == "the row has 2 cells, the header 3"
    assert bad[0].cells == {"id": "2", "text": "abgeschn"}


def test_an_endless_line_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id;text\n1;" + "x" * (3 * MAX_ROW_CHARS) + "\n2;gut\n", encoding="utf-8")
    good, bad = table(file)
    assert good == [{"id": "2", "text": "gut"}]
    assert [(row.number, "more than" in row.fault) for row in bad] == [(2, True)]


def test_a_name_that_stands_twice_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id;text;text\n1;gut;schlecht\n", encoding="utf-8")
    assert table(file)[0] == [{"id": "1", "text": "gut", "text (2)": "schlecht"}]


def test_blank_lines_and_a_title_without_delimiter(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("text\nGut, sehr gut\n\n   \nSchlecht; leider\n", encoding="utf-8")
    assert [cells["text"] for cells in table(file)[0]] == ["Gut, sehr gut", "Schlecht; leider"]


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [("a;b;c\n1,5;2,5;3\n", ";"), ("a,b\n1,2\n", ","), ("a\tb\n1\t2\n", "\t"), ("a|b\n1|2\n", "|"), ("a\nb, c\n", NO_DELIMITER),
     ('"Was, bitte, war gut?";b\n1;2\n', ";")],
)  # fmt: skip
def test_delimiters_are_found(head: str, delimiter: str) -> None:
    assert find_delimiter(head) == delimiter


def test_half_a_character_of_utf_16(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes("id;text\n1;gut\n2;schön".encode("utf-16") + b"\x00")
    good, bad = table(file)
    assert [cells["id"] for cells in good] == ["1"]
    assert "encoding" in bad[0].fault


@pytest.mark.parametrize("content", [b"PK\x03\x04 half a workbook", b"", b"id;text"])
def test_a_damaged_workbook_is_told_as_such(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"workbook|empty"):
        table(file)
