"""Erasing a person: nothing is left, nothing comes back, and nobody else loses anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kundenecho.company_lists import Contact
from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.analyse import analyse
from pipeline.decide import decide
from pipeline.export import as_json
from pipeline.retain import retain
from pipeline.rights import Choice, erase_person, object_person
from pipeline.subject import subject_access
from storage.advocate_list import list_advocates
from storage.blocks import ERASURES
from storage.connect import Connection, Database
from storage.contact import contactable
from storage.erase import swept
from storage.exports import Export, register_export
from storage.lists import list_defects
from storage.load import LoadSource, load_feed
from storage.subject import Named, Subject, find_subject
from tests.conftest import SECRET, rows, write_feed
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import consent, off, order, person
from web.subject_page import subject_page

KEYER = Keyer(SECRET)
INA, EMAIL, HANDLE = "Ina Zwirngiebel", "ina@example.org", "ina_zw_77"
PRAISE = (
    "Ich kann die Filtra nur weiterempfehlen, habe sie schon zum zweiten Mal gekauft. Der Kaffee schmeckt herrlich."
)
AGAIN = "Ich empfehle sie jedem weiter und habe sie wieder gekauft, herrlicher Kaffee und sehr leise."
# Long enough to count once where it is copied.
LEAK = (
    "Die Kanne tropft beim Ausgießen, das nervt mich jeden Morgen sehr, denn die halbe Küche steht danach unter Wasser,"
    " obwohl ich wirklich ganz langsam gieße."
)
Make = Callable[..., Feedback]
# Where a person stands besides what she said: told of a remedy, in cases opened by lists, as reader of a report, judged.
REGISTERS = """
WITH remedied AS (
    INSERT INTO remedy (product, defect, title) VALUES ('HM-310', 'undicht', 'Dichtung') RETURNING remedy_id
), exported AS (
    INSERT INTO export_register (kind, made_by, way, form, items)
    VALUES ('remedies-buyers', 'Support', 'command', 'csv', 1) RETURNING export_id
), of_remedy AS (
    INSERT INTO remedy_export (export_id, remedy_id, channel) SELECT export_id, remedy_id, 'email' FROM exported, remedied
), buyer AS (
    INSERT INTO export_person SELECT export_id, %(customer)s FROM exported
), told AS (
    INSERT INTO remedy_told SELECT remedy_id, %(customer)s, 'email', current_date, 'Support' FROM remedied
), welcome AS (
    INSERT INTO case_file (kind, origin, customer_key, email_key, channel, opened_at, due_at, team, owner, priority)
    SELECT 'unsubscribe_confirmation', %(email)s || ' phone 2026-01-01', NULL, NULL, 'x', now(),
        now() + interval '1 day', 'support', 'Jo', 3
    RETURNING case_id
), noted AS (
    INSERT INTO case_event (case_id, act, state, actor, note, happened_at)
    SELECT case_id, 'note', 'open', 'Jo', %(note)s, now() FROM welcome
), delivered AS (
    INSERT INTO report_delivery (report, digest, channel, target_key, target)
    VALUES ('kundenecho-2026-W20', repeat('0', 64), 'email', %(email)s, 'i…@e…')
), struck AS (
    INSERT INTO reason_strike (kind, source, account, native_id, author_key, struck_by)
    VALUES ('x', 'shop', NULL, NULL, %(account)s, 'Jo'), ('x', 'shop', '', '1', NULL, 'Jo')
)
INSERT INTO identity_judgement (source_a, author_key_a, source_b, author_key_b, verdict, judged_by)
SELECT 'shop', least(%(account)s COLLATE "C", %(other)s), 'shop', greatest(%(account)s COLLATE "C", %(other)s), 'undecided', 'Jo'
"""
#: Tables that hold something of a person and are empty in a house without her.
EMPTIED = (
    "remedy_told", "report_delivery", "reason_strike",
    "identity_judgement", "objection", "objection_key", "export_person",
)  # fmt: skip


def everything(conn: Connection) -> str:
    """Every row of every table, as a dump has it."""
    tables = rows(
        conn, "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind = 'r'"
    )
    return "\n".join(str(row) for (name,) in tables for row in rows(conn, f"SELECT t::text FROM {name} t"))


def files(home: Path) -> str:
    found = (p for p in home.rglob("*") if p.is_file() and "postgres" not in p.parts)
    return "\n".join(p.read_bytes().decode("utf-8", "replace") for p in found)


def words(keyer: Keyer) -> list[str]:
    keys = [keyer.email(EMAIL), keyer.account("shop", HANDLE), keyer.customer("K-1")]
    return [INA, HANDLE, EMAIL, PRAISE[:40], LEAK[:30], *(str(key) for key in keys)]


def said(make: Make) -> list[Feedback]:
    """Ina says three things, one of them copied by somebody else; others speak too."""
    mine: dict[str, Any] = {"author": HANDLE, "author_name": INA, "email_key": KEYER.email(EMAIL)}
    return [
        make("1", PRAISE, rating_1_5=5.0, raw_value=5.0, would_recommend=True, **mine),
        make("2", LEAK, rating_1_5=4.0, **mine, created_at=datetime(2026, 5, 20, tzinfo=UTC)),
        make("4", AGAIN, rating_1_5=5.0, raw_value=5.0, nps_0_10=10, would_recommend=True, **mine,
             created_at=datetime(2026, 5, 28, tzinfo=UTC)),
        make("3", LEAK, author="copy"),
        *(make(f"o{n}", f"Meine Kanne tropft auch, schon zum {n}. Mal.", author=f"o{n}") for n in range(4)),
        make("r", "Empfohlen von einer Freundin.", author="jo", kind="referral", extra={"referee_key": KEYER.email(EMAIL)},
             raw={"referee": KEYER.email(EMAIL)}),
    ]  # fmt: skip


def bring_lists(conn: Connection) -> None:
    others: dict[str, Any] = {"email": "jo@example.org", "name": "Jo"}
    load_list(conn, "customers", [person(name=INA), person("K-2", phone_key=None, phone=None, **others)])
    load_list(
        conn, "orders", [order(), replace(order("HM-120", email="jo@example.org"), customer_key=KEYER.customer("K-2"))]
    )
    load_list(conn, "consents", [consent(), consent(number="K-2")])
    load_list(conn, "contacts", [Contact(KEYER.customer("K-1"), None, "phone", datetime(2026, 1, 5).date(), "x", None)])  # noqa: DTZ001
    load_list(conn, "unsubscribes", [off("phone")])


@pytest.fixture
def house(settings: Settings, conn: Connection, load: Any, feedback: Make) -> Settings:
    """A decided database with Ina in every corner of it, a report and a feed of a failed run."""
    bring_lists(conn)
    load(said(feedback))
    analyse(settings)
    decide(settings)
    with conn.cursor() as cursor:
        cursor.execute(REGISTERS, {
            "customer": KEYER.customer("K-1"), "email": KEYER.email(EMAIL), "account": KEYER.account("shop", HANDLE),
            "other": KEYER.account("shop", "copy"), "note": f"{INA} angerufen",
        })  # fmt: skip
        cursor.execute("INSERT INTO run (step, source) VALUES ('collect', 'shop') RETURNING run_id")
        run = cursor.fetchone()
        cursor.execute(
            "INSERT INTO rejected (run_id, source, place, reason, fragment) VALUES (%s, 'shop', 'a:1', 'bad', %s)",
            (run, f'{{"name": "{INA}"}}'),
        )
        cursor.execute("UPDATE run SET outcome = 'failed'")
    persons = rows(conn, "SELECT person_id FROM author WHERE author_key = %s", KEYER.account("shop", HANDLE))
    register_export(
        conn, Export("newsletter", "Marketing", "csv", 2), keys=[str(KEYER.customer("K-1"))], persons=persons[0]
    )
    conn.commit()
    feeds, reports = settings.home / "feeds" / "shop-1", settings.home / "reports"
    feeds.mkdir(parents=True)
    reports.mkdir(parents=True)
    write_feed(feeds / "feed.jsonl", said(feedback))
    (reports / "kundenecho-2026-W20.json").write_text(as_json([{"advocates": [{"quote": PRAISE}]}]), encoding="utf-8")
    (reports / "kundenecho-2026-W20.html").write_text("the same", encoding="utf-8")
    (reports / "kundenecho-2026-W21.json").write_text("[]", encoding="utf-8")
    return settings


def test_nothing_is_left_and_nothing_comes_back(
    house: Settings, conn: Connection, load: Any, feedback: Make, keyer: Keyer
) -> None:
    # The handle itself was never written, only its key.
    there = everything(conn) + files(house.home)
    assert [word for word in words(keyer) if word not in there] == [HANDLE]
    object_person(house, Choice(email=EMAIL), INA)
    [before] = list_defects(conn)
    conn.commit()
    planned = erase_person(house, Choice(email=EMAIL), "", dry_run=True)
    assert planned.number == 0
    assert [word for word in words(keyer) if word not in everything(conn)] == [HANDLE], "a dry run changes nothing"
    conn.commit()

    done = erase_person(house, Choice(email=EMAIL), "Datenschutz")
    assert done.counts == planned.counts | {"rejected": 1}
    assert {
        "feedback": 3,
        "customer": 1,
        "remedy_told": 1,
        "export_person": 3,
        "report_delivery": 1,
        "reason_strike": 2,
        "identity_judgement": 1,
        "consent": 1,
        "feed_lines": 3,
        "report_files": 2,
    }.items() <= done.counts.items()
    for taken in ("newsletter, Marketing", "remedies-buyers, Support"):
        assert any(taken in place for place in done.unreached)
    kept = everything(conn).replace(str(rows(conn, "SELECT array_agg(b::text) FROM blocked_key b")[0][0]), "")
    blocked = {key for (key,) in rows(conn, "SELECT key FROM blocked_key")}
    left = [word for word in words(keyer) if word in kept + files(house.home) and word not in blocked]
    assert left == [LEAK[:30]], "the copy that somebody else wrote stays theirs"
    assert {name: rows(conn, f"SELECT count(*) FROM {name}")[0][0] for name in EMPTIED} == dict.fromkeys(EMPTIED, 0)
    assert not rows(conn, "SELECT FROM copy_sketch s WHERE NOT EXISTS (SELECT FROM revision r"
                          " WHERE r.copy_digest = s.copy_digest)")  # fmt: skip
    assert rows(conn, "SELECT buyers FROM lists.remedy_exports") == [(1,)], "numbers stay"
    assert rows(conn, "SELECT count(*) FROM customer")[0] == (1,)
    assert rows(conn, "SELECT extra, current_revision_id IS NOT NULL FROM feedback WHERE native_id = 'r'") == [
        ({}, True)
    ]
    assert not rows(conn, "SELECT FROM fragment WHERE body ? 'referee'")
    [after] = list_defects(conn)
    assert (before["persons"], after["persons"]) == (5, 5), "the copy speaks for itself now"
    assert before["persons_exposed"] - after["persons_exposed"] == 0
    figures = everything(conn)
    conn.commit()
    decide(house, everything=True)
    assert sorted(rows(conn, "SELECT persons, mentions FROM defect_figure")) == sorted(
        {(after["persons"], after["mentions"])}
    )
    assert "Zwirngiebel" not in figures
    conn.commit()

    again = load(said(feedback))
    assert (again.blocked, again.new) == (3, 0)
    anonymous = load(
        [feedback("1", PRAISE, author=None), feedback("9", "Neu.", author="x", email_key=KEYER.email(EMAIL))]
    )
    assert (anonymous.blocked, anonymous.new) == (2, 0), "neither without a name nor from another account"
    load([feedback("r2", "Auch empfohlen.", author="mo", kind="referral", extra={"referee_key": KEYER.email(EMAIL)})])
    assert load_list(conn, "customers", [person(name=INA)]).blocked == 1
    assert load_list(conn, "consents", [consent(number=None, email=EMAIL), consent(number="K-2")]).blocked == 1
    assert load_list(conn, "orders", [order()]).blocked == 1
    left = [word for word in (INA, EMAIL, HANDLE, PRAISE[:40]) if word in everything(conn) + files(house.home)]
    assert left == []
    assert not rows(conn, "SELECT FROM feedback WHERE extra ? 'referee_key'")
    assert rows(conn, "SELECT asked_by, made_by FROM lists.erasures") == [("email", "Datenschutz")]


def test_an_erasure_in_the_middle_of_a_collect(
    settings: Settings, db: Database, feedback: Make, tmp_path: Path, load: Any, conn: Connection
) -> None:
    """The erasure waits for the load in progress and takes what it brought; a later load finds the block."""
    load([feedback("1", author=HANDLE)])
    feed = write_feed(tmp_path / "feed.jsonl", [feedback(str(n), author=HANDLE) for n in range(2, 5)])
    reading, go_on = threading.Event(), threading.Event()

    def slowly(_done: int) -> None:
        reading.set()
        assert go_on.wait(20)

    reports: list[Any] = []

    def collect() -> None:
        with db.connect("collect") as other:
            reports.append(load_feed(other, feed, card=LoadSource("shop"), progress=slowly))

    loading = threading.Thread(target=collect)
    loading.start()
    assert reading.wait(20)
    erasing = threading.Thread(
        target=lambda: reports.append(erase_person(settings, Choice(account=f"shop:{HANDLE}"), "x"))
    )
    erasing.start()
    while not rows(conn, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
        conn.rollback()
        assert erasing.is_alive()
    conn.rollback()
    go_on.set()
    loading.join(30)
    erasing.join(30)
    assert [type(r).__name__ for r in reports] == ["LoadReport", "Erasure"]
    assert (reports[0].new, reports[1].counts["feedback"]) == (3, 4)
    assert load([feedback("5", author=HANDLE)]).blocked == 1
    assert rows(conn, "SELECT count(*) FROM feedback") == [(0,)]


def test_no_erasure_begins_while_a_decide_writes(house: Settings, conn: Connection, db: Database) -> None:
    """What a decide has read of somebody is written before she is erased, not after."""
    free: list[tuple[Any, ...]] = []

    def look(*_progress: Any) -> None:
        with db.connect("erase") as other:
            free.extend(rows(other, "SELECT pg_try_advisory_xact_lock(%s, %s)", *ERASURES))
            other.rollback()

    decide(house, everything=True, progress=look)
    assert set(free) == {(False,)}
    assert rows(conn, "SELECT pg_try_advisory_xact_lock(%s, %s)", *ERASURES) == [(True,)]


def test_one_mailbox_of_two_customers_is_not_one_person(settings: Settings, conn: Connection) -> None:
    load_list(conn, "customers", [person(name=INA), person("K-2", name="Jo Muster")])
    done = erase_person(settings, Choice(customer="K-1"), "x")
    assert done.counts["customer"] == 1
    assert any("anderen Kunden" in note for note in done.notes)
    assert rows(conn, "SELECT name FROM customer") == [("Jo Muster",)]
    assert load_list(conn, "customers", [person(), person("K-2", name="Jo M.")]).blocked == 1


def test_who_is_not_known_is_blocked_by_a_key_or_refused(
    settings: Settings, conn: Connection, load: Any, feedback: Make
) -> None:
    assert erase_person(settings, Choice(email="never@example.org"), "x").blocked == 1
    for choice in (Choice(person="P99"), Choice(url="https://shop.example/#none"), Choice(), Choice("P1", "shop:x")):
        with pytest.raises(DataError):
            erase_person(settings, choice, "x")
    load([feedback("1", "Namenlos.", author=None), feedback("2", "Auch namenlos.", author=None)])
    assert erase_person(settings, Choice(url="https://shop.example/#1"), "x").counts["feedback"] == 1
    assert rows(conn, "SELECT native_id FROM feedback") == [("2",)]


def test_a_name_of_a_shop_page_is_found_unless_several_have_it(
    settings: Settings, conn: Connection, load: Any, feedback: Make
) -> None:
    """A shop page shows a name only, so that the account's key holds within one product."""
    load(
        [
            feedback("1", product="HM-310", author="Ina Z\x1fHM-310"),
            feedback("2", product="HM-120", author="Bo\x1fHM-120"),
        ]
    )
    load([feedback("3", product="HM-120", author="Ina Y\x1fHM-120"), feedback("4", author="Ina Y\x1fHM-310")])
    assert erase_person(settings, Choice(account="shop:ina z "), "x").counts["author"] == 1
    assert load([feedback("5", product="HM-310", author="Ina Z\x1fHM-310")]).blocked == 1
    with pytest.raises(DataError, match="several accounts") as refused:
        erase_person(settings, Choice(account="shop:Ina Y"), "x")
    assert "Ina" not in str(refused.value)
    assert erase_person(settings, Choice(account="forum:Bo"), "x").counts == {}
    assert rows(conn, "SELECT native_id FROM feedback ORDER BY 1") == [("2",), ("3",), ("4",)]


