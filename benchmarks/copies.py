"""Near-copies in real reviews: how long finding them takes, how many pairs are compared, which are taken for copies.

Usage: python benchmarks/copies.py [FILE.jsonl] [--show]; --show prints the pairs.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from kundenecho.copies import NEAR, similarity, sketch

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "household.jsonl"


def main() -> None:
    """Compare the texts of a file, lines with ``text``."""
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    lines = (Path(names[0]) if names else DATA).read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line).get("text") or "" for line in lines]
    begin = perf_counter()
    sketches = [sketch(text) for text in texts]
    by_band: dict[int, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    for number, found in enumerate(sketches):
        for band in found.bands:
            pairs.update((other, number) for other in by_band[band])
            by_band[band].append(number)
    alike = sorted(((similarity(sketches[a].shingles, sketches[b].shingles), a, b) for a, b in pairs), reverse=True)
    near = sum(likeness >= NEAR for likeness, _, _ in alike)
    print(f"{len(texts)} texts, {perf_counter() - begin:.1f} s, {len(pairs)} pairs share a band, {near} are near")
    if "--show" in sys.argv:
        for likeness, one, other in alike:
            print(f"{likeness:.2f}\n  {texts[one][:200]}\n  {texts[other][:200]}")


if __name__ == "__main__":
    main()
