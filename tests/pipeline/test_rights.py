"""People's rights on the running demo company: erased, collected again, and still gone; every way out is tried."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cli.main import cli
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


def pages(app: FastAPI) -> dict[str, str]:
    """Every page, and every list that one of them offers to download, in each form; also what is added later."""

    def get(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.content.decode("utf-8", "replace")

    client = TestClient(app)
    paths = [route.path for route in app.routes if isinstance(route, APIRoute)]
    found = {path: get(path) for path in paths if "{" not in path}
    names = {name for page in found.values() for name in re.findall(r"/export/(\w+)\.", page)}
    assert names >= {"maengel", "fuersprecher", "angebote"}
    downloads = [f"/export/{name}.{form}" for name in sorted(names) for form in ("csv", "json", "xlsx")]
    return found | {path: get(path) for path in downloads}


def lists_of(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that lists something for machines and needs no argument, as it is called."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from lists_of(command, (*path, name))
        options = {option for parameter in command.params for option in parameter.opts}
        if not any(isinstance(p, click.Argument) and p.required for p in command.params):
            if "--format" in options:
                yield (*path, name, "--format", "json")
            elif "--json" in options:
                yield (*path, name, "--json")


def asked(*call: str) -> str:
    done = CliRunner().invoke(cli, list(call), catch_exceptions=False)
    assert done.exit_code == 0, (call, done.output)
    return done.output


@pytest.mark.heavy
def test_no_way_out_yields_an_address_that_may_not_be_written_to(
    demo: Settings, scene: Scene, db: Database, conn: Connection, keyer: Keyer
) -> None:
    """Every view, page, download and list of the command line: addresses stand in the newsletter alone."""
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
    ways = pages(build(demo, db))
    ways |= {" ".join(call): asked(*call) for call in lists_of(cli) if call[0] != "newsletter"}
    assert len(ways) > 25
    shown = "\n".join(ways.values()) + files(demo.home)
    views = rows(conn, "SELECT viewname FROM pg_views WHERE schemaname = 'lists'")
    shown += "\n".join(str(row) for (view,) in views for row in rows(conn, f"SELECT v::text FROM lists.{view} v"))
    assert [address for address in addresses if address in shown] == []
    contactable = {r["person_id"] for r in json.loads(ways["/export/fuersprecher.json"]) if r["contactable"] == "yes"}
    allowed = {f"P{p}" for (p,) in rows(conn, "SELECT person_id FROM person_contact WHERE contactable = 'yes'")}
    assert contactable <= allowed
    # Nobody is offered anything but by a consent, or by what was bought with the address.
    offered = {row["person_id"] for row in json.loads(ways["/export/angebote.json"])}
    assert offered
    said_no = {str(keyer.customer(number)) for number in gone}
    numbers = dict(
        rows(conn, "SELECT 'P' || a.person_id, ac.customer_key FROM author a JOIN author_customer ac USING (author_id)")
    )
    assert not said_no & {numbers[person] for person in offered}
    assert set(re.findall(r"/warum/(P\d+)", ways["/angebote"])) <= offered
    suggested = {(len(json.loads(ways["/export/angebote.json"])),)}
    assert set(rows(conn, "SELECT items FROM lists.exports WHERE kind = 'offers' AND way = 'page'")) == suggested
    registered = set(rows(conn, "SELECT kind, way, made_by, items FROM lists.exports"))
    listed = len(json.loads(ways["/export/fuersprecher.json"]))
    assert {("newsletter", "command", "Marketing", len(taken)), ("advocates", "page", "Seiten", listed)} <= registered
