"""The company's own lists in the database: nothing twice, nothing forgotten, nothing in clear but where it belongs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from kundenecho.company_lists import LISTS, Consent, Customer, ListRow, Order, Sale, Unsubscribe
from kundenecho.errors import DataError, RetryError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from storage.company_lists import ListFile, ListReport, list_transaction, merge_list, stage_list
from storage.connect import Connection
from storage.load import LoadReport
from storage.runs import begin_run
from tests.conftest import rows

Import = Callable[..., ListReport]
TABLES = (
    "list_import",
    "customer",
    "customer_order",
    "consent",
    "contact",
    "sale",
    "unsubscribe",
    "testimonial",
    "rejected",
)
GIVEN = datetime(2026, 1, 5, 9, tzinfo=UTC)
_digests = itertools.count(1)


def load_list(
    conn: Connection, kind: str, found: Sequence[ListRow], *, digest: str | None = None, unsaid: Sequence[str] = (),
    refused: Sequence[tuple[str, str]] = (),
) -> ListReport:  # fmt: skip
    run = begin_run(conn, "import", kind)
    file = ListFile(f"{kind}.csv", digest or f"digest {next(_digests)}", unsaid)
    with list_transaction(conn, "test"):
        items = stage_list(conn, kind, found, lambda done: None)
        return merge_list(conn, kind, file, refused, items=items, run_id=run)


@pytest.fixture
def bring(conn: Connection) -> Import:
    return lambda kind, *found, **options: load_list(conn, kind, found, **options)


@pytest.fixture
def customer(keyer: Keyer) -> Callable[..., Customer]:
    def make(number: str = "K-1", email: str | None = "ina@example.org", **values: Any) -> Customer:
        defaults: dict[str, Any] = {
            "name": "Ina Müster", "phone": None, "phone_key": None, "city": "Kassel", "postcode": "34117", "country": "DE",
            "segment": None, "language": None, "value_eur": Decimal("10.00"), "customer_since": date(2020, 1, 1),
        }  # fmt: skip
        keys = {"customer_key": str(keyer.customer(number)), "email_key": keyer.email(email), "email": email}
        return Customer(**{**defaults, **keys, **values})

    return make


@pytest.fixture
def consent(keyer: Keyer) -> Callable[..., Consent]:
    def make(number: str | None = "K-1", email: str | None = None, **values: Any) -> Consent:
        defaults: dict[str, Any] = {
            "channel": "email", "given_at": GIVEN, "confirmed_at": None, "withdrawn_at": None, "wording": "Ja, gern.",
            "proof": None, "source_ref": None,
        }  # fmt: skip
        keys = {"customer_key": keyer.customer(number), "email_key": keyer.email(email)}
        return Consent(**{**defaults, **keys, **values})

    return make


@pytest.fixture
def order(keyer: Keyer) -> Callable[..., Order]:
    def make(number: str = "HB-1", customer_no: str | None = "K-1", product: str = "HM-310", **values: Any) -> Order:
        defaults: dict[str, Any] = {
            "email_key": None, "quantity": 1, "ordered_on": date(2026, 3, 1), "amount_eur": None, "channel": None,
            "state": None,
        }  # fmt: skip
        keys = {"order_key": str(keyer.order(number)), "customer_key": keyer.customer(customer_no)}
        return Order(**{**defaults, **keys, "product": product, **values})

    return make


def sale(units: int = 420, product: str = "HM-310", country: str = "DE") -> Sale:
    return Sale(product, date(2026, 3, 1), units, country, "")


def everything(conn: Connection) -> list[list[tuple[Any, ...]]]:
    return [rows(conn, f"SELECT xmin::text, ctid::text FROM {table} ORDER BY 2") for table in (*TABLES, "dirty_key")]


def test_the_same_file_again_writes_nothing(
    conn: Connection, bring: Import, customer: Callable[..., Customer], consent: Callable[..., Consent],
    order: Callable[..., Order],
) -> None:  # fmt: skip
    files: list[tuple[str, list[ListRow]]] = [
        ("customers", [customer(f"K-{n}", f"k{n}@example.org") for n in range(50)]),
        ("orders", [order(f"HB-{n}", f"K-{n}") for n in range(50)]),
        ("consents", [consent(f"K-{n}") for n in range(50)]),
        ("sales", [sale(product=f"HM-{n}") for n in range(50)]),
    ]
    for kind, found in files:
        assert bring(kind, *found, digest=kind) == ListReport(50, 0, 0)
    before = everything(conn)
    for kind, found in files:
        refused = [(f"{kind}.csv:9", "a bad row, as the first time")]
        assert bring(kind, *found, digest=kind, refused=refused) == ListReport(0, 0, 50)
    assert everything(conn) == before


def test_another_file_with_known_rows_is_registered_only(conn: Connection, bring: Import) -> None:
    bring("sales", sale())
    before = everything(conn)[1:]
    assert bring("sales", sale()) == ListReport(0, 0, 1)
    assert everything(conn)[1:] == before
    assert rows(conn, "SELECT kind, items, new, unchanged FROM list_import ORDER BY 1, 3") == [
        ("sales", 1, 0, 1),
        ("sales", 1, 1, 0),
    ]


def test_a_changed_row_keeps_its_history(
    conn: Connection, bring: Import, customer: Callable[..., Customer], keyer: Keyer
) -> None:
    first = customer(email="alt@example.org")
    bring("customers", first, customer("K-2", None))
    report = bring("customers", replace(first, email="neu@example.org", email_key=keyer.email("neu@example.org")))
    assert report == ListReport(0, 1, 0)
    assert rows(
        conn,
        "SELECT email, email_key = %s, known_until IS NULL, i.imported_at = known_from FROM customer"
        " JOIN list_import i USING (import_id) WHERE customer_key = %s ORDER BY known_from",
        keyer.email("neu@example.org"),
        first.customer_key,
    ) == [("alt@example.org", False, False, True), ("neu@example.org", True, True, True)]
    # What was known just before the second import.
    assert rows(
        conn,
        "SELECT c.email FROM customer c, (SELECT max(imported_at) - interval '1 microsecond' AS t FROM list_import) x"
        " WHERE known_from <= t AND (known_until IS NULL OR known_until > t) ORDER BY 1",
    ) == [("alt@example.org",), (None,)]
    assert rows(conn, "SELECT count(*) FROM customer WHERE known_until IS NULL") == [(2,)]


def test_what_a_file_does_not_say_stays(conn: Connection, bring: Import, customer: Callable[..., Customer]) -> None:
    bring("customers", customer())
    unsaid = ("email_key", "phone_key", "name", "email", "phone", "city", "postcode", "country", "value_eur")
    bare = customer(email=None, name=None, city=None, value_eur=None, segment="A", language="de")
    bring("customers", bare, customer("K-2", None, name=None), unsaid=unsaid)
    assert rows(
        conn, "SELECT name, email, city, value_eur, segment FROM customer WHERE known_until IS NULL ORDER BY 5"
    ) == [
        ("Ina Müster", "ina@example.org", "Kassel", Decimal("10.00"), "A"),
        (None, None, "Kassel", Decimal("10.00"), None),
    ]
    bring("customers", customer(city=None))
    assert rows(conn, "SELECT city FROM customer WHERE known_until IS NULL AND email IS NOT NULL") == [(None,)]


def test_a_withdrawn_consent_stays_withdrawn(conn: Connection, bring: Import, consent: Callable[..., Consent]) -> None:
    withdrawn = datetime(2026, 4, 1, tzinfo=UTC)
    given, ended = consent(confirmed_at=GIVEN), consent(confirmed_at=GIVEN, withdrawn_at=withdrawn)
    bring("consents", given, digest="old")
    assert bring("consents", ended, digest="new") == ListReport(0, 1, 0)
    # The older file once more, a later withdrawal, and both in one file, whatever their order.
    assert bring("consents", given, digest="old") == ListReport(0, 0, 1)
    later = replace(ended, withdrawn_at=datetime(2026, 5, 1, tzinfo=UTC))
    assert bring("consents", later) == ListReport(0, 0, 1)
    assert bring("consents", later, ended, given) == ListReport(0, 0, 1)
    assert bring("consents", given, unsaid=("withdrawn_at",)) == ListReport(0, 0, 1)
    assert bring("consents", replace(given, proof="Formular")) == ListReport(0, 1, 0)
    assert rows(conn, "SELECT withdrawn_at, known_until IS NULL FROM consent ORDER BY known_from") == [
        (None, False),
        (withdrawn, False),
        (withdrawn, True),
    ]


def test_unsubscribes_by_address_and_by_number(conn: Connection, bring: Import, keyer: Keyer) -> None:
    at = datetime(2026, 5, 5, tzinfo=UTC)
    by_email = Unsubscribe(None, keyer.email("ina@example.org"), "all", at, None)
    by_number = Unsubscribe(keyer.customer("K-1"), None, "email", at, "zu häufig")
    again = replace(by_email, unsubscribed_at=datetime(2026, 6, 6, tzinfo=UTC))
    assert bring("unsubscribes", by_email, by_number) == ListReport(2, 0, 0)
    assert bring("unsubscribes", by_email, again) == ListReport(1, 0, 1)
    assert rows(conn, "SELECT subject_key, channel, count(*) FROM unsubscribe GROUP BY 1, 2 ORDER BY 3") == [
        (by_number.customer_key, "email", 1),
        (by_email.email_key, "all", 2),
    ]


def test_rows_of_one_key_in_one_file(conn: Connection, bring: Import, order: Callable[..., Order]) -> None:
    assert bring("sales", sale(400), sale(30), sale(-10), sale(7, country="AT")) == ListReport(2, 0, 0)
    assert rows(conn, "SELECT country, units FROM sale ORDER BY 1") == [("AT", 7), ("DE", 420)]
    assert rows(conn, "SELECT * FROM lists.sales") == [("HM-310", date(2026, 3, 1), 427)]
    assert bring("orders", order(state="offen"), order(state="bezahlt"), order(product="HM-120")) == ListReport(2, 0, 0)
    assert rows(conn, "SELECT product, state FROM customer_order ORDER BY 1") == [
        ("HM-120", None),
        ("HM-310", "bezahlt"),
    ]


def dirty(conn: Connection) -> set[tuple[str | None, int | None]]:
    found = set(rows(conn, "SELECT product, author_id FROM dirty_key"))
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM dirty_key")
    conn.commit()
    return found


def test_a_write_marks_products_and_authors(
    conn: Connection, bring: Import, load: Callable[..., LoadReport], feedback: Callable[..., Feedback], keyer: Keyer,
    customer: Callable[..., Customer], consent: Callable[..., Consent], order: Callable[..., Order],
) -> None:  # fmt: skip
    load(
        [
            feedback("by mail", email_key=keyer.email("ina@example.org")),
            feedback("by order", order_key=keyer.order("HB-1")),
            feedback("by phone", phone_key=keyer.phone("0561 1234567")),
            feedback("old mail", email_key=keyer.email("alt@example.org")),
            feedback("nobody we know", email_key=keyer.email("fremd@example.org")),
        ]
    )
    authors = dict(rows(conn, "SELECT display_name, author_id FROM author JOIN author_name USING (author_id)"))
    ina, ordered, phoned, old = (authors[f"author {n}"] for n in ("by mail", "by order", "by phone", "old mail"))
    dirty(conn)

    bring("sales", sale(product="unbekannt"), digest="s")
    assert dirty(conn) == {("unbekannt", None)}
    bring("sales", sale(product="unbekannt"), digest="s")
    assert dirty(conn) == set()
    bring("customers", customer(email="alt@example.org"))
    assert dirty(conn) == {(None, old)}
    bring("customers", customer(phone="0561 1234567", phone_key=keyer.phone("0561 1234567")))
    assert dirty(conn) == {(None, old), (None, ina), (None, phoned)}
    bring("orders", order())
    assert dirty(conn) == {("HM-310", None), (None, ina), (None, phoned), (None, ordered)}
    # The consent names the customer number only; customers and orders join it to the authors.
    bring("consents", consent())
    assert dirty(conn) == {(None, ina), (None, phoned), (None, ordered)}


def test_a_failed_import_leaves_nothing(conn: Connection, bring: Import) -> None:
    before = everything(conn)
    with pytest.raises(DataError, match="NumericValueOutOfRange") as caught:
        bring("sales", sale(), sale(10**30))
    assert "10000" not in str(caught.value)
    with pytest.raises(DataError, match="CheckViolation"):
        bring("sales", replace(sale(), month=date(2026, 3, 2)))
    with pytest.raises(RuntimeError), list_transaction(conn, "test"):
        stage_list(conn, "sales", [sale()], lambda done: None)
        raise RuntimeError
    assert everything(conn) == before


def test_a_lost_connection_may_be_tried_again(conn: Connection) -> None:
    with pytest.raises(RetryError), list_transaction(conn, "test"), conn.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_identifiers_are_keyed_by_the_database_too(conn: Connection) -> None:
    keyed = rows(
        conn,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'kundenecho'"
        " AND table_name = ANY(%s) AND column_name LIKE '%%\\_key' AND column_name <> 'subject_key'"
        " AND domain_name IS DISTINCT FROM 'keyed'",
        list(TABLES),
    )
    assert keyed == []
    with pytest.raises(psycopg2.errors.CheckViolation), conn.cursor() as cursor:
        cursor.execute("SELECT 'ina@example.org'::keyed")
    conn.rollback()
    [(ours,)] = rows(conn, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = 'keyed'::regtype")
    [(theirs,)] = rows(
        conn,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'author_identifier'::regclass"
        " AND conname LIKE '%%key_check'",
    )
    assert ours.replace("VALUE", "key") == theirs


def test_rows_are_append_only(conn: Connection, bring: Import, consent: Callable[..., Consent]) -> None:
    bring("consents", consent())
    for statement in (
        "UPDATE consent SET withdrawn_at = now()",
        "UPDATE consent SET known_until = now() + interval '1 day', wording = 'anders'",
        "DELETE FROM consent",
    ):
        with pytest.raises(psycopg2.errors.RaiseException, match="append-only") as caught, conn.cursor() as cursor:
            cursor.execute(statement)
        assert "gern" not in str(caught.value)
        conn.rollback()
    with conn.cursor() as cursor:
        cursor.execute("SET LOCAL kundenecho.purpose = 'erase'; DELETE FROM consent")
    conn.commit()


def test_the_columns_are_those_of_the_rows(conn: Connection) -> None:
    tables = dict(zip(LISTS, TABLES[1:8], strict=True))
    for kind, row in LISTS.items():
        found = rows(
            conn, f"SELECT attname FROM pg_attribute WHERE attrelid = '{tables[kind]}'::regclass AND attnum > 0"
        )
        version = {"import_id", "known_from", "known_until"}
        assert {name for (name,) in found} - version == {*row.column_names(), *row.NATURAL_KEY}
        [(keyed,)] = rows(
            conn,
            "SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            " AND a.attnum = ANY(i.indkey) WHERE i.indexrelid = (%s || '_known')::regclass AND i.indisunique",
            tables[kind],
        )
        assert set(keyed) == set(row.NATURAL_KEY)


@pytest.mark.parametrize("role", ["marketing", "product", "support", "operations"])
def test_no_reader_sees_a_customer(
    role: str, bring: Import, customer: Callable[..., Customer], as_role: Callable[[str], Connection]
) -> None:
    bring("customers", customer())
    reader = as_role(role)
    for table in (*TABLES, "known_identity"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), reader.cursor() as cursor:
            cursor.execute(f"SELECT * FROM kundenecho.{table}")
        reader.rollback()


def test_the_pipeline_role_imports(
    as_role: Callable[[str], Connection], customer: Callable[..., Customer], consent: Callable[..., Consent]
) -> None:
    conn = as_role("pipeline")
    assert load_list(conn, "customers", [customer()], refused=[("x:1", "bad")]) == ListReport(1, 0, 0)
    assert load_list(conn, "consents", [consent()]) == ListReport(1, 0, 0)
    assert load_list(conn, "consents", [consent(withdrawn_at=GIVEN)]) == ListReport(0, 1, 0)
    assert rows(conn, "SELECT kind, rejected FROM lists.company_lists ORDER BY import_id") == [
        ("customers", 1),
        ("consents", 0),
        ("consents", 0),
    ]
    assert rows(conn, "SELECT source, place, reason, fragment FROM rejected") == [("customers", "x:1", "bad", None)]


def test_long_lists_take_no_hours(
    conn: Connection, bring: Import, customer: Callable[..., Customer], order: Callable[..., Order]
) -> None:
    """What was written a moment ago has no statistics; a nested loop over two such lists is never done."""
    with conn.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
    conn.commit()
    many = range(12_000)
    assert bring("customers", *(customer(f"K-{n}", f"k{n}@example.org") for n in many)).new == len(many)
    assert bring("orders", *(order(f"HB-{n}", f"K-{n}") for n in many)).new == len(many)
    assert bring("orders", *(order(f"HB-{n}", f"K-{n}", state="bezahlt") for n in many)).revised == len(many)
