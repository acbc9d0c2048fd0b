"""The key figures equal those of a small book, counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from scipy.stats import CensoredData, binomtest, ecdf

from kundenecho.company_lists import Consent, Contact, Customer, Order, Unsubscribe
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from pipeline.persons import settle
from storage.connect import Connection
from storage.dirty import mark_dirty
from storage.kpis import list_kpis, milestone_figures
from tests.conftest import rows
from tests.pipeline.case_book import understood
from tests.storage.test_company_lists import load_list

MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
TODAY = datetime.now(UTC)


def note_case(
    conn: Connection, number: int, *, answered: float | None = None, closed: float | None = None, kind: str = "complaint",
    weeks: int = 0, product: str | None = "A", channel: str = "shop", outcome: str = "solved", dated: bool = True,
) -> None:  # fmt: skip
    """One case that came so many weeks after that Monday, answered and closed so many hours later, due after five."""
    came = MONDAY + timedelta(weeks=weeks)

    def after(hours: float | None) -> datetime | None:
        return None if hours is None else came + timedelta(hours=hours)

    state = "closed" if closed is not None else "answered" if answered is not None else "open"
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO case_file (kind, origin, product, channel, opened_at, due_at, team, owner, priority, state, outcome,"
            " answered_at, answer_dated, closed_at) VALUES (%s, %s, %s, %s, %s, %s, 't', 'o', 2, %s, %s, %s, %s, %s)",
            (kind, str(number), product, channel, came, after(5), state, outcome if state == "closed" else None,
             after(answered), dated, after(closed)),
        )  # fmt: skip


def figures(
    conn: Connection, view: str, columns: str, where: str = "week IS NULL AND channel IS NULL"
) -> list[tuple[Any, ...]]:
    return rows(conn, f"SELECT {columns} FROM lists.{view} WHERE {where} ORDER BY week, product, channel")


def wilson(hits: int, trials: int) -> tuple[float, float]:
    found = binomtest(hits, trials).proportion_ci(method="wilson")
    return pytest.approx(found.low), pytest.approx(found.high)


def test_response_time_with_open_cases_counted_as_open(conn: Connection) -> None:
    for number, (answered, closed) in enumerate([(2, None), (4, 9), (4, None), (8, None), (None, 3), (None, None)]):
        note_case(conn, number, answered=answered, closed=closed)
    # Neither a thank-you nor an answer at an unknown time counts.
    note_case(conn, 6, answered=1, kind="thanks")
    note_case(conn, 7, answered=1, dated=False)
    # At 2 hours one of six is answered: 5/6 wait. At 3 one leaves without an answer. At 4 two of the four left: 5/12.
    # At 8 one of the two left: 5/24. The last one waits still, so when nine of ten are answered is not known.
    assert figures(conn, "kpi_response_time", "cases, answered, open, median_hours, p90_hours", "week IS NULL AND product IS NULL AND channel IS NULL") == [
        (6, 4, 1, 4.0, None)
    ]  # fmt: skip
    # In time are 2, 4 and 4; late are 8 and the open one; what was closed without an answer is not judged.
    assert figures(conn, "kpi_response_time", "judged, in_time, in_time_low, in_time_high") [0] == (5, 0.6, *wilson(3, 5))  # fmt: skip


def test_weeks_products_and_channels(conn: Connection) -> None:
    note_case(conn, 1, answered=2)
    note_case(conn, 2, answered=6, weeks=1, product="B", channel="portal")
    note_case(conn, 3, answered=4, weeks=1, product=None)
    found = rows(conn, "SELECT week, product, channel, cases, median_hours FROM lists.kpi_response_time")
    first, second = MONDAY.date(), MONDAY.date() + timedelta(weeks=1)
    assert set(found) == {
        (None, None, None, 3, 4.0), (first, None, None, 1, 2.0), (second, None, None, 2, 4.0),
        (None, "A", None, 1, 2.0), (None, "B", None, 1, 6.0), (None, None, "shop", 2, 2.0), (None, None, "portal", 1, 6.0),
        (first, "A", None, 1, 2.0), (second, "B", None, 1, 6.0), (first, None, "shop", 1, 2.0),
        (second, None, "shop", 1, 4.0), (second, None, "portal", 1, 6.0),
    }  # fmt: skip
    assert len(found) == 12
    assert [r["week"] for r in list_kpis(conn, by="week", kpi="response_median")] == [first, second]
    assert [r["week"] for r in list_kpis(conn, by="week", kpi="response_median", weeks=1)] == [second]
    assert milestone_figures(conn)["response_median", "B", None] == (6.0, 1)


@trying(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=25))
def test_percentiles_are_those_of_kaplan_and_meier(conn: Connection, book: Sequence[tuple[int, bool]]) -> None:
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM case_file")
    for number, (hours, answered) in enumerate(book):
        note_case(conn, number, answered=hours if answered else None, closed=None if answered else hours)
    waits = CensoredData(uncensored=[h for h, a in book if a], right=[h for h, a in book if not a])
    curve = ecdf(waits).sf

    def within(share: float) -> float | None:
        reached = np.flatnonzero(curve.probabilities <= 1 - share + 1e-9)
        return float(curve.quantiles[reached[0]]) if len(reached) else None

    [found] = figures(
        conn, "kpi_response_time", "median_hours, p90_hours", "week IS NULL AND product IS NULL AND channel IS NULL"
    )
    conn.rollback()
    assert found == (within(0.5), within(0.9))


def test_recovered(conn: Connection) -> None:
    note_case(conn, 1, closed=9, outcome="recovered")
    note_case(conn, 2, closed=9, outcome="solved")
    note_case(conn, 3, kind="defect_report")
    note_case(conn, 4, closed=9, outcome="answered", kind="question")
    assert figures(conn, "kpi_recovered", "cases, recovered, share, share_low, share_high")[0] == (
        3,
        1,
        pytest.approx(1 / 3),
        *wilson(1, 3),
    )


def test_nps_counts_a_response_once(
    conn: Connection, load: Callable[..., Any], feedback: Callable[..., Feedback]
) -> None:
    both = {"response_key": "r1", "nps_0_10": 10}
    load(
        [
            feedback("1", **both),
            feedback("2", **both),
            feedback("3", nps_0_10=9),
            feedback("4", nps_0_10=3),
            feedback("5"),
        ]
    )
    [row] = figures(
        conn,
        "kpi_nps",
        "answers, promoters, detractors, nps, nps_low, nps_high",
        "week IS NULL AND product IS NULL AND channel IS NULL",
    )
    # Three answers, 2 for and 1 against. With ¾, 1½ and ¾ added: (2.75 - 1.75) / 6, variance (4.5 / 6 - 1 / 36) / 6.
    centre, width = 100 / 6, 100 * 1.959964 * ((4.5 / 6 - 1 / 36) / 6) ** 0.5
    assert row == (3, 2, 1, pytest.approx(100 / 3), pytest.approx(centre - width), pytest.approx(centre + width))


def lists(conn: Connection, row: type[Any], kind: str, *found: dict[str, Any]) -> None:
    blank = dict.fromkeys(row.column_names())
    load_list(conn, kind, [row(**{**blank, **f}) for f in found])


@pytest.fixture
def customers(conn: Connection, keyer: Keyer) -> list[str]:
    """Three customers; the third is known by e-mail in some lists."""
    keys = [str(keyer.customer(f"K-{n}")) for n in range(3)]
    mail = keyer.email("ina@example.org")
    lists(conn, Customer, "customers", *(
        {"customer_key": key, "country": "DE", "email_key": mail if key == keys[2] else None} for key in keys
    ))  # fmt: skip
    return keys


def order(
    keyer: Keyer, number: int, customer: str | None, day: date, amount: float = 10, **more: Any
) -> dict[str, Any]:
    return {"order_key": str(keyer.order(str(number))), "customer_key": customer, "product": "A", "quantity": 1,
            "ordered_on": day, "amount_eur": Decimal(amount), "channel": "shop", **more}  # fmt: skip


def test_conversion_and_actions(conn: Connection, keyer: Keyer, customers: list[str]) -> None:
    first = date(2026, 5, 1)
    talk = {"channel": "email", "contacted_on": first, "occasion": "Newsletter"}
    mail = keyer.email("ina@example.org")
    lists(conn, Contact, "contacts", {**talk, "customer_key": customers[0]}, {**talk, "customer_key": customers[1]},
          {**talk, "email_key": mail, "channel": "phone"}, {**talk, "customer_key": customers[0], "contacted_on": TODAY.date()})  # fmt: skip
    lists(conn, Order, "orders",
          # On the same day is not after; 30 days after is; 31 is not.
          order(keyer, 1, customers[0], first), order(keyer, 2, customers[0], first + timedelta(days=30)),
          order(keyer, 2, customers[0], first + timedelta(days=30), product="B"),
          order(keyer, 3, customers[1], first + timedelta(days=31)),
          order(keyer, 4, customers[2], first + timedelta(days=1)))  # fmt: skip
    assert rows(
        conn,
        "SELECT contacts, converted, share_low, share_high FROM lists.kpi_conversion WHERE week IS NULL AND channel IS NULL",
    ) == [(3, 2, *wilson(2, 3))]
    assert rows(
        conn, "SELECT contacts, converted FROM lists.kpi_conversion WHERE week IS NULL AND channel = 'phone'"
    ) == [(1, 1)]
    # Three contacts; two orders followed, one of two products.
    assert rows(
        conn,
        "SELECT engagements, actions, per_engagement FROM lists.kpi_actions WHERE week IS NULL AND channel IS NULL",
    ) == [(3, 2, pytest.approx(2 / 3))]


def test_what_was_sent_from_here_counts_once(
    conn: Connection, keyer: Keyer, customers: list[str], load: Callable[..., Any], feedback: Callable[..., Feedback]
) -> None:
    """Messages, offers, remedies told and answers, beside the list of contacts; as the budget of contacts counts them."""
    first, before = date(2026, 5, 1), datetime(2026, 4, 1, tzinfo=UTC)
    two = {"author": "twin", "created_at": before}
    load([feedback("1", customer_key=customers[0], **two), feedback("2", customer_key=customers[1], **two),
          feedback("3", author="stranger", created_at=before), feedback("4", author="other", created_at=before),
          feedback("5", author="stranger", created_at=datetime(2026, 5, 20, tzinfo=UTC))])  # fmt: skip
    mark_dirty(conn)
    settle(conn, keyer)
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO case_file (kind, feedback_id, revision_number, product, channel, opened_at, due_at, team, owner, priority)"
            " SELECT 'complaint', feedback_id, 1, 'A', 'shop', %s, now(), 't', 'o', 2 FROM feedback"
            " WHERE native_id IN ('1', '3', '4')", (before,))  # fmt: skip
        cursor.execute(
            "INSERT INTO case_file (kind, origin, customer_key, channel, opened_at, due_at, team, owner, priority)"
            " VALUES ('welcome', 'x', %s, 'orders', %s, now(), 't', 'o', 2)", (customers[1], before))  # fmt: skip
        for case, act, day in (
            ("1", "answer", 5),
            ("3", "answer", 5),
            ("4", "answered_at_source", 6),
            (None, "answer", 3),
        ):
            cursor.execute(
                "INSERT INTO case_event (case_id, act, state, actor, happened_at) SELECT case_id, %s, 'answered', 'x', %s"
                " FROM case_file LEFT JOIN feedback USING (feedback_id) WHERE native_id IS NOT DISTINCT FROM %s",
                (act, datetime(2026, 5, day, 9, tzinfo=UTC), case))  # fmt: skip
        cursor.execute("INSERT INTO message_text (kind, subject, body, state) VALUES ('thanks', 's', 'b', 'approved')")
        for outcome in ("delivered", "failed", "unknown"):
            cursor.execute(
                "INSERT INTO message_delivery (message_id, kind, customer_key, email_key, outcome, reason, legal_basis,"
                " begun_at, ended_at) SELECT message_id, 'thanks', %s, %s, %s, 'r', 'l', %s, now() FROM message_text",
                (customers[0], keyer.email("x@example.org"), outcome, datetime(2026, 5, 1, 10, tzinfo=UTC)))  # fmt: skip
        for article, act, channel in (("Filter", "made", "phone"), ("Filter", "declined", None), ("Kaffee", "made", "phone"),
                                      ("Kaffee", "taken_back", None)):  # fmt: skip
            cursor.execute(
                "INSERT INTO offer_event (article, customer_key, act, channel, happened_on, done_by) VALUES (%s, %s, %s, %s, %s, 'x')",
                (article, customers[1], act, channel, first))  # fmt: skip
        cursor.execute("INSERT INTO remedy (product, defect, title, text) VALUES ('A', 'leak', 'x', 'y')")
        cursor.execute(
            "INSERT INTO remedy_told SELECT remedy_id, %s, 'post', %s, 'x' FROM remedy", (customers[2], first)
        )
        cursor.execute("UPDATE contact_limit SET budget_days = 100000")
    conn.commit()
    # The list has the remedy too, by the address.
    lists(conn, Contact, "contacts", {"email_key": keyer.email("ina@example.org"), "channel": "post", "contacted_on": first,
                                      "occasion": "Abhilfe"})  # fmt: skip
    lists(conn, Order, "orders", order(keyer, 1, customers[0], first + timedelta(days=1)),
          order(keyer, 2, customers[2], first + timedelta(days=9)),
          # Too late for the offer, in time for the two answers.
          order(keyer, 3, customers[1], first + timedelta(days=31)))  # fmt: skip
    # The message, the offer that was declined, the remedy, the answer to the new customer, and that to whoever is two.
    conversion = "SELECT channel, contacts, converted FROM lists.kpi_conversion WHERE week IS NULL ORDER BY channel"
    assert rows(conn, conversion) == [("email", 1, 1), ("phone", 1, 0), ("post", 1, 1), (None, 5, 4)]
    # And the answer to a stranger, who wrote again, and the one in public.
    actions = "SELECT engagements, actions FROM lists.kpi_actions WHERE week IS NULL AND product IS NULL AND channel"
    assert rows(conn, f"{actions} IS NULL") == [(7, 5)]
    assert rows(conn, f"{actions} = 'shop'") == [(3, 2)]
    assert rows(conn, "SELECT engagements FROM lists.kpi_actions WHERE week IS NULL AND product = 'Filter'") == [(1,)]
    # The budget counts what may have arrived as well, and both customers of whoever is two as one.
    assert set(rows(conn, "SELECT customer_key, contacts FROM contactable_customer")) == {
        (customers[0], 5), (customers[1], 5), (customers[2], 1)}  # fmt: skip


def test_churn(conn: Connection, keyer: Keyer, customers: list[str]) -> None:
    def week(number: int, day: int = 2) -> datetime:
        return datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(weeks=number, days=day)

    mail = keyer.email("ina@example.org")
    held = {"channel": "email", "given_at": week(0)}
    lists(conn, Consent, "consents", {**held, "customer_key": customers[0]}, {**held, "customer_key": customers[1], "withdrawn_at": week(3)},
          {**held, "customer_key": customers[2]}, {**held, "customer_key": customers[0], "channel": "post", "given_at": week(1)})  # fmt: skip
    # The first leaves every channel; the third is unsubscribed by address, and will unsubscribe again.
    lists(conn, Unsubscribe, "unsubscribes", {"customer_key": customers[0], "channel": "all", "unsubscribed_at": week(1)},
          {"email_key": mail, "channel": "email", "unsubscribed_at": week(5)},
          {"customer_key": customers[1], "channel": "phone", "unsubscribed_at": week(2)})  # fmt: skip
    assert rows(conn, "SELECT week, subscribed, unsubscribed FROM lists.kpi_churn WHERE channel IS NULL ORDER BY week") == [
        (week(0, 0).date(), 3, 0), (week(1, 0).date(), 4, 2), (week(3, 0).date(), 2, 1), (week(5, 0).date(), 1, 1), (None, 4, 4),
    ]  # fmt: skip
    assert rows(
        conn, "SELECT subscribed, unsubscribed FROM lists.kpi_churn WHERE week IS NULL AND channel = 'email'"
    ) == [(3, 3)]


def test_customer_value(conn: Connection, keyer: Keyer, customers: list[str]) -> None:
    begin = date(2025, 1, 1)
    lists(conn, Order, "orders",
          order(keyer, 1, customers[0], begin, 100), order(keyer, 2, customers[0], begin + timedelta(days=364), 50),
          order(keyer, 3, customers[0], begin + timedelta(days=365), 30, product="B"),
          order(keyer, 4, customers[1], TODAY.date() - timedelta(days=10), 20, product="B"),
          # An order without an amount: what the customer is worth is not known.
          order(keyer, 5, customers[2], begin, 0) | {"amount_eur": None})  # fmt: skip
    where = " FROM lists.kpi_customer_value WHERE week IS NULL AND channel IS NULL"
    columns = "customers, orders, value_eur, median_eur, customers_a_year, first_year_eur"
    # 180 and 20; the first year of the one whose year is over: 100 and 50.
    assert rows(conn, f"SELECT {columns}{where} AND product IS NULL") == [(2, 4, 100.0, 100.0, 1, 150.0)]
    assert rows(conn, f"SELECT {columns}{where} AND product = 'A'") == [(1, 3, 180.0, 180.0, 1, 150.0)]


def test_the_loop_in_figures(
    conn: Connection, load: Callable[..., Any], feedback: Callable[..., Feedback], settings: Settings
) -> None:
    def said(number: str, who: str, day: int, text: str, stars: float, **more: Any) -> Feedback:
        return feedback(number, text, author=who, created_at=datetime(2026, 5, day, 12, tzinfo=UTC), rating_1_5=stars,
                        raw_value=stars, **more)  # fmt: skip

    load([
        # Ina becomes an advocate, falls out, and is won back; Uwe becomes an advocate; Eva complains.
        said("1", "ina", 4, "Kann ich nur weiterempfehlen.", 5, would_recommend=True),
        said("2", "ina", 12, "Jetzt ist sie undicht.", 1), said("3", "ina", 19, "Wieder dicht, sehr gut.", 5),
        said("4", "uwe", 12, "Kann ich nur weiterempfehlen.", 5, would_recommend=True), said("5", "eva", 12, "Undicht.", 1),
    ])  # fmt: skip
    understood(
        conn, {"1": {"recommend": "yes", "sentiment": "positive"}, "4": {"recommend": "yes", "sentiment": "positive"}}
    )
    decide(settings)
    found = {
        week: (gained, lost, back)
        for week, gained, lost, back in rows(
            conn, "SELECT week, advocates_gained, advocates_lost, customers_won_back FROM lists.kpi_loyalty"
            " WHERE product IS NULL AND channel IS NULL",
        )
    }  # fmt: skip
    assert found == {
        None: (2, 1, 1),
        date(2026, 5, 4): (1, 0, 0),
        date(2026, 5, 11): (1, 1, 0),
        date(2026, 5, 18): (0, 0, 1),
    }
    assert milestone_figures(conn)["advocates_gained", None, None] == (2, 3)


def test_nothing_gives_no_figures_and_no_error(conn: Connection) -> None:
    assert list_kpis(conn) == []
    assert milestone_figures(conn) == {}
