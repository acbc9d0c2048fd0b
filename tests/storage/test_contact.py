"""Who may be contacted: each condition of each country's law, and that nothing imported later undoes a no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kundenecho.company_lists import Consent, Contact, Customer, Order, Unsubscribe
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from pipeline.persons import settle
from storage.connect import Connection
from storage.contact import ContactLimits, contactable, keys_of_person, object_to, set_limits, take_back_objections
from storage.dirty import mark_dirty
from tests.conftest import rows
from tests.storage.test_company_lists import load_list

NOW = datetime.now(UTC)
WORDS = "Ja, ich möchte per E-Mail von meinem Gerät hören."
Bring = Callable[..., None]
KINDS: dict[type, str] = {
    Customer: "customers", Order: "orders", Consent: "consents", Contact: "contacts", Unsubscribe: "unsubscribes",
}  # fmt: skip
KEYER = Keyer("a secret that only the tests know, long enough")
EMAIL, PHONE = "ina@example.org", "0561 9876543"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def person(number: str = "K-1", email: str | None = EMAIL, country: str = "DE", **values: Any) -> Customer:
    blank = dict.fromkeys(("city", "postcode", "language", "value_eur", "customer_since", "segment"))
    keys = {
        "customer_key": str(KEYER.customer(number)),
        "email_key": KEYER.email(email),
        "phone_key": KEYER.phone(PHONE),
    }
    return Customer(
        **{**blank, **keys, "name": "Ina Muster", "email": email, "phone": PHONE, "country": country, **values}
    )


def consent(channel: str = "email", number: str | None = "K-1", email: str | None = None, **values: Any) -> Consent:
    facts: dict[str, Any] = {
        "given_at": ago(200), "confirmed_at": ago(199), "withdrawn_at": None, "wording": WORDS, "proof": "Formular 7",
        "source_ref": None,
    }  # fmt: skip
    return Consent(KEYER.customer(number), KEYER.email(email), channel, **{**facts, **values})


def order(product: str = "HM-310", email: str | None = EMAIL, days: float = 40, **values: Any) -> Order:
    facts: dict[str, Any] = {"quantity": 1, "amount_eur": None, "channel": None, "state": None}
    key = str(KEYER.order(f"{product} {days} {email}"))
    return Order(
        key, KEYER.customer("K-1"), KEYER.email(email), product, ordered_on=ago(days).date(), **{**facts, **values}
    )


def off(channel: str = "email", number: str | None = "K-1", email: str | None = None, days: float = 10) -> Unsubscribe:
    return Unsubscribe(KEYER.customer(number), KEYER.email(email), channel, ago(days), None)


@pytest.fixture
def bring(conn: Connection) -> Bring:
    def load(*found: Any) -> None:
        for row_type, kind in KINDS.items():
            of_kind: list[Any] = [row for row in found if type(row) is row_type]
            if of_kind:
                load_list(conn, kind, of_kind)

    return load


def of_customer(row: Any, number: int) -> Any:
    """The row of the one customer that the cases are written for, as that of another."""
    keys: dict[str, Any] = {}
    if row.customer_key:
        keys["customer_key"] = KEYER.customer(f"K-{number}")
    if row.email_key:
        keys["email_key"] = KEYER.email(f"k{number}@example.org")
    if isinstance(row, Customer):
        keys["phone_key"] = KEYER.phone(f"+49561{number:06}")
    if isinstance(row, Order):
        keys["order_key"] = KEYER.order(f"HB-{number}")
    return replace(row, **keys)


def answer(conn: Connection, channel: str = "email", number: str = "K-1", about: str | None = None) -> str:
    source = "contactable_about(%s)" if about else "contactable_customer"
    values = ([about] if about else []) + [KEYER.customer(number), channel]
    [(code, allowed, reason, law)] = rows(
        conn, f"SELECT reason_code, allowed, reason, legal_basis FROM {source} WHERE customer_key = %s AND channel = %s", *values
    )  # fmt: skip
    assert reason
    assert "{" not in reason
    assert law is not None
    return f"{'yes' if allowed else 'no'} {code}"


CASES: dict[str, tuple[list[Any], str, str, str]] = {
    "nothing known": ([], "email", "DE", "no no_consent"),
    "double opt-in": ([consent()], "email", "DE", "yes confirmed_consent"),
    "known by address alone": ([consent(number=None, email=EMAIL)], "email", "DE", "yes confirmed_consent"),
    "for another channel": ([consent("phone")], "email", "DE", "no no_consent"),
    "not confirmed": ([consent(confirmed_at=None)], "email", "DE", "no not_confirmed"),
    "confirmed in the future": ([consent(confirmed_at=ago(-3))], "email", "DE", "no not_confirmed"),
    "confirmed before it was given": ([consent(confirmed_at=ago(300))], "email", "DE", "no not_confirmed"),
    "without its wording": ([consent(wording=" ")], "email", "DE", "no no_wording"),
    "a consent file with a future date": ([consent(given_at=ago(-30), confirmed_at=ago(-29))], "email", "DE", "no in_future"),
    "withdrawn": ([consent(withdrawn_at=ago(20))], "email", "DE", "no withdrawn"),
    "withdrawn from the day after tomorrow": ([consent(withdrawn_at=ago(-2))], "email", "DE", "no withdrawn"),
    "unsubscribed": ([consent(), off()], "email", "DE", "no unsubscribed"),
    "unsubscribed from everything": ([consent(), off("all")], "email", "DE", "no unsubscribed"),
    "unsubscribed by address": ([consent(), off(number=None, email=EMAIL)], "email", "DE", "no unsubscribed"),
    "unsubscribed elsewhere": ([consent(), off("phone")], "email", "DE", "yes confirmed_consent"),
    "agreed again after leaving": ([off(days=300), consent()], "email", "DE", "yes confirmed_consent"),
    "agreed again without confirming": ([off(days=300), consent(confirmed_at=None)], "email", "CH", "no unsubscribed"),
    "telephone with a proof": ([consent("phone")], "phone", "DE", "yes confirmed_consent"),
    "telephone without a proof": ([consent("phone", proof=None)], "phone", "DE", "no no_proof"),
    "telephone, six years unused": (
        [consent("phone", given_at=ago(2200), confirmed_at=None)], "phone", "DE", "no proof_too_old"),
    "telephone, six years, used last year": (
        [consent("phone", given_at=ago(2200), confirmed_at=None),
         Contact(KEYER.customer("K-1"), None, "phone", ago(300).date(), "Rückruf", None)], "phone", "DE", "yes consent"),
    "Austrian telephone without a proof": ([consent("phone", proof=None)], "phone", "AT", "no no_proof"),
    "Swiss consent without double opt-in": ([consent(confirmed_at=None)], "email", "CH", "yes consent"),
    "Swiss consent without any proof": ([consent(confirmed_at=None, proof=None)], "email", "CH", "no no_proof"),
    "elsewhere without double opt-in": ([consent(confirmed_at=None)], "email", "FR", "no not_confirmed"),
    "letter without a consent": ([], "post", "DE", "no no_consent"),
}  # fmt: skip


def test_conditions(conn: Connection, bring: Bring) -> None:
    """Every case is a customer of its own in one database."""
    bring(*(of_customer(row, n) for n, (facts, _, country, _) in enumerate(CASES.values())
            for row in (person(country=country), *facts)))  # fmt: skip
    found = {name: answer(conn, channel, f"K-{n}") for n, (name, (_, channel, _, _)) in enumerate(CASES.items())}
    assert found == {name: case[-1] for name, case in CASES.items()}


BUYERS: list[tuple[dict[str, Any], str, Order, str]] = [
        ({}, "DE", order(), "no no_consent"),
        ({"notice_since": ago(100).date()}, "DE", order(), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "DE", order(), "yes existing_customer"),
        ({"notice_since": ago(10).date(), "notice_in_use": True}, "DE", order(), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "DE", order(email=None), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "DE", order("HM-120"), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "DE", order(state="storniert"), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "AT", order(), "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True, "ecg_checked_on": date.today()}, "AT", order(),  # noqa: DTZ011
         "yes existing_customer"),
        ({"notice_since": ago(100).date(), "notice_in_use": True, "ecg_checked_on": ago(60).date()}, "AT", order(),
         "no no_consent"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "CH", order(), "yes existing_customer"),
        ({"notice_since": ago(100).date(), "notice_in_use": True}, "FR", order(), "no no_consent"),
]  # fmt: skip


def test_existing_customers_need_all_four_conditions(conn: Connection, bring: Bring) -> None:
    bring(*(of_customer(row, n) for n, (_, country, bought, _) in enumerate(BUYERS)
            for row in (person(country=country), bought)))  # fmt: skip
    for n, (limits, country, _, expected) in enumerate(BUYERS):
        set_limits(conn, ContactLimits(**limits))
        assert answer(conn, number=f"K-{n}", about="HM-310") == expected, (limits, country)
        assert answer(conn, number=f"K-{n}") == "no no_consent", "a message about nothing is about no similar goods"


def test_who_left_is_no_existing_customer_any_more(conn: Connection, bring: Bring) -> None:
    set_limits(conn, ContactLimits(notice_since=ago(100).date(), notice_in_use=True))
    bring(person(), order(), off(days=60))
    assert answer(conn, about="HM-310") == "no unsubscribed"


def test_letters_by_interest_until_somebody_objects(conn: Connection, bring: Bring) -> None:
    set_limits(conn, ContactLimits(post_by_interest=True))
    bring(person())
    assert answer(conn, "post") == "yes interest"
    bring(off("all"))
    assert answer(conn, "post") == "no unsubscribed"


def test_a_business_is_told_apart(conn: Connection, bring: Bring) -> None:
    set_limits(conn, ContactLimits(business_segments=("händler",)))
    bring(person(segment="Händler"), consent("phone", proof=None))
    assert rows(conn, "SELECT DISTINCT consumer FROM contactable_customer") == [(False,)]
    assert answer(conn, "phone") == "yes confirmed_consent"


def test_a_withdrawn_consent_that_is_imported_again_stays_withdrawn(conn: Connection, bring: Bring) -> None:
    bring(person(), consent(withdrawn_at=ago(20)))
    bring(consent(), consent(number=None, email=EMAIL))
    bring(consent(given_at=ago(100), confirmed_at=ago(99)))
    assert answer(conn) == "no withdrawn"


def test_one_mailbox_of_two_customers(conn: Connection, bring: Bring) -> None:
    bring(person(), person("K-2", name="Jo Muster"), consent(), consent(number="K-2"), off(number="K-2"))
    assert answer(conn) == answer(conn, number="K-2") == "no unsubscribed"
    bring(consent("phone", number=None, email=EMAIL))
    assert answer(conn, "phone") == "no no_consent", "the address does not say which of the two agreed"


def test_budget_over_all_channels(conn: Connection, bring: Bring) -> None:
    set_limits(conn, ContactLimits(budget=2, budget_days=90))
    key = KEYER.customer("K-1")
    bring(person(), consent(), Contact(key, None, "phone", ago(3).date(), "Rückruf", None))
    bring(Contact(key, None, "email", ago(120).date(), "Newsletter", None))
    assert answer(conn) == "yes confirmed_consent"
    bring(Contact(None, KEYER.email(EMAIL), "post", ago(50).date(), "Katalog", None))
    assert answer(conn) == "no budget_spent"


def test_what_was_noted_here_counts_for_the_budget(
    conn: Connection, bring: Bring, load: Any, feedback: Callable[..., Feedback]
) -> None:
    """Answers to cases and remedies told; what the list of contacts has too, for the day and channel, counts once."""
    key = KEYER.customer("K-1")
    bring(person(), consent(), consent("phone", given_at=ago(2200), confirmed_at=None))
    load([feedback("1", customer_key=key), feedback("2", author="other"), feedback("3", author="stranger")])
    mark_dirty(conn)
    settle(conn, KEYER)
    contacts = "SELECT DISTINCT contacts FROM contactable_customer"
    with conn.cursor() as cursor:
        # The second account is the same person by somebody's judgement, though the lists do not know it.
        cursor.execute(
            "UPDATE author a SET person_id = o.person_id FROM feedback f, feedback g JOIN author o USING (author_id)"
            " WHERE f.author_id = a.author_id AND f.native_id = '2' AND g.native_id = '1'"
        )
        cursor.execute(
            "INSERT INTO case_file (kind, feedback_id, revision_number, channel, opened_at, due_at, team, owner, priority)"
            " SELECT 'question', feedback_id, 1, 'shop', now() - interval '9 days', now(), 's', 's', 2 FROM feedback"
        )
        cursor.execute(
            "INSERT INTO case_file (kind, origin, customer_key, channel, opened_at, due_at, team, owner, priority)"
            " VALUES ('welcome', 'x', %s, 'orders', now() - interval '9 days', now(), 's', 's', 2)",
            (key,),
        )
        cursor.execute("INSERT INTO case_event (case_id, act, state, actor, happened_at) SELECT case_id, act, 'answered', 'x', %s"
                       " FROM case_file, (VALUES ('answer'), ('answered_at_source'), ('note')) AS a (act)", (ago(5),))  # fmt: skip
        assert rows(conn, contacts) == [(3,)]
        assert answer(conn, "phone") == "no proof_too_old"
        cursor.execute(
            "INSERT INTO remedy (product, defect, title, text) VALUES ('HM-310', 'leak', 'x', 'y') RETURNING remedy_id"
        )
        [(remedy,)] = cursor.fetchall()
        cursor.execute("INSERT INTO remedy_told VALUES (%s, %s, 'phone', %s, 'x')", (remedy, key, ago(3).date()))
        assert rows(conn, contacts) == [(4,)]
        # To be told on the telephone is a use of the consent to calls.
        set_limits(conn, ContactLimits(budget=9))
        assert answer(conn, "phone") == "yes consent"
        set_limits(conn, ContactLimits(budget=4))
        assert answer(conn) == "no budget_spent"
    bring(Contact(key, None, "phone", ago(3).date(), "Abhilfe", None))
    assert rows(conn, contacts) == [(4,)]
    bring(Contact(key, None, "email", ago(5).date(), "Antwort", None))
    assert rows(conn, contacts) == [(2,)], "an answer has no channel: it is any contact of that day"


def test_a_person_with_two_customer_numbers_has_one_budget_and_one_quiet_period(
    conn: Connection, bring: Bring, load: Any, feedback: Callable[..., Feedback]
) -> None:
    """Two accounts that gave a customer number each, and that are one person by somebody's judgement."""
    numbers = [str(KEYER.customer(f"K-{n}")) for n in (1, 2)]
    bring(*(of_customer(row, n) for n in (1, 2) for row in (person(), consent())))
    load([feedback(str(n), author=f"account {n}", customer_key=number) for n, number in enumerate(numbers, 1)])
    mark_dirty(conn)
    settle(conn, KEYER)
    bring(
        Contact(KEYER.customer("K-1"), None, "email", ago(20).date(), "Newsletter", None),
        Contact(None, KEYER.email("k2@example.org"), "post", ago(20).date(), "Katalog", None),
    )
    contacts = "SELECT DISTINCT customer_key, contacts FROM contactable_customer WHERE contacts > 0 ORDER BY 2, 1"
    assert rows(conn, contacts) == sorted((number, 1) for number in numbers)
    with conn.cursor() as cursor:
        cursor.execute("UPDATE author SET person_id = (SELECT min(person_id) FROM author)")
        # One answer to a case of that person, though it stands under both numbers.
        cursor.execute(
            "INSERT INTO case_file (kind, feedback_id, revision_number, channel, opened_at, due_at, team, owner, priority)"
            " SELECT 'question', min(feedback_id), 1, 'shop', now() - interval '9 days', now(), 's', 's', 2 FROM feedback"
        )
        cursor.execute(
            "INSERT INTO case_event (case_id, act, state, actor, happened_at)"
            " SELECT case_id, 'answer', 'answered', 'x', %s FROM case_file",
            (ago(5),),
        )
    assert rows(conn, contacts) == sorted((number, 3) for number in numbers)
    assert [answer(conn, number=f"K-{n}") for n in (1, 2)] == ["yes confirmed_consent"] * 2
    set_limits(conn, ContactLimits(budget=3))
    assert [answer(conn, number=f"K-{n}") for n in (1, 2)] == ["no budget_spent"] * 2
    load([feedback("3", author="account 2", rating_1_5=1.0, raw_value=1.0, created_at=ago(2), customer_key=numbers[1])])
    assert [answer(conn, number=f"K-{n}") for n in (1, 2)] == ["no quiet"] * 2


