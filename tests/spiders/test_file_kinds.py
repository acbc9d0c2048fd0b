"""Kinds of files: their examples are good cards, what they leave out stays out, and what they cannot know is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import load_settings
from spiders.card import FOLDER, Card, kinds, load_cards, merged
from spiders.context import Context
from spiders.files.dialect import read_table
from spiders.files.exports import read_export
from spiders.output import Reject
from tests.conftest import SHARED, needs_shared
from tests.spiders.file_examples import EXAMPLES, write

WITH_EXAMPLE = [*sorted(set(EXAMPLES) - {"file"}), "limesurvey"]


def example_of(kind: str) -> str:
    """The configuration that the kind's card shows at its end."""
    lines = (FOLDER / f"{kind}.toml").read_text(encoding="utf-8").split("# Example", 1)[1].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("# [sources."))
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[start:])


def card(kind: str, **own: Any) -> Card:
    values = merged(kinds()[kind], own)
    return Card("export", kind, **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def read(file: Path, of: Card, keyer: Keyer) -> tuple[list[Feedback], list[Reject], list[str]]:
    notices: list[str] = []
    found = list(read_export(file, Context(of, "", keyer, datetime(2026, 6, 1, tzinfo=UTC)), notices.append))
    return [f for f in found if isinstance(f, Feedback)], [f for f in found if isinstance(f, Reject)], notices


@pytest.mark.parametrize("kind", WITH_EXAMPLE)
def test_the_example_in_the_card_is_a_good_card(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "kundenecho.toml"
    file.write_text(example_of(kind), encoding="utf-8")
    [(_, found)] = load_cards(load_settings(file, env={})).items()
    assert isinstance(found, Card), found
    assert found.kind == kind
    assert found.columns["native_id"]
    assert found.unverified


def test_a_source_adds_to_the_columns_of_its_kind(tmp_path: Path) -> None:
    file = tmp_path / "kundenecho.toml"
    own = '[sources.s]\nkind = "surveymonkey_export"\nignore = ["intern"]\n[sources.s.columns]\nnps = "N"\nemail = "Mail"\n'
    file.write_text(own, encoding="utf-8")
    found = load_cards(load_settings(file, env={}))["s"]
    assert isinstance(found, Card)
    assert (found.columns["nps"], found.columns["email"]) == ("N", "Mail")
    assert found.columns["native_id"].startswith("Respondent ID")
    assert {"IP Address", "intern"} <= set(found.ignore)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ('scores = { a = "Frage | 1-5 gut" }', "is no scale"),
        ('scores = { a = "Frage | 5-1" }', "scale is empty"),
        ('labels = { gut = "viel" }', "a number is needed"),
        ('columns = { referrer = "x" }', "no field 'referrer'"),
    ],
)
def test_faults_of_a_mapping(own: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "kundenecho.toml"
    file.write_text(f'[sources.s]\nkind = "survio"\ncolumns = {{ native_id = "a" }}\n{own}\n'.replace(
        'columns = { native_id = "a" }\ncolumns', "columns"), encoding="utf-8")  # fmt: skip
    broken = load_cards(load_settings(file, env={}))["s"]
    assert not isinstance(broken, Card)
    assert words in str(broken.error)


def test_what_is_personal_is_keyed_where_no_card_names_it(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text(
        "Nr;Text;Vorname;IP-Adresse;E-Mail-Adresse;Kundennr.;Stadt\n"
        "1;gut;Ottilie;192.0.2.7;o@example.org;K-99;Kassel\n"
        "2;schlecht;Ottilie;192.0.2.7;o@example.org;K-99;Kassel;zu viel\n",
        encoding="utf-8",
    )
    good, bad, notices = read(file, card("survio", columns={"native_id": "Nr", "text": "Text"}), keyer)
    written = json.dumps([r.raw for r in good] + [r.fragment for r in bad])
    assert not [secret for secret in ("Ottilie", "192.0.2.7", "o@example", "K-99") if secret in written]
    assert good[0].raw["Stadt"] == "Kassel"
    assert "'Vorname'" in notices[0]


def test_who_did_not_submit(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "lime.csv"
    header = '"Antwort ID";"Datum Abgeschickt";"Datum gestartet";"NPS";"Warum?"\n'
    rows = '"1";"";"2026-02-11 09:28:10";"0";""\n"2";"";"2026-02-11 09:28:10";"0";"Zu lang"\n"3";"2026-02-11 09:31:02";"";"9";""\n'
    file.write_text(header + rows, encoding="utf-8")
    of = card("limesurvey_export", columns={"nps": "NPS"}, answers={"grund": "Warum?"})
    good, bad, notices = read(file, of, keyer)
    assert [(r.native_id, r.nps_0_10, r.state, r.extra.get("submitted")) for r in good] == [
        ("2/grund", None, "published", False), ("3/rating", 9, "published", None)
    ]  # fmt: skip
    assert not bad
    assert notices == ["lime.csv: 1 responses were not submitted and say nothing; they are left out"]


def test_one_id_for_the_partial_and_the_finished_response(tmp_path: Path, keyer: Keyer) -> None:
    file, of = tmp_path / "lime.csv", card("limesurvey_export", columns={"nps": "NPS"}, answers={"grund": "Warum?"})
    found = []
    for submitted in ("", "2026-02-11 09:31:02"):
        file.write_text(f"Antwort ID,Datum Abgeschickt,NPS,Warum?\n7,{submitted},8,Zu lang\n", encoding="utf-8")
        found += read(file, of, keyer)[0]
    assert [(r.native_id, r.nps_0_10) for r in found] == [("7/grund", None), ("7/grund", 8)]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_file_that_ends_in_the_middle_is_told(end: str, tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes(f"Nr;Text\n1;gut\n2;schl{end}".encode())
    good, bad, notices = read(file, card("survio", columns={"native_id": "Nr", "text": "Text"}), keyer)
    assert (len(good), len(bad)) == (2, 0)
    assert notices == ([] if end else ["r.csv: the last row does not end; the file may be cut off"])


def test_a_last_cell_that_is_not_closed_is_refused(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes(b'Nr;Text\n1;gut\n2;"sehr schl')
    good, bad, _ = read(file, card("survio", columns={"native_id": "Nr", "text": "Text"}), keyer)
    assert ([r.native_id for r in good], [r.reason for r in bad]) == (["1"], ["a quotation mark is not closed"])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_wrong_header_without_rows_is_no_empty_export(suffix: str, tmp_path: Path, keyer: Keyer) -> None:
    file = write(EXAMPLES["2ask"], tmp_path / f"r{suffix}", [["Anmelden", "Hilfe"]])
    with pytest.raises(SettingsError, match="is missing"):
        read(file, card("2ask", **EXAMPLES["2ask"].card), keyer)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso-8859-15"])
def test_utf8_is_not_read_as_something_else(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("Nr;Text\n1;schön\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=f"the file is UTF-8, the card says {encoding}"):
        list(read_table(file, Card("s", "file", encoding=encoding)))
    file.write_text("Nr;Text\n1;schön\n", encoding=encoding)
    assert [row.cells["Text"] for row in read_table(file, Card("s", "file", encoding=encoding))] == ["schön"]
    file.write_text("Nr;Text\n1;gut\n", encoding="ascii")
    assert len(list(read_table(file, Card("s", "file", encoding=encoding)))) == 1


def test_the_answers_as_codes_are_refused(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "lime.csv"
    file.write_text("id,submitdate,N\n1,2026-02-11 09:31:02,A11\n2,2026-02-11 09:31:02,AO05\n", encoding="utf-8")
    good, bad, _ = read(file, card("limesurvey_export", columns={"nps": "N"}), keyer)
    assert (good, len(bad)) == ([], 2)


def test_referrals_are_keyed_and_stand_apart(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "e.csv"
    file.write_text(
        "referral_id,referrer,referee,status\n1,ina@example.org,jo@example.net,purchased\n2,jo@example.net,K-7,invited\n",
        encoding="utf-8",
    )
    good, _, _ = read(file, card("referrals"), keyer)
    first, second = good
    assert (first.kind, first.would_recommend, first.rating_1_5, first.nps_0_10) == ("referral", True, None, None)
    # Who was referred and refers in turn is the same person.
    assert first.extra["referee_key"] == second.email_key == second.author_key == keyer.email("jo@example.net")
    assert second.extra["referee_key"] == keyer.account("export", "K-7")
    assert "example" not in json.dumps([r.to_dict() for r in good])


def test_a_missing_status_column_is_allowed_and_a_missing_referrer_is_not(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "e.csv"
    file.write_text("Empfehlungsnummer;Empfehler\n1;K-7\n2;\n", encoding="utf-8")
    good, bad, _ = read(file, card("referrals"), keyer)
    assert [r.extra for r in good] == [{}]
    assert [r.reason for r in bad] == ["the referral names no referrer"]
    file.write_text("Empfehlungsnummer;Status\n1;gekauft\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="Empfehler"):
        read(file, card("referrals"), keyer)


@pytest.mark.parametrize(("value", "amount", "currency"), [
    ("1.234,56 €", 1234.56, "EUR"), ("€ 12", 12.0, "EUR"), ("CHF 1'234", None, None), ("649", 649.0, None), ("99.90 EUR", 99.9, "EUR"),
])  # fmt: skip
def test_amounts(value: str, amount: float | None, currency: str | None, tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "e.csv"
    file.write_text(f"referral_id;referrer;order_value\n1;K-7;{value}\n", encoding="utf-8")
    good, bad, _ = read(file, card("referrals"), keyer)
    if amount is None:
        assert len(bad) == 1
    else:
        assert (good[0].extra["order_value"], good[0].extra.get("currency")) == (amount, currency)


def test_nothing_about_survio_and_2ask_is_taken_for_documented() -> None:
    for kind in ("survio", "2ask"):
        assert "columns" not in kinds()[kind]
        assert any("columns' names" in fact for fact in kinds()[kind]["unverified"])


@needs_shared
def test_the_public_export_with_two_header_rows(keyer: Keyer) -> None:
    file = SHARED / "fixtures" / "surveymonkey" / "export_condensed_two_header_rows.csv"
    of = card("surveymonkey_export", columns={"nps": "How likely to recommend?", "rating": "How satisfied are you?"})
    good, bad, notices = read(file, replace(of, feedback_kind="survey_answer"), keyer)
    assert not bad
    assert [(r.native_id, r.nps_0_10, r.rating_1_5) for r in good] == [
        ("1001", 8, 4.0), ("1002", 7, 3.0), ("1003", 10, 5.0), ("1004", 6, 2.0)
    ]  # fmt: skip
    assert {r.created_precision for r in good} == {"day"}
    assert "1.2.3.4" not in json.dumps([r.raw for r in good])
    assert any("'Age'" in notice for notice in notices)


def test_a_cut_workbook(tmp_path: Path, keyer: Keyer) -> None:
    file = write(EXAMPLES["survio"], tmp_path / "r.xlsx", EXAMPLES["survio"].table(5))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(DataError, match="damaged"):
        read(file, card("survio", **EXAMPLES["survio"].card), keyer)


def test_what_a_refusal_says_quotes_no_customer(tmp_path: Path, keyer: Keyer) -> None:
    file = tmp_path / "r.csv"
    file.write_text("Nr;Note;Text\n1;Ottilie Zwirn;gut\n", encoding="utf-8")
    _, [bad], _ = read(file, card("survio", columns={"native_id": "Nr", "rating": "Note", "text": "Text"}), keyer)
    assert re.fullmatch(r"a text of \d+ characters is no number", bad.reason)
