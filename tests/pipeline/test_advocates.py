"""Scores, struck reasons and stages on the real database: reproducible from their rows, and incremental."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from insights.advocates import Reason, score
from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.advocates import sensitivity, strike
from pipeline.analyse import analyse
from pipeline.company_lists import import_list
from pipeline.decide import decide
from pipeline.persons import judge_accounts, undo_judgement
from storage.advocate_list import list_advocates
from storage.connect import Connection
from storage.load import LoadReport
from storage.loop import list_recoveries, list_transitions
from storage.person_lists import list_judgements
from storage.retain import withdraw_texts
from storage.why import why
from tests.conftest import rows

Make = Callable[..., Feedback]
Load = Callable[..., LoadReport]
TEXTS = (
    "Die Kanne ist toll. Ich kann die Maschine jedem nur weiterempfehlen!",
    "Schon die zweite Maschine, wir haben sie wieder gekauft, der Kaffee ist hervorragend.",
    "Leider ist der Deckel gebrochen, ich bin sehr enttäuscht und rate jedem davon ab.",
    "Wir sind sehr zufrieden, der Kaffee schmeckt ausgezeichnet und die Reinigung ist einfach.",
)


def reasons(conn: Connection) -> dict[str, float]:
    conn.rollback()
    return dict(rows(conn, "SELECT kind, weight FROM advocate_reason ORDER BY rank DESC"))


@pytest.fixture
def fan(load: Load, feedback: Make, settings: Settings, conn: Connection) -> str:
    """One person who recommends in spring and is an NPS 10 in summer; gives the person's id."""
    load(
        [
            feedback("1", TEXTS[0], author="Anna", rating_1_5=5.0, url="https://shop.example/#1"),
            feedback("2", TEXTS[3], author="Anna", nps_0_10=10, rating_1_5=None, raw_value=None, raw_min=None,
                     raw_max=None, created_at=datetime(2026, 7, 1, tzinfo=UTC)),
        ]
    )  # fmt: skip
    analyse(settings)
    decide(settings)
    [advocate] = list_advocates(conn)
    conn.rollback()
    return str(advocate["person_id"])


def test_why_adds_up(fan: str, conn: Connection) -> None:
    found = why(conn, fan)
    figures = found["figures"]
    told = [Reason(piece["reason"], piece["weight"], day=piece["day"]) for piece in found["evidence"]]
    total, points_for, points_against, days, shrinkage = score(told)
    assert figures["score"] == pytest.approx(total)
    assert (figures["points_for"], figures["points_against"], figures["days"]) == (points_for, points_against, days)
    assert figures["shrinkage"] == pytest.approx(shrinkage)
    assert days == 2
    quotes = {piece["reason"]: piece["quote"] for piece in found["evidence"]}
    assert quotes["recommendation"] == "Ich kann die Maschine jedem nur weiterempfehlen!"
    assert [step["stage"] for step in found["stages"]] == ["advocate"]
    assert found["stages"][0]["quote"] == quotes["recommendation"]


def listed(conn: Connection) -> dict[str, list[str]]:
    """Kinds of reasons by the name of who is on the list."""
    conn.rollback()
    found = {a["display_name"]: sorted(r["kind"] for r in a["reasons"]) for a in list_advocates(conn)}
    conn.rollback()
    return found


def test_a_place_on_the_list_takes_two_sentences(
    load: Load, feedback: Make, settings: Settings, conn: Connection
) -> None:
    one = "Die Reinigung ist einfach, und ich kann die Maschine jedem nur weiterempfehlen."
    names = {"Anna": one.replace(", und", "."), "Bea": one}
    load([feedback(name, text, author=name, rating_1_5=5.0) for name, text in names.items()])
    analyse(settings)
    decide(settings)
    assert set(listed(conn)) == {"Anna"}
    assert {"praise", "recommendation"} <= set(listed(conn)["Anna"])
    with conn.cursor() as cursor:
        # Of a text that was taken away nobody can tell any more which clauses stood apart.
        withdraw_texts(cursor, [row[0] for row in rows(conn, "SELECT feedback_id FROM feedback")])
    conn.commit()
    decide(settings)
    assert listed(conn) == {}


