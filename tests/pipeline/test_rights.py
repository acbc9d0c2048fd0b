"""People's rights on the running demo company: erased, collected again, and still gone; every way out is tried."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from demo.scene import Scene
from kundenecho.keying import Keyer
from kundenecho.messages import KINDS
from kundenecho.settings import Settings
from pipeline.analyse import analyse
from pipeline.collect import collect
from pipeline.company_lists import import_folder
from pipeline.decide import decide
from pipeline.messages import draft, move
from pipeline.newsletter import newsletter
from pipeline.report import report
from pipeline.rights import Choice, erase_person
from pipeline.send_messages import send_messages
from storage.connect import Connection, Database
from storage.embedded import program
from tests.conftest import rows
from tests.pipeline.receivers import mail_server
from web.app import build

SOURCES = ("shop", "umfrage")


def dump(db: Database, conn: Connection) -> str:
    """The database as pg_dump writes it; without the program, every row of every table."""
    found = program("pg_dump")
    if found is not None:
        return subprocess.run([str(found), db.url], capture_output=True, text=True, check=True).stdout
    tables = rows(
        conn, "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind = 'r'"
    )
    return "\n".join(str(row) for (name,) in tables for row in rows(conn, f"SELECT t::text FROM {name} t"))


def files(home: Path) -> str:
    """Everything under the state directory but the demo's own sources and the database's files."""
    content = []
    for path in home.rglob("*"):
        if path.is_file() and not {"demo-exports", "postgres"} & set(path.parts):
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    content += [packed.read(name) for name in packed.namelist()]
            content.append(path.read_bytes())
    return b"\n".join(content).decode("utf-8", "replace")


def run(demo: Settings) -> None:
    for source in SOURCES:
        collect(demo, source)
    analyse(demo)
    decide(demo)
    report(demo)


@pytest.mark.heavy
def test_erased_and_collected_again_is_still_gone(demo: Settings, scene: Scene, db: Database, conn: Connection) -> None:
    import_folder(demo, demo.home / "demo-exports")
    run(demo)
    traces = ["Ina17", "ina17@example.org", "Tag 17.", "Tag 47.", "Ina Nr17"]
    before = dump(db, conn) + files(demo.home)
    assert [t for t in traces if t in before] == traces
    # The shop shows nothing but a name; the account is known by name and product.
    assert erase_person(demo, Choice(account="shop:Ina17"), "Datenschutz").counts["author"] == 1
    erase_person(demo, Choice(email="ina17@example.org"), "Datenschutz")
    assert [t for t in traces if t in dump(db, conn) + files(demo.home)] == []
    counts = [collect(demo, source, full=True) for source in SOURCES]
    assert sum(c.get("blocked", 0) for c in counts) >= 2
    import_folder(demo, demo.home / "demo-exports")
    run(demo)
    assert [t for t in traces if t in dump(db, conn) + files(demo.home)] == []


@pytest.mark.heavy
def test_no_way_out_yields_an_address_that_may_not_be_written_to(
    demo: Settings, scene: Scene, db: Database, conn: Connection, keyer: Keyer
) -> None:
    """Marketing's views, the pages, every format of every list: addresses stand in the newsletter alone."""
    exports = demo.home / "demo-exports"
    import_folder(demo, exports)
    run(demo)

    def table(name: str) -> list[dict[str, str]]:
        with (exports / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    gone = {r["customer_no"] for r in table("unsubscribes.csv") if r["channel"] in {"email", "alle"}}
    agreed = [r for r in table("consents.csv") if r["channel"] == "email"]
    gone |= {r["customer_no"] for r in agreed if r["withdrawn_at"]}
    wanted = {r["customer_no"] for r in agreed if r["confirmed_at"]} - gone
    addresses = {r["email"]: r["customer_no"] for r in table("customers.csv")}
    taken = newsletter(demo, conn, channel="email", product=None, by="Marketing", form="csv")
    found = {addresses[row["email"]] for row in taken}
    assert found
    assert found <= wanted
    assert all(row["consent_given_at"] and row["consent_confirmed_at"] and row["consent_wording"] for row in taken)

    # Approved messages go to the same people only.
    with mail_server() as mails:
        values = {"alerts.smtp_host": "127.0.0.1", "alerts.smtp_port": mails.port, "messages.email_from": "a@firma.example",
                  "messages.unsubscribe": "ab@firma.example", "messages.days": 9999}  # fmt: skip
        office = replace(demo, values={**demo.values, **values})
        for kind in KINDS:
            move(office, draft(office, kind, by="Marketing"), "approve", by="Marketing")
        send_messages(office)
    written = [address for to, _ in mails.received for address in to]
    assert written
    assert {addresses[address] for address in written} <= wanted

    # Everybody was answered: an open case would keep the offers back.
    rows(conn, "UPDATE case_file SET state = 'closed', outcome = 'solved', closed_at = now() RETURNING case_id")
    conn.commit()
    client = TestClient(build(demo, db))
    ways = [
        client.get(f"/export/{name}.{form}")
        for name in ("fuersprecher", "angebote")
        for form in ("csv", "json", "xlsx")
    ]
    ways += [client.get(path) for path in ("/fuersprecher", "/maengel", "/angebote")]
    assert {way.status_code for way in ways} == {200}
    shown = "\n".join(way.content.decode("utf-8", "replace") for way in ways) + files(demo.home)
    views = rows(conn, "SELECT viewname FROM pg_views WHERE schemaname = 'lists'")
    shown += "\n".join(str(row) for (view,) in views for row in rows(conn, f"SELECT v::text FROM lists.{view} v"))
    assert [address for address in addresses if address in shown] == []
    contactable = {r["person_id"] for r in json.loads(ways[1].content) if r["contactable"] == "yes"}
    allowed = {f"P{p}" for (p,) in rows(conn, "SELECT person_id FROM person_contact WHERE contactable = 'yes'")}
    assert contactable <= allowed
    # Nobody is offered anything but by a consent, or by what was bought with the address.
    offered = {row["person_id"] for row in json.loads(ways[4].content)}
    assert offered
    said_no = {str(keyer.customer(number)) for number in gone}
    numbers = dict(
        rows(conn, "SELECT 'P' || a.person_id, ac.customer_key FROM author a JOIN author_customer ac USING (author_id)")
    )
    assert not said_no & {numbers[person] for person in offered}
    assert set(re.findall(r"/warum/(P\d+)", ways[-1].text)) <= offered
    assert rows(conn, "SELECT kind, way, made_by, items FROM lists.exports ORDER BY export_id LIMIT 2") == [
        ("newsletter", "command", "Marketing", len(taken)),
        ("advocates", "page", "Seiten", len(json.loads(ways[1].content))),
    ]
    assert rows(conn, "SELECT DISTINCT items FROM lists.exports WHERE kind = 'offers'") == [
        (len(json.loads(ways[4].content)),)
    ]
