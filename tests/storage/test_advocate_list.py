"""The list of advocates in pages and under every filter, and how its rows leave."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import pipeline.export
import storage.exports
from kundenecho.errors import DataError
from kundenecho.records import Feedback
from pipeline.export import as_csv, as_json, write_file
from pipeline.persons import settle
from storage.advocate_list import AdvocateFilter, advocate_rows, list_advocates
from storage.advocates import AdvocateRow, ReasonRow, write_advocates
from storage.connect import Connection
from storage.contact import ContactLimits, set_limits, settle_contact
from storage.dirty import mark_dirty
from storage.exports import Export, registered
from tests.conftest import rows
from tests.storage.test_contact import KEYER, Bring, bring, consent, of_customer, off, person  # noqa: F401  its fixture

PEOPLE = 40
STAGES = ("advocate", "bond", "enjoy")


@pytest.fixture
def listed(
    conn: Connection,
    bring: Bring,  # noqa: F811
    load: Callable[..., Any],
    feedback: Callable[..., Feedback],
) -> dict[str, set[str]]:
    """Advocates with much in common, every third a customer; gives the products that each speaks well of."""
    draw = random.Random(7)
    bring(*(of_customer(row, n) for n in range(0, PEOPLE, 3) for row in (person(), *([consent()] if n % 2 else []))))
    load(
        [
            feedback(f"{n}-{product}", author=f"a{n}", product=product, product_name=product,
                     url="https://shop.example/x" if n % 4 else None,
                     customer_key=KEYER.customer(f"K-{n}") if n % 3 == 0 else None)
            for n in range(PEOPLE)
            for product in draw.sample("ABC", draw.randint(1, 3))
        ]
    )  # fmt: skip
    mark_dirty(conn)
    persons = settle(conn, KEYER).persons
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lineage (digest, description, state) VALUES ('x', '{}', 'active') RETURNING lineage_id"
        )
        [(lineage,)] = cursor.fetchall()
    said = rows(
        conn, "SELECT a.person_id, f.product, f.current_revision_id FROM feedback f JOIN author a USING (author_id)"
    )
    written = [
        AdvocateRow(
            number, draw.choice((12.3, 18.7, 40.0)), draw.choice(STAGES), draw.random() < 0.9, "no", "", ["shop"],
            draw.choice((None, *(datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3)))), 1.0, 0.0, 1, 0.5,
            [ReasonRow("praise", 4.0 if product != "C" else -4.0, revision, None, None, None, None, False)
             for who, product, revision in said if who == number],
        )
        for number in persons
    ]  # fmt: skip
    assert 0 < write_advocates(conn, persons, lineage, written) < PEOPLE
    settle_contact(conn, persons)
    conn.commit()
    return {f"P{number}": {product for who, product, _ in said if who == number} - {"C"} for number in persons}


def test_every_filter_gives_what_the_whole_list_has(conn: Connection, listed: dict[str, set[str]]) -> None:
    everybody = list_advocates(conn)
    assert {row["contactable"] for row in everybody} == {"yes", "no", "reply_only"}
    order = [(-row["score"], -datetime.fromisoformat(row["last_seen"]).timestamp() if row["last_seen"] else 0.0,
              int(row["person_id"][1:])) for row in everybody]  # fmt: skip
    assert order == sorted(order)
    since = datetime(2026, 5, 2, tzinfo=UTC)
    seen = 0
    for product, stage, contact, least, then in itertools.product(
        (None, "A", "B", "C"), (None, *STAGES[:2]), (None, "yes", "no", "reply_only"), (0, 18.7), (None, since)
    ):
        wanted = [
            row for row in everybody
            if product in {None, *listed[row["person_id"]]} and stage in {None, row["stage"]} and row["score"] >= least
            and contact in {None, row["contactable"]}
            and (then is None or (row["last_seen"] and datetime.fromisoformat(row["last_seen"]) >= then))
        ]  # fmt: skip
        found = list_advocates(conn, product=product, stage=stage, contactable=contact, min_score=least, since=then)
        assert found == wanted, (product, stage, contact, least, then)
        assert list_advocates(conn, product=product, stage=stage, contactable=contact, limit=3) == list_advocates(
            conn, product=product, stage=stage, contactable=contact
        )[:3]  # fmt: skip
        seen += len(found)
    assert seen > 500


def test_pages_put_together_are_the_whole_list(conn: Connection, listed: dict[str, set[str]]) -> None:
    for narrowed in ({}, {"product": "A"}, {"contactable": "reply_only"}, {"stage": "bond", "min_score": 15}):
        together: list[dict[str, Any]] = []
        while page := list_advocates(conn, limit=4, after=together[-1]["person_id"] if together else None, **narrowed):
            together += page
        assert together == list_advocates(conn, **narrowed)
    for nobody in ("P0", "P999999", "7", "P" + "9" * 30, "P1; DROP"):
        with pytest.raises(DataError, match="does not stand on the list"):
            list_advocates(conn, after=nobody)


def test_a_filter_knows_what_time_alone_has_changed(
    conn: Connection,
    listed: dict[str, set[str]],
    bring: Bring,  # noqa: F811
    load: Callable[..., Any],
    feedback: Callable[..., Feedback],
) -> None:
    """A quiet period that ends, or a budget that is free again, is found without another decide."""
    before = {row["person_id"] for row in list_advocates(conn, contactable="yes")}
    assert before
    load([feedback(f"{n}-!", author=f"a{n}", rating_1_5=1.0, customer_key=KEYER.customer(f"K-{n}"),
                   created_at=datetime.now(UTC) - timedelta(days=9)) for n in range(3, PEOPLE, 6)])  # fmt: skip
    settle_contact(conn, [int(name[1:]) for name in listed])
    assert not list_advocates(conn, contactable="yes")
    unhappy = list_advocates(conn, contactable="reply_only") + list_advocates(conn, contactable="no")
    assert before <= {row["person_id"] for row in unhappy}
    # As if the days had gone by.
    set_limits(conn, ContactLimits(quiet_days=5))
    assert {row["person_id"] for row in list_advocates(conn, contactable="yes")} == before


def test_who_withdraws_leaves_the_contactable_at_once(
    conn: Connection,
    listed: dict[str, set[str]],
    bring: Bring,  # noqa: F811
) -> None:
    before = list_advocates(conn, contactable="yes")
    bring(*(of_customer(off("all"), n) for n in range(0, PEOPLE, 3)))
    assert before
    assert not list_advocates(conn, contactable="yes")


def test_other_limits_mark_whom_the_company_knows(conn: Connection, listed: dict[str, set[str]]) -> None:
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM dirty_key")
    assert set_limits(conn, ContactLimits(post_by_interest=True))
    marked = {author for (author,) in rows(conn, "SELECT author_id FROM dirty_key")}
    assert marked == {author for (author,) in rows(conn, "SELECT author_id FROM author_identifier")}
    assert marked
    assert not set_limits(conn, ContactLimits(post_by_interest=True))


def test_rows_are_registered_before_they_leave(
    conn: Connection, listed: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.exports, "_PORTION", 2)
    people = list_advocates(conn, limit=5)
    leaving = registered(conn, Export("advocates", "anna", "csv", 0, filters={"product": None}), people)
    noted = (
        "SELECT items, (SELECT count(*) FROM export_person p WHERE p.export_id = x.export_id) FROM export_register x"
    )
    assert rows(conn, noted) == []
    assert next(leaving) == people[0]
    conn.rollback()
    assert rows(conn, noted) == [(2, 2)]
    assert list(leaving) == people[1:]
    assert rows(conn, noted) == [(5, 5)]


def test_a_list_is_read_in_portions(conn: Connection, listed: dict[str, set[str]]) -> None:
    some = advocate_rows(conn, AdvocateFilter(), limit=3)
    assert [row["person_id"] for row in some] == [row["person_id"] for row in list_advocates(conn)[:3]]


def test_files_say_the_same_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = [
        {"name": "Äpfel; =x", "n": 1, "list": [{"quote": "a\nb", "feedback_id": "F1"}]},
        {"name": "-", "n": None, "list": []},
    ]
    assert as_json(iter(table)) == json.dumps(table, ensure_ascii=False, indent=2) + "\n"
    assert as_json([]) == "[]\n"
    assert as_csv(iter(table)).count("\r\n") == 3
    for form, text in (("csv", "\ufeff" + as_csv(table)), ("json", as_json(table))):
        write_file(form, tmp_path / "list", "Liste", iter(table))
        assert (tmp_path / "list").read_bytes().decode() == text
    monkeypatch.setattr(pipeline.export, "SHEET_ROWS", 2)
    write_file("xlsx", tmp_path / "list.xlsx", "Liste", iter(table[:1]))
    with pytest.raises(DataError, match="no more than"):
        write_file("xlsx", tmp_path / "list.xlsx", "Liste", iter(table))
