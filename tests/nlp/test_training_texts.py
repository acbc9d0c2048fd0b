"""The project's own labelled texts: readable, varied, and nobody else's."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from kundenecho.analysis import DEFECT_TYPES
from kundenecho.errors import DataError
from nlp.gold import read_gold
from tests.conftest import ROOT, SHARED, needs_shared

FILES = sorted((ROOT / "training" / "texts").glob("goods_*.jsonl"))


def rows() -> list[dict[str, object]]:
    return [json.loads(line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]


def sequences(text: str, length: int = 6) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_every_annotation_can_be_read(file: Path) -> None:
    texts = read_gold(file)
    assert len(texts) >= 100
    for text in texts:
        for mention in text.mentions:
            assert text.text[slice(*mention.evidence)].strip()


def test_many_kinds_of_goods_and_every_defect() -> None:
    texts = rows()
    assert len({row["id"] for row in texts}) == len({row["text"] for row in texts}) == len(texts)
    assert len({row["category"] for row in texts}) >= 14
    defects = Counter(m["defect"] for row in texts for m in row["mentions"] if m["defect"])  # type: ignore[attr-defined]
    assert set(defects) == set(DEFECT_TYPES)
    assert min(defects.values()) >= 20


@needs_shared
def test_no_sequence_is_somebody_elses() -> None:
    ours = set().union(*(sequences(str(row["text"])) for row in rows()))
    theirs = [*(SHARED / "gold").glob("*.jsonl"), *(SHARED / "data").glob("*.jsonl")]
    for file in theirs:
        for line in file.open(encoding="utf-8"):
            assert not sequences(str(json.loads(line).get("text"))) & ours, file.name


def test_evidence_may_be_the_words_themselves(tmp_path: Path) -> None:
    def line(evidence: object, nth: int = 1) -> str:
        mention = {
            "aspect": "function",
            "polarity": "pos",
            "defect": None,
            "component": None,
            "evidence": evidence,
            "nth": nth,
        }
        return json.dumps(
            {
                "text": "läuft und läuft",
                "sentiment": "positive",
                "recommend": "none",
                "loyalty": "none",
                "mentions": [mention],
            }
        )

    file = tmp_path / "gold.jsonl"
    file.write_text("\n".join([line("läuft"), line("läuft", 2), line([0, 5])]), encoding="utf-8")
    assert [text.mentions[0].evidence for text in read_gold(file)] == [(0, 5), (10, 15), (0, 5)]
    for wrong in (line("steht"), line("läuft", 3), line("")):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(DataError, match="does not stand in the text"):
            read_gold(file)


def spans() -> list[tuple[str, str, list[str]]]:
    """Id, text and every stretch that the other files mark in it."""
    found = []
    for name in ("signals", "personal"):
        for line in (ROOT / "training" / "texts" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            marked = [span["text"] for span in row.get("spans", ())] + list(row.get("fix", ()))
            marked += [m["evidence"] for m in row.get("mentions", ())]
            marked += [row["incentivised"]] if row.get("incentivised") else []
            found.append((row["id"], row["text"], marked))
    return found


def test_what_is_marked_stands_in_the_text() -> None:
    rows = spans()
    assert len({key for key, _, _ in rows}) == len(rows) >= 1500
    assert [key for key, text, marked in rows for part in marked if not part or part not in text] == []
