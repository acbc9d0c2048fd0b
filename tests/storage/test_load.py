from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kundenecho.errors import DataError, RetryError
from kundenecho.records import Feedback
from storage.connect import Connection, Database
from storage.embedded import Embedded
from storage.feed import portions
from storage.load import LoadReport, LoadSource, load_feed
from storage.migrate import migrate
from storage.runs import begin_run, watermark
from tests.conftest import quick_folder, rows

Make = Callable[..., Feedback]
Load = Callable[..., LoadReport]


def test_new_feedback_arrives_whole(conn: Connection, load: Load, feedback: Make) -> None:
    report = load([feedback("a"), feedback("b", author=None, reply="Danke!", likes=3)], watermark="b")
    assert (report.items, report.new, report.revised, report.unchanged) == (2, 2, 0, 0)
    assert rows(
        conn, "SELECT native_id, text, rating_1_5, author_id IS NULL FROM current_feedback ORDER BY native_id"
    ) == [
        ("a", "Die Kanne tropft beim Ausgießen.", 4.0, False),
        ("b", "Die Kanne tropft beim Ausgießen.", 4.0, True),
    ]
    assert rows(conn, "SELECT reply FROM reply") == [("Danke!",)]
    assert rows(conn, "SELECT likes FROM likes") == [(3,)]
    assert rows(conn, "SELECT display_name FROM author_name") == [("author a",)]
    assert watermark(conn, "shop", "") == "b"
    assert rows(conn, "SELECT count(DISTINCT load_id) FROM revision") == [(1,)]


def state(conn: Connection) -> list[list[tuple[object, ...]]]:
    """Every row version of every table that a load writes, but the log of loads and the dirty keys."""
    tables = ("product", "author", "author_name", "author_identifier", "feedback", "revision", "reply", "likes",
              "fragment", "page", "watermark")  # fmt: skip
    return [rows(conn, f"SELECT xmin::text, ctid::text FROM {table} ORDER BY 2") for table in tables]


def test_reload_of_unchanged_rows_writes_nothing(conn: Connection, load: Load, feedback: Make) -> None:
    page = {"url": "https://shop.example/p", "fetched_at": "2026-06-01T00:00:00+00:00", "status": 200, "digest": "d"}
    records = [feedback(str(n), likes=n, reply="Danke", page=page) for n in range(50)]
    load(records, watermark="1")
    before = state(conn)
    dirty = rows(conn, "SELECT count(*) FROM dirty_key")
    report = load([replace(r, page={**page, "digest": "other"}) for r in records], watermark="1")
    assert (report.new, report.revised, report.unchanged) == (0, 0, 50)
    assert state(conn) == before
    assert rows(conn, "SELECT count(*) FROM dirty_key") == dirty


def test_changed_content_makes_a_revision(conn: Connection, load: Load, feedback: Make) -> None:
    load([feedback("a", rating_1_5=2.0, raw_value=2.0)])
    report = load([feedback("a", "Mit der neuen Kanne ist alles gut.", rating_1_5=5.0, raw_value=5.0)])
    assert (report.new, report.revised) == (0, 1)
    assert rows(conn, "SELECT number, rating_1_5 FROM revision ORDER BY number") == [(1, 2.0), (2, 5.0)]
    assert rows(conn, "SELECT revision_number, text FROM current_feedback") == [
        (2, "Mit der neuen Kanne ist alles gut.")
    ]


def test_likes_and_reply_make_no_revision(conn: Connection, load: Load, feedback: Make) -> None:
    load([feedback("a", likes=1)])
    report = load([feedback("a", likes=2, reply="Das tut uns leid.")])
    assert report.revised == 0
    assert rows(conn, "SELECT likes FROM likes ORDER BY load_id") == [(1,), (2,)]
    assert rows(conn, "SELECT reply FROM reply") == [("Das tut uns leid.",)]


def test_last_of_a_repeated_id_wins(conn: Connection, load: Load, feedback: Make) -> None:
    assert load([feedback("a", "erst"), feedback("a", "zuletzt")]).items == 1
    assert rows(conn, "SELECT text FROM current_feedback") == [("zuletzt",)]


def test_revisions_are_append_only(conn: Connection, load: Load, feedback: Make) -> None:
    load([feedback("a")])
    for statement in ("UPDATE revision SET text = 'x'", "DELETE FROM revision"):
        with pytest.raises(psycopg2.errors.RaiseException, match="append-only"), conn.cursor() as cursor:
            cursor.execute(statement)
        conn.rollback()