def test_others_who_came_through_a_customer_are_a_referral_with_its_quote(
    load: Load, feedback: Make, settings: Settings, conn: Connection
) -> None:
    text = "Die Kanne ist toll. Inzwischen hat auch meine Nachbarin eine. Der Kaffee schmeckt ausgezeichnet."
    load([feedback("1", text, author="Anna", rating_1_5=5.0)])
    analyse(settings)
    decide(settings)
    conn.rollback()
    [advocate] = list_advocates(conn)
    told = [r["quote"] for r in advocate["reasons"] if r["kind"] == "referral"]
    assert told == ["Inzwischen hat auch meine Nachbarin eine."]
    assert advocate["stage"] == "advocate"


def test_a_struck_reason_stays_struck(
    fan: str, conn: Connection, settings: Settings, load: Load, feedback: Make
) -> None:
    person, before = int(fan[1:]), reasons(conn)
    [(rank,)] = rows(conn, "SELECT rank FROM advocate_reason WHERE kind = 'recommendation'")
    assert strike(conn, person, rank, "test") == "recommendation"
    decide(settings)
    assert reasons(conn)["recommendation"] == 0
    # A re-run, a reload of the source with another title, and other lineages change nothing about it.
    load([feedback("1", TEXTS[0], title="Neu", author="Anna", rating_1_5=5.0, url="https://shop.example/#1")])
    analyse(settings)
    decide(settings, everything=True)
    assert reasons(conn)["recommendation"] == 0
    other = replace(settings, values={**settings.values, "analysis.engine": "textblob-de"})
    for engine in (other, settings):
        analyse(engine)
        decide(engine)
    assert reasons(conn)["recommendation"] == 0
    with pytest.raises(DataError, match="has no reason R99"):
        strike(conn, person, 99, "test")
    [(rank,)] = rows(conn, "SELECT rank FROM advocate_reason WHERE struck")
    strike(conn, person, rank, "test", undo=True)
    decide(settings)
    assert reasons(conn)["recommendation"] == before["recommendation"]


def test_a_struck_reason_of_the_person_survives_newer_words(
    fan: str, conn: Connection, settings: Settings, load: Load, feedback: Make
) -> None:
    [(rank,)] = rows(conn, "SELECT rank FROM advocate_reason WHERE kind = 'recent'")
    strike(conn, int(fan[1:]), rank, "test")
    load([feedback("3", TEXTS[3], author="Anna", rating_1_5=5.0, created_at=datetime(2026, 7, 9, tzinfo=UTC))])
    analyse(settings)
    decide(settings)
    assert reasons(conn)["recent"] == 0


def test_time_makes_praise_old(conn: Connection, settings: Settings, load: Load, feedback: Make) -> None:
    days = [datetime(2025, 5, 4, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)]
    load([feedback(str(n), TEXTS[3 * n], author="Anna", rating_1_5=5.0, created_at=day) for n, day in enumerate(days)])
    analyse(settings)
    decide(settings)
    assert "recent" in reasons(conn)
    # Only somebody else says something, fourteen months later.
    load([feedback("9", TEXTS[2], author="Otto", rating_1_5=1.0, created_at=datetime(2026, 9, 1, tzinfo=UTC))])
    analyse(settings)
    decide(settings)
    assert "recent" not in reasons(conn)
    assert {row["changed"] for row in sensitivity(conn)} == {0}


def test_likes_that_come_later_count(
    fan: str, conn: Connection, settings: Settings, load: Load, feedback: Make
) -> None:
    again = {"author": "Anna", "rating_1_5": 5.0, "url": "https://shop.example/#1"}
    assert load([feedback("1", TEXTS[0], likes=9, **again)]).revised == 0
    decide(settings)
    assert "reach" in reasons(conn)