def test_quiet_after_a_complaint(conn: Connection, bring: Bring, load: Any, feedback: Callable[..., Feedback]) -> None:
    bring(person(), consent())
    load([feedback("1", rating_1_5=1.0, raw_value=1.0, customer_key=KEYER.customer("K-1"), created_at=ago(5))])
    assert answer(conn) == "no quiet"
    set_limits(conn, ContactLimits(quiet_days=3))
    assert answer(conn) == "yes confirmed_consent"


def test_an_objection_holds_for_every_account_and_can_be_taken_back(
    conn: Connection, bring: Bring, load: Any, feedback: Callable[..., Feedback]
) -> None:
    bring(person(), consent())
    load([feedback("1", author="ina", email_key=KEYER.email(EMAIL)), feedback("2", author="jo")])
    mark_dirty(conn)
    settle(conn, KEYER)
    conn.commit()
    [(ina,)] = rows(conn, "SELECT person_id FROM author JOIN author_identifier USING (author_id)")
    number = object_to(conn, keys_of_person(conn, ina), "Support")
    assert answer(conn) == "no objected"
    contact = "SELECT contactable, legal_basis FROM person_contact WHERE person_id = %s"
    assert rows(conn, contact, ina) == [("no", "Art. 21 DSGVO")]
    assert [c for (c,) in rows(conn, "SELECT contactable FROM person_contact WHERE person_id <> %s", ina)] == [
        "reply_only"
    ]
    take_back_objections(conn, [number], "Ina Muster")
    assert answer(conn) == "yes confirmed_consent"
    assert rows(conn, "SELECT contactable, channel FROM person_contact WHERE person_id = %s", ina) == [("yes", "email")]


