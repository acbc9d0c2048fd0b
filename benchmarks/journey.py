"""The journey map: how long the page, its quotes and its ways take, read live from so many feedback.

Feedback, analyses and moments (three to a text, Zipf over products) are generated in the database. Prints the median seconds of the
queries behind the pages, and ends with 1 where the map of the smallest size takes longer than allowed.
``python benchmarks/journey.py [--feedback N N …]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage.connect import Connection, Database
from storage.embedded import Embedded
from storage.journey import list_journey, list_journey_quotes, list_journey_transitions
from storage.migrate import migrate

RUNS, ALLOWED = 5, 1.0
_GENERATE = """
SET search_path = kundenecho;
INSERT INTO load (source, full_read) VALUES ('bench', true);
INSERT INTO product (product, name, load_id) SELECT 'P' || n, 'P' || n, 1 FROM generate_series(1, 100) n;
INSERT INTO person (person_id) OVERRIDING SYSTEM VALUE SELECT n FROM generate_series(1, {n}) n;
INSERT INTO author (source, author_key, person_id, own_person_id, load_id)
SELECT 'bench', 'k1:' || md5(n::text), n, n, 1 FROM generate_series(1, {n}) n;
INSERT INTO feedback (source, native_id, kind, product, author_id, created_at, created_precision, load_id)
SELECT 'bench', n::text, 'review', CASE WHEN n % 7 > 0 THEN 'P' || (1 + floor(100 * power(random(), 3))::int % 100) END,
       1 + floor({n} * power(random(), 2))::int % {n}, '2026-01-01'::timestamptz + n % 300 * interval '1 day', 'day', 1
FROM generate_series(1, {n}) n;
INSERT INTO revision (feedback_id, number, content_digest, state, text, rating_1_5, collected_at, load_id)
SELECT feedback_id, 1, md5(feedback_id::text), 'published',
       'Die Lieferung kam sehr schnell an. Der Kaffee schmeckt gut. Beim Kundendienst half mir niemand, Nr. ' || feedback_id,
       1 + feedback_id % 5, now(), 1 FROM feedback;
UPDATE feedback f SET current_revision_id = r.revision_id FROM revision r WHERE r.feedback_id = f.feedback_id;
INSERT INTO lineage (digest, description, state) VALUES ('bench', '{{}}', 'active');
INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, recommend, loyalty, question)
SELECT 1, revision_id, 'de', false, 'positive', 'none', 'none', false FROM revision;
INSERT INTO moment (lineage_id, revision_id, field, evidence_start, evidence_end, quote_start, quote_end, phase, touchpoint, mood, emotion,
  confidence)
SELECT 1, r.revision_id, 'text', 30 * k, 30 * k + 25, 30 * k, 30 * k + 29, 'during',
       (ARRAY['delivery', 'use', 'use', 'use', 'support', 'order', 'cleaning', 'repurchase'])[1 + (r.revision_id * 7 + k * 3) % 8],
       (r.revision_id * 3 + k) % 5 - 2, CASE WHEN (r.revision_id + k) % 9 = 0 THEN 'joy' END,
       0.4 + (r.revision_id * 11 + k * 5) % 60 / 100.0
FROM revision r CROSS JOIN generate_series(0, 2) k;
"""


def seconds(run: Callable[[], object]) -> float:
    """Median seconds of some runs."""
    found = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def measure(conn: Connection, feedback: int) -> float:
    """Print the seconds of each query on so many feedback; gives those of the map of everything."""
    with conn.cursor() as cursor:
        cursor.execute(_GENERATE.format(n=feedback))
    conn.commit()
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    conn.autocommit = False
    took = {
        "map of everything": seconds(lambda: list_journey(conn)),
        "map of a product": seconds(lambda: list_journey(conn, product="P1")),
        "quotes behind a cell": seconds(lambda: list_journey_quotes(conn, touchpoint="use", mood="negative")),
        "ways": seconds(lambda: list_journey_transitions(conn, limit=15)),
    }
    print(f"{feedback:,} feedback: " + ", ".join(f"{what} {time_:.3f} s" for what, time_ in took.items()))
    return took["map of everything"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feedback", type=int, nargs="+", default=[10_000, 100_000])
    took = []
    for feedback in parser.parse_args().feedback:
        with tempfile.TemporaryDirectory(prefix="ke") as folder:
            Path(folder).chmod(0o755)
            server = Embedded(Path(folder) / "pg")
            with Database(server.start()).connect("benchmark") as conn:
                migrate(conn)
                took.append(measure(conn, feedback))
            server.stop()
    sys.exit(took[0] > ALLOWED)


if __name__ == "__main__":
    main()