def test_deleted_upstream_after_two_complete_full_reads(conn: Connection, load: Load, feedback: Make) -> None:
    both = [feedback("a"), feedback("b")]
    options = {"full_read": True, "complete": True}
    load(both, **options)
    assert load(both[:1], **options).deleted == 0
    assert load(both[:1], full_read=True, complete=False).deleted == 0
    assert load(both[:1]).deleted == 0
    assert load(both[:1], **options).deleted == 1
    assert rows(conn, "SELECT native_id, state, text FROM current_feedback ORDER BY 1") == [
        ("a", "published", "Die Kanne tropft beim Ausgießen."),
        ("b", "deleted", None),
    ]
    assert rows(conn, "SELECT count(*) FROM revision WHERE text IS NOT NULL") == [(1,)]
    assert load(both, **options).revised == 1
    assert rows(conn, "SELECT state, missed_reads FROM current_feedback JOIN feedback USING (feedback_id) WHERE "
                "feedback.native_id = 'b'") == [("published", 0)]  # fmt: skip


def test_one_miss_is_forgotten_when_seen_again(load: Load, feedback: Make) -> None:
    both = [feedback("a"), feedback("b")]
    options = {"full_read": True, "complete": True}
    for seen in (both, both[:1], both, both[:1]):
        assert load(seen, **options).deleted == 0


def test_bad_lines_are_kept_with_their_reason(conn: Connection, feedback: Make, tmp_path: Path) -> None:
    lines = [
        json.dumps(feedback("good").to_dict()),
        "{not json",
        "[]",
        json.dumps({**feedback("x").to_dict(), "email_key": "someone@example.org"}),
        json.dumps({**feedback("y").to_dict(), "rating_1_5": 9}),
        json.dumps({**feedback("z").to_dict(), "source": "elsewhere"}),
    ]
    feed = tmp_path / "feed.jsonl"
    feed.write_text("\n".join(lines), encoding="utf-8")
    run = begin_run(conn, "collect", "shop")
    report = load_feed(conn, feed, card=LoadSource("shop"), run_id=run)
    assert (report.new, report.rejected) == (1, 5)
    kept = rows(conn, "SELECT place, reason FROM rejected ORDER BY rejected_id")
    assert [place for place, _ in kept] == [f"feed.jsonl:{n}" for n in range(2, 7)]
    assert [reason for _, reason in kept] == [
        "the line is not JSON",
        "the line is no JSON object",
        "email_key is not keyed",
        "rating_1_5 9 is outside 1 to 5",
        "the record belongs to elsewhere",
    ]
    assert "example.org" not in str(kept)


def test_missing_feed_is_refused(conn: Connection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        load_feed(conn, tmp_path / "none.jsonl", card=LoadSource("shop"))


nasty = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(
    ["\\N", "\\.", "a\tb\nc\r\\", "\x00", "\ud800"]
)


@given(title=nasty, text=nasty)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(conn: Connection, feedback: Make, tmp_path: Path, title: str, text: str) -> None:
    record = feedback("nasty", text, title=title, raw={"text": text})
    feed = tmp_path / "nasty.jsonl"
    feed.write_text(json.dumps(record.to_dict()), encoding="utf-8")
    load_feed(conn, feed, card=LoadSource("shop"))
    [(stored_title, stored_text)] = rows(conn, "SELECT title, text FROM current_feedback WHERE native_id = 'nasty'")
    assert (stored_title, stored_text) == (record.title, record.text)
    assert len(stored_text) == len(text)


def test_portions_hold_every_good_record(feedback: Make, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text("".join(json.dumps(feedback(str(n)).to_dict()) + "\n" for n in range(5001)), encoding="utf-8")
    found = list(portions(feed, "shop", "", keep_raw=True, refuse=lambda bad: pytest.fail(bad.reason)))
    assert [count for _, count in found] == [5000, 1]


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder("ke") as found:
        yield found


@pytest.mark.heavy
def test_database_that_stops_in_the_middle(feedback: Make, folder: Path) -> None:
    server = Embedded(folder / "pg")
    url = server.start()
    with Database(url).connect("test") as conn:
        migrate(conn)
    feed = folder / "feed.jsonl"
    feed.write_text("".join(json.dumps(feedback(str(n)).to_dict()) + "\n" for n in range(8_000)), encoding="utf-8")
    killed = threading.Event()

    def kill(read: int) -> None:
        if read >= 5_000 and not killed.is_set():
            killed.set()
            pid = (folder / "pg" / "postmaster.pid").read_text().splitlines()[0]
            subprocess.run(["kill", "-QUIT", pid], check=True)  # an immediate shutdown

    with Database(url).connect("test") as conn, pytest.raises(RetryError, match="went away"):
        load_feed(conn, feed, card=LoadSource("shop"), watermark="1", progress=kill)
    again = Embedded(folder / "pg").start()
    with Database(again).connect("test") as conn:
        assert rows(conn, "SELECT count(*) FROM feedback") == [(0,)]
        assert watermark(conn, "shop", "") is None
        report = load_feed(conn, feed, card=LoadSource("shop"), watermark="1")
        assert (report.new, watermark(conn, "shop", "")) == (8_000, "1")
    server.stop()
