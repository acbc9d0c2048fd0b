"""What a day costs on top of much, and on top of little: deciding about defects by what is new.

Fills two databases as an installation of that size would have them, counts their defects, lets days of about 1,000 new
mentions arrive, and times what ``decide`` does for defects on each: persons and copies settled, figures, quotes and
signals written. Reviews are dated within the last two days; in a further row, one in a hundred lies weeks back, as when a
portal releases late what it checked, and its product is counted as a whole. What the closed weeks say is left out of the
first counting, which would take hours: a day does not read it but for the defects that it touches.
``python benchmarks/decide.py [--sizes 100000 10000000] [--days N]``
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
from typing import NamedTuple

from population import SECRET, arrive, generated, size_bytes

import pipeline.defects
from insights.defects import Course, DefectVerdict
from kundenecho.keying import Keyer
from pipeline.copies import settle_copies
from pipeline.defects import decide_defects
from pipeline.persons import settle
from pipeline.step import silent
from storage.connect import Connection, Database
from storage.dirty import active_lineage, clear_dirty, mark_dirty, newest_feedback, take_dirty

#: Ratio of the costs and peak memory that must not be reached.
LIMIT, LIMIT_MB = 1.5, 500
_REVIEWS = 1010
_MIN_PERSONS = 3
# Dates of the last two days, collected just now; a late one lies two months back.
_REDATE = """
UPDATE feedback SET created_at = (SELECT max(created_at) FROM feedback WHERE feedback_id <= %(before)s)
    - feedback_id %% 48 * interval '1 hour' - CASE WHEN %(late)s AND feedback_id %% 100 = 33 THEN interval '60 days' ELSE '0' END,
    created_precision = CASE created_precision WHEN 'month' THEN 'day' ELSE created_precision END
WHERE feedback_id > %(before)s AND created_at IS NOT NULL;
SET LOCAL session_replication_role = replica;
UPDATE revision SET collected_at = (SELECT max(created_at) FROM feedback WHERE feedback_id <= %(before)s)
WHERE feedback_id > %(before)s;
SET LOCAL session_replication_role = DEFAULT
"""


class Day(NamedTuple):
    """Seconds of the steps, products that were looked at, defects written, and the peak memory of the process in MB."""

    persons: float
    copies: float
    defects: float
    products: int
    written: int
    peak: float

    @property
    def seconds(self) -> float:
        """All steps together."""
        return self.persons + self.copies + self.defects


def count(url: str) -> Day:
    """Count all as a whole, without a verdict on the closed weeks."""
    pipeline.defects.judge_product = lambda cells, **_: [DefectVerdict(Course("quiet")) for _ in cells]
    return decide(url, everything=True)


def decide(url: str, everything: bool = False) -> Day:
    """What decide does for defects, in a process of its own."""
    with Database(url).connect("benchmark") as conn:
        lineage = active_lineage(conn) or 0
        begin = time.perf_counter()
        seqs = mark_dirty(conn)
        dirty = take_dirty(conn, seqs, settle(conn, Keyer(SECRET)))
        persons = time.perf_counter()
        reached, _ = settle_copies(conn, dirty.persons, everything=False)
        copies = time.perf_counter()
        products, written = decide_defects(
            conn,
            dirty,
            reached,
            lineage,
            _MIN_PERSONS,
            newest_feedback(conn),
            several=(),
            everything=everything,
            progress=silent,
        )
        clear_dirty(conn, dirty)
        conn.commit()
        end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Day(persons - begin, copies - persons, end - copies, products, written, peak)


def one_day(conn: Connection, persons: int, *, late: bool) -> None:
    """Let a day's reviews arrive."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT max(feedback_id) FROM feedback")
        before = cursor.fetchone()[0]
    arrive(conn, reviews=_REVIEWS, persons=persons)
    with conn.cursor() as cursor:
        cursor.execute(_REDATE, {"before": before, "late": late})
        # Of a load that large, the server would have looked at the tables by itself.
        cursor.execute("ANALYZE feedback; ANALYZE revision; ANALYZE mention")
    conn.commit()


def measure(size: int, days: int) -> tuple[float, float]:
    """Prints what the days cost on top of a size; returns the median's seconds and the peak memory."""
    persons = min(2_000_000, size // 5)
    begin = time.perf_counter()
    pool = multiprocessing.get_context("spawn")
    with generated(feedback=size, persons=persons) as url, Database(url).connect("benchmark") as conn:
        with conn.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT component) FROM mention")
            mentions, parts = cursor.fetchone()
        conn.rollback()
        made = time.perf_counter() - begin
        with pool.Pool(1) as process:
            whole = process.apply(count, (url,))
        print(f"{mentions:,} mentions of {parts} parts, {size:,} feedback, {size_bytes(conn) / 2**30:.1f} GiB; made in {made:.0f} s,"
              f" counted as a whole in {whole.defects:.0f} s with {whole.peak:.0f} MB: {whole.written:,} defects", flush=True)  # fmt: skip
        conn.rollback()
        conn.autocommit = True
        with conn.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
        conn.autocommit = False
        found = []
        for number in range(days + 2):
            late = number == days + 1
            one_day(conn, persons, late=late)
            with pool.Pool(1) as process:
                day = process.apply(decide, (url,))
            # The first one reads from disk what the others find in memory.
            name = "late rows" if late else f"day {number}" if number else "cold"
            print(f"  {name:<10} {day.seconds:6.2f} s: persons {day.persons:.2f}, copies {day.copies:.2f},"
                  f" defects {day.defects:.2f} ({day.products} products, {day.written} defects), {day.peak:.0f} MB", flush=True)  # fmt: skip
            if 0 < number <= days:
                found.append(day)
    return statistics.median(day.seconds for day in found), max(day.peak for day in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=[101_000, 10_100_000])
    parser.add_argument("--days", type=int, default=5)
    options = parser.parse_args()
    (little, _), (much, peak) = (measure(size, options.days) for size in options.sizes)
    print(
        f"a day on top of much costs {much / little:.2f} times the one on top of little (limit {LIMIT}), with {peak:.0f} MB (limit {LIMIT_MB})"
    )
    return 0 if much < LIMIT * little and peak < LIMIT_MB else 1


if __name__ == "__main__":
    raise SystemExit(main())
