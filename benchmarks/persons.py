"""Deciding persons: what a day of 1,000 touched accounts costs on top of few and of many.

Accounts, feedback (heavy tail over accounts) and analyses are generated in the database, then 1,000 accounts are marked as
touched, and only settling, candidates, scores and stages are timed. Prints the seconds and their ratio, and ends with 1
above the ratio allowed. ``python benchmarks/persons.py [--small N] [--large N]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kundenecho.keying import Keyer
from pipeline.advocates import decide_advocates
from pipeline.persons import settle
from pipeline.step import silent
from storage.connect import Connection, Database
from storage.dirty import mark_dirty
from storage.embedded import Embedded
from storage.migrate import migrate

DAY, RUNS, ALLOWED = 1000, 5, 1.5
_KEYER = Keyer("benchmark " * 5)
# Every tenth account shares an e-mail address with one of another source; names come from 400 × 3,000.
_GENERATE = """
SET search_path = kundenecho;
INSERT INTO load (source, full_read) VALUES ('bench', true);
INSERT INTO product (product, name, load_id) SELECT 'P' || n, 'P' || n, 1 FROM generate_series(0, 199) n;
INSERT INTO person (person_id) OVERRIDING SYSTEM VALUE SELECT n FROM generate_series(1, {n}) n;
SELECT setval(pg_get_serial_sequence('person', 'person_id'), {n});
INSERT INTO author (source, author_key, person_id, own_person_id, load_id)
SELECT 's' || n % 7, 'k1:' || md5(n::text), n, n, 1 FROM generate_series(1, {n}) n;
INSERT INTO author_name SELECT n, 'Vorname' || chr(97 + n % 20) || chr(97 + n / 20 % 20) || ' Familie' || md5((n % 3000)::text), 1
FROM generate_series(1, {n}) n WHERE n % 3 > 0;
INSERT INTO author_identifier SELECT n, 'email', 'k1:' || md5('e' || n / 10 % {n}), 1 FROM generate_series(1, {n}) n
WHERE n % 10 < 2;
INSERT INTO author_trait
SELECT n, k.kind, 'k1:' || md5(k.kind || k.value) FROM generate_series(1, {n}) n
CROSS JOIN LATERAL (VALUES ('name', n::text), ('full', n % 400 || ' ' || n % 3000), ('given', n % 400 || ' ' || n % 26),
                           ('family', n % 20 || ' ' || n % 3000)) k (kind, value) WHERE n % 3 > 0;
INSERT INTO feedback (source, native_id, kind, product, author_id, created_at, created_precision, load_id)
SELECT 's' || a % 7, n::text, 'review', 'P' || n % 200, a, '2026-01-01'::timestamptz + n % 300 * interval '1 day', 'day', 1
FROM (SELECT n, 1 + floor({n} * power(random(), 3))::int % {n} AS a FROM generate_series(1, {n} * 2) n) f;
INSERT INTO revision (feedback_id, number, content_digest, state, text, copy_digest, rating_1_5, collected_at, load_id)
SELECT feedback_id, 1, md5(feedback_id::text), 'published', 'Sehr gut. Ich kann sie jedem nur empfehlen, Nr. ' || feedback_id,
       md5('c' || CASE WHEN feedback_id % 50 = 0 THEN feedback_id / 100 ELSE feedback_id END), 1 + feedback_id % 5, now(), 1
FROM feedback;
UPDATE feedback f SET current_revision_id = r.revision_id FROM revision r WHERE r.feedback_id = f.feedback_id;
INSERT INTO lineage (digest, description, state) VALUES ('bench', '{{}}', 'active');
INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, recommend, loyalty, question, recommend_field,
                      recommend_start, recommend_end)
SELECT 1, revision_id, 'de', false, 'positive', CASE WHEN revision_id % 4 = 0 THEN 'yes' ELSE 'none' END, 'none', false,
       CASE WHEN revision_id % 4 = 0 THEN 'text' END, 10, 40 FROM revision;
"""


def decide_day(conn: Connection, accounts: int, run: int) -> float:
    """Seconds to settle and assess a day's accounts; nothing is kept."""
    with conn.cursor() as cursor:
        cursor.execute("TRUNCATE dirty_key")
        cursor.execute(
            "INSERT INTO dirty_key (author_id) SELECT 1 + (n::bigint * 7919 + %s) %% %s FROM generate_series(1, %s) n",
            (run * 31, accounts, DAY),
        )
    begin = time.perf_counter()
    mark_dirty(conn)
    settled = settle(conn, _KEYER)
    decide_advocates(conn, settled.persons, 1, datetime(2026, 11, 1, tzinfo=UTC), progress=silent)
    took = time.perf_counter() - begin
    conn.rollback()
    return took


def measure(conn: Connection, accounts: int) -> float:
    """Median seconds of a day on top of so many accounts."""
    with conn.cursor() as cursor:
        cursor.execute(_GENERATE.format(n=accounts))
    conn.commit()
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    conn.autocommit = False
    found = [decide_day(conn, accounts, run) for run in range(RUNS)]
    print(
        f"{accounts:,} accounts, {2 * accounts:,} feedback: {statistics.median(found):.2f} s ({min(found):.2f} at best)"
    )
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    options = parser.parse_args()
    took = []
    for accounts in (options.small, options.large):
        with tempfile.TemporaryDirectory(prefix="ke") as folder:
            Path(folder).chmod(0o755)
            server = Embedded(Path(folder) / "pg")
            with Database(server.start()).connect("benchmark") as conn:
                migrate(conn)
                took.append(measure(conn, accounts))
            server.stop()
    print(f"ratio {took[1] / took[0]:.2f}, allowed {ALLOWED}")
    sys.exit(took[1] / took[0] > ALLOWED)


if __name__ == "__main__":
    main()
