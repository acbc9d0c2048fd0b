"""Cases from the feedback to the last event, on the real database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from insights.case_rules import SHIPPED
from kundenecho.cases import ACTS, STATES, TRANSITIONS
from kundenecho.company_lists import Consent, Customer, Order, Unsubscribe
from kundenecho.company_lists import Testimonial as Words
from kundenecho.errors import DataError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.case_work import act, read_snippets, suggestions
from pipeline.cases import check_cases
from pipeline.decide import decide
from storage.case_book import case_numbers, list_cases, show_case
from storage.connect import Connection, Database
from tests.conftest import rows
from tests.pipeline.case_book import acts, book, understood
from tests.pipeline.test_notify import hook  # noqa: F401  the same receiver
from tests.storage.test_company_lists import load_list

Make = Callable[..., Feedback]
Load = Callable[..., object]
Understand = Callable[..., None]

MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)


def at(days: float = 0, **values: Any) -> dict[str, Any]:
    """Created so many days after a Monday at ten in Kassel, to the second."""
    return {"created_at": MONDAY + timedelta(days=days), "created_precision": "second", **values}


def stars(number: float) -> dict[str, Any]:
    return {"raw_value": number, "rating_1_5": number}


@pytest.fixture
def follow(load: Load, conn: Connection, settings: Settings) -> Understand:
    """Loads feedback, reads it as told, and decides."""

    def run(*records: Feedback, everything: bool = False, **readings: Any) -> None:
        if records:
            load(records)
        understood(conn, {name.removeprefix("f"): reading for name, reading in readings.items()})
        decide(settings, everything=everything)

    return run


def with_rules(settings: Settings, tmp_path: Path, *changes: tuple[str, str]) -> Settings:
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "cases.toml").write_text(text, encoding="utf-8")
    found = replace(settings, path=tmp_path / "kundenecho.toml")
    return replace(found, values={**settings.values, "cases.rules": "cases.toml"})


def test_what_opens_a_case_and_until_when(feedback: Make, follow: Understand, conn: Connection) -> None:
    follow(
        feedback("bad", **at(0), **stars(1)),
        feedback("broken", **at(1)),
        feedback("asks", **at(2)),
        feedback("likes", **at(3), **stars(5)),
        feedback("plain", **at(4), **stars(4)),
        fbroken={"defects": ["leak"]},
        fasks={"question": True},
        flikes={"recommend": "yes"},
    )
    assert book(conn, "kind, owner, due_at, priority") == [
        # Eight working hours from Monday ten o'clock are Tuesday nine o'clock, in Kassel.
        ("bad", "complaint", "support", datetime(2026, 5, 5, 7, tzinfo=UTC), 2),
        ("broken", "defect_report", "support", datetime(2026, 5, 6, 15, tzinfo=UTC), 3),
        ("asks", "question", "support", datetime(2026, 5, 7, 7, tzinfo=UTC), 2),
        # The fifth working day after Thursday, but one is Ascension Day.
        ("likes", "thanks", "marketing", datetime(2026, 5, 15, 13, tzinfo=UTC), 4),
    ]
    assert acts(conn) == ["opened"] * 4


def test_again_opens_nothing_and_another_reading_closes_nothing(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings
) -> None:
    follow(feedback("1", **at()), f1={"defects": ["leak"]})
    before = rows(conn, "SELECT * FROM case_file")
    for everything in (False, True):
        decide(settings, everything=everything)
    understood(conn, {"1": {"sentiment": "positive"}}, digest="another")
    decide(settings)
    assert rows(conn, "SELECT * FROM case_file") == before
    assert acts(conn) == ["opened"]


def test_old_feedback_opens_none(feedback: Make, follow: Understand, load: Load, conn: Connection) -> None:
    undated = {"created_at": None, "created_precision": "unknown"}
    follow(
        feedback("old", **at(-61), **stars(1)),
        feedback("new", **at(0), **stars(1)),
        feedback("undated at first", **undated, **stars(1)),
    )
    assert [row[0] for row in book(conn)] == ["new"]
    # Once the account is known, what has no date counts from when it was first seen.
    seen = datetime(2026, 5, 6, 9, tzinfo=UTC)
    follow(feedback("undated later", **undated, **stars(1), collected_at=seen))
    assert book(conn, "opened_at")[1:] == [("undated later", seen)]


def test_all_answers_of_a_response_are_one_conversation(feedback: Make, follow: Understand, conn: Connection) -> None:
    survey = {"response_key": "r1", "kind": "survey_answer", "nps_0_10": 3, **at()}
    follow(feedback("praise", **survey), feedback("better", **survey), fbetter={"defects": ["leak"]})
    assert book(conn) == [("better", "defect_report", "open")]
    follow(feedback("third", **survey))
    assert len(book(conn)) == 1


def test_a_reply_answers_at_the_time_that_the_source_tells(
    feedback: Make, follow: Understand, conn: Connection
) -> None:
    bad = {**at(), **stars(1)}
    follow(feedback("1", **bad), feedback("2", **bad, reply="Das tut uns leid."))
    assert book(conn, "state, answered_at, answer_dated") == [
        ("1", "open", None, True),
        # It stood there before we looked: answered, nobody knows when; closed after two quiet weeks.
        ("2", "closed", datetime(2026, 6, 1, tzinfo=UTC), False),
    ]
    replied = MONDAY + timedelta(hours=5)
    follow(
        feedback("1", **bad, reply="Bitte rufen Sie an.", reply_at=replied),
        feedback("2", **bad, reply="Das tut uns leid."),
    )
    assert book(conn, "state, answered_at, answer_dated")[0] == ("1", "closed", replied, True)
    # Quiet for two weeks, thus closed as of then.
    assert book(conn, "outcome, closed_at")[0] == ("1", "answered", replied + timedelta(days=14))
    assert acts(conn)[-2:] == ["answered_at_source", "went_quiet"]


def test_later_praise_closes_and_says_so(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings
) -> None:
    ina = {"author": "ina"}
    follow(
        feedback("1", **at(0), **stars(2), **ina),
        feedback("2", **at(1), **stars(1), author="other"),
        feedback("3", "Dieselbe Maschine, jetzt läuft sie.", **at(9), **stars(5), **ina),
        feedback("4", "Andere Maschine.", **at(9), **stars(5), author="other", product="HM-450"),
    )
    assert book(conn, "kind, state, outcome, closed_at") == [
        ("1", "complaint", "closed", "recovered", MONDAY + timedelta(days=9)),
        ("2", "complaint", "open", None, None),
    ]
    [praise] = rows(conn, "SELECT 'F' || feedback_id FROM feedback WHERE native_id = '3'")
    assert rows(conn, "SELECT detail FROM case_event WHERE act = 'recovered'") == [praise]
    # The praise goes, and so does what stood on it.
    conn.cursor().execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
    conn.cursor().execute("UPDATE feedback SET current_revision_id = NULL WHERE native_id = '3'")
    conn.cursor().execute("DELETE FROM feedback WHERE native_id = '3'")
    conn.commit()
    decide(settings)
    assert book(conn, "state, outcome, closed_at, recovered_by")[0] == ("1", "open", None, None, None)
    assert acts(conn)[-1] == "proof_gone"


def test_an_edit_recovers_or_opens_anew(feedback: Make, follow: Understand, conn: Connection) -> None:
    follow(
        feedback("1", "Undicht!", **at(), **stars(1)),
        feedback("2", "Toll!", **at(), **stars(5)),
        f2={"recommend": "yes"},
    )
    edited = {**at(), "collected_at": MONDAY + timedelta(days=30)}
    follow(
        feedback("1", "Jetzt dicht.", **edited, **stars(5)),
        feedback("2", "Nach einem Monat kaputt.", **edited, **stars(1)),
    )
    assert book(conn) == [("1", "complaint", "closed"), ("2", "thanks", "open")]
    assert rows(conn, "SELECT count(*) FROM case_event WHERE act = 'recovered'") == [(1,)]


def test_a_closed_thank_you_that_turns_into_a_complaint(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings
) -> None:
    follow(feedback("1", "Toll!", **at(), **stars(5)), f1={"recommend": "yes"})
    act(settings, "V1", "close", by="marketing", outcome="nothing_to_do")
    late = MONDAY + timedelta(days=30)
    follow(feedback("1", "Kaputt.", **at(), collected_at=late, **stars(1)))
    follow(feedback("1", "Kaputt!!", **at(), collected_at=late + timedelta(days=1), **stars(1)))
    assert book(conn, "kind, state, opened_at") == [
        ("1", "thanks", "closed", MONDAY),
        ("1", "complaint", "open", late),
    ]


def test_gone_at_the_source(
    feedback: Make, follow: Understand, load: Load, conn: Connection, settings: Settings
) -> None:
    kept = feedback("2", **at())
    follow(feedback("1", **at(), **stars(1)), kept)
    for _ in range(2):
        load([kept], full_read=True, complete=True)
    decide(settings)
    assert book(conn, "state, outcome") == [("1", "closed", "gone")]


def lists(conn: Connection, keyer: Keyer, kind: str, *found: dict[str, Any]) -> None:
    row: type[Any] = {
        "consents": Consent, "customers": Customer, "orders": Order, "unsubscribes": Unsubscribe, "testimonials": Words,
    }[kind]  # fmt: skip
    blank = dict.fromkeys(row.column_names())
    load_list(
        conn, kind, [row(**{**blank, **{k: v for k, v in f.items() if k in row.__dataclass_fields__}}) for f in found]
    )


def test_welcome_and_unsubscribe(feedback: Make, follow: Understand, conn: Connection, keyer: Keyer) -> None:
    key, old = str(keyer.customer("K-1")), str(keyer.customer("K-2"))
    order = {"product": "HM-310", "quantity": 1, "ordered_on": date(2026, 5, 6), "amount_eur": Decimal(600)}
    customer = {"country": "DE", "known_from": None}
    lists(conn, keyer, "customers", {**customer, "customer_key": key, "customer_since": date(2026, 5, 6)},
          {**customer, "customer_key": old, "customer_since": date(2020, 1, 1)})  # fmt: skip
    lists(conn, keyer, "orders", {**order, "order_key": str(keyer.order("1")), "customer_key": key},
          {**order, "order_key": str(keyer.order("2")), "customer_key": key, "ordered_on": date(2026, 5, 8)},
          {**order, "order_key": str(keyer.order("3")), "customer_key": old})  # fmt: skip
    lists(conn, keyer, "unsubscribes", {"customer_key": old, "channel": "email", "unsubscribed_at": MONDAY})
    follow(feedback("1", **at(10), **stars(4)))
    follow()
    assert [row[1:] for row in book(conn, "kind, customer_key, product, channel, opened_at, due_at, value_eur")] == [
        ("unsubscribe_confirmation", old, None, "email", MONDAY, datetime(2026, 5, 5, 8, tzinfo=UTC), Decimal(600)),
        # From midnight in Kassel to the end of the second working day after it.
        ("welcome", key, "HM-310", "orders", datetime(2026, 5, 5, 22, tzinfo=UTC), datetime(2026, 5, 8, 13, tzinfo=UTC),
         Decimal(1200)),
    ]  # fmt: skip


def test_valuable_and_unhappy_is_told_once_without_names(
    feedback: Make, follow: Understand, conn: Connection, keyer: Keyer, settings: Settings, hook: Any, db: Database  # noqa: F811
) -> None:  # fmt: skip
    url, calls, status = hook
    ina = str(keyer.customer("K-1"))
    order = {"product": "HM-310", "quantity": 1, "ordered_on": date(2025, 1, 1), "amount_eur": Decimal(600)}
    lists(conn, keyer, "orders", {**order, "order_key": str(keyer.order("1")), "customer_key": ina})
    follow(feedback("1", **at(), **stars(1), author="Ina Müster", customer_key=ina), feedback("2", **at(), **stars(1)))
    assert book(conn, "value_eur, valuable, priority") == [("1", Decimal(600), True, 1), ("2", None, False, 2)]
    assert rows(conn, "SELECT case_id FROM lists.valuable_unhappy") == [("V1",)]
    told = replace(settings, values={**settings.values, "alerts.webhook_url": url})
    status[0] = 500
    assert check_cases(told, MONDAY)["told"] == 0
    status[0] = 204
    assert check_cases(told, MONDAY)["told"] == 1
    assert check_cases(told, MONDAY) == {"escalated": 0, "told": 0}
    body = json.loads(calls[-1][1])
    assert (body["event"], body["cases"]) == ("valuable_unhappy", ["V1"])
    assert not any("Ina" in str(part) or "Kanne" in str(part) for part in body.values())
    assert acts(conn)[-1] == "alerted"


def test_whoever_is_content_all_the_same_is_not_unhappy(
    feedback: Make, follow: Understand, conn: Connection, keyer: Keyer
) -> None:
    ina = str(keyer.customer("K-1"))
    order = {"product": "HM-310", "quantity": 1, "ordered_on": date(2025, 1, 1), "amount_eur": Decimal(600)}
    lists(conn, keyer, "orders", {**order, "order_key": str(keyer.order("1")), "customer_key": ina})
    small = {"customer_key": ina, "author": "ina", **at()}
    leak = {"defects": ["leak"]}
    follow(feedback("1", **small, **stars(5)), feedback("2", **small, **stars(3)), f1=leak, f2=leak)
    assert book(conn, "valuable, content, priority") == [("1", True, True, 3), ("2", True, False, 1)]
    assert rows(conn, "SELECT case_id FROM lists.valuable_unhappy") == [("V2",)]


def test_an_advocate_who_may_be_contacted_is_asked_once(
    feedback: Make, follow: Understand, conn: Connection, keyer: Keyer, settings: Settings
) -> None:
    who = {}
    for name in ("ina", "uwe"):
        who[name] = {"customer_key": str(keyer.customer(name)), "email_key": keyer.email(f"{name}@example.org")}
    lists(conn, keyer, "customers", {**who["ina"], "country": "DE", "email": "ina@example.org"},
          {**who["uwe"], "country": "DE", "email": "uwe@example.org"})  # fmt: skip
    lists(conn, keyer, "consents", {**who["ina"], "channel": "email", "given_at": MONDAY, "confirmed_at": MONDAY,
                                    "wording": "Ja, gern.", "proof": "Protokoll 1"})  # fmt: skip
    follow(*(feedback(name, **at(), **stars(4), author=name, customer_key=who[name]["customer_key"]) for name in who))
    praised = (
        "INSERT INTO advocate (person_id, lineage_id, score, stage, listed, contactable, contactable_reason, sources)"
        " SELECT person_id, lineage_id, 80, 'advocate', true, 'yes', '', '{shop}' FROM author, lineage",
        "INSERT INTO advocate_reason (person_id, rank, kind, weight, revision_id)"
        " SELECT person_id, 1, 'recommendation', 30, revision_id FROM current_feedback",
        "INSERT INTO advocate_rank SELECT person_id, '', score, now(), stage, contactable FROM advocate",
    )
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM advocate")
        for statement in praised:
            cursor.execute(statement)
    conn.commit()
    # Only Ina has consented, whatever is stored with the advocates.
    decide(settings)
    decide(settings)
    assert book(conn) == [("ina", "testimonial_request", "open")]


def test_a_published_remedy_is_told_to_those_who_had_the_defect(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings
) -> None:
    leak = {"defects": ["leak"]}
    follow(
        *(feedback(str(n), f"Deckel undicht, Fall {n}.", **at(n), **stars(2)) for n in range(4)),
        f0=leak, f1=leak, f2={**leak, "fix": True}, f3=leak,
    )  # fmt: skip
    for n in (1, 3):
        act(settings, f"V{n}", "close", by="support", outcome="solved")
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy (product, component, defect, title, text, steps, state)"
            " VALUES ('HM-120', 'deckel', 'leak', 'Dichtung drehen', 'Die Dichtung drehen.', '{Danach spülen.}', 'published');"
            "INSERT INTO remedy_publication (remedy_id, channel, published_on, done_by)"
            " SELECT remedy_id, 'support', '2026-05-07', 'R. Lang' FROM remedy"
        )
    conn.commit()
    decide(settings)
    decide(settings)
    # Not to the second, whose case is open; not to the third, who tells what helped; not to the fourth, who wrote later.
    assert [row[0] for row in book(conn) if row[1] == "remedy_to_tell"] == ["0"]
    told = suggestions(conn, settings, show_case(conn, "V2"))[0]
    assert (told.title, told.text) == ("Abhilfe R1: Dichtung drehen", "Die Dichtung drehen. Danach spülen.")
    assert told.approved


def test_overdue_is_escalated_and_told_once(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings, hook: Any  # noqa: F811
) -> None:  # fmt: skip
    url, calls, _ = hook
    follow(feedback("1", **at(), **stars(1)), feedback("2", **at(), **stars(1)))
    told = replace(settings, values={**settings.values, "alerts.webhook_url": url})
    due = datetime(2026, 5, 5, 7, tzinfo=UTC)
    assert check_cases(told, due) == {"escalated": 0, "told": 0}
    act(settings, "V2", "wait", by="support")
    assert check_cases(told, due + timedelta(seconds=1)) == {"escalated": 1, "told": 1}
    assert check_cases(told, due + timedelta(days=1)) == {"escalated": 0, "told": 0}
    assert [json.loads(body)["cases"] for _, body in calls] == [["V1"]]
    assert [r["case_id"] for r in list_cases(conn, overdue=True)] == ["V1"]


def test_a_case_whose_owner_is_gone(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings, tmp_path: Path
) -> None:
    follow(feedback("1", **at(), **stars(1)), feedback("2", **at(), **stars(1)))
    with_anna = with_rules(settings, tmp_path, ('members = ["support"]', 'members = ["support", "anna"]'))
    act(with_anna, "V1", "take", by="anna")
    act(with_anna, "V2", "assign", by="anna", owner="anna")
    act(with_anna, "V2", "close", by="anna", outcome="solved")
    decide(with_anna)
    assert book(conn, "owner") == [("1", "anna"), ("2", "anna")]
    decide(settings)
    # What is closed keeps who closed it.
    assert book(conn, "owner, team") == [("1", "support", "support"), ("2", "anna", "support")]
    assert rows(conn, "SELECT case_id, detail FROM case_event WHERE act = 'owner_gone'") == [(1, "anna → support")]


def test_nobody_takes_who_is_in_no_team(feedback: Make, follow: Understand, settings: Settings) -> None:
    follow(feedback("1", **at(), **stars(1)))
    with pytest.raises(SettingsError, match="'anna' is in no team"):
        act(settings, "V1", "take", by="anna")


@pytest.mark.parametrize("case", ["V99", "12", "P1", "V"])
def test_an_unknown_case_says_so(case: str, settings: Settings, conn: Connection) -> None:
    with pytest.raises(DataError):
        act(settings, case, "note", by="support", note="x")
    with pytest.raises(DataError):
        show_case(conn, case)


def test_notes_are_for_support_only(
    feedback: Make, follow: Understand, settings: Settings, as_role: Callable[[str], Connection]
) -> None:
    follow(feedback("1", **at(), **stars(1)))
    act(settings, "V1", "note", by="support", note="Frau Müster rief an")
    assert ("Frau Müster rief an",) in rows(as_role("support"), "SELECT note FROM lists.case_events")
    for role in ("marketing", "product", "operations"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(as_role(role), "SELECT note FROM lists.case_events")


def test_events_cannot_be_rewritten(feedback: Make, follow: Understand, conn: Connection) -> None:
    follow(feedback("1", **at(), **stars(1)))
    for statement in ("UPDATE case_event SET act = 'x'", "DELETE FROM case_event"):
        with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
            conn.cursor().execute(statement)
        conn.rollback()


def test_an_erased_feedback_takes_its_case_along(feedback: Make, follow: Understand, conn: Connection) -> None:
    follow(feedback("1", **at(), **stars(1)))
    conn.cursor().execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
    conn.cursor().execute("UPDATE feedback SET current_revision_id = NULL; DELETE FROM feedback")
    conn.commit()
    assert rows(conn, "SELECT (SELECT count(*) FROM case_file), (SELECT count(*) FROM case_event)") == [(0, 0)]


def test_suggestions_are_what_helped_others_and_snippets(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings, tmp_path: Path
) -> None:
    follow(
        *(
            feedback(str(n), f"Deckel undicht, Dichtung gedreht, nun dicht. Fall {n}", **at(n), **stars(2))
            for n in range(4)
        ),
        **{f"f{n}": {"defects": ["leak"], "fix": n == 0} for n in range(4)},
    )
    case = show_case(conn, "V4")
    found = suggestions(conn, settings, case)
    assert [s.approved for s in found] == [False] * len(found)
    assert found[-1].title == "Mangel aufgenommen"
    own = tmp_path / "snippets.toml"
    own.write_text(
        '[[snippets]]\nkind = "defect_report"\ntitle = "Gut"\ntext = "Danke, {firma}"\napproved_by = "R. Lang"'
    )
    mine = replace(settings, path=tmp_path / "k.toml", values={**settings.values, "cases.snippets": "snippets.toml"})
    assert [(s.text, s.approved) for s in suggestions(conn, mine, case)][-1] == ("Danke, Meine Firma", True)
    own.write_text('[[snippets]]\nkind = "moaning"\ntitle = ""\ntext = ""')
    with pytest.raises(SettingsError, match="'moaning' is no kind of case"):
        read_snippets(mine)


def test_filters_and_order(feedback: Make, follow: Understand, conn: Connection, settings: Settings) -> None:
    follow(
        feedback("1", **at(0), **stars(5)), feedback("2", **at(1), **stars(1)), feedback("3", **at(0), product="HM-450"),
        f1={"recommend": "yes"}, f3={"defects": ["safety"]},
    )  # fmt: skip
    assert [r["kind"] for r in list_cases(conn)] == ["defect_report", "complaint", "thanks"]
    assert [r["kind"] for r in list_cases(conn, kind="thanks")] == ["thanks"]
    assert [r["kind"] for r in list_cases(conn, owner="marketing")] == ["thanks"]
    assert [r["kind"] for r in list_cases(conn, product="HM-450")] == ["defect_report"]
    assert len(list_cases(conn, limit=1)) == 1
    act(settings, "V1", "close", by="support", outcome="solved")
    assert len(list_cases(conn)) == 2
    assert len(list_cases(conn, states=None)) == 3
    assert case_numbers(conn)["closed"] == 1


@trying(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(ACTS), max_size=8))
def test_a_case_is_what_its_events_add_up_to(
    feedback: Make, follow: Understand, conn: Connection, settings: Settings, plan: list[str]
) -> None:
    if not book(conn):
        follow(feedback("1", **at(), **stars(1)))
    [(state,)] = rows(conn, "SELECT state FROM case_file")
    conn.rollback()
    for what in plan:
        more = {"assign": {"owner": "marketing"}, "close": {"outcome": "solved"}, "note": {"note": "x"}}.get(what, {})
        by = "support"
        if state not in TRANSITIONS[what]:
            with pytest.raises(DataError, match="Possible now"):
                act(settings, "V1", what, by=by, **more)
            continue
        state = TRANSITIONS[what][state]
        act(settings, "V1", what, by=by, **more)
    found = rows(
        conn, "SELECT c.state, c.state = (SELECT e.state FROM case_event e ORDER BY event_id DESC LIMIT 1),"
        " (c.closed_at IS NULL) = (c.state <> 'closed') FROM case_file c",
    )  # fmt: skip
    conn.rollback()
    assert found == [(state, True, True)]
    assert state in STATES


def key_figures(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every view of key figures that is made of cases, row for row.

    Those of the loop are compared in test_advocates: here no person is marked when another lineage reads the texts.
    """
    views = rows(
        conn,
        "SELECT viewname FROM pg_views WHERE schemaname = 'lists' AND starts_with(viewname, 'kpi_')"
        " AND viewname <> 'kpi_loyalty' ORDER BY 1",
    )
    assert len(views) >= 7
    return {view: rows(conn, f"SELECT v::text FROM lists.{view} v ORDER BY 1") for (view,) in views}


