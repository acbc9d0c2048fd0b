"""An installation of any size, generated in the database: what collecting, analysing and settling would have left.

Products by Zipf, accounts with a heavy tail, a tenth of the persons with two accounts, a tenth of the feedback without
an author, stars without a word, edited texts, copies, parts by Zipf, customers with consents and orders. Every value is
a hash of its row's number, so that the same call makes the same rows, and :func:`arrive` adds a day to them.
``python benchmarks/population.py [--feedback N] [--persons N] [--products N]``
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate.advocacy import ADVOCATES
from generate.people import COMPANY, FUNCTIONS, PEOPLE, TRAITS
from generate.words import COMPONENT, MADE, WRITE

from kundenecho.errors import DataError
from pipeline.copies import settle_copies
from storage.connect import Database
from storage.embedded import Embedded
from storage.migrate import migrate

#: The keying secret of everything that is generated; ``decide`` needs the same one in the environment.
SECRET = "benchmark " * 5
#: Of eleven accounts, one is the second of a person.
_ACCOUNTS_PER_PERSON = 1.1
#: Whoever writes most has one of so many feedback, up to 5,000; nobody else comes near.
_MOST, _MOST_OF = 5000, 1000
_PORTION, _PERSONS = 500_000, 200_000
# The benchmark's server may lose everything when the machine goes down.
_CARELESS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'30min'", "autovacuum": "off",
}  # fmt: skip


def populate(conn: Connection, *, feedback: int, persons: int, products: int = 2000, components: int = 300) -> None:
    """Fill a migrated database without feedback, as after ``collect``, ``analyse`` and the settling of ``decide``.

    Commits. No key is dirty afterwards; accounts have their persons, texts their sketches and collapses. What
    ``decide`` writes besides is missing: defects, topics, advocates, cases; so are the pairs of persons that are offered
    for a decision.

    Args:
        conn: Connection of a superuser, without a transaction in progress.
        feedback: Rows of ``feedback``.
        persons: Persons that have an account, at least 1,000 and at most a fifth of ``feedback``.
        products: Products, by Zipf.
        components: Parts that mentions name, by Zipf, at most 300.

    Raises:
        DataError: The database holds feedback already, or the numbers do not fit.
    """
    if not 1000 <= persons <= feedback // 5 or not 1 <= components <= 300:
        raise DataError("the numbers do not fit", remedy="At least 1,000 persons and five feedback for each of them")
    accounts = int(persons * _ACCOUNTS_PER_PERSON)
    values = {"persons": persons, "accounts": accounts, "products": products, "components": components,
              "total": feedback, "step": feedback // accounts, "base": 0, "cap": accounts, "shift": 0,
              "often": max(_MOST_OF, feedback // _MOST), **_pads()}  # fmt: skip
    with conn.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM feedback)")
        if cursor.fetchone()[0]:
            raise DataError("the database holds feedback already", remedy="Give a database of its own")
    with _rebuilt_indexes(conn):
        _run(conn, (*FUNCTIONS, COMPONENT), values)
        _run(conn, PEOPLE, values)
        _run(conn, COMPANY, values)
        _run(conn, TRAITS, values)
        for first in range(1, feedback + 1, _PORTION):
            _run(conn, (MADE, *WRITE), {**values, "first": first, "last": min(first + _PORTION - 1, feedback)})
        _run(conn, _SEQUENCES, values)
    _settle(conn)
    _tidy(conn)


def assess(conn: Connection) -> None:
    """Give the persons of a populated database scores, reasons, stages and places on the list; commits.

    They are made in one go and by a simpler rule than :func:`pipeline.advocates.decide_advocates` has, which would take
    an hour for millions.

    Args:
        conn: Connection of a superuser, without a transaction in progress.
    """
    tables = ("advocate", "advocate_reason", "person_stage", "advocate_rank")
    with _rebuilt_indexes(conn, tables), conn.cursor() as cursor:
        cursor.execute("SELECT max(person_id) FROM person")
        last = cursor.fetchone()[0]
        for first in range(1, last + 1, _PERSONS):
            _run(conn, ADVOCATES, {"first": first, "last": first + _PERSONS - 1})
        cursor.execute(
            "INSERT INTO advocacy_state (reference) SELECT date_trunc('month', max(created_at)) FROM feedback"
        )
    _tidy(conn)


def arrive(conn: Connection, *, reviews: int, persons: int, products: int = 2000, components: int = 300) -> None:
    """Add what one day brings, with the dirty keys that a load and its analysis leave; the caller commits.

    A fifth of the reviews is by new accounts, a tenth by nobody; the others are the more likely to be by an account,
    the more it wrote before.

    Args:
        conn: Connection of a superuser.
        reviews: Rows of ``feedback``.
        persons: As :func:`populate` was told.
        products: As :func:`populate` was told.
        components: As :func:`populate` was told.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(feedback_id) FROM feedback), (SELECT max(author_id) FROM author),"
            " (SELECT max(revision_id) FROM revision)"
        )
        before, known, revisions = cursor.fetchone()
        # Drawn from are the accounts that there were at first; every fifth row is by a new one.
        values = {"persons": persons, "accounts": int(persons * _ACCOUNTS_PER_PERSON), "products": products,
                  "components": components, "total": before, "first": before + 1, "last": before + reviews,
                  "step": 5, "base": known - before // 5, "cap": before + reviews, "known": known, "often": _MOST_OF,
                  "shift": revisions - 2 * before}  # fmt: skip
        for statement in (*FUNCTIONS, COMPONENT, *_NEWCOMERS, MADE, _NOBODY, *WRITE, *_SEQUENCES, *_MARKS):
            cursor.execute(statement, values)


