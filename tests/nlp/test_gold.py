"""Quality on the annotated reviews, as floors that a change may not fall through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from kundenecho.analysis import Analysis
from nlp.engine import Engine, Text
from tests.nlp.conftest import shared_rows


def f1(gold: Sequence[str], found: Sequence[str], label: str) -> float:
    hit = sum(g == f == label for g, f in zip(gold, found, strict=True))
    return 2 * hit / max(1, gold.count(label) + found.count(label))


def micro(gold: Iterable[set[str]], found: Iterable[set[str]]) -> tuple[float, float]:
    """(precision, F1) over sets of labels."""
    pairs = list(zip(gold, found, strict=True))
    hit = sum(len(g & f) for g, f in pairs)
    said, meant = sum(len(f) for _, f in pairs), sum(len(g) for g, _ in pairs)
    return hit / max(1, said), 2 * hit / max(1, said + meant)


@pytest.mark.parametrize(
    ("name", "sentiment", "recommend", "loyalty", "defect"),
    [("dev", 0.68, 0.8, 0.6, 0.68), ("dev_wide", 0.6, 0.8, 0.7, 0.5)],
)
def test_floors(engine: Engine, name: str, sentiment: float, recommend: float, loyalty: float, defect: float) -> None:
    rows = shared_rows(f"gold/{name}.jsonl")
    results: list[Analysis] = list(engine.analyse(Text(row["text"]) for row in rows))
    gold = [row["sentiment"] for row in rows]
    found = [result.sentiment.label if result.sentiment else "" for result in results]
    labels = ("positive", "mixed", "negative")
    assert sum(f1(gold, found, label) for label in labels) / 3 >= sentiment
    yes_no = [f1([row["recommend"] for row in rows], [r.recommend for r in results], x) for x in ("yes", "no")]
    assert sum(yes_no) / 2 >= recommend
    stays = [f1([row["loyalty"] for row in rows], [r.loyalty for r in results], x) for x in ("repeat", "churn")]
    assert sum(stays) / 2 >= loyalty
    precision, score = micro(
        [{m["defect"] for m in row["mentions"] if m["defect"]} for row in rows],
        [{m.defect for m in result.mentions if m.defect} for result in results],
    )
    assert precision >= 0.7
    assert score >= defect
