"""Remedies from the customers' words to the effect: drafts, states, publications, and what they survive."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.remedies import ACTIONS, CHANNELS, STATES, next_state
from kundenecho.settings import Settings, load_settings
from pipeline import remedies
from pipeline.analyse import analyse
from pipeline.decide import decide
from storage.connect import Connection, Database
from storage.lists import list_defects
from storage.load import LoadSource, load_feed
from storage.remedies import list_offers, list_remedies
from tests.conftest import SECRET, _admin, _numbers, rows, write_feed

Make = Callable[..., Feedback]
Load = Callable[..., Any]

CLOGGED = "Die Auslaufdüse ist verstopft, Fall {}."
CLIP = "Die Auslaufdüse war verstopft, aber mit einer Büroklammer war das Problem in Fall {} behoben."
NEEDLE = "Die Auslaufdüse war verstopft. Mit einer Nadel war das Problem behoben."
FINE = "Sehr schöne Farbe, Nummer {}."
START = datetime(2025, 9, 1, 12, tzinfo=UTC)
BEGIN = START - timedelta(weeks=52)
WORDS = "Mit einer aufgebogenen Büroklammer wird die Düse wieder frei."


def settings_on(db: Database, home: Path) -> Settings:
    found = load_settings(env={"KUNDENECHO_HOME": str(home)})
    return replace(found, path=home / "kundenecho.toml", sources={}, database_url=db.url)


@pytest.fixture(scope="module")
def told(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database in which one names a needle, three a paper clip, four only complain, and many are content."""
    name, home = f"told_{os.getpid()}", tmp_path_factory.mktemp("told")
    said = [NEEDLE, *(CLIP.format(n) for n in range(3)), *(CLOGGED.format(n) for n in range(4))]
    said += [FINE.format(n) for n in range(30)]
    records = [
        Feedback("shop", str(n), "review", product="HM-120", product_name="Filtra", text=text, created_precision="day",
                 created_at=START + timedelta(days=9 * n), collected_at=datetime(2026, 6, 1, tzinfo=UTC), rating_1_5=4.0,
                 author_key=Keyer(SECRET).account("shop", f"author {n}"), author_name=f"author {n}")
        for n, text in enumerate(said)
    ]  # fmt: skip
    _admin(cluster, "CREATE DATABASE {} TEMPLATE kundenecho STRATEGY file_copy", name)
    db = Database(cluster.replace("/postgres?", f"/{name}?"))
    with db.connect("told") as conn:
        load_feed(conn, write_feed(home / "feed.jsonl", records), card=LoadSource("shop"))
    settings = settings_on(db, home)
    analyse(settings)
    decide(settings)
    yield name
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def db(cluster: str, told: str) -> Iterator[Database]:
    """A copy of that database for each test."""
    name = f"{told}_{next(_numbers)}"
    _admin(cluster, f"CREATE DATABASE {{}} TEMPLATE {told} STRATEGY file_copy", name)
    yield Database(cluster.replace("/postgres?", f"/{name}?"))
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)


def defect_of(conn: Connection, product: str = "HM-120") -> str:
    conn.rollback()
    [found] = [
        d for d in list_defects(conn, product=product) if d["component"] == "Auslaufdüse" and d["defect"] == "blockage"
    ]
    return str(found["defect_id"])


def drafted(settings: Settings, conn: Connection, **values: Any) -> str:
    defect = defect_of(conn)
    offer = list_offers(conn, defect=defect)[0]
    conn.rollback()
    return remedies.draft(settings, defect, by="Jana", **{"from_fix": offer["feedback_id"], "text": WORDS, **values})


def published(settings: Settings, conn: Connection, on: date, channel: str = "newsletter") -> str:
    name = drafted(settings, conn)
    remedies.approve(settings, name, by="Peter")
    remedies.publish(settings, name, channel, by="Jana", on=on)
    return name


def test_what_most_persons_tell_stands_first(conn: Connection) -> None:
    defect = defect_of(conn)
    offers = list_offers(conn, defect=defect)
    assert [(o["means"], o["persons"]) for o in offers] == [("Büroklammer", 3)] * 3 + [("Nadel", 1)]
    assert all("Büroklammer" in offer["quote"] for offer in offers[:3])
    [listed] = [d for d in list_defects(conn) if d["defect_id"] == defect]
    assert listed["remedy"]["state"] == "suggested"
    assert listed["remedy"]["text"] == offers[0]["quote"]


