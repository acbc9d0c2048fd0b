"""Offers on the real database: only to whom they may be made, each with the sentence that suggests it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kundenecho.analysis import Analysis, Mention
from kundenecho.company_lists import Consent, Customer, Order, Unsubscribe
from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.case_work import act
from pipeline.decide import decide
from pipeline.offers import decline, make, take_back
from storage.analyses import activate, ensure_lineage, unseen, write_analyses
from storage.connect import Connection
from storage.contact import ContactLimits, set_limits
from storage.offers import list_offers, offer_figures
from tests.conftest import rows
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import KINDS

Make = Callable[..., Feedback]
NOW = datetime.now(UTC)
TEXT = "Der Kaffee ist gut. Das Putzen ist mühsam, sagt Frau Yıldız. Sonst prima."
SAID = "Das Putzen ist mühsam, sagt •••••••••••."
RULES = """
[[offers]]
article = "BRUSH"
name = "Bürste"
kind = "accessory"
link = "https://shop.example/buerste"
products = ["HM-*"]
unless_bought = ["BRUSH-2"]
[[offers.when]]
aspects = ["cleaning"]
polarities = ["neg"]
"""

#: Who said that cleaning takes effort, and what speaks for or against the offer: the answer of the list to each.
CUSTOMERS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "content": (None, {}),
    "loyal": (None, {"order": ("HM-310", 400, {})}),
    "sent it back": (None, {"order": ("BRUSH", 300, {"quantity": -1})}),
    "cancelled it": (None, {"order": ("BRUSH", 300, {"state": "storniert"})}),
    "has it": ("bought", {"order": ("BRUSH", 300, {})}),
    "has the other one": ("bought", {"order": ("BRUSH-2", 300, {})}),
    "has it by address": ("bought", {"order": ("BRUSH", 300, {"customer_key": None})}),
    "unhappy": ("stage", {"rating": 1.0, "age": 200}),
    "neither nor": ("stage", {"rating": 3.0}),
    "asks": ("open_case", {"more": " Womit geht es leichter?", "age": 3}),
    "welcomed": ("open_case", {"order": ("HM-310", 5, {})}),
    "long ago": ("too_old", {"age": 700}),
    "no consent": ("not_contactable", {"consent": None}),
    "not confirmed": ("not_contactable", {"consent": {"confirmed_at": None}}),
    "withdrawn": ("not_contactable", {"consent": {"withdrawn_at": NOW - timedelta(days=1)}}),
    "from next year": ("not_contactable", {"consent": {"given_at": NOW + timedelta(days=200)}}),
    "unsubscribed": ("not_contactable", {"unsubscribed": True}),
    "objects": ("not_contactable", {"objects": True}),
    "another product": ("nothing", {"product": "XX-1"}),
    "praises it": ("nothing", {}),
    "unknown": ("nothing", {"customer": False}),
}


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "offers.toml").write_text(RULES, encoding="utf-8")
    return replace(settings, values={**settings.values, "offers.rules": "offers.toml"})


def customer(keyer: Keyer, name: str, number: int) -> Customer:
    blank = dict.fromkeys(("city", "postcode", "language", "value_eur", "segment", "phone"))
    return Customer(
        **{**blank, "customer_key": str(keyer.customer(f"K-{number}")), "phone_key": None, "name": name,
           "email_key": keyer.email(f"c{number}@example.org"), "email": f"c{number}@example.org", "country": "DE",
           "customer_since": date(2020, 1, 1) if name != "welcomed" else None}
    )  # fmt: skip


def lists_of(keyer: Keyer, name: str, number: int, facts: dict[str, Any]) -> list[Any]:
    key, email = keyer.customer(f"K-{number}"), keyer.email(f"c{number}@example.org")
    found: list[Any] = [customer(keyer, name, number)]
    given = NOW - timedelta(days=90)
    if facts.get("consent", {}) is not None:
        agreed = {"given_at": given, "confirmed_at": given, "withdrawn_at": None, **facts.get("consent", {})}
        found.append(Consent(key, None, "email", wording="Ja, gern.", proof="Formular", source_ref=None, **agreed))
    if facts.get("unsubscribed"):
        # An old one: its case is long closed, or was never opened.
        found.append(Unsubscribe(key, None, "email", given + timedelta(days=1), None))
    if "order" in facts:
        product, days, more = facts["order"]
        values = {"customer_key": key, "quantity": 1, "amount_eur": None, "channel": None, "state": None, **more}
        found.append(
            Order(order_key=str(keyer.order(f"O-{number}")), email_key=email, product=product,
                  ordered_on=(NOW - timedelta(days=days)).date(), **values)
        )  # fmt: skip
    return found


def understand(conn: Connection, lineage: str = "first", of: dict[str, str] | None = None) -> None:
    """Read what a lineage has not seen: whether cleaning is a trouble, by native id, and whether something is asked."""
    found = ensure_lineage(conn, {"test": lineage})
    names = dict(rows(conn, "SELECT revision_id, native_id FROM current_feedback"))
    read = []
    for row in unseen(conn, found.id, limit=1000):
        at = (row.text or "").find("Das Putzen")
        polarity = (of or {}).get(names.get(row.revision_id, ""), "neg")
        mentions = [Mention("text", "cleaning", polarity, (at, at + 21), confidence=0.9)] if at >= 0 else []
        read.append((row.revision_id, Analysis("de", mentions=mentions, question="?" in (row.text or ""))))
    write_analyses(conn, found.id, read)
    if found.state != "active":
        activate(conn, found.id)
    conn.commit()


@pytest.fixture
def company(conn: Connection, keyer: Keyer, load: Any, feedback: Make, shop: Settings) -> Settings:
    """All customers of the table, who said what they said; decided."""
    found: list[Any] = []
    records = []
    for number, (name, (_, facts)) in enumerate(CUSTOMERS.items()):
        if facts.get("customer", True):
            found += lists_of(keyer, name, number, facts)
        rating = facts.get("rating", 5.0)
        records.append(
            feedback(
                name, TEXT + facts.get("more", ""), author=name, customer_key=keyer.customer(f"K-{number}"), rating_1_5=rating, raw_value=rating,
                created_at=NOW - timedelta(days=facts.get("age", 80)), product=facts.get("product", "HM-310"),
            )
        )  # fmt: skip
    for row_type, kind in KINDS.items():
        if of_kind := [row for row in found if type(row) is row_type]:
            load_list(conn, kind, of_kind)
    load(records)
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO objection (noted_by) VALUES ('x') RETURNING objection_id")
        [(objection,)] = cursor.fetchall()
        number = list(CUSTOMERS).index("objects")
        cursor.execute(
            "INSERT INTO objection_key VALUES (%s, 'customer', %s)", (objection, keyer.customer(f"K-{number}"))
        )
    conn.commit()
    understand(conn, of={"praises it": "pos"})
    decide(shop)
    return shop


def names(conn: Connection) -> set[str]:
    return {row["display_name"] for row in list_offers(conn)}


def number_of(conn: Connection, name: str) -> str:
    [(person,)] = rows(
        conn, "SELECT person_id FROM author JOIN author_name USING (author_id) WHERE display_name = %s", name
    )
    return f"P{person}"


def test_only_to_whom_it_may_be_offered(company: Settings, conn: Connection) -> None:
    answers = dict(
        rows(
            conn,
            "SELECT n.display_name, o.withheld FROM offer_answer o JOIN author USING (person_id)"
            " JOIN author_name n USING (author_id)",
        )
    )
    assert {name: answers.get(name, "nothing") for name in CUSTOMERS} == {n: e for n, (e, _) in CUSTOMERS.items()}
    assert names(conn) == {name for name, (expected, _) in CUSTOMERS.items() if expected is None}
    # Each shows the sentence, masked.
    for row in list_offers(conn, product="HM-310", article="BRUSH"):
        assert row["quote"] == SAID
        assert (row["offer"], row["kind"], row["link"]) == ("Bürste", "accessory", "https://shop.example/buerste")
        assert (row["channel"], row["contact_law"][:3]) == ("email", "§ 7")
        assert row["said_on"] == (NOW - timedelta(days=80)).date()
    assert list_offers(conn, product="HM-120") == list_offers(conn, article="OTHER") == []
    assert len(list_offers(conn, limit=2)) == 2
    # The figures say why it is withheld from the others.
    [row] = offer_figures(conn)
    expected = [answer for answer, _ in CUSTOMERS.values()]
    assert row["suggested"] == len(expected) - expected.count("nothing")
    counted = {"open": None, "bought_already": "bought", "not_content": "stage"}
    for column in ("open", "bought_already", "not_content", "open_case", "too_old", "not_contactable"):
        assert row[column] == expected.count(counted.get(column, column)), column


def test_an_unsubscription_and_a_case_count_at_once(company: Settings, conn: Connection, keyer: Keyer) -> None:
    load_list(conn, "unsubscribes", [Unsubscribe(keyer.customer("K-0"), None, "all", NOW, None)])
    assert "content" not in names(conn)
    [(case,)] = rows(conn, "SELECT case_id FROM case_file k JOIN feedback USING (feedback_id) WHERE native_id = 'asks'")
    act(company, f"V{case}", "close", by="support", outcome="solved")
    assert "asks" in names(conn)
    act(company, f"V{case}", "reopen", by="support")
    assert "asks" not in names(conn)


def test_an_offer_made_is_a_contact_and_is_made_once(company: Settings, conn: Connection, keyer: Keyer) -> None:
    person = number_of(conn, "content")
    assert make(company, person, "BRUSH", "email", by="Jana") is None
    assert "content" not in names(conn)
    count = "SELECT contacts FROM contactable_customer WHERE customer_key = %s AND channel = 'phone'"
    key = keyer.customer("K-0")
    assert rows(conn, count, key) == [(1,)]
    with pytest.raises(DataError, match="is made already"):
        make(company, person, "BRUSH", "email", by="Jana")
    decline(company, person, "BRUSH", by="Jana")
    with pytest.raises(DataError, match="is declined already"):
        make(company, person, "BRUSH", "email", by="Jana")
    [row] = offer_figures(conn)
    assert (row["made"], row["declined"], row["sold"]) == (1, 1, 0)
    assert rows(conn, count, key) == [(1,)]
    take_back(company, person, "BRUSH", by="Jana")
    with pytest.raises(DataError, match="has nothing noted"):
        take_back(company, person, "BRUSH", by="Jana")
    assert "content" in names(conn)
    assert rows(conn, count, key) == [(0,)]
    # What people noted survives everything decided anew.
    decline(company, person, "BRUSH", by="Jana")
    decide(company, everything=True)
    assert "content" not in names(conn)
    assert "loyal" in names(conn)
    # Who should not have been asked is noted all the same; what nothing suggests is not.
    assert make(company, number_of(conn, "no consent"), "BRUSH", "phone", by="Jana") == "not_contactable"
    with pytest.raises(DataError, match="nothing suggests"):
        make(company, number_of(conn, "praises it"), "BRUSH", "email", by="Jana")
    with pytest.raises(DataError, match="is in the future"):
        make(company, number_of(conn, "loyal"), "BRUSH", "email", by="Jana", on=(NOW + timedelta(days=2)).date())


def test_orders_tell_what_was_bought_and_what_is_similar(company: Settings, conn: Connection, keyer: Keyer) -> None:
    make(company, number_of(conn, "content"), "BRUSH", "email", by="Jana", on=(NOW - timedelta(days=3)).date())
    make(company, number_of(conn, "loyal"), "BRUSH", "email", by="Jana")
    bought = Order(order_key=str(keyer.order("O-new")), customer_key=keyer.customer("K-0"), email_key=None,
                   product="BRUSH", quantity=1, ordered_on=NOW.date(), amount_eur=None, channel=None, state=None)  # fmt: skip
    load_list(conn, "orders", [bought])
    [row] = offer_figures(conn)
    assert (row["made"], row["sold"], row["share_sold"]) == (2, 1, 0.5)
    # Without a consent only the exception for existing customers is left, and the rule must call it similar goods.
    number = list(CUSTOMERS).index("no consent")
    old = Order(order_key=str(keyer.order("O-old")), customer_key=keyer.customer(f"K-{number}"), product="HM-310",
                email_key=keyer.email(f"c{number}@example.org"), quantity=1, amount_eur=None, channel=None, state=None,
                ordered_on=(NOW - timedelta(days=200)).date())  # fmt: skip
    load_list(conn, "orders", [old])
    set_limits(conn, ContactLimits(notice_since=(NOW - timedelta(days=400)).date(), notice_in_use=True))
    assert "no consent" not in names(conn)
    with conn.cursor() as cursor:
        cursor.execute("UPDATE offer_rule SET similar_goods = true")
    assert "no consent" in names(conn)
    set_limits(conn, ContactLimits(notice_since=(NOW - timedelta(days=100)).date(), notice_in_use=True))
    assert "no consent" not in names(conn), "the form of that order did not tell how to object"


def test_other_rules_decide_everybody_anew(company: Settings, conn: Connection) -> None:
    file = company.path.parent / "offers.toml"
    file.write_text(RULES.replace('"neg"', '"pos"'), encoding="utf-8")
    decide(company)
    assert names(conn) == {"praises it"}
    decide(replace(company, values={**company.values, "offers.rules": ""}))
    assert names(conn) == set()
    assert offer_figures(conn) == []


def snapshot(conn: Connection) -> list[tuple[Any, ...]]:
    return rows(
        conn,
        "SELECT person_id, article, product, revision_id, quote_start, quote_end, said_on FROM offer_occasion"
        " ORDER BY 1, 2",
    )


@pytest.mark.parametrize("seed", range(2))
def test_what_was_touched_equals_everything_anew(
    seed: int, shop: Settings, conn: Connection, keyer: Keyer, load: Any, feedback: Make
) -> None:
    """Customers come and go, texts are edited and deleted, accounts are joined by an address."""
    draw, found = Random(seed), 0
    for _ in range(4):
        records = [
            feedback(
                f"f{draw.randrange(12)}", draw.choice([TEXT, "Das Putzen ist mühsam. Nie wieder.", "Gut."]),
                author=f"a{who}", product=draw.choice(["HM-310", "HM-120", "XX-1"]),
                state=draw.choice(["published"] * 5 + ["deleted"]), created_at=NOW - timedelta(days=draw.randrange(400)),
                email_key=keyer.email(f"c{who // 2}@example.org") if draw.random() < 0.7 else None,
            )
            for who in draw.choices(range(8), k=10)
        ]  # fmt: skip
        load({record.native_id: record for record in records}.values())
        if draw.random() < 0.8:
            load_list(conn, "customers", [customer(keyer, f"n{n}", n) for n in draw.sample(range(4), 3)])
        understand(conn, draw.choice(["first", "first", "second"]))
        decide(shop)
        step_by_step = snapshot(conn)
        decide(shop, everything=True)
        assert snapshot(conn) == step_by_step
        found += len(step_by_step)
    assert found > 3
