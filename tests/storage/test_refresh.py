"""Refresh or delete, records on unchanged pages, and a portal's own figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError
from kundenecho.pages import KnownPage
from kundenecho.records import Feedback
from storage.connect import Connection
from storage.load import Beside, LoadSource, load_feed
from storage.pages import known_pages
from storage.retain import retain
from tests.conftest import rows, write_feed

SEEN = datetime(2026, 3, 1, 8, tzinfo=UTC)
CARD = LoadSource("tube", refresh=True)


def comment(n: int, collected: datetime) -> Feedback:
    return Feedback("tube", f"c{n}", "comment", text=f"Kommentar {n}", collected_at=collected)


def load(
    conn: Connection, folder: Path, records: list[Feedback], *, card: LoadSource = CARD, beside: Beside | None = None
) -> None:
    load_feed(conn, write_feed(folder / "feed.jsonl", records), card=card, full_read=True, complete=True, beside=beside)


def texts(conn: Connection) -> list[str | None]:
    return [text for (text,) in rows(conn, "SELECT text FROM current_feedback ORDER BY native_id")]


def test_a_text_stays_as_long_as_the_source_shows_it(conn: Connection, tmp_path: Path) -> None:
    load(conn, tmp_path, [comment(1, SEEN), comment(2, SEEN)])
    load(conn, tmp_path, [comment(1, SEEN + timedelta(days=20))])
    assert rows(conn, "SELECT count(*) FROM revision") == [(2,)]
    found = retain(conn, {}, SEEN + timedelta(days=31), refreshed={"tube": 30})
    conn.commit()
    assert (found, texts(conn)) == ({"tube": 1}, ["Kommentar 1", None])


def test_a_text_that_went_comes_back_when_it_is_shown_again(conn: Connection, tmp_path: Path) -> None:
    load(conn, tmp_path, [comment(1, SEEN)])
    retain(conn, {}, SEEN + timedelta(days=31), refreshed={"tube": 30})
    conn.commit()
    assert texts(conn) == [None]
    load(conn, tmp_path, [comment(1, SEEN + timedelta(days=32))])
    assert texts(conn) == ["Kommentar 1"]


def test_a_text_whose_time_is_over_does_not_come_back(conn: Connection, tmp_path: Path) -> None:
    card = LoadSource("tube")
    load(conn, tmp_path, [comment(1, SEEN)], card=card)
    retain(conn, {"tube": 30}, SEEN + timedelta(days=31))
    conn.commit()
    load(conn, tmp_path, [comment(1, SEEN + timedelta(days=32))], card=card)
    assert texts(conn) == [None]


def test_what_stands_on_an_unchanged_page_is_not_gone(conn: Connection, tmp_path: Path) -> None:
    load(conn, tmp_path, [comment(1, SEEN), comment(2, SEEN), comment(3, SEEN)])
    for _ in range(2):
        load(conn, tmp_path, [comment(1, SEEN)], beside=Beside(seen=["c2"]))
    assert rows(conn, "SELECT native_id, state FROM current_feedback ORDER BY 1") == [
        ("c1", "published"), ("c2", "published"), ("c3", "deleted"),
    ]  # fmt: skip
    assert rows(conn, "SELECT items, unchanged FROM load ORDER BY load_id DESC LIMIT 1") == [(2, 2)]


def test_a_run_in_which_nothing_has_changed(conn: Connection, tmp_path: Path) -> None:
    load(conn, tmp_path, [comment(1, SEEN), comment(2, SEEN)])
    for _ in range(2):
        load(conn, tmp_path, [], beside=Beside(seen=["c2"]))
    assert rows(conn, "SELECT native_id FROM current_feedback WHERE state = 'deleted'") == [("c1",)]


def test_pages_are_known_to_the_reader_that_read_them(conn: Connection, tmp_path: Path) -> None:
    page = KnownPage("https://s.example/1", '"a"', None, ("c1",), {"https://s.example/2": "next"})
    load(conn, tmp_path, [comment(1, SEEN)], beside=Beside(pages=[page], reader="r1"))
    assert known_pages(conn, "tube", "", "r1") == [page]
    assert known_pages(conn, "tube", "", "r2") == []
    load(conn, tmp_path, [comment(1, SEEN)], beside=Beside(pages=[], reader="r2"))
    assert known_pages(conn, "tube", "", "r1") == []


def test_a_figure_is_written_when_it_changes(conn: Connection, tmp_path: Path) -> None:
    def figure(day: int, value: float | None, count: int) -> AggregateRating:
        return AggregateRating("tube", SEEN + timedelta(days=day), rating_value=value, worst_rating=1, best_rating=5, review_count=count)  # fmt: skip

    for day, value, count in ((0, 4.5, 10), (1, 4.5, 10), (2, 4.4, 11), (3, 4.5, 10)):
        load(conn, tmp_path, [comment(1, SEEN)], beside=Beside(aggregates=[figure(day, value, count)]))
    found = rows(conn, "SELECT rating_value, review_count FROM lists.aggregate_ratings ORDER BY observed_at")
    assert found == [(4.5, 10), (4.4, 11), (4.5, 10)]


@pytest.mark.parametrize(
    "wrong",
    [{"rating_value": 7.0}, {"review_count": -1}, {"recommendation_rate": 101.0}, {"rating_value": float("nan")}],
)
def test_figures_that_are_none(wrong: dict[str, float]) -> None:
    with pytest.raises(DataError):
        AggregateRating("tube", SEEN, **{"worst_rating": 1, "best_rating": 5, **wrong})  # type: ignore[arg-type]