def tune(conn: Connection) -> None:
    """Have the server trade safety for speed, as only a benchmark may, from its next start on.

    Autovacuum is off, so that nothing disturbs. Of the machine's memory it takes a quarter, the usual share of a server.
    """
    buffers = f"'{psutil.virtual_memory().total // 4 // 2**20}MB'"
    conn.autocommit = True
    with conn.cursor() as cursor:
        for name, value in {**_CARELESS, "shared_buffers": buffers}.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
    conn.autocommit = False


@contextmanager
def generated(*, feedback: int, persons: int, products: int = 2000, at: Path | None = None) -> Iterator[str]:
    """A server of its own with a generated installation, gone at the end of the ``with``.

    Args:
        feedback: As for :func:`populate`.
        persons: As for :func:`populate`.
        products: As for :func:`populate`.
        at: A folder where it stays, and is taken from the next time, without those who were erased meanwhile.

    Yields:
        Its address. The environment has the keying secret and the address.
    """
    with contextlib.nullcontext(at) if at else _passing() as folder:
        # The server may run as a user of its own.
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        server = Embedded(folder / "pg")
        with Database(server.start()).connect("benchmark") as conn:
            tune(conn)
        server.stop()
        url = server.start()
        os.environ.update(KUNDENECHO_KEY_SECRET=SECRET, KUNDENECHO_DATABASE_URL=url, KUNDENECHO_HOME=str(folder))
        try:
            with Database(url).connect("benchmark") as conn:
                migrate(conn)
                with conn.cursor() as cursor:
                    cursor.execute("SELECT EXISTS (SELECT FROM feedback)")
                    there = cursor.fetchone()[0]
                if not there:
                    populate(conn, feedback=feedback, persons=persons, products=products)
            yield url
        finally:
            server.stop()


@contextmanager
def _passing() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ke") as folder:
        yield Path(folder)


def size_bytes(conn: Connection) -> int:
    """What the database takes on disk."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


@contextmanager
def _rebuilt_indexes(conn: Connection, tables: Sequence[str] = ()) -> Iterator[None]:
    """Leave out plain indexes, triggers and foreign keys meanwhile; a large index is built faster in one go.

    Args:
        conn: Connection without a transaction in progress; commits.
        tables: Only the indexes of these; all without.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
            " WHERE c.relnamespace = 'kundenecho'::regnamespace AND (t.relname = ANY(%(tables)s) OR %(tables)s = '{}')"
            " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY 1",
            {"tables": list(tables)},
        )
        indexes = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; SET jit = off")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    # Committed, or a portion could not be committed alone.
    conn.commit()
    try:
        yield
        conn.commit()
    finally:
        conn.rollback()
        with conn.cursor() as cursor:
            for _, definition in indexes:
                cursor.execute(definition)
            cursor.execute("SET session_replication_role = DEFAULT; RESET maintenance_work_mem; RESET jit")
        conn.commit()


def _pads() -> dict[str, bytes]:
    """The keying secret as HMAC mixes it in (RFC 2104)."""
    block = SECRET.encode().ljust(64, b"\0")
    return {"ipad": bytes(byte ^ 0x36 for byte in block), "opad": bytes(byte ^ 0x5C for byte in block)}


def _run(conn: Connection, statements: tuple[str, ...], values: dict[str, object]) -> None:
    with conn.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
    conn.commit()


