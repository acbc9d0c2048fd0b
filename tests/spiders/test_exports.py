"""Export files in their dialects: what is good arrives, what is bad is refused row by row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from spiders.card import Card
from spiders.context import Context
from spiders.files.exports import read_export
from spiders.output import Reject
from tests.conftest import SHARED, needs_shared

SURVEY = Card(
    name="umfrage", kind="file", feedback_kind="survey_answer", rating_max=6, rating_best="low",
    columns={"native_id": "Nr.", "created_at": "Datum", "email": "E-Mail", "nps": "NPS", "rating": "Note", "product": "Gerät"},
    answers={"gut": "Was gefällt?", "besser": "Was fehlt?"},
)  # fmt: skip
REVIEWS = Card(
    name="reviews", kind="file", feedback_kind="review",
    columns={"native_id": "id", "text": "text", "rating": "stars", "author": "who"},
)  # fmt: skip
HEADER = "Nr.;Datum;E-Mail;NPS;Note;Gerät;Was gefällt?;Was fehlt?\r\n"


def read(file: Path, card: Card, keyer: Keyer, account: str = "") -> tuple[list[Feedback], list[Reject]]:
    items = list(read_export(file, Context(card, account, keyer, datetime(2026, 6, 1, tzinfo=UTC))))
    return [i for i in items if isinstance(i, Feedback)], [i for i in items if isinstance(i, Reject)]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_german_survey(encoding: str, tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "umfrage.csv"
    body = (
        '1;24.03.2026 18:30;A.B@Example.org;9;1;Größe M;"Schöne; runde\nForm";Keine Angabe\r\n2;25.03.2026;;0;6;;;\r\n'
    )
    file.write_bytes((HEADER + body).encode(encoding))
    good, bad = read(file, SURVEY, keyer)
    assert not bad
    first, second = good
    assert (first.native_id, first.text, first.response_key) == ("1/gut", "Schöne; runde\nForm", "1")
    assert (first.nps_0_10, first.raw_value, first.rating_1_5, first.product) == (9, 1.0, 5.0, "Größe M")
    assert (first.created_at, first.created_precision) == (datetime(2026, 3, 24, 17, 30, tzinfo=UTC), "second")
    assert first.email_key == keyer.email("a.b@example.org")
    assert (second.native_id, second.text, second.nps_0_10, second.rating_1_5) == ("2/rating", None, 0, 1.0)
    assert (second.created_precision, second.email_key) == ("day", None)
    assert "Example.org" not in json.dumps([r.to_dict() for r in good], default=str)


def test_bad_rows_are_refused_one_by_one(tmp_path: Path, keyer: Keyer) -> None:
    rows = [
        "1;24.03.2026;;9;1;M;gut;",
        "2;24.03.2026;;9;7;M;gut;",  # no Schulnote
        "3;31.02.2026;;9;1;M;gut;",  # no date
        "4;24.03.2026;;11;1;M;gut;",  # no NPS
        "5;24.03.2026;;9;1;M;gut;;zu viele",
        "6;24.03.2026;x@example.org;9;1;M;" + "x" * 1_100_000 + ";",
        "7;24.03.2026;;8;2;M;auch gut;",
    ]
    file = tmp_path / "umfrage.csv"
    file.write_text(HEADER + "\r\n".join(rows), encoding="utf-8")
    good, bad = read(file, SURVEY, keyer)
    assert [r.native_id for r in good] == ["1/gut", "7/gut"]
    assert [r.where for r in bad] == [f"umfrage.csv:{n}" for n in range(3, 8)]
    reasons = " / ".join(r.reason for r in bad)
    for words in (
        "outside its scale 1 to 6",
        "no date",
        "is not 0 to 10",
        "9 cells, the header 8",
        "more than 1000000 characters",
    ):
        assert words in reasons
    assert "x@example.org" not in json.dumps([r.fragment for r in bad])


def test_broken_encoding_of_one_line(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    lines = [f"{n},schön {n},5,a{n}".encode() for n in range(5)]
    lines[2] = b"2,sch\xf6n,5,a2"
    file.write_bytes(b"id,text,stars,who\n" + b"\n".join(lines))
    good, bad = read(file, REVIEWS, keyer)
    assert [r.native_id for r in good] == ["0", "1", "3", "4"]
    assert [(r.where, "encoding" in r.reason) for r in bad] == [("r.csv:4", True)]


def test_nul_and_lone_surrogates_keep_their_place(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"id": "1", "text": "a\\u0000b\\ud83dc", "stars": 5}\n', encoding="utf-8")
    [record] = read(file, REVIEWS, keyer)[0]
    assert record.text == "a\ufffdb\ufffdc"


def test_json_lines_with_bad_lines(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.jsonl"
    good_line = '{"id": "1", "text": "gut", "stars": 5, "who": "anna"}'
    file.write_text(f"\ufeff{good_line}\n\n[1]\n{{oops\n{good_line.replace('1', '2', 1)}\n", encoding="utf-8")
    good, bad = read(file, REVIEWS, keyer)
    assert [r.native_id for r in good] == ["1", "2"]
    assert good[0].author_key == keyer.account("reviews", "anna")
    assert [r.where for r in bad] == ["r.jsonl:3", "r.jsonl:4"]


def test_workbook_with_two_header_rows(tmp_path: Path, keyer: Keyer) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Respondent ID", "Wie war's?", None], [None, "Response", "Warum?"], [101, 4, "Gut gebrüht"]):
        sheet.append(row)
    file = tmp_path / "s.xlsx"
    book.save(file)
    card = replace(
        REVIEWS, header_rows=2,
        columns={"native_id": "Respondent ID", "rating": "Wie war's? | Response", "text": "Wie war's? | Warum?"},
    )  # fmt: skip
    [record] = read(file, card, keyer)[0]
    assert (record.native_id, record.rating_1_5, record.text) == ("101", 4.0, "Gut gebrüht")


def test_missing_column_names_what_is_there(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("id,comment,stars,who\n1,x,5,a\n")
    with pytest.raises(SettingsError) as error:
        read(file, REVIEWS, keyer)
    assert "the column 'text' is missing" in str(error.value)
    assert "id, comment, stars, who" in str(error.value)
    assert "r.csv" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [("r.csv", b"", DataError, "empty"), ("none.csv", None, DataError, "does not exist"), ("r.xlsx", b"PK nonsense", DataError, "no workbook"),
     ("r.pdf", b"%PDF", SettingsError, "cannot be read"), ("r.csv", b"\n\n \n", DataError, "no header")],
)  # fmt: skip
def test_files_that_are_none(
    name: str, content: bytes | None, error: type[KundenechoError], words: str, tmp_path: Path, keyer: Keyer
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words):
        read(tmp_path / name, REVIEWS, keyer)


def test_new_columns_are_noticed(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("id,text,stars,who,Filiale,intern\n1,x,5,a,Kassel,7\n")
    notices: list[str] = []
    context = Context(replace(REVIEWS, ignore=("intern",)), "", keyer, datetime(2026, 6, 1, tzinfo=UTC))
    assert len(list(read_export(file, context, notices.append))) == 1
    assert notices == ["r.csv: the card neither maps nor ignores 'Filiale'"]


def test_rows_alike_are_two_and_stay_so(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("text,stars\ngut,5\ngut,5\nschlecht,1\n")
    card = replace(REVIEWS, columns={"text": "text", "rating": "stars"})
    ids = [r.native_id for r in read(file, card, keyer)[0]]
    assert len(set(ids)) == 3
    file.write_text("text,stars\nneu,4\ngut,5\nschlecht,1\ngut,5\n")
    assert set(ids) < {r.native_id for r in read(file, card, keyer)[0]}


def test_who_wrote_it(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text(
        "id,text,konto,name,mail,ding\n1,a,u1,Ina,i@example.org,A\n2,b,,Ina,i@example.org,A\n3,c,,Ina,,A\n4,d,,Ina,,B\n5,e,,,,A\n"
    )
    card = replace(
        REVIEWS, columns={"native_id": "id", "text": "text", "author": "konto", "author_name": "name", "email": "mail", "product": "ding"}
    )  # fmt: skip
    keys = [r.author_key for r in read(file, card, keyer)[0]]
    assert keys[:2] == [keyer.account("reviews", "u1"), keyer.email("i@example.org")]
    # The same display name on two products is not taken for one person.
    assert len({*keys[2:4], *keys[:2]}) == 4
    assert keys[4] is None


def test_an_address_as_id_is_keyed(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("mail,text\nIna@example.org,gut\n")
    for columns in ({"native_id": "mail", "text": "text"}, {"native_id": "mail", "email": "mail", "text": "text"}):
        [record] = read(file, replace(REVIEWS, columns=columns), keyer)[0]
        assert record.native_id.startswith("k1:")


def test_fragments_are_left_out_where_the_terms_say_so(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("id,text,stars,who\n1,x,5,a\n")
    assert read(file, REVIEWS, keyer)[0][0].raw == {
        "id": "1",
        "text": "x",
        "stars": "5",
        "who": keyer.key("fragment/who", "a"),
    }
    assert read(file, replace(REVIEWS, keep_raw=False), keyer)[0][0].raw is None


def test_a_survey_row_is_refused_as_a_whole(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "umfrage.csv"
    file.write_text(HEADER + f"1;24.03.2026;;9;1;M;gut;{'zu lang ' * 30_000}\r\n", encoding="utf-8")
    good, bad = read(file, SURVEY, keyer)
    assert (good, len(bad)) == ([], 1)


@pytest.mark.parametrize(
    ("cell", "nps"), [("10 - Sehr wahrscheinlich", 10), ("Sehr unwahrscheinlich - 0", 0), ("7,0", 7), (8.0, 8)]
)
def test_nps_as_tools_write_it(cell: object, nps: int, tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "n.jsonl"
    file.write_text(json.dumps({"id": "1", "text": "x", "n": cell}))
    [record] = read(file, replace(REVIEWS, columns={"native_id": "id", "text": "text", "nps": "n"}), keyer)[0]
    assert record.nps_0_10 == nps


@needs_shared
@pytest.mark.parametrize("name", ["household", "restaurants", "hotels"])
def test_real_files_by_the_shipped_cards(name: str, keyer: Keyer) -> None:
    from kundenecho.settings import load_settings
    from spiders.card import load_cards
    from tests.conftest import ROOT

    card = load_cards(load_settings(ROOT / "kundenecho.toml", env={}))[name]
    assert isinstance(card, Card)
    file = SHARED / "data" / f"{name}.jsonl"
    good, bad = read(file, card, keyer)
    assert not bad
    assert len(good) == sum(1 for _ in file.open(encoding="utf-8"))
    assert len({(r.account, r.native_id) for r in good}) == len(good)
    if name == "hotels":
        assert {r.account for r in good} == {"booking", "holiday-check"}
        assert {r.raw_max for r in good} == {6.0, 10.0}
        assert {r.created_precision for r in good} == {"month", "unknown"}
    if name == "household":
        assert {r.created_precision for r in good} == {"unknown"}
