"""Memory of ``kundenecho analyse --input``: flat after the first 10,000 texts.

Analyses generated texts whose vocabulary never stops growing, since new words are what fills the
string store of a pipeline that forgets to empty it. Prints the resident memory at four marks and the
ratio of the last to the first; a flat run gives about 1.

Usage: python benchmarks/understanding_memory.py [--engine NAME] [--texts N]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nlp.batch import analyse_file

#: Share of all texts after which memory is read; the first is the base of the ratio.
MARKS = (0.05, 0.25, 0.5, 1.0)
LIMIT_MB = 1024
#: The bounded tables of words that the engine keeps are still filling at the first mark.
LIMIT_RATIO = 1.25
#: Share of sentences with a word that no text had before: far more than in life, where one word in
#: thirty is new after 20,000 reviews.
NEW_WORDS = 1.0

SUBJECTS = (
    "das Gerät", "der Hebel", "die Klappe", "der Service", "die Lieferung", "die Farbe", "der Preis", "die Pumpe",
    "sie", "es",
)  # fmt: skip
VERBS = (
    "ist", "war", "bleibt", "wirkt", "wurde", "funktioniert", "klemmt", "tropft", "gefällt mir", "riecht",
)  # fmt: skip
GRADES = (
    "sehr", "leider", "wirklich", "nicht", "ziemlich", "immer", "nach zwei Wochen", "von Anfang an",
    "überhaupt nicht", "etwas",
)  # fmt: skip
VERDICTS = (
    "gut", "schlecht", "toll", "undicht", "defekt", "praktisch", "zu teuer", "schön", "kaputt", "verstopft",
    "leise", "enttäuschend",
)  # fmt: skip
CLOSINGS = (
    "Klare Empfehlung.", "Nie wieder!", "Würde ich wieder kaufen.", "Schade ums Geld.", "5 Sterne 👍",
    "Ich habe es zurückgeschickt.", "Kann das jemand bestätigen?", "Alles bestens.", "Nicht zu empfehlen.",
    "Meine Mutter freut sich.",
)  # fmt: skip
LETTERS = "abdefghiklmnoprstuwäöü"


def texts(count: int, seed: int = 1) -> Iterator[str]:
    """Generate texts of one to six sentences, no two alike."""
    rng = random.Random(seed)

    def new_word() -> str:
        return "".join(rng.choices(LETTERS, k=rng.randint(5, 14))).capitalize()

    def sentence() -> str:
        words = [rng.choice(SUBJECTS), rng.choice(VERBS), rng.choice(GRADES), rng.choice(VERDICTS)]
        if rng.random() < NEW_WORDS:
            words.insert(rng.randint(0, 4), f"{rng.choice(('beim', 'mit', 'vom'))} {new_word()}")
        return " ".join(words).capitalize() + "."

    for _ in range(count):
        sentences = [sentence() for _ in range(rng.randint(1, 6))]
        yield " ".join([*sentences, rng.choice(CLOSINGS)])


def resident_mb() -> float:
    """Resident memory of this process; the peak so far where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="kundenecho")
    parser.add_argument("--texts", type=int, default=200_000)
    options = parser.parse_args()
    marks = [round(options.texts * share) for share in MARKS]
    seen: dict[int, float] = {}
    started = time.monotonic()

    def watch(done: int) -> None:
        for mark in marks:
            if done >= mark and mark not in seen:
                seen[mark] = resident_mb()
                print(f"{mark:>9,} texts {seen[mark]:7.1f} MB {time.monotonic() - started:7.1f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts(options.texts)):
                file.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
        started = time.monotonic()
        report = analyse_file(source, Path(folder) / "out.jsonl", engine=options.engine, progress=watch)
    ratio = seen[marks[-1]] / seen[marks[0]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"{report.lines / report.seconds:.0f} texts/s, peak {peak:.1f} MB (limit {LIMIT_MB})")
    print(f"ratio of memory at {marks[-1]:,} to {marks[0]:,} texts: {ratio:.3f} (limit {LIMIT_RATIO})")
    return 0 if ratio <= LIMIT_RATIO and peak < LIMIT_MB and not report.errors else 1


if __name__ == "__main__":
    raise SystemExit(main())
