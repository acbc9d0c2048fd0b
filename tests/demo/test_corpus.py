"""The demo company's voices are varied, complete and its own."""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest

from demo.company import PRODUCTS, company
from tests.conftest import ROOT, SHARED, needs_shared

#: Quartiles of the length of real reviews of household goods, in characters.
QUARTILES = (68, 156, 349)
#: The company's app, which customers of its machines rate; it stands in no price list.
APP = "hallmeyer-home"
KINDS = {
    "clog", "fix", "recovered", "loyal", "referrer", "recommends", "crosspost", "bought", "swiss", "typos", "dialect", "emoji",
    "english", "contradiction", "star_only", "pii", "defect",
}  # fmt: skip
RESERVED_NUMBERS = re.compile(r"030 23125 ?\d{3}|0152 28817386|0171 39200 ?\d\d")


def texts() -> list[str]:
    found = []
    for voice in company().voices:
        parts = [
            voice.values.get("text"),
            *(e.get("text") for e in voice.edits),
            *(voice.values.get("answers") or {}).values(),
        ]
        found += [part for part in parts if part]
    return found


def truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "demo" / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def planted(kind: str) -> list[dict[str, Any]]:
    return [row for row in truth() if kind in row.get("planted", ())]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_enough_voices() -> None:
    voices = company().voices
    assert len(set(texts())) >= 400
    assert len(company().persons) >= 200
    assert {v.product for v in voices if v.product} == {*PRODUCTS, APP}
    months = {v.date.strftime("%Y-%m") for v in voices}
    assert len(months) == 14
    channels: dict[str, set[str]] = {}
    for voice in voices:
        channels.setdefault(voice.person or voice.id, set()).add(voice.channel)
    assert sum({"shop", "provenexpert"} <= c for c in channels.values()) >= 20


def test_no_phrase_comes_back() -> None:
    seen: Counter[tuple[str, ...]] = Counter()
    for text in set(texts()):
        form = words(text)
        seen.update({tuple(form[i : i + 5]) for i in range(len(form) - 4)})
    assert [phrase for phrase, count in seen.items() if count > 4] == []


def test_copies_only_where_planted() -> None:
    copies = {row["feedback"] for row in planted("crosspost")}
    shingles = {}
    for voice in company().voices:
        form = words(voice.values.get("text") or "")
        if len(form) >= 8:
            shingles[voice.id] = {tuple(form[i : i + 5]) for i in range(len(form) - 4)}
    near = {
        frozenset(pair)
        for pair in combinations(shingles, 2)
        if len(shingles[pair[0]] & shingles[pair[1]]) >= 0.8 * len(shingles[pair[0]] | shingles[pair[1]])
    }
    assert near == {frozenset((row["feedback"], row["of"])) for row in planted("crosspost")}
    assert len(copies) == 6


def test_lengths_are_those_of_real_reviews() -> None:
    found = statistics.quantiles(map(len, texts()), n=4)
    assert all(abs(length - real) <= 0.35 * real for length, real in zip(found, QUARTILES, strict=True)), found


def test_everything_is_planted() -> None:
    assert {kind for row in truth() for kind in row.get("planted", ())} >= KINDS
    ids = {v.id for v in company().voices}
    assert {row["feedback"] for row in truth() if "feedback" in row} <= ids
    assert {row["person"] for row in truth() if "person" in row} <= set(company().persons)
    assert sum("advocate" in row for row in truth()) >= 10


def test_the_clogging_begins_in_march_and_grows() -> None:
    dates = {v.id: v.date for v in company().voices}
    months = Counter(dates[row["feedback"]].strftime("%Y-%m") for row in planted("clog"))
    assert min(months) == "2026-03"
    assert sum(months[m] for m in ("2026-07", "2026-08", "2026-09")) > 1.5 * sum(
        months[m] for m in ("2026-03", "2026-04", "2026-05")
    )
    assert len(planted("fix")) >= 10
    fixes = {row["feedback"] for row in planted("fix")}
    told = " ".join(str(v.values) for v in company().voices if v.id in fixes)
    assert told.lower().count("büroklammer") >= 10


def test_rare_defects_stay_rare() -> None:
    seen = Counter(
        (d["component"], d["defect"])
        for row in truth()
        for d in row.get("defects", ())
        if d["component"] != "Auslaufdüse"
    )
    common = {("Kannendeckel", "breakage"), ("Kanne", "leak")}
    assert {cell for cell, count in seen.items() if count > 4} <= common


def test_addresses_and_numbers_are_reserved_ones() -> None:
    assert {p.email.split("@")[1] for p in company().persons.values()} <= {"example.org", "example.com", "example.net"}
    for text in texts():
        for number in re.findall(r"\b0\d{2,4}[ /]\d[\d ]{5,}\d", text):
            assert RESERVED_NUMBERS.fullmatch(number), number


def test_edits_come_later() -> None:
    for voice in company().voices:
        for edit in voice.edits:
            assert datetime.fromisoformat(edit["date"]) > voice.date


@needs_shared
def test_no_text_is_somebody_elses() -> None:
    ours = {text[:60] for text in texts() if len(text) >= 60}
    for file in (SHARED / "data").glob("*.jsonl"):
        theirs = {str(json.loads(line).get("text"))[:60] for line in file.open(encoding="utf-8")}
        assert not ours & theirs


@pytest.mark.parametrize("room", ["nlp", "insights", "pipeline"])
def test_no_text_trains_anything(room: str) -> None:
    content = "".join(
        f.read_text(encoding="utf-8") for f in (ROOT / room).rglob("*") if f.suffix in {".py", ".toml", ".txt"}
    )
    assert not [text for text in texts() if len(text) >= 30 and text[:30] in content]
