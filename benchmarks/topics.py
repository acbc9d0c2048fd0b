"""Topics: do two random halves of the persons give the same ones?

Analyses real reviews, splits each group's persons at random into two halves, finds the topics of
each, and prints

- the adjusted Rand index (Hubert and Arabie 1985) of the two groupings, over the terms that belong to a
  topic in both halves;
- the share of one half's topics that the other half has too: all of them, and those of at least twice
  the floor, which chance does not push under it.

Usage: python benchmarks/topics.py [--data FILE] [--splits N] [--least RATIO]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from insights.agreement import adjusted_rand
from insights.topics import SaidCount, TermCount, Topic, find_topics, floor_of
from kundenecho.analysis import Term
from nlp.engine import Text, load_engine

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "household.jsonl"
Member = tuple[str, str | None]
#: A person and the terms of one of the person's texts.
Said = tuple[str, Sequence[Term]]


def read(lines: Iterable[str]) -> dict[str, list[Said]]:
    """Terms of all texts by group; a text without an author is one person."""
    rows = [json.loads(line) for line in lines]
    groups: dict[str, list[Said]] = defaultdict(list)
    texts = (Text(row["text"], row.get("title"), row["product"]) for row in rows)
    for number, (row, analysis) in enumerate(zip(rows, load_engine().analyse(texts), strict=True)):
        groups[row.get("category") or row["product"]].append((row.get("author") or f"text {number}", analysis.terms))
    return groups


def topics(said: Sequence[Said]) -> list[tuple[Topic, int]]:
    """Topics that reach the floor, with their persons, counted as the database does."""
    speak: dict[Member, set[str]] = defaultdict(set)
    whole, common = defaultdict(set), defaultdict(set)
    written, known, heads = defaultdict(Counter), {}, {}
    for person, terms in said:
        for t in terms:
            speak[t.key, None].add(person)
            written[t.key, None][t.written] += 1
            known[t.key], heads[t.key] = t.known, t.head
            if t.whole:
                whole[t.key].add(person)
            if t.common:
                common[t.key].add(person)
            if t.construction and t.phrase:
                speak[t.key, t.construction].add(person)
                written[t.key, t.construction][t.phrase] += 1
    counts, things = [], []
    for (key, construction), persons in speak.items():
        name = min(written[key, construction].items(), key=lambda item: (-item[1], item[0]))[0]
        if len(persons) > 1 and construction is None:
            counts.append(TermCount(key, name, heads[key], len(persons), len(whole[key]), len(common[key]), known[key]))
        elif len(persons) > 1:
            things.append(SaidCount(key, construction, name, len(persons)))
    everybody = len({person for person, _ in said})
    counts.sort(key=lambda t: t.key)
    things.sort(key=lambda s: (s.key, s.construction))
    found = [(t, len(set().union(*(speak[m] for m in t.members)))) for t in find_topics(counts, things, everybody)]
    return [(t, persons) for t, persons in found if persons >= floor_of(everybody)]


def compare(said: Sequence[Said], seed: int) -> tuple[float, float, float, int]:
    """Adjusted Rand index of two halves, shares of topics found again, terms compared."""
    persons = sorted({person for person, _ in said})
    first = set(random.Random(seed).sample(persons, len(persons) // 2))
    halves = [[row for row in said if (row[0] in first) == mine] for mine in (True, False)]
    one, other = (topics(half) for half in halves)
    groups = [{m: t.anchor for t, _ in half for m in t.members} for half in (one, other)]
    again = {m for t, _ in other for m in t.members}
    strong = [t for t, n in one if n >= 2 * floor_of(len(first))]
    shares = [sum(t.members[0] in again for t in half) / max(len(half), 1) for half in ([t for t, _ in one], strong)]
    return adjusted_rand(*groups), *shares, len(groups[0].keys() & groups[1].keys())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--least", type=float, default=0.8, help="exit with 1 below this mean index")
    options = parser.parse_args()
    if not options.data.exists():
        print(f"{options.data.name}: not here, nothing to measure")
        return
    with options.data.open(encoding="utf-8") as lines:
        groups = read(lines)
    everything = []
    for name, said in sorted(groups.items()):
        found = [compare(said, seed) for seed in range(options.splits)]
        index, all_again, strong_again = (sum(f[at] for f in found) / len(found) for at in range(3))
        everything += [f[0] for f in found]
        print(
            f"{name}: {len(said)} texts, {len(topics(said))} topics; halves: adjusted Rand index {index:.2f}"
            f" ({min(f[0] for f in found):.2f} to {max(f[0] for f in found):.2f}) over {found[0][3]} terms;"
            f" topics found again {all_again:.0%}, of at least twice the floor {strong_again:.0%}"
        )
    mean = sum(everything) / len(everything)
    print(f"mean adjusted Rand index {mean:.2f} over {len(everything)} splits")
    sys.exit(mean < options.least)


if __name__ == "__main__":
    main()