def test_won_back_by_an_edited_verdict(conn: Connection, settings: Settings, load: Load, feedback: Make) -> None:
    load([feedback("1", "Der Deckel ist nach zwei Wochen gebrochen.", author="Anna", rating_1_5=1.0)])
    analyse(settings)
    decide(settings)
    load([feedback("1", TEXTS[3], author="Anna", rating_1_5=5.0)])
    analyse(settings)
    decide(settings)
    [row] = list_recoveries(conn)
    assert (row["before"], row["cause"]) == ("at_risk", "changed_mind")
    assert [(t["from_stage"], t["to_stage"], t["persons"]) for t in list_transitions(conn)] == [
        ("at_risk", "recovered", 1)
    ]


def state(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    conn.rollback()
    columns = (
        "person_id, score, stage, listed, sources, last_seen, points_for, points_against, days, shrinkage, lineage_id"
    )
    return {
        "advocate": rows(conn, f"SELECT {columns} FROM advocate ORDER BY 1"),
        "reason": rows(conn, "SELECT * FROM advocate_reason ORDER BY person_id, rank"),
        "stage": rows(conn, "SELECT * FROM person_stage ORDER BY person_id, number"),
        "author": rows(conn, "SELECT author_id, person_id FROM author ORDER BY 1"),
        "rank": rows(conn, "SELECT * FROM advocate_rank ORDER BY person_id, product"),
        "contact": rows(conn, "SELECT person_id, contactable, contactable_reason, may_turn FROM advocate ORDER BY 1"),
        "kpis": rows(conn, "SELECT v::text FROM lists.kpi_loyalty v ORDER BY 1"),
    }


def test_step_by_step_equals_all_at_once(
    conn: Connection, settings: Settings, load: Load, feedback: Make, keyer: Keyer, tmp_path: Path
) -> None:
    chance, day, compared = random.Random(6), datetime(2026, 1, 1, tzinfo=UTC), 0
    for step in range(16):
        day += timedelta(days=chance.randint(5, 60))
        known = [row[0] for row in rows(conn, "SELECT author_id FROM author WHERE person_id IS NOT NULL")]
        what = chance.random()
        if what < 0.55 or len(known) < 3:
            for source in ("shop", "dealer"):
                name = chance.choice("abcd")
                load(
                    [
                        feedback(f"{chance.randint(1, 6)}", chance.choice(TEXTS), source=source, author=name,
                                 author_key=keyer.account(source, name), rating_1_5=chance.choice([1.0, 3.0, 5.0]),
                                 email_key=keyer.email(f"{name}@example.org") if chance.random() < 0.5 else None,
                                 likes=chance.choice([None, 7]), created_at=day,
                                 state=chance.choice(["published", "published", "deleted"]))
                    ],
                    source=source,
                )  # fmt: skip
        elif what < 0.7:
            one, other = chance.sample(known, 2)
            try:
                judge_accounts(conn, f"A{one}", f"A{other}", chance.choice(["same", "not_same"]), "test")
            except DataError:
                conn.rollback()
        elif what < 0.8 and (judged := list_judgements(conn)):
            undo_judgement(conn, chance.choice(judged)["judgement_id"], "test")
        elif what < 0.9 and (found := rows(conn, "SELECT person_id, rank FROM advocate_reason WHERE NOT struck")):
            strike(conn, *chance.choice(found), "test")
        else:
            file = tmp_path / f"orders{step}.csv"
            file.write_text(
                f"order_no,email,product,ordered_on\nB{step},{chance.choice('abcd')}@example.org,HM-120,{day:%Y-%m-%d}\n",
                encoding="utf-8",
            )
            import_list(settings, "orders", file)
        conn.commit()
        analyse(settings)
        decide(settings)
        if step % 4 == 3:
            step_by_step = state(conn)
            decide(settings, everything=True)
            assert state(conn) == step_by_step
            compared += len(step_by_step["reason"]) + len(step_by_step["stage"])
    assert compared > 30