_FACTS = st.sampled_from(["given", "future", "withdrawn", "left", "left by address", "unconfirmed", "objected"])


@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(crowd=st.lists(st.tuples(st.lists(_FACTS, max_size=6), st.integers(1, 400)), min_size=20, max_size=40))
def test_no_order_of_imports_undoes_a_no(conn: Connection, crowd: list[tuple[list[str], int]]) -> None:
    """Whatever comes in whatever order: with a no newer than every yes, nobody is handed out."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
        for table in ("consent", "unsubscribe", "customer", "objection"):
            cursor.execute(f"DELETE FROM {table}")
    conn.commit()
    load_list(conn, "customers", [of_customer(person(), n) for n in range(len(crowd))])
    for turn in range(6):
        told = [of_customer(_fact(facts[turn], days), n)
                for n, (facts, days) in enumerate(crowd) if len(facts) > turn and facts[turn] != "objected"]  # fmt: skip
        for row_type in (Consent, Unsubscribe):
            load_list(conn, KINDS[row_type], [row for row in told if type(row) is row_type])
    for n, (facts, _) in enumerate(crowd):
        if "objected" in facts:
            object_to(conn, [("email", str(KEYER.email(f"k{n}@example.org")))], "Support")
    found = {row["email_key"] for row in contactable(conn, "email")}
    conn.commit()
    nos = {"withdrawn", "left", "left by address", "objected"}
    assert found == {
        KEYER.email(f"k{n}@example.org")
        for n, (facts, _) in enumerate(crowd)
        if "given" in facts and not nos & set(facts)
    }


def _fact(name: str, days: int) -> Any:
    return {
        "given": consent(given_at=ago(days + 1), confirmed_at=ago(days + 1)),
        "future": consent(given_at=ago(-5), confirmed_at=ago(-5)),
        "withdrawn": consent(given_at=ago(days + 1), confirmed_at=ago(days + 1), withdrawn_at=ago(days)),
        "left": off(days=days), "left by address": off("all", number=None, email=EMAIL, days=days),
        "unconfirmed": consent(given_at=ago(days / 2), confirmed_at=None),
    }[name]  # fmt: skip


def test_addresses_only_of_those_who_may_be_written_to(conn: Connection, bring: Bring) -> None:
    bring(person(), consent(), person("K-2", email="jo@example.org"), person("K-3", email=None), consent(number="K-3"))
    found = list(contactable(conn, "email"))
    assert [(row["email"], row["consent_wording"]) for row in found] == [(EMAIL, WORDS)]
    assert list(contactable(conn, "email", among=[str(KEYER.customer("K-2"))])) == []
