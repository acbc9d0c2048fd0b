"""What a day costs on top of much, and on top of little: the whole of ``decide``, part by part.

Fills two databases as an installation of that size would have them, lets decide count them, lets days of about 1,000
reviews arrive, and times what each part of ``decide`` does for them: persons and copies settled, defects, topics, advocates
with their stages, offers, cases, and the rest. Printed are seconds of the clock, and of both processors' work, which other
work on the machine does not change much. Reviews are dated within the last two days; in a further row one in a hundred lies
weeks back, as when a portal releases late what it checked, and its product is counted as a whole with its siblings. In the
last row a week has closed, and all is counted as a whole.
What the closed weeks say of defects is left out of the countings as a whole unless ``--judge`` asks for it.
``python benchmarks/decide.py [--sizes 100000 10000000] [--days N] [--judge]``
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import psutil
from population import arrive, assess, generated, size_bytes

import pipeline.decide
import pipeline.defects
from insights.defects import Course, DefectVerdict
from kundenecho.settings import load_settings
from storage.connect import Connection, Database

#: Ratio of the costs, as processor time, and peak memory in MB that must not be reached.
LIMIT, LIMIT_MB = 1.5, 500
_REVIEWS = 1010
#: The parts of decide, by the functions that it calls for them.
_PARTS = {
    "persons": ("settle",),
    "copies": ("settle_copies",),
    "defects": ("decide_defects",),
    "topics": ("decide_topics",),
    "advocates": ("decide_advocates",),
    "offers": ("decide_offers",),
    "cases": ("decide_cases",),
    "rest": ("mark_dirty", "newest_feedback", "clear_dirty", "learn_new_tables"),
}
# Dates of the last two days, collected just now; a late one lies two months back.
_REDATE = """
UPDATE feedback SET created_at = (SELECT max(created_at) FROM feedback WHERE feedback_id <= %(before)s)
    + %(later)s * interval '1 day' - feedback_id %% 48 * interval '1 hour' - CASE WHEN %(late)s AND feedback_id %% 100 = 33 THEN interval '60 days' ELSE '0' END,
    created_precision = CASE created_precision WHEN 'month' THEN 'day' ELSE created_precision END
WHERE feedback_id > %(before)s AND created_at IS NOT NULL;
SET LOCAL session_replication_role = replica;
UPDATE revision SET collected_at = (SELECT max(created_at) FROM feedback WHERE feedback_id <= %(before)s) + %(later)s * interval '1 day'
WHERE feedback_id > %(before)s;
SET LOCAL session_replication_role = DEFAULT
"""


class Day(NamedTuple):
    """Seconds of the clock and of both processors by part; what decide wrote; the peak memory of the process in MB."""

    clock: dict[str, float]
    worked: dict[str, float]
    counts: dict[str, int]
    peak: float


class Stopwatch:
    """Times the parts of decide, wherever it calls them."""

    def __init__(self) -> None:
        self.clock, self.worked = dict.fromkeys(_PARTS, 0.0), dict.fromkeys(_PARTS, 0.0)

    def start(self) -> None:
        """Put itself around the parts."""
        for part, names in _PARTS.items():
            for name in names:
                setattr(pipeline.decide, name, self._timed(part, getattr(pipeline.decide, name)))

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(conn: Connection, *args: Any, **options: Any) -> Any:
            server = psutil.Process(conn.info.backend_pid)
            begin, before = time.perf_counter(), sum(server.cpu_times()[:2]) + time.process_time()
            found = function(conn, *args, **options)
            self.clock[part] += time.perf_counter() - begin
            self.worked[part] += sum(server.cpu_times()[:2]) + time.process_time() - before
            return found

        return timed


def decide(judge: bool) -> Day:
    """One decide, in a process of its own."""
    if not judge:
        pipeline.defects.judge_product = lambda cells, **_: [DefectVerdict(Course("quiet")) for _ in cells]
    watch = Stopwatch()
    watch.start()
    begin = time.perf_counter()
    counts = pipeline.decide.decide(load_settings())
    # What is not timed by itself, the commit among it.
    watch.clock["rest"] += time.perf_counter() - begin - sum(watch.clock.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Day(watch.clock, watch.worked, counts, peak)


def one_day(conn: Connection, persons: int, *, late: bool = False, later: int = 0) -> None:
    """Let a day's reviews arrive, some days later than the newest that are there."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT max(feedback_id) FROM feedback")
        before = cursor.fetchone()[0]
    arrive(conn, reviews=_REVIEWS, persons=persons)
    with conn.cursor() as cursor:
        cursor.execute(_REDATE, {"before": before, "late": late, "later": later})
        # Of a load that large, the server would have looked at the tables by itself.
        cursor.execute("ANALYZE feedback; ANALYZE revision; ANALYZE mention; ANALYZE term; ANALYZE dirty_key")
    conn.commit()