def test_feeds_of_failed_runs_are_cleaned_by_retain(settings: Settings, feedback: Make) -> None:
    erase_person(settings, Choice(account=f"shop:{HANDLE}"), "x")
    folder = settings.home / "feeds" / "shop-2"
    folder.mkdir(parents=True)
    feed = write_feed(folder / "feed.jsonl", [feedback("1", author=HANDLE), feedback("2")])
    assert retain(settings)["feed_lines"] == 1
    assert HANDLE not in feed.read_text(encoding="utf-8")


def test_access_has_everything_and_the_page_escapes_it(house: Settings, conn: Connection, tmp_path: Path) -> None:
    access = subject_access(house, Choice(customer="K-1"), "Datenschutz", tmp_path / "out")
    text = access.file.read_text(encoding="utf-8")
    assert all(word in text for word in (INA, EMAIL, PRAISE, LEAK, "HM-310"))
    filled = {name for name, found in access.held.items() if isinstance(found, list) and found}
    assert filled >= {
        "konten", "kennzeichen", "kundendaten", "bestellungen", "einwilligungen", "abmeldungen", "kontakte",
        "kontaktierbarkeit", "rueckmeldungen", "auswertung", "nennungen", "fuersprecher", "gruende", "ausfuhren",
        "empfohlen_durch_andere",
    }  # fmt: skip
    page = subject_page({**access.held, "konten": [{"name": "<script>alert(1)</script>"}]}, company="Firma & Co")
    assert PRAISE in page
    assert "<script>" not in page
    assert "Firma &amp; Co" in page
    assert access.file.stat().st_mode & 0o077 == 0
    assert rows(conn, "SELECT kind, made_by FROM lists.exports ORDER BY export_id DESC LIMIT 1") == [
        ("subject", "Datenschutz")
    ]
    with pytest.raises(DataError):
        subject_access(house, Choice(email="never@example.org"), "x", tmp_path)


