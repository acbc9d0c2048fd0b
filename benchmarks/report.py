"""The report of one product with 100,000 mentions of defects, beside a plain count of the same rows in the same run.

Rows are made in the database: 120,000 reviews of three years by 80,000 persons, 300 parts by Zipf, one of which breaks
four times as often in the last half year, and two sibling products with 1,000 reviews each. Exit code 1 over the limit.
``python benchmarks/report.py``
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from insights.weeks import last_closed
from kundenecho.settings import load_settings
from pipeline.defects import decide_defects
from pipeline.report import write_defect_report
from pipeline.step import silent
from storage.connect import Connection, Database
from storage.dirty import Dirty, newest_feedback
from storage.embedded import Embedded
from storage.migrate import migrate
from web.report import PAGES

LIMIT_SECONDS = 10.0
RUNS = 3
REVIEWS, PERSONS, PARTS, MENTIONS = 120_000, 80_000, 300, 100_000

MAKE = f"""
SET LOCAL search_path = kundenecho;
INSERT INTO load (source, full_read) VALUES ('shop', false);
INSERT INTO lineage (digest, description, state) VALUES ('bench', '{{}}', 'active');
INSERT INTO product (product, name, product_group, load_id)
SELECT 'P' || n, 'Maschine ' || n, 'Maschinen', 1 FROM generate_series(0, 2) n;
INSERT INTO person SELECT FROM generate_series(1, {PERSONS});
INSERT INTO author (source, author_key, person_id, load_id)
SELECT 'shop', 'k1:' || md5('a' || n), n, 1 FROM generate_series(1, {PERSONS}) n;
SELECT setseed(0.5);
-- The first are about the large product, a thousand about each sibling.
INSERT INTO feedback (source, native_id, kind, product, author_id, url, verified_purchase, created_at, created_precision, load_id)
SELECT CASE WHEN random() < 0.7 THEN 'shop' ELSE 'portal' END, 'n' || n, 'review',
       CASE WHEN n <= {REVIEWS} THEN 'P0' ELSE 'P' || 1 + n % 2 END, 1 + floor(random() * {PERSONS})::int,
       'https://shop.example/' || n, (ARRAY['yes', 'no', 'unknown'])[1 + n % 3],
       timestamptz '2026-06-01' - random() * interval '1095 days', 'day', 1
FROM generate_series(1, {REVIEWS} + 2000) n;
INSERT INTO revision (feedback_id, number, content_digest, state, title, text, copy_digest, rating_1_5, collected_at, load_id)
SELECT feedback_id, 1, md5(native_id), 'published', 'Bewertung', 'Nach einiger Zeit ging das Teil ' || native_id
       || ' kaputt, und niemand weiß warum. ' || repeat('Sonst ist alles wie beschrieben. ', 5), md5('c' || native_id),
       1 + feedback_id % 5, now(), 1
FROM feedback;
UPDATE feedback f SET current_revision_id = r.revision_id FROM revision r WHERE r.feedback_id = f.feedback_id;
INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, score, confidence, recommend, loyalty, question)
SELECT 1, revision_id, 'de', false, 'negative', -0.5, 0.9, 'none', 'none', false FROM revision;
INSERT INTO mention (lineage_id, revision_id, field, aspect, component, polarity, defect, evidence_start, evidence_end, confidence)
SELECT 1, r.revision_id, 'text', 'function', part, 'neg', kind, 0, 40, 0.9
FROM (
    SELECT r.revision_id, row_number() OVER (ORDER BY random()) AS place, f.product,
           -- Zipf: the logarithm of a uniform number's reach.
           'Teil' || floor(exp(random() * ln({PARTS})))::int AS part,
           (ARRAY['breakage', 'leak', 'noise', 'blockage'])[1 + r.revision_id % 4] AS kind
    FROM revision r JOIN feedback f USING (feedback_id)
) r WHERE place <= {MENTIONS} * 51 / 50;
INSERT INTO mention (lineage_id, revision_id, field, aspect, component, polarity, defect, evidence_start, evidence_end, confidence)
SELECT 1, r.revision_id, 'text', 'function', 'Düse', 'neg', 'blockage', 0, 40, 0.9
FROM revision r JOIN feedback f USING (feedback_id)
WHERE f.product = 'P0' AND random() < CASE WHEN f.created_at > '2025-12-01' THEN 0.02 ELSE 0.005 END;
"""
COUNT = """
SELECT count(DISTINCT coalesce(c.person_id, -c.feedback_id)), count(*)
FROM kundenecho.current_feedback c JOIN kundenecho.defect_mention m USING (revision_id) WHERE c.product = 'P0'
"""


def make(conn: Connection) -> None:
    with conn.cursor() as cursor:
        cursor.execute(MAKE)
    conn.commit()
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("ANALYZE")
    conn.autocommit = False


def decide(url: str) -> None:
    """Judge the defects; persons and topics are not needed for the report of defects."""
    nothing = Dirty(seqs=[], persons=[], moved=[])
    with Database(url).connect("benchmark") as conn:
        newest = newest_feedback(conn)
        closed = last_closed(newest.date()) if newest else None
        decide_defects(conn, nothing, [], 1, 3, closed, several=(), everything=True, progress=silent)
        conn.commit()


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> int:
    os.environ.setdefault("KUNDENECHO_KEY_SECRET", "benchmark " * 5)
    with tempfile.TemporaryDirectory(prefix="ke") as folder:
        Path(folder).chmod(0o755)
        server = Embedded(Path(folder) / "pg")
        os.environ["KUNDENECHO_DATABASE_URL"] = url = server.start()
        os.environ["KUNDENECHO_HOME"] = folder
        try:
            with Database(url).connect("benchmark") as conn:
                migrate(conn)
                made = seconds(lambda: make(conn))
            settings = load_settings()
            decided = seconds(lambda: decide(url))
            found: list[tuple[int, int]] = []

            def count() -> None:
                with Database(url).connect("benchmark") as conn, conn.cursor() as cursor:
                    cursor.execute(COUNT)
                    found.extend(cursor.fetchall())

            output = Path(folder) / "report.html"
            plain = min(seconds(count) for _ in range(RUNS))
            report = [
                seconds(lambda: write_defect_report(settings, PAGES, product="P0", output=output)) for _ in range(RUNS)
            ]
            page = output.read_text(encoding="utf-8")
        finally:
            server.stop()
    persons, mentions = found[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"rows made in {made:.0f} s, decided in {decided:.0f} s")
    print(
        f"one product: {mentions:,} mentions of {persons:,} persons; {page.count('<svg')} charts, {len(page) / 1024:.0f} KB"
    )
    print(f"plain count {plain:.2f} s; report {', '.join(f'{s:.1f}' for s in report)} s (limit {LIMIT_SECONDS:.0f} s)")
    print(f"peak memory of the process, decide included: {peak:.0f} MB")
    return 0 if max(report) < LIMIT_SECONDS and mentions >= MENTIONS else 1


if __name__ == "__main__":
    raise SystemExit(main())
