"""Weeks and portals of defects, counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.analyse import analyse
from pipeline.decide import decide
from storage.connect import Connection
from storage.counted import take_feedback, whole_products
from storage.dirty import active_lineage
from storage.voices import make_voices
from storage.weeks import count_strata, count_weeks, make_named, sibling_groups
from tests.conftest import rows

Make = Callable[..., Feedback]
Load = Callable[..., object]

CLOG = "Der Deckel ist undicht, Fall {}."
FINE = "Sehr schöne Farbe, Nummer {}."
COPY = "Gleich nach dem Auspacken am ersten Tag unangenehm aufgefallen: Der Deckel ist undicht."
FIRST, END = date(2026, 4, 27), date(2026, 6, 1)
CELL = ("HM-120", "deckel", "leak")
GROUP = {"product_group": "Kannen"}


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def counted(load: Load, settings: Settings, conn: Connection) -> Callable[..., None]:
    """Loads feedback by portal, understands and decides it, and makes the tables that are counted from."""

    def run(**portals: list[Feedback]) -> None:
        for source, records in portals.items():
            load(records, source=source)
        analyse(settings)
        decide(settings)
        conn.rollback()
        lineage = active_lineage(conn)
        assert lineage is not None
        make_voices(conn, [row[0] for row in rows(conn, "SELECT product FROM product")])
        make_named(conn, lineage)

    return run


def test_weeks_begin_on_monday_in_utc_and_copies_count_once(
    feedback: Make, counted: Callable[..., None], conn: Connection
) -> None:
    shop = [
        # Sunday one second before midnight, and Monday at midnight.
        feedback(
            "1", CLOG.format(1), created_at=datetime(2026, 5, 3, 23, 59, 59, tzinfo=UTC), created_precision="second"
        ),
        feedback("2", CLOG.format(2), created_at=at(5, 4, 0), created_precision="second"),
        # One person twice in one week.
        feedback("3", CLOG.format(3), created_at=at(5, 5), author="author 2"),
        feedback("4", FINE.format(4), created_at=at(5, 6)),
        feedback("5", COPY, created_at=at(5, 12)),
        # Too old, and without any date.
        feedback("6", CLOG.format(6), created_at=at(4, 20)),
        feedback("7", CLOG.format(7), created_at=None, created_precision="unknown"),
    ]
    other = [
        feedback("8", COPY, source="other", created_at=at(5, 13), author=None),
        feedback("9", FINE.format(9), source="other", created_at=at(5, 14)),
    ]
    counted(shop=shop, other=other)
    cells, portals = count_weeks(conn, FIRST, END)
    assert cells == [
        (*CELL, date(2026, 4, 27), False, 1),
        (*CELL, date(2026, 5, 4), False, 1),
        (*CELL, date(2026, 5, 11), False, 1),
    ]
    assert portals == [
        ("HM-120", "other", date(2026, 5, 11), False, 1, 2),
        ("HM-120", "shop", date(2026, 4, 27), False, 1, 1),
        ("HM-120", "shop", date(2026, 5, 4), False, 1, 2),
        ("HM-120", "shop", date(2026, 5, 11), False, 1, 1),
    ]


def test_months_count_once_they_are_over(feedback: Make, counted: Callable[..., None], conn: Connection) -> None:
    month = {"created_precision": "month"}
    counted(
        shop=[
            feedback("1", CLOG.format(1), created_at=at(5, 1), **month),
            feedback("2", FINE.format(2), created_at=at(5, 1), **month),
            feedback("3", CLOG.format(3), created_at=at(6, 1), **month),
            feedback("4", CLOG.format(4), created_at=at(5, 1)),
        ]
    )
    cells, portals = count_weeks(conn, FIRST, END)
    may = date(2026, 5, 1)
    assert cells == [(*CELL, FIRST, False, 1), (*CELL, may, True, 1)]
    assert portals == [("HM-120", "shop", FIRST, False, 1, 1), ("HM-120", "shop", may, True, 1, 2)]
    assert [row[3] for row in count_weeks(conn, FIRST, date(2026, 5, 25))[0]] == [FIRST]


def test_siblings_are_compared_portal_by_portal(feedback: Make, counted: Callable[..., None], conn: Connection) -> None:
    def product(name: str, source: str, first: int, leaks: int, fine: int) -> list[Feedback]:
        texts = [CLOG] * leaks + [FINE] * fine
        values: dict[str, object] = {"product": name, "product_name": name, "source": source}
        values |= {} if name == "alone" else {"extra": GROUP}
        return [feedback(str(n), text.format(n), **values) for n, text in enumerate(texts, first)]

    counted(
        shop=[*product("A", "shop", 1, 3, 1), *product("B", "shop", 11, 1, 4), *product("C", "shop", 21, 0, 2)],
        other=[*product("A", "other", 31, 1, 1), *product("B", "other", 41, 0, 3)],
        third=[*product("A", "third", 51, 2, 0), *product("alone", "third", 61, 2, 5)],
    )
    assert count_strata(conn) == [
        ("A", "deckel", "leak", 1, 2, 0, 3),
        ("A", "deckel", "leak", 3, 4, 1, 7),
        ("B", "deckel", "leak", 0, 3, 1, 2),
        ("B", "deckel", "leak", 1, 5, 3, 6),
    ]
    known = dict(rows(conn, "SELECT product, real FROM lists.defects"))
    assert known == {"A": True, "B": False, "alone": None}


def test_the_portals_of_one_export_are_strata(feedback: Make, counted: Callable[..., None], conn: Connection) -> None:
    texts = [(CLOG, "booking"), (FINE, "booking"), (FINE, "tripadvisor")]
    counted(shop=[feedback(str(n), text.format(n), account=account) for n, (text, account) in enumerate(texts)])
    for several, portals in (([], [("shop", 1, 3)]), (["shop"], [("shop booking", 1, 2), ("shop tripadvisor", 0, 1)])):
        make_voices(conn, ["HM-120"], several=several)
        make_named(conn, active_lineage(conn) or 0)
        assert [(row.portal, row.persons, row.exposed) for row in count_weeks(conn, FIRST, END)[1]] == portals


def test_a_group_is_judged_as_a_whole_and_all_once_a_week_closes(
    feedback: Make, counted: Callable[..., None], conn: Connection
) -> None:
    def one(name: str, n: int, **values: object) -> Feedback:
        return feedback(str(n), CLOG.format(n), product=name, product_name=name, created_at=at(5, 14), **values)

    counted(shop=[one("A", 1, extra=GROUP), one("B", 2, extra=GROUP), one("alone", 3)])
    closed = date(2026, 5, 4)
    assert rows(conn, "SELECT DISTINCT closed_week FROM product_figure") == [(closed,)]
    assert sibling_groups(conn, []) == []
    assert sibling_groups(conn, ["B"]) == [(["A", "B"], 2)]
    assert sibling_groups(conn, ["alone"]) == [(["alone"], 1)]
    take_feedback(conn, [], [], closed)
    assert whole_products(conn, [], closed) == []
    assert whole_products(conn, [], date(2026, 5, 11)) == ["A", "B", "alone"]
