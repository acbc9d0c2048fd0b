"""Loading: feed file to committed rows, against a bare COPY and against one row per statement.

Prints rows per second and the two ratios, all from one run. ``python benchmarks/load.py``
"""

from __future__ import annotations

import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from storage.connect import Connection, Database
from storage.embedded import Embedded
from storage.feed import STAGING, portions
from storage.load import LoadSource, load_feed
from storage.migrate import migrate

ROWS, SINGLE = 50_000, 5_000
_COLUMNS = "line integer, account text, " + ", ".join(f"{name} {kind}" for name, kind in STAGING)
#: The indexes that the loaded rows get, on one table.
_INDEXES = ("native_id, account", "product", "author_key", "content_digest", "copy_digest", "created_at")


def write_feed(path: Path, rows: int, start: int = 0) -> None:
    """A feed of varied records, as the spiders write it."""
    chance, keyer = random.Random(1), Keyer("benchmark " * 5)
    words = [f"wort{n}" for n in range(5000)]
    with path.open("w", encoding="utf-8") as out:
        for n in range(start, start + rows):
            text = " ".join(chance.choices(words, k=chance.randint(5, 60)))
            record = Feedback(
                source="bench", native_id=f"n{n}", kind="review", text=text, title=text[:30], product=f"P{n % 90}",
                created_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=n), created_precision="second",
                collected_at=datetime(2026, 1, 1, tzinfo=UTC), raw_value=4.0, raw_min=1.0, raw_max=5.0, rating_1_5=4.0,
                author_key=keyer.account("bench", f"a{n % 40_000}"), author_name=f"Name {n % 40_000}",
                url=f"https://shop.example/{n}", raw={"id": n, "text": text},
            )  # fmt: skip
            out.write(json.dumps(record.to_dict()) + "\n")


def seconds(work: Callable[[], object]) -> float:
    """Time that something takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def bare_copy(conn: Connection, text: str) -> None:
    with conn.cursor() as cursor:
        cursor.copy_expert("COPY bare FROM STDIN", io.StringIO(text))
    conn.commit()


def one_statement_a_row(conn: Connection, text: str) -> None:
    """The staged rows into the same tables, three statements for each row."""
    columns = ["line", "account", *(name for name, _ in STAGING)]
    index = {name: n for n, name in enumerate(columns)}
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO load (source, full_read) VALUES ('bench', false) RETURNING load_id")
        load = cursor.fetchone()[0]
        for line in text.splitlines():
            cells = [None if c == "\\N" else c for c in line.split("\t")]
            row = {name: cells[n] for name, n in index.items()} | {"load": load}
            cursor.execute(
                "INSERT INTO product (product, name, load_id) VALUES (%(product)s, %(product_name)s, %(load)s) ON CONFLICT DO NOTHING",
                row,
            )
            cursor.execute(
                "INSERT INTO author (source, author_key, load_id) VALUES ('bench', %(author_key)s, %(load)s) ON CONFLICT (source, author_key) DO UPDATE SET author_key = excluded.author_key RETURNING author_id",
                row,
            )
            row["author"] = cursor.fetchone()[0]
            cursor.execute(
                "INSERT INTO author_name VALUES (%(author)s, %(author_name)s, %(load)s) ON CONFLICT DO NOTHING", row
            )
            cursor.execute(
                "INSERT INTO fragment VALUES (%(fragment_digest)s, %(fragment)s, %(load)s) ON CONFLICT DO NOTHING", row
            )
            cursor.execute(
                "INSERT INTO feedback (source, account, native_id, kind, product, author_id, url, created_at, created_precision, load_id) VALUES ('bench', '', %(native_id)s, %(kind)s, %(product)s, %(author)s, %(url)s, %(created_at)s, %(created_precision)s, %(load)s) RETURNING feedback_id",
                row,
            )
            row["feedback"] = cursor.fetchone()[0]
            cursor.execute(
                "INSERT INTO revision (feedback_id, number, content_digest, state, title, text, copy_digest, raw_value, raw_min, raw_max, rating_1_5, collected_at, fragment_digest, load_id) VALUES (%(feedback)s, 1, %(content_digest)s, %(state)s, %(title)s, %(text)s, %(copy_digest)s, %(raw_value)s, %(raw_min)s, %(raw_max)s, %(rating_1_5)s, %(collected_at)s, %(fragment_digest)s, %(load)s) RETURNING revision_id",
                row,
            )
            row["revision"] = cursor.fetchone()[0]
            cursor.execute(
                "UPDATE feedback SET current_revision_id = %(revision)s WHERE feedback_id = %(feedback)s", row
            )
    conn.commit()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ke") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = Embedded(home / "pg")
        with Database(server.start()).connect("benchmark") as conn:
            migrate(conn)
            feed, other = home / "feed.jsonl", home / "other.jsonl"
            write_feed(feed, ROWS)
            write_feed(other, SINGLE, start=10 * ROWS)
            staged = "".join(text for text, _ in portions(feed, "bench", "", keep_raw=True, refuse=print))
            with conn.cursor() as cursor:
                cursor.execute(f"CREATE TABLE bare ({_COLUMNS})")
                for columns in _INDEXES:
                    cursor.execute(f"CREATE INDEX ON bare ({columns})")
            conn.commit()
            copy = ROWS / seconds(lambda: bare_copy(conn, staged))
            ours = ROWS / seconds(lambda: load_feed(conn, feed, card=LoadSource("bench")))
            begin = time.perf_counter()
            again = load_feed(conn, feed, card=LoadSource("bench"))
            reload_ = ROWS / (time.perf_counter() - begin)

            def by_statement() -> None:
                rows = "".join(text for text, _ in portions(other, "bench", "", keep_raw=True, refuse=print))
                one_statement_a_row(conn, rows)

            single = SINGLE / seconds(by_statement)
        server.stop()
    print(f"bare COPY into one table with six indexes   {copy:>9,.0f} rows/s")
    print(f"feed file to committed rows                 {ours:>9,.0f} rows/s")
    print(
        f"the same file again                         {reload_:>9,.0f} rows/s, {again.new + again.revised} rows written"
    )
    print(f"one row per statement                       {single:>9,.0f} rows/s")
    print(f"ratio to bare COPY          {ours / copy:.2f} (to reach: 0.08)")
    print(f"ratio to one row a statement {ours / single:.1f} (to reach: 3)")


if __name__ == "__main__":
    main()
