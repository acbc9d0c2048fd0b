"""The command line keeps its contracts to the letter."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cli.main import main
from insights.advocates import Reason, score
from kundenecho.analysis import ASPECTS, DEFECT_TYPES, LOYALTY, POLARITIES, RECOMMEND, SENTIMENTS
from tests.cli.conftest import Installation
from tests.conftest import ROOT, SHARED, needs_shared, rows

DEFECT = {
    "defect_id", "product", "component", "defect", "persons", "persons_exposed", "mentions", "reviews_of_product", "rate",
    "rate_low", "rate_high", "signal", "first_seen", "last_seen", "evidence_needed", "remedy", "quotes",
}  # fmt: skip
ADVOCATE = {
    "person_id",
    "display_name",
    "score",
    "stage",
    "contactable",
    "contactable_reason",
    "reasons",
    "sources",
    "last_seen",
}
MENTION = {
    "field", "aspect", "target", "start", "end", "component", "polarity", "defect", "evidence", "confidence", "touchpoint",
    "emotion", "expectation",
}  # fmt: skip


def test_defects_as_json(installed: Installation) -> None:
    result = installed.run("defects", "--format", "json")
    assert result.exit_code == 0
    defects = json.loads(result.output)
    assert len(defects) > 10
    for defect in defects:
        assert set(defect) == DEFECT
        assert defect["defect"] in DEFECT_TYPES
        assert defect["signal"] in {"new", "rising", "steady", "falling", "too_little_data", "undated"}
        assert 0 <= defect["rate_low"] <= defect["rate"] <= defect["rate_high"] <= 1
        assert defect["rate"] == pytest.approx(defect["persons"] / defect["persons_exposed"])
        assert 1 <= len(defect["quotes"]) <= 5
        for quote in defect["quotes"]:
            assert set(quote) == {"text", "feedback_id", "url", "start", "end"}
            assert len(quote["text"]) == quote["end"] - quote["start"]
    assert [d["persons"] for d in defects] == sorted((d["persons"] for d in defects), reverse=True)


def test_advocates_as_json(installed: Installation) -> None:
    advocates = json.loads(installed.run("advocates", "--format", "json").output)
    assert len(advocates) > 10
    for advocate in advocates:
        assert set(advocate) == ADVOCATE
        assert 0 <= advocate["score"] <= 100
        told = [
            Reason(r["kind"], r["weight"], day=r["date"] and date.fromisoformat(r["date"])) for r in advocate["reasons"]
        ]
        assert advocate["score"] == pytest.approx(score(told)[0])
        for reason in advocate["reasons"]:
            assert set(reason) == {"kind", "weight", "quote", "feedback_id", "url", "date"}
    assert [a["score"] for a in advocates] == sorted((a["score"] for a in advocates), reverse=True)


def test_the_other_formats(installed: Installation, tmp_path: Path) -> None:
    table = installed.run("defects", "--limit", "3").output
    assert "je 100 Bewertungen" in table
    assert "je 100 Käufer" not in table
    found = list(csv.DictReader(io.StringIO(installed.run("advocates", "--format", "csv").output)))
    assert set(found[0]) == ADVOCATE
    file = tmp_path / "maengel.xlsx"
    assert installed.run("defects", "--format", "xlsx", "--output", str(file)).exit_code == 0
    assert [cell.value for cell in next(load_workbook(file).worksheets[0].iter_rows())] == list(
        json.loads(installed.run("defects", "--format", "json", "--limit", "1").output)[0]
    )
    assert installed.run("defects", "--format", "xlsx").exit_code == 2


def test_filters(installed: Installation) -> None:
    defects = json.loads(
        installed.run("defects", "--format", "json", "--product", "HM-120", "--min-persons", "2").output
    )
    assert {d["product"] for d in defects} == {"HM-120"}
    assert all(d["persons"] >= 2 for d in defects)
    assert len(json.loads(installed.run("advocates", "--format", "json", "--limit", "2").output)) == 2


def test_why_leads_from_the_figure_to_the_source(installed: Installation) -> None:
    defect = json.loads(installed.run("defects", "--format", "json", "--limit", "1").output)[0]
    [chain] = json.loads(installed.run("why", defect["defect_id"], "--json").output)
    assert len(chain["evidence"]) == defect["mentions"]
    for piece in chain["evidence"]:
        assert piece["quote"]
        assert piece["fragment_digest"]
        assert piece["load_id"]
    text = installed.run("why", defect["defect_id"]).output
    assert "Fragment" in text
    assert "Quelle" in text


@pytest.mark.parametrize(
    ("subject", "words"), [("D999999", "is not known"), ("Kanne", "is no id"), ("P0", "is not known")]
)
def test_why_of_nothing(installed: Installation, subject: str, words: str) -> None:
    result = installed.run("why", subject)
    assert words in str(result.exception)


def test_no_personal_data_in_clear(installed: Installation) -> None:
    """E-mail addresses and customer numbers stand nowhere, display names in one table."""
    from demo.company import company

    with installed.db.connect("test") as conn:
        tables = [
            t
            for (t,) in rows(
                conn, "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind = 'r'"
            )
        ]
        dump = {table: str(rows(conn, f"SELECT * FROM kundenecho.{table}")) for table in tables}
    for person in company().persons.values():
        for table, content in dump.items():
            assert person.email not in content, table
            assert f"'{person.customer_no}'" not in content, table
    names = {p.display["shop"] for p in company().persons.values() if "." in p.display.get("shop", "")}
    assert len(names) > 50
    assert {table for table, content in dump.items() if any(f"'{name}'" in content for name in names)} == {
        "author_name"
    }


def command(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        cwd=ROOT,
        check=False,
        timeout=120,
    )


def test_analyse_of_a_file(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "text": "Der Deckel läuft ständig aus. Nie wieder!", "title": "Leider undicht", "product": "x"},
        {"id": "2", "text": "The lid is great, I love this mug very much."},
        {"id": "3", "text": "👍👍👍"},
        {"id": "4", "text": ""},
        {"id": "5"},
        {"id": "6", "text": "a\ud800b \x00 schlecht"},
    ]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([*(json.dumps(line) for line in lines), "{broken"]) + "\n")
    done = command("analyse", "--input", str(source), "--output", str(target))
    assert done.returncode == 1, done.stderr
    out = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in out] == ["1", "2", "3", "4", "5", "6", None]
    assert [("error" in row) for row in out] == [False, False, False, True, True, False, True]
    assert out[6]["line"] == 7
    first = out[0]
    assert {
        "id",
        "lineage",
        "language",
        "abstained",
        "sentiment",
        "recommend",
        "loyalty",
        "question",
        "mentions",
    } <= set(first)
    assert set(first) <= {
        "id",
        "lineage",
        "language",
        "abstained",
        "sentiment",
        "recommend",
        "loyalty",
        "question",
        "mentions",
        "incentivised",
        "fix",
    }
    assert set(first["sentiment"]) == {"label", "score", "confidence"}
    assert first["sentiment"]["label"] in SENTIMENTS
    assert first["recommend"] in RECOMMEND
    assert first["loyalty"] in LOYALTY
    assert first["mentions"]
    for mention in first["mentions"]:
        assert set(mention) == MENTION
        assert mention["aspect"] in ASPECTS
        assert mention["polarity"] in POLARITIES
        field = lines[0][mention["field"]]
        if mention["target"] is not None:
            assert field[mention["start"] : mention["end"]] == mention["target"]
        assert 0 <= mention["evidence"][0] < mention["evidence"][1] <= len(field)
    assert any(m["defect"] == "leak" for m in first["mentions"])
    assert (out[1]["language"], out[1]["sentiment"], out[1]["mentions"]) == ("en", None, [])
    assert out[2]["sentiment"] is not None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("frobnicate",), 2, "No such command"),
        (("analyse", "--input", "x.jsonl"), 2, "go together"),
        (("analyse", "--input", "none.jsonl", "--output", "o.jsonl"), 2, "none.jsonl"),
        (("--config", "none.toml", "sources"), 2, "does not exist"),
        (("import", "none.csv", "--source", "nobody"), 2, "there is no source 'nobody'"),
        (("evaluate", "none.jsonl"), 2, "none.jsonl"),
    ],
)
def test_exit_codes_and_one_clear_line(
    arguments: tuple[str, ...], code: int, words: str, installed: Installation,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """As the process would end; whole processes run in the tests around this one."""
    monkeypatch.setattr(sys, "argv", ["kundenecho", *arguments])
    # --config goes to the environment.
    monkeypatch.setenv("KUNDENECHO_CONFIG", os.environ["KUNDENECHO_CONFIG"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == code, told
    assert words in told
    assert "Traceback" not in told


def test_import_loads_one_file_and_a_second_time_nothing(installed: Installation, tmp_path: Path) -> None:
    header = (installed.home / "demo-exports" / "umfrage.csv").read_text(encoding="cp1252").splitlines()[0]
    file = tmp_path / "antworten.csv"
    rows_ = [f"neu-{n};24.10.2026 10:00;;;HM-450;9;1;Sehr schön geworden;" for n in range(12)]
    file.write_text("\n".join([header, *rows_]), encoding="cp1252")
    first, second = (command("import", str(file), "--source", "umfrage") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "items 12, new 12" in first.stdout
    assert "items 12, new 0, revised 0, unchanged 12" in second.stdout


def test_yield_out_of_bounds_is_exit_3(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUNDENECHO_SOURCES_UMFRAGE_MIN_YIELD", "5000")
    done = command("collect", "umfrage")
    assert done.returncode == 3
    assert "expects at least 5000" in done.stderr


def test_a_database_that_is_away(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUNDENECHO_DATABASE_URL", "postgresql://somebody:hidden@127.0.0.1:9/kundenecho")
    done = command("defects")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "hidden" not in done.stderr


#: Six opinions that no training saw.
UNSEEN = {
    "Der Sattel sitzt bombenfest und federt herrlich, jederzeit wieder!": "positive",
    "Nach drei Fahrten war die Lenkertasche am Reißverschluss hinüber. Nie wieder.": "negative",
    "Klingel klingt hübsch, nur die Halterung rutscht dauernd weg.": "mixed",
    "Die Verkäuferin nahm sich Zeit und beriet uns hervorragend, sehr zu empfehlen.": "positive",
    "Auf meine drei Mails kam bis heute keine Antwort, eine Frechheit.": "negative",
    "Optisch top, aber der Akku hält keine zwei Stunden.": "mixed",
}


def test_evaluate_beats_the_baseline_on_unseen_texts(tmp_path: Path) -> None:
    plain = {"recommend": "none", "loyalty": "none", "mentions": []}
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps({"text": t, "sentiment": s, **plain}) + "\n" for t, s in UNSEEN.items()))
    done = command("evaluate", str(gold), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["left_out"] == 0
    macro = {engine["name"]: engine["figures"]["sentiment_macro_f1"]["value"] for engine in report["engines"]}
    assert macro["kundenecho"] >= macro["textblob-de"] + 0.10


@needs_shared
def test_evaluate_refuses_texts_that_the_weights_saw() -> None:
    done = command("evaluate", str(SHARED / "gold" / "dev.jsonl"))
    assert done.returncode == 1
    assert "saw every text" in done.stderr
    assert "--cross-validate product" in done.stderr