def _settle(conn: Connection) -> None:
    """Let the program itself settle copies and sketch long texts; short ones that nobody else has need no search."""
    with conn.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(_SKETCHED)
        cursor.execute(
            "TRUNCATE dirty_copy; INSERT INTO dirty_copy SELECT copy_digest FROM searched; DROP TABLE searched"
        )
        cursor.execute("ANALYZE")
    settle_copies(conn, [], everything=False)
    with conn.cursor() as cursor:
        cursor.execute("TRUNCATE dirty_key, dirty_copy")
    conn.commit()


def _tidy(conn: Connection) -> None:
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    conn.autocommit = False


# Twenty words and more are compared with others, see kundenecho/copies.py.
_SKETCHED = """
CREATE TEMP TABLE searched AS
SELECT copy_digest FROM revision WHERE copy_digest IS NOT NULL
GROUP BY copy_digest HAVING count(*) > 1 OR max(length(text) - length(translate(text, ' ', ''))) >= 19;
CREATE INDEX ON searched (copy_digest);
ANALYZE searched;
INSERT INTO copy_sketch (copy_digest, words, shingles, bands)
SELECT copy_digest, 1 + length(text) - length(translate(text, ' ', '')), '{}', '{}' FROM revision r
WHERE copy_digest IS NOT NULL AND NOT EXISTS (SELECT FROM searched s WHERE s.copy_digest = r.copy_digest)
"""
_SEQUENCES = (
    "SELECT setval(pg_get_serial_sequence('person', 'person_id'), (SELECT max(person_id) FROM person))",
    "SELECT setval(pg_get_serial_sequence('author', 'author_id'), (SELECT max(author_id) FROM author))",
    "SELECT setval(pg_get_serial_sequence('feedback', 'feedback_id'), (SELECT max(feedback_id) FROM feedback))",
    "SELECT setval(pg_get_serial_sequence('revision', 'revision_id'), (SELECT max(revision_id) FROM revision))",
)
_NEWCOMERS = (
    """
    INSERT INTO author (author_id, source, author_key, load_id) OVERRIDING SYSTEM VALUE
    SELECT a, pg_temp.source_of(a), 'k1:' || md5('a' || a), 1
    FROM generate_series(%(known)s + 1, %(base)s + %(last)s / 5) a
    """,
    """
    INSERT INTO author_name (author_id, display_name, load_id)
    SELECT author_id, pg_temp.shown_name(author_id, author_id), load_id FROM author
    WHERE author_id > %(known)s AND pg_temp.shown_name(author_id, author_id) IS NOT NULL
    """,
)
# Whoever was erased from a kept installation writes no more.
_NOBODY = """
UPDATE made SET author_id = NULL
WHERE author_id IS NOT NULL AND NOT EXISTS (SELECT FROM author a WHERE a.author_id = made.author_id)
"""
_MARKS = (
    """
    INSERT INTO dirty_key (product, author_id, whole)
    SELECT DISTINCT product, author_id, false FROM feedback WHERE feedback_id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO dirty_key (product, component, defect, author_id, whole)
    SELECT DISTINCT f.product, lower(m.component), m.defect, f.author_id, false
    FROM feedback f JOIN mention m ON m.revision_id = f.current_revision_id
    WHERE f.feedback_id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO dirty_copy
    SELECT DISTINCT r.copy_digest FROM feedback f JOIN revision r ON r.revision_id = f.current_revision_id
    WHERE f.feedback_id BETWEEN %(first)s AND %(last)s AND r.copy_digest IS NOT NULL
    """,
)


def main() -> None:
    """Fill a database, and say how long it takes and how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feedback", type=int, default=100_000)
    parser.add_argument("--persons", type=int, help="a fifth of the feedback if not told")
    parser.add_argument("--products", type=int, default=2000)
    options = parser.parse_args()
    persons = options.persons or options.feedback // 5
    begin = time.perf_counter()
    with generated(feedback=options.feedback, persons=persons, products=options.products) as url:
        took = time.perf_counter() - begin
        with Database(url).connect("benchmark") as conn, conn.cursor() as cursor:
            cursor.execute(
                "SELECT relname, reltuples::bigint FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace"
                " AND relkind = 'r' AND reltuples > 0 ORDER BY 2 DESC"
            )
            for table, rows in cursor.fetchall():
                print(f"{table:<20} {rows:>12,}")
            print(f"made in {took:.0f} s, {size_bytes(conn) / 2**30:.1f} GiB on disk")


if __name__ == "__main__":
    main()
