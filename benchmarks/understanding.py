"""Speed of ``kundenecho analyse``: against textblob-de, at the start, in memory, and with two processes.

Everything in one run on the same texts: real reviews where ``../shared/data`` is there, else those of the
demo company, repeated. Each engine reads and writes files in a fresh process, loading included. Prints

- texts a second of ours and of textblob-de, and the ratio;
- seconds from the start of a process to the first answer, less those of a bare ``spacy.blank("de")``;
- peak memory of the process that analyses;
- speed of two processes over that of one, on more texts.

Times are CPU seconds where one process works, so that what else runs on the machine counts little; they
are wall-clock seconds for two processes.

Usage: python benchmarks/understanding.py [--texts N] [--workers-texts N] [--short]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "household.jsonl"
#: What is to be reached.
RATIO, START_SECONDS, MEMORY_MB, TWO_OVER_ONE = 8.0, 1.5, 600.0, 1.6
_BARE = 'import spacy; spacy.blank("de")'
_FIRST = (
    "from nlp.engine import Text, load_engine\n"
    'next(iter(load_engine().analyse([Text("Die Kanne tropft, danke an Anna. Sonst sehr schön!")])))'
)
_TIMED = "\nimport time; print(time.process_time())"
_BYTES = 1 if sys.platform == "darwin" else 1024


def texts(count: int) -> Iterator[dict[str, str]]:
    """Real reviews where there are some, else the demo company's; repeated where there are too few."""
    if DATA.exists():
        with DATA.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        # Evenly from the whole file, which is sorted by product.
        picked = [rows[at * len(rows) // count] for at in range(count)] if count <= len(rows) else rows
        found = [{"text": row["text"], "product": row["product"]} for row in picked]
    else:
        from demo.company import company

        found = [{"text": str(voice.values["text"])} for voice in company().voices if voice.values.get("text")]
    for number, row in enumerate(islice(cycle(found), count)):
        yield {"id": str(number), **row}


def write(path: Path, count: int) -> Path:
    """A file of texts to analyse."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in texts(count))
    return path


def analyse(engine: str, source: Path, workers: int) -> None:
    """What a fresh process of this file does: analyse, then print what it took as JSON."""
    from nlp.batch import analyse_file

    begun = time.perf_counter()
    report = analyse_file(source, source.with_suffix(".out"), engine=engine, workers=workers)
    took = {
        "texts": report.lines,
        "errors": report.errors,
        "cpu": time.process_time(),
        "wall": time.perf_counter() - begun,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES / (1 << 20),
    }
    print(json.dumps(took))


def run(*arguments: str) -> str:
    """Standard output of a fresh Python process at the root of the checkout."""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def measure(engine: str, source: Path, workers: int = 1) -> dict[str, float]:
    """One run of :func:`analyse`."""
    found: dict[str, float] = json.loads(run(str(Path(__file__)), "--run", engine, str(source), str(workers)))
    if found["errors"]:
        raise SystemExit(f"{found['errors']} texts could not be analysed")
    return found


def start_seconds(code: str, times: int) -> float:
    """Median CPU seconds of a fresh process that runs some code."""
    return statistics.median(float(run("-c", code + _TIMED)) for _ in range(times))


def told(name: str, value: str, reached: bool, wanted: str) -> None:
    """Print one line of the result."""
    print(f"{name:<44} {value:>14}   {'reached' if reached else 'NOT reached'}: {wanted}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=10_000, help="for ours and for textblob-de")
    parser.add_argument("--workers-texts", type=int, default=20_000, help="for one process and for two")
    parser.add_argument("--short", action="store_true", help="few texts, to see that it runs")
    parser.add_argument("--run", nargs=3, metavar=("ENGINE", "FILE", "WORKERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        engine, source, workers = options.run
        analyse(engine, Path(source), int(workers))
        return 0
    count, many = (500, 3_000) if options.short else (options.texts, options.workers_texts)
    with tempfile.TemporaryDirectory() as folder:
        source = write(Path(folder) / "in.jsonl", count)
        size = sum(len(row["text"]) for row in texts(count)) / count
        print(f"{count:,} texts of {size:.0f} characters on average, {'real' if DATA.exists() else 'demo'}")
        ours = measure("kundenecho", source)
        theirs = measure("textblob-de", source)
        speed, other = (each["texts"] / each["cpu"] for each in (ours, theirs))
        print(f"{'kundenecho, texts a second':<44} {speed:>14.0f}")
        print(f"{'textblob-de, texts a second':<44} {other:>14.0f}", flush=True)
        told("ours over textblob-de", f"{speed / other:.2f}", speed / other >= RATIO, f"at least {RATIO:g}")
        times = 1 if options.short else 5
        extra = start_seconds(_FIRST, times) - start_seconds(_BARE, times)
        told("start-up over bare spaCy, seconds", f"{extra:.2f}", extra <= START_SECONDS, f"at most {START_SECONDS:g}")
        told("peak memory, MB", f"{ours['memory']:.0f}", ours["memory"] < MEMORY_MB, f"under {MEMORY_MB:g}")
        larger = write(Path(folder) / "many.jsonl", many)
        gain = measure("kundenecho", larger)["wall"] / measure("kundenecho", larger, workers=2)["wall"]
        told("two processes over one", f"{gain:.2f}", gain >= TWO_OVER_ONE, f"at least {TWO_OVER_ONE:g}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
