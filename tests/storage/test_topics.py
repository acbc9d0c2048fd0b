"""Terms are stored with their analyses, counted in voices, and topics decided for what was touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log

import pytest

from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.analyse import analyse
from pipeline.decide import decide
from storage.connect import Connection
from storage.lists import list_topics
from storage.retain import retain
from storage.topics import take_groups
from tests.conftest import rows

Make = Callable[..., Feedback]
Load = Callable[..., object]
START = datetime(2026, 5, 4, 12, tzinfo=UTC)


def understood(settings: Settings) -> None:
    analyse(settings)
    decide(settings)


def figures(conn: Connection) -> list[list[tuple[object, ...]]]:
    conn.rollback()
    return [
        rows(conn, "SELECT kind, name, products, persons FROM topic_group ORDER BY 1, 2"),
        rows(
            conn,
            "SELECT v.product, t.anchor, v.label, v.terms, v.persons, v.share, v.first_seen, v.last_seen, v.salience"
            " FROM lists.topics v JOIN topic t ON v.topic_id = 'T' || t.topic_id ORDER BY 1, 2",
        ),
        rows(
            conn,
            "SELECT g.name, t.anchor, q.rank, q.term_id FROM topic_quote q JOIN topic t USING (topic_id) JOIN topic_group g"
            " USING (group_id) ORDER BY 1, 2, 3",
        ),
    ]


def labels(conn: Connection, product: str | None = None) -> dict[str, int]:
    conn.rollback()
    return {topic["label"]: topic["persons"] for topic in list_topics(conn, product=product)}


@pytest.fixture
def crowd(feedback: Make) -> Callable[..., list[Feedback]]:
    """Some persons who say one thing each, within one week, so that none is closed unless others follow."""

    def make(first: int, texts: Sequence[str], **values: object) -> list[Feedback]:
        return [
            feedback(str(n), text, **{"created_at": START + timedelta(hours=n), **values})
            for n, text in enumerate(texts, first)
        ]

    return make


def texts(noun: str, count: int, first: int = 0) -> list[str]:
    return [f"Tag {n}: {noun}, hm." for n in range(first, first + count)]


def test_terms_point_into_the_text(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(crowd(1, ["Der Riegel klemmt.", "Es stört der Geruch nach Gummi."], title="Schlechte Verarbeitung"))
    understood(settings)
    found = rows(
        conn,
        "SELECT substr(CASE field WHEN 'title' THEN title ELSE text END, term_start + 1, term_end - term_start), key, phrase"
        " FROM term JOIN revision USING (revision_id) ORDER BY term_id",
    )
    assert ("Riegel", "riegel", "Riegel klemmt") in found
    assert ("Geruch", "geruch", "Geruch nach Gummi") in found
    assert ("Verarbeitung", "verarbeitung", "Schlechte Verarbeitung") not in found
    assert ("Verarbeitung", "verarbeitung", None) in found


def test_a_topic_appears_when_it_reaches_the_floor(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(crowd(1, texts("Der Riegel", 4)))
    understood(settings)
    assert labels(conn) == {}
    load(crowd(5, texts("Der Riegel", 1, first=4)))
    understood(settings)
    assert labels(conn) == {"Riegel": 5}
    [topic] = list_topics(conn)
    assert (topic["share"], topic["first_seen"]) == (1.0, (START + timedelta(hours=1)).isoformat())
    assert len(topic["quotes"]) == 5
    first = topic["topic"]
    load(crowd(6, texts("Der Riegel", 1, first=5)))
    understood(settings)
    assert [(t["topic"], t["persons"]) for t in list_topics(conn)] == [(first, 6)]


def test_copies_count_once(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    copy = (
        "Gleich nach dem Auspacken am ersten Tag ist uns in der Küche leider etwas unangenehm aufgefallen, "
        "wir waren zu dritt und alle derselben Meinung: Der Riegel."
    )
    load([*crowd(1, texts("Der Riegel", 5)), *crowd(20, [copy] * 4), *crowd(40, ["Sehr schön.", "Gerne wieder."])])
    understood(settings)
    assert labels(conn) == {"Riegel": 6}
    [topic] = list_topics(conn)
    assert topic["share"] == pytest.approx(6 / 8)


def test_products_of_one_group_count_together_and_others_alone(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(
        [
            *crowd(1, texts("Der Riegel", 3), product="A", product_name="Alpha", extra={"product_group": "Truhen"}),
            *crowd(10, texts("Der Riegel", 3), product="B", product_name="Beta", extra={"product_group": "Truhen"}),
            *crowd(20, texts("Der Riegel", 5), product="C", product_name="Gamma"),
        ]
    )
    understood(settings)
    assert [(t["product"], t["persons"]) for t in list_topics(conn)] == [("Truhen", 6), ("C", 5)]
    assert labels(conn, "A") == labels(conn, "B") == labels(conn, "Truhen") == {"Riegel": 6}
    assert labels(conn, "C") == {"Riegel": 5}
    assert labels(conn, "D") == {}


def test_a_product_that_changes_its_group_changes_both(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(
        [
            *crowd(1, texts("Der Riegel", 5), product="A", product_name="Alpha", extra={"product_group": "Truhen"}),
            *crowd(
                10, texts("Das Scharnier", 6), product="B", product_name="Beta", extra={"product_group": "Schränke"}
            ),
        ]
    )
    understood(settings)
    load(crowd(1, texts("Der Riegel", 5), product="A", product_name="Alpha 2", extra={"product_group": "Schränke"}))
    understood(settings)
    step_by_step = figures(conn)
    assert [row[:3] for row in step_by_step[0]] == [("group", "Schränke", ["A", "B"])]
    assert labels(conn) == {"Scharnier": 6, "Riegel": 5}
    decide(settings, everything=True)
    assert figures(conn) == step_by_step


def test_incremental_equals_full_recompute(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    groups = {"product": "A", "product_name": "Alpha", "extra": {"product_group": "Truhen"}}
    other = {"product": "B", "product_name": "Beta", "extra": {"product_group": "Schränke"}}
    steps: list[Callable[[], object]] = [
        lambda: load([*crowd(1, texts("Der Riegel", 8), **groups), *crowd(20, texts("Der Riegel", 6), **other)]),
        lambda: load(crowd(1, texts("Das Scharnier", 5), **groups)),
        lambda: load(crowd(30, texts("Der Riegel", 6, first=30), **groups)),
        lambda: load(crowd(40, texts("Das Scharnier", 3, first=40), author="one person", **groups)),
        lambda: [load(crowd(20, texts("Der Riegel", 5), **other), full_read=True, complete=True) for _ in range(2)],
    ]
    seen = []
    for step in steps:
        step()
        understood(settings)
        step_by_step = figures(conn)
        decide(settings, everything=True)
        assert figures(conn) == step_by_step
        seen.append(step_by_step[1])
    assert all(one != other for one, other in pairwise(seen))


def test_texts_that_were_analysed_after_decide_are_not_lost(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(crowd(1, texts("Der Riegel", 3)))
    understood(settings)
    load(crowd(10, texts("Der Riegel", 3, first=10)))
    decide(settings)
    understood(settings)
    assert labels(conn) == {"Riegel": 6}


def test_counts_stay_and_words_go_with_retention(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(crowd(1, texts("Der Riegel", 6)))
    understood(settings)
    retain(conn, {"shop": 30}, datetime(2027, 1, 1, tzinfo=UTC))
    conn.commit()
    decide(settings)
    [topic] = list_topics(conn)
    assert (topic["label"], topic["persons"]) == ("Riegel", 6)
    assert {quote["text"] for quote in topic["quotes"]} == {"Zitat nicht mehr verfügbar"}


def test_quotes_are_masked(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(crowd(1, [f"Der Riegel klemmt seit {n} Tagen bitte anrufen unter 030 23125 12{n}." for n in range(6)]))
    understood(settings)
    quotes = [quote for topic in list_topics(conn) for quote in topic["quotes"]]
    assert quotes
    assert all("•" in quote["text"] and "23125" not in quote["text"] for quote in quotes)


def test_another_lineage_replaces_them(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    from dataclasses import replace

    load(crowd(1, texts("Der Riegel", 6)))
    understood(settings)
    understood(replace(settings, values={**settings.values, "analysis.engine": "textblob-de"}))
    assert labels(conn) == {}
    understood(settings)
    assert labels(conn) == {"Riegel": 6}


def test_saliences_compare_with_the_other_groups(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    load(
        [
            *crowd(1, [*texts("Der Riegel", 12), *texts("Das Scharnier", 6)], product="A", product_name="Alpha"),
            *crowd(40, [*texts("Der Riegel", 5), *texts("Die Lasur", 20)], product="B", product_name="Beta"),
        ]
    )
    understood(settings)
    found = {(name, label): x for name, label, x in rows(conn, "SELECT product, label, salience FROM lists.topics")}
    assert found["A", "Riegel"] > 0 > found["B", "Riegel"]
    assert found["B", "Lasur"] > found["A", "Riegel"]


def test_the_closed_weeks_say_which_topics_there_are_and_today_how_many_persons(
    load: Load, crowd: Callable[..., list[Feedback]], settings: Settings, conn: Connection
) -> None:
    later = {"created_at": START + timedelta(weeks=3)}
    load([*crowd(1, texts("Der Riegel", 6)), *crowd(20, texts("Die Lasur", 1, first=20), **later)])
    understood(settings)
    assert labels(conn) == {"Riegel": 6}
    load([*crowd(30, texts("Der Riegel", 3, first=30), **later), *crowd(40, texts("Die Lasur", 9, first=40), **later)])
    understood(settings)
    assert labels(conn) == {"Riegel": 9}
    [topic] = list_topics(conn)
    assert topic["share"] == pytest.approx(9 / 19)
    load(crowd(60, ["Gut."], created_at=START + timedelta(weeks=5)))
    understood(settings)
    assert labels(conn) == {"Lasur": 10, "Riegel": 9}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Dunning (1993), table of "the swiss": 110 of 2,552 against 111 of 29,114 gives 270.72.
        ((110, 110 + 2442, 111, 111 + 29114), 270.72),
        ((111, 111 + 29114, 110, 110 + 2442), -270.72),
        ((10, 100, 20, 200), 0),
        ((5, 10, 0, 0), 0),
        ((10, 10, 0, 10), 40 * log(2)),
        ((0, 0, 3, 10), 0),
    ],
)
def test_salience(conn: Connection, counts: tuple[int, ...], expected: float) -> None:
    [(found,)] = rows(conn, "SELECT lists.salience(%s, %s, %s, %s)", *counts)
    assert found == pytest.approx(expected, abs=0.02)


def test_groups_without_products_are_forgotten(conn: Connection) -> None:
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO topic_group (kind, name, products) VALUES ('group', 'weg', ARRAY['X'])")
    assert take_groups(conn, []) == []
    assert rows(conn, "SELECT * FROM topic_group") == []