def test_offers_are_the_same_after_a_full_recompute(settings: Settings, conn: Connection) -> None:
    query = "SELECT defect_id, rank, means, persons, named_by, fix_id FROM kundenecho.defect_fix ORDER BY 1, 2"
    before = rows(conn, query)
    conn.rollback()
    decide(settings, everything=True)
    assert rows(conn, query) == before != []


def test_a_fix_goes_with_its_text(feedback: Make, load: Load, settings: Settings, conn: Connection) -> None:
    load([feedback(str(n), FINE.format(n), created_at=START + timedelta(days=9 * n)) for n in range(4)])
    analyse(settings)
    decide(settings)
    assert list_offers(conn) == []


def test_a_draft_rests_on_all_quotes_with_its_means(settings: Settings, conn: Connection) -> None:
    name = drafted(settings, conn, text=None)
    found = remedies.show(settings, name)
    assert (found["state"], found["author"], found["own_words"]) == ("draft", "Jana", False)
    assert found["title"] == "Auslaufdüse: verstopft"
    assert [("Büroklammer" in q["quote"]) for q in found["quotes"]] == [True] * 3
    assert found["text"] == found["quotes"][0]["quote"]
    # The customer's words are not copied.
    assert rows(conn, "SELECT text FROM kundenecho.remedy") == [(None,)]


def test_a_customers_words_are_not_approved(settings: Settings, conn: Connection) -> None:
    name = drafted(settings, conn, text=None)
    with pytest.raises(DataError, match="words of a customer"):
        remedies.approve(settings, name, by="Peter")
    remedies.edit(settings, name, by="Jana", text=WORDS, steps=["Maschine ausschalten.", "Büroklammer biegen."])
    remedies.approve(settings, name, by="Peter")
    found = remedies.show(settings, name)
    assert (found["state"], found["approved_by"], found["text"]) == ("approved", "Peter", WORDS)
    assert found["steps"] == ["Maschine ausschalten.", "Büroklammer biegen."]
    assert [e["action"] for e in found["events"]] == ["draft", "edit", "approve"]


def test_an_edited_text_is_quoted_no_more(feedback: Make, load: Load, settings: Settings, conn: Connection) -> None:
    name = drafted(settings, conn)
    quoted = remedies.show(settings, name)["quotes"][0]["feedback_id"]
    [(native,)] = rows(conn, "SELECT native_id FROM kundenecho.feedback WHERE feedback_id = %s", int(quoted[1:]))
    load([feedback(native, "Ganz anders: alles gut.", created_at=START)])
    quotes = remedies.show(settings, name)["quotes"]
    assert quotes[0]["quote"] == "Zitat nicht mehr verfügbar"
    assert "Büroklammer" in quotes[1]["quote"]


def test_a_remedy_published_twice(settings: Settings, conn: Connection) -> None:
    day = date(2026, 8, 12)
    name = published(settings, conn, day)
    before = rows(conn, "SELECT * FROM kundenecho.remedy_event ORDER BY 1")
    assert remedies.publish(settings, name, "newsletter", by="Somebody", on=date(2026, 9, 1)) == day
    assert rows(conn, "SELECT * FROM kundenecho.remedy_event ORDER BY 1") == before
    assert rows(conn, "SELECT channel, published_on, done_by FROM kundenecho.remedy_publication") == [
        ("newsletter", day, "Jana")
    ]
    assert remedies.publish(settings, name, "video", by="Jana", on=date(2026, 9, 1)) is None
    assert remedies.show(settings, name)["channels"] == ["newsletter", "video"]


def test_a_publication_is_taken_back(settings: Settings, conn: Connection) -> None:
    name = published(settings, conn, date(2026, 8, 12))
    remedies.publish(settings, name, "video", by="Jana", on=date(2026, 9, 1))
    remedies.unpublish(settings, name, "video", by="Jana", note="falscher Tag")
    assert remedies.show(settings, name)["channels"] == ["newsletter"]
    remedies.publish(settings, name, "video", by="Jana", on=date(2026, 9, 2))
    remedies.unpublish(settings, name, "video", by="Jana")
    remedies.unpublish(settings, name, "newsletter", by="Jana")
    found = remedies.show(settings, name)
    assert (found["state"], found["channels"], found["published_on"]) == ("approved", None, None)
    with pytest.raises(DataError, match="so unpublish is not possible"):
        remedies.unpublish(settings, name, "newsletter", by="Jana")


