"""Scoring of the signals, and the figures on the texts that no construction was written for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, SettingsError
from nlp.signal_evaluation import evaluate_signals, read_signal_texts, score_signals

LABELLED = Path(__file__).resolve().parents[2] / "training" / "texts" / "signals.jsonl"
#: F1 on the third held back that the constructions must not fall below.
FLOORS = {
    "question": 0.85, "incentivised": 0.80, "fix": 0.70, "touchpoint": 0.75, "emotion": 0.80, "expectation": 0.75,
}  # fmt: skip
POSITIVES = 150
#: Recall of labelled clauses among the moments of the journey, on the third held back.
MOMENTS = {"touchpoint": 0.80, "emotion": 0.78, "expectation": 0.72}


def row(text: str, name: str = "s-1", **labels: Any) -> dict[str, Any]:
    return {"id": name, "text": text, "question": False, "incentivised": None, "fix": [], "mentions": [], **labels}


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return score_signals(LABELLED)


@pytest.mark.parametrize("signal", FLOORS)
def test_texts_held_back(report: dict[str, Any], signal: str) -> None:
    figures = report["held_back"]["signals"][signal]
    assert figures["f1"] >= FLOORS[signal]
    assert figures["low"] <= figures["f1"] <= figures["high"]


@pytest.mark.parametrize("signal", MOMENTS)
def test_labelled_clauses_become_moments(report: dict[str, Any], signal: str) -> None:
    assert report["held_back"]["signals"][signal]["in_moments"]["recall"] >= MOMENTS[signal]


@pytest.mark.parametrize("signal", FLOORS)
def test_there_are_enough_labelled_texts(report: dict[str, Any], signal: str) -> None:
    counts = [report[part]["signals"][signal]["positives"] for part in ("kept", "held_back")]
    assert sum(counts) >= POSITIVES
    assert counts[0] < 3 * counts[1]


def test_a_third_is_held_back_by_the_id() -> None:
    texts = read_signal_texts(LABELLED)
    assert 0.3 < sum(one.held_back for one in texts) / len(texts) < 0.4
    assert len({one.name for one in texts}) == len(texts)
    assert len({one.text for one in texts}) == len(texts)


def both(report: dict[str, Any], signal: str) -> dict[str, Any]:
    parts = [report[part]["signals"][signal] for part in ("kept", "held_back") if report[part]["texts"]]
    assert len(parts) == 1
    figures: dict[str, Any] = parts[0]
    return figures


def test_what_is_found_missed_and_made_up(tmp_path: Path) -> None:
    text = "Ich bin begeistert. Filter ausgeklopft, läuft wieder. Wie lange hält das?"
    right = row(
        text,
        question=True,
        fix=["Filter ausgeklopft, läuft wieder"],
        mentions=[{"evidence": "Ich bin begeistert", "touchpoint": None, "emotion": "joy", "expectation": None}],
    )
    report = score_signals(write(tmp_path / "right.jsonl", right))
    for signal in ("question", "fix", "emotion"):
        assert both(report, signal)["f1"] == 1.0, signal
    assert both(report, "touchpoint")["f1"] is None
    report = score_signals(write(tmp_path / "none.jsonl", row(text)))
    for signal in ("question", "fix", "emotion"):
        assert both(report, signal)["precision"] == 0.0, signal
    missed = row("Ein Stuhl.", question=True, incentivised="Ein Stuhl", fix=["Stuhl"])
    report = score_signals(write(tmp_path / "missed.jsonl", missed))
    for signal in ("question", "incentivised", "fix"):
        assert both(report, signal)["recall"] == 0.0, signal


def test_a_span_must_share_half_of_each(tmp_path: Path) -> None:
    text = "Filter ausgeklopft, läuft wieder."
    for words, f1 in ((text[:-1], 1.0), ("Filter ausgeklopft", 1.0), ("läuft wieder", 0.0)):
        report = score_signals(write(tmp_path / "one.jsonl", row(text, fix=[words])))
        assert both(report, "fix")["f1"] == f1, words


def test_a_label_of_another_clause_does_not_count(tmp_path: Path) -> None:
    mention = {"evidence": "Der Stuhl steht", "touchpoint": None, "emotion": "joy", "expectation": None}
    report = score_signals(
        write(tmp_path / "one.jsonl", row("Der Stuhl steht. Ich bin begeistert.", mentions=[mention]))
    )
    assert both(report, "emotion")["f1"] == 0.0
    assert both(report, "emotion")["labels"]["joy"]["positives"] == 1


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        json.dumps({"id": "s-1"}),
        json.dumps(row("Text.", question="ja")),
        json.dumps(row("Text.", fix=["steht nicht da"])),
        json.dumps(row("Text.", incentivised="")),
        json.dumps(
            row("Text.", mentions=[{"evidence": "Text", "touchpoint": "moon", "emotion": None, "expectation": None}])
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "bad.jsonl", row("Gut."), line)
    with pytest.raises(DataError, match="no valid annotation") as error:
        read_signal_texts(path)
    assert error.value.where == f"{path}:2"


def test_no_file_and_no_texts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_signal_texts(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="no texts"):
        read_signal_texts(write(tmp_path / "empty.jsonl", ""))


def test_the_report_for_people_and_for_machines(tmp_path: Path) -> None:
    path = write(tmp_path / "two.jsonl", *(row("Ich bin begeistert.", name=f"s-{number}") for number in range(9)))
    table = evaluate_signals(path)
    assert "zurückgehaltenes Drittel" in table
    assert "an Nennungen" in table
    assert max(map(len, table.splitlines())) <= 120
    report = json.loads(evaluate_signals(path, as_json=True))
    assert report["kept"]["texts"] + report["held_back"]["texts"] == 9
    assert report["kept"]["signals"]["emotion"]["precision"] == 0.0