def ask(conn: Connection, native_id: str) -> None:
    """Cases that wait for a testimonial and for a remedy to be told, where this feedback is there."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO case_file (kind, feedback_id, revision_number, channel, opened_at, due_at, team, owner, priority)"
            " SELECT k.kind, feedback_id, 1, source, now(), now() + interval '1 day', 'marketing', 'marketing', 3"
            " FROM feedback, unnest('{testimonial_request,remedy_to_tell}'::text[]) AS k (kind) WHERE native_id = %s"
            " ON CONFLICT DO NOTHING",
            (native_id,),
        )
    conn.commit()


def tell_remedy(conn: Connection, customer: str) -> None:
    """A remedy against leaks is published, and a customer is told of it."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy (remedy_id, product, component, defect, title, text, state) OVERRIDING SYSTEM VALUE"
            " VALUES (1, 'HM-120', 'deckel', 'leak', 'Dichtung', 'Drehen.', 'published') ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO remedy_publication (remedy_id, channel, published_on, done_by) SELECT 1, 'support', '2026-05-20', 'x'"
            " WHERE NOT EXISTS (SELECT FROM remedy_publication)"
        )
        cursor.execute(
            "INSERT INTO remedy_told VALUES (1, %s, 'post', '2026-05-21', 'x') ON CONFLICT DO NOTHING", (customer,)
        )
    conn.commit()


