"""Buyers on a list: only those who bought it, may be written to, and have not been told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.settings import Settings
from pipeline import remedies
from pipeline.remedy_buyers import hand_out, reach, told
from storage.connect import Connection
from storage.remedies import Cell, insert_remedy
from tests.conftest import rows

NOW = datetime.now(UTC)
WORDING = "Ja, gern per E-Mail."

#: Who bought, and what speaks for or against telling her: the list must hold exactly those who are True.
CUSTOMERS: dict[str, tuple[bool, dict[str, Any]]] = {
    "confirmed": (True, {}),
    "order by address only": (True, {"by_email": True}),
    "no consent": (False, {"consent": None}),
    "not confirmed": (False, {"consent": {"confirmed_at": None}}),
    "withdrawn": (False, {"consent": {"withdrawn_at": NOW - timedelta(days=1)}}),
    "in the future": (False, {"consent": {"given_at": NOW + timedelta(days=9), "confirmed_at": NOW + timedelta(days=9)}}),
    "unsubscribed": (False, {"unsubscribed": "email"}),
    "unsubscribed of all": (False, {"unsubscribed": "all"}),
    "consent for another channel": (False, {"consent": {"channel": "phone"}}),
    "no address": (False, {"email": None}),
    "bought something else": (False, {"product": "HM-120"}),
    "sent it back": (False, {"quantity": -1}),
    "cancelled": (False, {"state": "storniert"}),
    "never bought": (False, {"product": None}),
    "objects": (False, {"objects": True}),
}  # fmt: skip


@pytest.fixture
def company(conn: Connection, keyer: Keyer) -> Callable[[], None]:
    def write() -> None:
        with conn.cursor() as cursor:
            imports = {}
            for kind in ("customers", "orders", "consents", "unsubscribes"):
                cursor.execute(
                    "INSERT INTO kundenecho.list_import (kind, file, digest, items, new, revised, unchanged, rejected)"
                    " VALUES (%s, 'x.csv', 'x', 1, 1, 0, 0, 0) RETURNING import_id",
                    (kind,),
                )
                [(imports[kind],)] = cursor.fetchall()
            for number, (name, (_, facts)) in enumerate(CUSTOMERS.items()):
                customer, email = keyer.customer(f"K-{number}"), keyer.email(f"c{number}@example.org")
                address = facts.get("email", f"c{number}@example.org")
                cursor.execute(
                    "INSERT INTO kundenecho.customer (customer_key, email_key, name, email, country, import_id)"
                    " VALUES (%s, %s, %s, %s, 'DE', %s)",
                    (customer, email if address else None, name, address, imports["customers"]),
                )
                if facts.get("product", "HM-310"):
                    cursor.execute(
                        "INSERT INTO kundenecho.customer_order"
                        " (order_key, customer_key, email_key, product, quantity, ordered_on, state, import_id)"
                        " VALUES (%s, %s, %s, %s, %s, '2026-01-02', %s, %s)",
                        (keyer.order(f"O-{number}"), None if facts.get("by_email") else customer, email,
                         facts.get("product", "HM-310"), facts.get("quantity", 1), facts.get("state"), imports["orders"]),
                    )  # fmt: skip
                consent = facts.get("consent", {})
                if consent is not None:
                    given = NOW - timedelta(days=90)
                    row = {"channel": "email", "given_at": given, "confirmed_at": given + timedelta(hours=1),
                           "withdrawn_at": None, **consent}  # fmt: skip
                    cursor.execute(
                        "INSERT INTO kundenecho.consent"
                        " (customer_key, channel, given_at, confirmed_at, withdrawn_at, wording, proof, import_id)"
                        " VALUES (%s, %s, %s, %s, %s, %s, 'Formular 7', %s)",
                        (customer, row["channel"], row["given_at"], row["confirmed_at"], row["withdrawn_at"], WORDING,
                         imports["consents"]),
                    )  # fmt: skip
                if "unsubscribed" in facts:
                    cursor.execute(
                        "INSERT INTO kundenecho.unsubscribe (customer_key, channel, unsubscribed_at, import_id)"
                        " VALUES (%s, %s, %s, %s)",
                        (customer, facts["unsubscribed"], NOW - timedelta(days=2), imports["unsubscribes"]),
                    )
                if facts.get("objects"):
                    cursor.execute("INSERT INTO kundenecho.objection (noted_by) VALUES ('x') RETURNING objection_id")
                    [(objection,)] = cursor.fetchall()
                    cursor.execute(
                        "INSERT INTO kundenecho.objection_key VALUES (%s, 'customer', %s)", (objection, customer)
                    )
        conn.commit()

    return write


@pytest.fixture
def approved(settings: Settings, conn: Connection, company: Callable[[], None]) -> str:
    company()
    number = insert_remedy(conn, Cell("HM-310", "düse", "blockage"), "Düse: verstopft", "Mit einer Nadel.", (), ())
    conn.commit()
    remedies.approve(settings, f"R{number}", by="Peter")
    return f"R{number}"


def names(found: list[dict[str, Any]]) -> set[str]:
    return {row["name"] for row in found}


def test_only_buyers_who_may_be_told(approved: str, settings: Settings) -> None:
    export, found = hand_out(settings, approved, "email", "csv", by="Jana")
    assert names(found) == {name for name, (wanted, _) in CUSTOMERS.items() if wanted}
    assert export == "E1"
    assert all(row["consent_wording"] == WORDING and row["legal_basis"] for row in found)
    assert all("customer_key" not in row for row in found)


@pytest.mark.parametrize("channel", ["phone", "sms", "post"])
def test_a_consent_holds_for_its_own_channel(approved: str, settings: Settings, channel: str) -> None:
    assert hand_out(settings, approved, channel, "csv", by="Jana")[1] == []


def test_counts_hand_nothing_out(approved: str, settings: Settings, conn: Connection) -> None:
    counts = reach(settings, approved, "email")
    buyers = [facts for _, facts in CUSTOMERS.values() if facts.get("product", "HM-310") == "HM-310"]
    buyers = [facts for facts in buyers if "quantity" not in facts and "state" not in facts]
    assert (counts.known, counts.told, counts.allowed) == (len(buyers), 0, 2)
    assert counts.known == counts.told + counts.allowed + counts.not_allowed
    assert rows(conn, "SELECT count(*) FROM export_register") == [(0,)]


def test_told_only_when_somebody_says_so(approved: str, settings: Settings) -> None:
    export, found = hand_out(settings, approved, "email", "csv", by="Jana")
    assert remedies.show(settings, approved)["told"] == 0
    with pytest.raises(DataError, match="Publish it first"):
        told(settings, approved, export, by="Jana")
    remedies.publish(settings, approved, "newsletter", by="Jana")
    assert told(settings, approved, export, by="Jana", on=date(2026, 8, 12)) == len(found) == 2
    # Said twice: nothing changes.
    before = remedies.show(settings, approved)
    assert told(settings, approved, export, by="Jana") == 0
    assert remedies.show(settings, approved) == before
    assert before["told"] == 2
    assert [e["action"] for e in before["events"]] == ["approve", "export", "publish", "tell"]
    # Nobody is told twice.
    assert hand_out(settings, approved, "email", "csv", by="Jana")[1] == []
    assert reach(settings, approved, "email").told == 2


def test_a_list_of_another_remedy(approved: str, settings: Settings, conn: Connection) -> None:
    export, _ = hand_out(settings, approved, "email", "csv", by="Jana")
    other = insert_remedy(conn, Cell("HM-310", "", "noise"), "Geräusche", "Ölen.", (), ())
    conn.commit()
    with pytest.raises(DataError, match="is no list of"):
        told(settings, f"R{other}", export, by="Jana")
    with pytest.raises(DataError, match="is no list of"):
        told(settings, approved, "E99", by="Jana")
    with pytest.raises(DataError, match="Approve it first"):
        hand_out(settings, f"R{other}", "email", "csv", by="Jana")
    with pytest.raises(DataError, match="there is no channel fax"):
        hand_out(settings, approved, "fax", "csv", by="Jana")


def test_a_hand_out_is_registered_without_its_content(
    approved: str, settings: Settings, conn: Connection, as_role: Callable[[str], Connection]
) -> None:
    hand_out(settings, approved, "email", "xlsx", by="Jana Wolters")
    [row] = rows(
        as_role("operations"),
        "SELECT export_id, remedy_id, product, channel, form, done_by, buyers, told FROM lists.remedy_exports",
    )
    assert row == ("E1", approved, "HM-310", "email", "xlsx", "Jana Wolters", 2, 0)
    assert rows(conn, "SELECT export_id, kind, made_by, way, form, filters, items FROM lists.exports") == [
        (1, "remedies-buyers", "Jana Wolters", "command", "xlsx",
         {"remedy": approved, "product": "HM-310", "channel": "email"}, 2)
    ]  # fmt: skip
    kept = json.dumps(
        rows(conn, "SELECT to_jsonb(p), to_jsonb(e) FROM export_person p JOIN export_register e USING (export_id)")
    )
    assert "example.org" not in kept
    assert "confirmed" not in kept


def test_who_is_erased_is_in_no_register(approved: str, settings: Settings, conn: Connection) -> None:
    export, _ = hand_out(settings, approved, "email", "csv", by="Jana")
    remedies.publish(settings, approved, "newsletter", by="Jana")
    told(settings, approved, export, by="Jana")
    with conn.cursor() as cursor:
        cursor.execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
        cursor.execute("DELETE FROM kundenecho.customer WHERE name = 'confirmed'")
    conn.commit()
    assert rows(conn, "SELECT count(*) FROM kundenecho.remedy_told") == [(1,)]
    assert rows(conn, "SELECT count(*) FROM export_person") == [(1,)]
    assert rows(conn, "SELECT buyers, told FROM lists.remedy_exports") == [(2, 1)]