def prepare(conn: Connection, judge: bool) -> None:
    """Have all counted as a whole, as an installation that is upgraded does, and print what that takes."""
    assess(conn)
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO dirty_key (product) SELECT product FROM product")
        cursor.execute("SELECT count(*), count(DISTINCT component) FROM mention")
        mentions, parts = cursor.fetchone()
    conn.commit()
    print(f"{mentions:,} mentions of {parts} parts, {size_bytes(conn) / 2**30:.1f} GiB; all counted as a whole:", flush=True)  # fmt: skip
    conn.rollback()
    shown("first", alone(judge))
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    conn.autocommit = False


def alone(judge: bool) -> Day:
    """One decide in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(decide, (judge,))


def shown(name: str, day: Day) -> None:
    """Print one decide."""
    parts = ", ".join(f"{part} {day.clock[part]:.2f} ({day.worked[part]:.2f})" for part in _PARTS)
    wrote = ", ".join(f"{count} {what}" for what, count in day.counts.items())
    print(f"  {name:<11} {sum(day.clock.values()):6.2f} s ({sum(day.worked.values()):.2f} worked): {parts}; {wrote};"
          f" {day.peak:.0f} MB", flush=True)  # fmt: skip


def measure(url: str, persons: int, days: int, *, judge: bool) -> list[Day]:
    """Print what days cost on top of an installation, and give those that arrived in time and warm."""
    found = []
    with Database(url).connect("benchmark") as conn:
        for number in range(days + 1):
            one_day(conn, persons)
            # The first one reads from disk what the others find in memory.
            day = alone(judge)
            shown(f"day {number}" if number else "cold", day)
            if number:
                found.append(day)
        one_day(conn, persons, late=True)
        shown("late rows", alone(judge))
        one_day(conn, persons, later=7)
        shown("week closed", alone(judge))
    return found


def medians(days: list[Day]) -> dict[str, float]:
    """Processor time of each part, the median of some days."""
    return {part: statistics.median(day.worked[part] for day in days) for part in _PARTS}


def run(size: int, days: int, *, judge: bool) -> list[Day]:
    """Generate an installation of a size, and measure it."""
    persons = min(2_000_000, size // 5)
    begin = time.perf_counter()
    with generated(feedback=size, persons=persons) as url:
        print(f"{size:,} feedback, made in {time.perf_counter() - begin:.0f} s", flush=True)
        with Database(url).connect("benchmark") as conn:
            prepare(conn, judge)
        return measure(url, persons, days, judge=judge)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=[101_000, 10_100_000])
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--judge", action="store_true", help="judge the closed weeks too")
    options = parser.parse_args()
    little, much = (run(size, options.days, judge=options.judge) for size in options.sizes)
    small, large = medians(little), medians(much)
    print("processor time of a day, on top of little and of much:")
    for part in _PARTS:
        print(f"  {part:<10} {small[part]:6.2f} {large[part]:6.2f} s")
    ratio, peak = sum(large.values()) / sum(small.values()), max(day.peak for day in much)
    print(f"together {ratio:.2f} times as much (limit {LIMIT}), with {peak:.0f} MB (limit {LIMIT_MB})")
    return 0 if ratio < LIMIT and peak < LIMIT_MB else 1


if __name__ == "__main__":
    raise SystemExit(main())