STEPS = ("load", "praise", "reply", "edit", "lineage", "delete", "request", "consent", "remedy", "decide")


@trying(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), min_size=3, max_size=8))
def test_what_was_touched_equals_everything(
    feedback: Make, load: Load, conn: Connection, settings: Settings, keyer: Keyer, plan: list[tuple[str, int]]
) -> None:
    """After any sequence a full decide changes nothing that the ones before left."""
    lists(
        conn, keyer, "customers", *({"customer_key": str(keyer.customer(f"K-{n}")), "country": "DE"} for n in range(4))
    )
    for number, (step, n) in enumerate(plan):
        key = str(keyer.customer(f"K-{n}"))
        said = {**at(n), **stars(1), "author": f"author {n}", "customer_key": key}
        later = MONDAY + timedelta(days=40 + number)
        if step == "load":
            load([feedback(str(n), "Undicht.", **said)])
        elif step == "reply":
            load([feedback(str(n), "Undicht.", **said, reply=f"Danke {number}", reply_at=later)])
        elif step == "edit":
            load(
                [feedback(str(n), f"Fassung {number}.", **{**said, **stars(1 + 4 * (number % 2))}, collected_at=later)]
            )
        elif step == "praise":
            load([feedback(f"praise {n}", "Gut.", **{**said, **at(20 + n), **stars(5)})])
        elif step == "request":
            ask(conn, str(n))
        elif step == "consent":
            ask(conn, str(n))
            lists(conn, keyer, "testimonials", {
                "customer_key": key, "product": "", "text": "Gut.", "given_at": later, "wording": "Ja.",
                "proof": None if number % 5 == 4 else "Protokoll", "withdrawn_at": later if number % 4 == 3 else None,
            })  # fmt: skip
        elif step == "remedy":
            tell_remedy(conn, key)
        elif step == "delete":
            for _ in range(2):
                load([feedback("other", "Nichts.", **at(30), author=None)], full_read=True, complete=True)
        defects = ["leak"] if n > 1 else []
        understood(
            conn,
            {str(n): {"sentiment": "negative", "defects": defects}},
            digest=f"{number if step == 'lineage' else 0}",
        )
        if step == "decide" or number % 2:
            decide(settings)
    decide(settings)
    columns = "kind, state, outcome, owner, due_at, answered_at, closed_at, priority, recovered_by"
    # Both looks in one transaction, for which it is the same moment: who waits for an answer waits longer by the second.
    conn.rollback()
    before, events, figures = book(conn, columns), acts(conn), key_figures(conn)
    decide(settings, everything=True)
    assert (book(conn, columns), acts(conn), key_figures(conn)) == (before, events, figures)
    conn.rollback()