@pytest.mark.parametrize(("action", "state"), list(itertools.product(ACTIONS, STATES)))
def test_every_action_in_every_state(action: str, state: str) -> None:
    allowed = {
        "edit": {"draft"},
        "approve": {"draft"},
        "reject": {"draft"},
        "revise": {"approved"},
        "publish": {"approved", "published"},
        "withdraw": {"draft", "approved", "published"},
        "unpublish": {"published"},
        "reopen": {"withdrawn"},
        "export": {"approved", "published"},
        "tell": {"published"},
    }
    if state in allowed[action]:
        assert next_state(action, state, remedy="R1") in STATES
    else:
        with pytest.raises(DataError, match=f"its state is {state}, so {action} is not possible"):
            next_state(action, state, remedy="R1")


def test_only_what_was_approved_is_published(settings: Settings, conn: Connection) -> None:
    """Whatever is done in whatever order, nothing is published whose words nobody approved."""
    name = drafted(settings, conn)
    with pytest.raises(DataError, match="approve"):
        remedies.publish(settings, name, "manual", by="Jana")
    remedies.approve(settings, name, by="Peter")
    with pytest.raises(DataError, match="revise"):
        remedies.edit(settings, name, by="Jana", text="Anders")
    remedies.revise(settings, name, by="Peter")
    with pytest.raises(DataError, match="approve"):
        remedies.publish(settings, name, "manual", by="Jana")
    remedies.withdraw(settings, name, by="Peter", note="doch nicht")
    with pytest.raises(DataError, match="reopen"):
        remedies.approve(settings, name, by="Peter")
    remedies.reopen(settings, name, by="Peter")
    assert remedies.show(settings, name)["state"] == "draft"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: remedies.draft(s, "D999999", by="Jana", text="x"), "D999999 is not known"),
        (lambda s: remedies.draft(s, "Kanne", by="Jana", text="x"), "is no id of a defect"),
        (lambda s: remedies.draft(s, "D1", by="Jana"), "needs words"),
        (lambda s: remedies.show(s, "R7"), "R7 is not known"),
        (lambda s: remedies.approve(s, "R7", by="Jana"), "R7 is not known"),
        (lambda s: remedies.edit(s, "R7", by="Jana"), "nothing is to be changed"),
        (lambda s: remedies.publish(s, "R7", "fax", by="Jana"), "there is no channel fax"),
        (lambda s: remedies.publish(s, "R7", "video", by="Jana", on=date(2999, 1, 1)), "in the future"),
    ],
)
def test_wrong_calls_say_what_to_do(settings: Settings, call: Callable[[Settings], object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        call(settings)


def test_what_tells_no_fix_gives_no_draft(settings: Settings, conn: Connection) -> None:
    with pytest.raises(DataError, match="tells no fix"):
        drafted(settings, conn, from_fix="F99999")
    with pytest.raises(DataError, match="longer than"):
        drafted(settings, conn, title="x" * 121)
    with pytest.raises(DataError, match="empty or too long"):
        remedies.draft(settings, defect_of(conn), by=" ", text="x")
    assert list_remedies(conn) == []


def test_it_survives_a_re_run_and_a_change_of_lineage(settings: Settings, conn: Connection) -> None:
    name = published(settings, conn, date(2026, 1, 12))
    decide(settings)
    before = remedies.show(settings, name)
    with conn.cursor() as cursor:
        cursor.execute("UPDATE kundenecho.lineage SET digest = 'an older one', state = 'active'")
    conn.commit()
    analyse(settings)
    decide(settings)
    assert rows(conn, "SELECT count(*) FROM kundenecho.lineage") == [(2,)]
    after = remedies.show(settings, name)
    for part in ("effects", "returns"):
        before.pop(part), after.pop(part)
    assert after == before
    [listed] = [d for d in list_defects(conn) if d["defect_id"] == after["defect_id"]]
    assert (listed["remedy"]["remedy_id"], listed["remedy"]["state"]) == (name, "published")


def test_it_follows_a_part_that_gets_another_name(settings: Settings, conn: Connection) -> None:
    name = drafted(settings, conn)
    with conn.cursor() as cursor:
        cursor.execute("UPDATE kundenecho.defect SET component = 'düsenkopf' WHERE component = 'auslaufdüse'")
        cursor.execute(
            "INSERT INTO kundenecho.component_alias VALUES ('HM-120', 'blockage', 'auslaufdüse', 'düsenkopf')"
            " ON CONFLICT (product, defect, component) DO UPDATE SET canonical = excluded.canonical"
        )
    conn.commit()
    assert remedies.show(settings, name)["defect_id"] is not None


def test_it_stays_when_nobody_names_the_defect_any_more(
    feedback: Make, load: Load, settings: Settings, conn: Connection
) -> None:
    name = drafted(settings, conn)
    load([feedback(str(n), FINE.format(n), created_at=START + timedelta(days=9 * n)) for n in range(8)])
    analyse(settings)
    decide(settings)
    found = remedies.show(settings, name)
    assert (found["title"], found["text"]) == ("Auslaufdüse: verstopft", WORDS)
    assert list_remedies(conn)[0]["remedy_id"] == name


def test_the_effect_is_decided_and_equals_a_full_recompute(
    feedback: Make, load: Load, settings: Settings, conn: Connection
) -> None:
    """Three a week until the remedy is published, then one every other week; two come back content."""
    records, number = [], itertools.count()
    for week in range(80):
        for day in range(6):
            bad = day < 3 if week < 60 else day == 0 and week % 2
            n = next(number)
            text = CLOGGED.format(n) if bad else FINE.format(n)
            when = BEGIN + timedelta(weeks=week, days=day)
            records.append(feedback(f"e{n}", text, product="HM-450", product_name="Piccola", created_at=when))
    for n in (0, 1):
        records.append(
            feedback(f"again {n}", f"Jetzt bin ich rundum zufrieden, tolle Maschine, {n}!", author=f"author e{n}", rating_1_5=5.0, product="HM-450",
                     created_at=BEGIN + timedelta(weeks=70, days=n))
        )  # fmt: skip
    load(records)
    analyse(settings)
    decide(settings)
    name = remedies.draft(settings, defect_of(conn, "HM-450"), by="Jana", text=WORDS)
    remedies.approve(settings, name, by="Peter")
    day = (BEGIN + timedelta(weeks=60)).date()
    remedies.publish(settings, name, "newsletter", by="Jana", on=day)
    remedies.publish(settings, name, "manual", by="Jana", on=day + timedelta(weeks=10))
    decide(settings)
    found = remedies.show(settings, name)
    assert (found["effect"], found["effect_weeks"]) == ("fewer", 20)
    assert found["effect_observed"] == 10
    assert 45 < found["effect_expected"] < 65
    assert [(e["part"], e["channels"]) for e in found["effects"]] == [
        (0, ["newsletter", "manual"]),
        (1, ["newsletter"]),
        (2, ["newsletter", "manual"]),
    ]
    assert found["returned"] == 2
    assert "zufrieden" in found["returns"][0]["quote"]
    decide(settings, everything=True)
    again = remedies.show(settings, name)
    for one in (*found["effects"], *again["effects"]):
        one.pop("decided_at")
    assert again == found
    remedies.withdraw(settings, name, by="Peter")
    decide(settings)
    assert remedies.show(settings, name)["effects"] == []


def test_sales_with_negative_units(settings: Settings, conn: Connection) -> None:
    name = drafted(settings, conn)
    assert remedies.show(settings, name)["bought"] is None
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kundenecho.list_import (kind, file, digest, items, new, revised, unchanged, rejected)"
            " VALUES ('sales', 'sales.csv', 'x', 2, 2, 0, 0, 0) RETURNING import_id"
        )
        [(import_id,)] = cursor.fetchall()
        for month, units in ((1, 40), (2, -15)):
            cursor.execute(
                "INSERT INTO kundenecho.sale (product, month, units, country, channel, import_id)"
                " VALUES ('HM-120', %s, %s, '', '', %s)",
                (date(2026, month, 1), units, import_id),
            )
    conn.commit()
    assert remedies.show(settings, name)["bought"] == 25
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kundenecho.sale (product, month, units, country, channel, import_id)"
            " VALUES ('HM-120', '2026-03-01', -90, '', '', %s)",
            (import_id,),
        )
    conn.commit()
    assert remedies.show(settings, name)["bought"] == 0


def test_text_and_steps_of_a_file() -> None:
    text, steps = remedies.words_of_file("Die Düse ist zu.\n\n1. Ausschalten.\n2) Biegen.\n - Drehen.\n\nFertig.\n")
    assert text == "Die Düse ist zu.\n\nFertig."
    assert steps == ["Ausschalten.", "Biegen.", "Drehen."]


def test_channels_are_those_of_the_database(conn: Connection) -> None:
    [(check,)] = rows(
        conn,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'kundenecho.remedy_publication'::regclass"
        " AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%%channel%%'",
    )
    assert all(f"'{channel}'" in check for channel in CHANNELS)