def test_an_objection_leaves_the_advocates_and_stays_in_the_defects(house: Settings, conn: Connection) -> None:
    [ina] = [row for row in list_advocates(conn) if row["display_name"] == INA]
    before = list_defects(conn)
    assert ina["contactable"] == "yes"
    conn.commit()
    object_person(house, Choice(person=ina["person_id"]), "Support")
    assert INA not in [row["display_name"] for row in list_advocates(conn)]
    assert list_defects(conn) == before
    assert KEYER.customer("K-1") not in [row["customer_key"] for row in contactable(conn, "email")]
    conn.commit()
    decide(house, everything=True)
    assert INA not in [row["display_name"] for row in list_advocates(conn)]
    conn.commit()
    object_person(house, Choice(email=EMAIL), "Ina", take_back=True)
    assert [row["contactable"] for row in list_advocates(conn) if row["display_name"] == INA] == ["yes"]
    conn.commit()
    with pytest.raises(DataError):
        object_person(house, Choice(email=EMAIL), "Ina", take_back=True)


def test_every_table_with_a_person_is_reached(conn: Connection) -> None:
    """A table of tomorrow that holds persons is swept by its columns, or goes by a foreign key that cascades."""
    with conn.cursor() as cursor:
        reached = {table for table, _ in swept(cursor, Subject())}
    assert reached >= {
        "customer", "customer_order", "consent", "contact", "unsubscribe", "author_name", "case_file", "objection_key",
        "author_identifier", "author_trait", "identity_judgement", "advocate", "export_person", "remedy_quote",
        "remedy_told", "reason_strike", "person_stage", "collapse", "report_delivery",
    }  # fmt: skip
    holding = rows(
        conn,
        "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.confdeltype FROM pg_constraint c"
        " WHERE c.contype = 'f' AND c.connamespace = 'kundenecho'::regnamespace",
    )
    # Deleted by name, in order.
    gone = reached | {"feedback", "author", "revision", "person", "fragment"}
    cascading = {(child, parent) for child, parent, action in holding if action in {"c", "n"}}
    while more := {child for child, parent in cascading if parent in gone} - gone:
        gone |= more
    persons = {"feedback", "revision", "analysis", "mention", "author", "person", "fix", "term", "case_file"}
    assert {child for child, parent, _ in holding if parent in persons} <= gone
    keyed = rows(
        conn,
        "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'kundenecho'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
        " AND (a.atttypid = 'keyed'::regtype OR a.attname ~ '(^|_)key(_|$)')",
    )
    assert {table for (table,) in keyed} - gone == {"blocked_key", "alarm", "topic_member"}, (
        "blocks stay, alarms, and words of topics"
    )


def test_finding_follows_keys_in_both_directions(conn: Connection, load: Any, feedback: Make) -> None:
    load_list(conn, "customers", [person()])
    load(
        [
            feedback("1", author="a", customer_key=KEYER.customer("K-1")),
            feedback("2", author="b", email_key=KEYER.email(EMAIL)),
        ]
    )
    by_account = find_subject(conn, Named("account", keys=(str(KEYER.account("shop", "a")),)))
    assert (len(by_account.feedback), by_account.customers) == (2, [KEYER.customer("K-1")])
    assert find_subject(conn, Named("email", keys=(str(KEYER.email(EMAIL)),))) == by_account
