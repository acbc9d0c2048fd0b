"""Can the confidence of the journey's opinions be trusted, and where do they count?

Reads annotated texts (``kundenecho evaluate`` says how a line looks) and asks of each opinion that is found whether
an annotated one of the same polarity shares half of its words. Prints how often that is so by confidence; by the confidence from
which opinions count the share of texts that only criticise, ours and the annotated one; and the regression that the
weights in :mod:`nlp.moments` were rounded from. The weights of the shipped model saw ``dev.jsonl`` and ``dev_wide.jsonl``, so there
the figures flatter.

With ``--visits`` it reads any reviews (``text``, perhaps ``title`` and ``product``) and prints the share that is taken for a visit.

Usage: python benchmarks/moments.py [--visits] FILE.jsonl…
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlp.engine import Text, load_engine
from nlp.extensions import MENTIONS, SCORES, VERDICT, WORDS
from nlp.features import LABELS, clause_at, clause_starts
from nlp.gold import GoldText, read_gold
from nlp.moments import Reader
from nlp.places import places

SHARED = 0.5
_CLAUSES = "kundenecho_clauses_v1"
FLOORS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_SIGN = {"pos": 1, "neg": -1}


class Opinion(NamedTuple):
    """One opinion: touchpoint of its aspect, polarity, confidence, whether annotated, and what the regression sees."""

    place: str | None
    sign: int
    confidence: float
    right: bool
    seen: tuple[float, ...]


def place(aspect: str, defect: str | None) -> str | None:
    """Touchpoint of an aspect and a type of defect by the reviewed table."""
    return places().defects.get(defect or "") or places().aspects.get(aspect)


def opinions(text: GoldText, engine: Any) -> Iterator[Opinion]:
    """The opinions that are found in one text."""
    doc = engine.read(Text(text.text))
    data = doc.user_data
    reader, starts = Reader(data), clause_starts(doc)
    praised, criticised = (LABELS.index(name) for name in ("praise", "criticism"))
    for mention in data.get(MENTIONS) or ():
        sign = _SIGN.get(mention.polarity)
        if sign is None:
            continue
        at = clause_at(starts, mention.evidence[0])
        first, last = mention.evidence
        right = False
        for gold in text.mentions:
            begin, end = gold.evidence
            shared = min(last, end) - max(first, begin)
            right |= gold.polarity == mention.polarity and shared >= SHARED * min(last - first, end - begin)
        scores = data[SCORES].labels[at]
        said, other = (scores[praised], scores[criticised])[::sign]
        seen = (*map(logit, (mention.confidence, said, other)), sign * data[VERDICT].score)
        yield Opinion(place(mention.aspect, mention.defect), sign, reader.confidence(at, mention), right, seen)


def logit(probability: float) -> float:
    """Logarithm of the odds."""
    bounded = min(0.99, max(0.01, probability))
    return float(np.log(bounded / (1 - bounded)))


def regression(found: Sequence[Opinion]) -> list[float]:
    """Weights of a logistic regression by Newton's method: base, own, said, other, verdict."""
    x = np.array([(1.0, *one.seen) for one in found])
    y = np.array([one.right for one in found], dtype=float)
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        weights -= np.linalg.solve(
            (x.T * (p * (1 - p))) @ x + 0.01 * np.eye(len(weights)), x.T @ (p - y) + 0.01 * weights
        )
    return [round(float(weight), 2) for weight in weights]


def only_criticise(texts: Sequence[Sequence[int]]) -> tuple[int, float]:
    """Texts with a verdict, and the share of those that only criticise."""
    judging = [set(signs) for signs in texts if signs]
    return len(judging), sum(signs == {-1} for signs in judging) / max(1, len(judging))


def visits(file: Path) -> float:
    """Share of the reviews of a file that are taken for a visit."""
    table, engine, taken = places().visits, load_engine(), 0
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        words = engine.read(Text(row["text"], row.get("title")), until=_CLAUSES).user_data.get(WORDS)
        taken += words is not None and table.weigh(words.folded, row.get("product")) >= table.needed
    return taken / len(rows)


def main() -> None:
    """Print the tables for each file."""
    if "--visits" in sys.argv:
        for name in sys.argv[2:]:
            print(f"{Path(name).name}: {visits(Path(name)):.3f}")
        return
    engine = load_engine()
    everything: list[Opinion] = []
    for name in sys.argv[1:]:
        texts = read_gold(Path(name))
        found = [list(opinions(text, engine)) for text in texts]
        flat = [one for many in found for one in many]
        everything += flat
        print(
            f"\n{Path(name).name}: {len(flat)} opinions\n\n| confidence | opinions | mean | right |\n|---|---|---|---|"
        )
        for low in np.arange(0, 1, 0.1):
            there = [one for one in flat if low <= one.confidence < low + 0.1]
            if there:
                means = (np.mean([one.confidence for one in there]), np.mean([one.right for one in there]))
                print(f"| {low:.1f}–{low + 0.1:.1f} | {len(there)} | {means[0]:.3f} | {means[1]:.3f} |")
        gold = [
            [_SIGN[m.polarity] for m in t.mentions if m.polarity in _SIGN and place(m.aspect, m.defect) == "use"]
            for t in texts
        ]
        print("\n| use, counted from | texts that judge | only criticise |\n|---|---|---|")
        print("| annotated | {} | {:.3f} |".format(*only_criticise(gold)))
        for floor in FLOORS:
            ours = [[one.sign for one in many if one.place == "use" and one.confidence >= floor] for many in found]
            print("| {} | {} | {:.3f} |".format(floor, *only_criticise(ours)))
    print(f"\nregression over {len(everything)}: base, own, said, other, verdict =", regression(everything))


if __name__ == "__main__":
    main()
