"""Every kind of source through its DAG into the database, twice: nothing doubled, edits as revisions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import Company
from demo.server import DemoServer, fakes
from spiders.card import kinds
from storage.connect import Connection, Database
from tests.conftest import rows
from tests.spiders.crowd import FIRST, crowd

pytestmark = [pytest.mark.airflow, pytest.mark.heavy]

COUNT = 30
KINDS = [kind for kind in sorted(kinds()) if kinds()[kind].get("reader", "api") != "file"]
WRITTEN, EDITED = FIRST + timedelta(days=2), FIRST + timedelta(days=3)
#: Interfaces that show an edit as another review (no ids), or show no texts.
NO_EDITS = {"magento", "google_places"}


@dataclass
class House:
    server: DemoServer
    dags: dict[str, Any]


def company() -> Company:
    """A crowd on each channel; ids and persons of their own."""
    persons, voices = {}, []
    for channel in {cls.channel or kind for kind, cls in fakes().items()}:
        one = crowd(channel, COUNT, edited=EDITED)
        persons.update({f"{channel}-{key}": replace(p, id=f"{channel}-{key}") for key, p in one.persons.items()})
        voices += [replace(v, id=f"{channel}-{v.id}", person=v.person and f"{channel}-{v.person}") for v in one.voices]
    return Company(persons, tuple(sorted(voices, key=lambda v: (v.date, v.id))))


def settings_file(server: DemoServer) -> str:
    lines = []
    for kind in KINDS:
        accounts = ", ".join(f'"{account}"' for account in server.fakes[kind].accounts)
        lines += [f"[sources.{kind}]", f'kind = "{kind}"', "allow_private = true", f"accounts = [{accounts}]"]
        lines += ['start = ["sitemap.xml"]', 'follow = ["/produkt/"]'] if kind == "schemaorg" else []
    return "\n".join(lines)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, airflow_home: Path) -> Iterator[House]:
    from dags.local import load_dags

    home = tmp_path_factory.mktemp("kinds")
    saved = dict(os.environ)
    with DemoServer(company(), as_of=WRITTEN) as server:
        (home / "kundenecho.toml").write_text(settings_file(server), encoding="utf-8")
        for kind in KINDS:
            os.environ.update(server.fakes[kind].environment(kind))
        os.environ.update(KUNDENECHO_CONFIG=str(home / "kundenecho.toml"), KUNDENECHO_HOME=str(home))
        yield House(server, load_dags())
    os.environ.clear()
    os.environ.update(saved)


def truth(server: DemoServer, kind: str) -> dict[str, Any]:
    fake = server.fakes[kind]
    return {said.native_id: said for account in fake.accounts for said in fake.said(account)}


@pytest.mark.parametrize("kind", KINDS)
def test_twice_through_its_dag(kind: str, house: House, db: Database, conn: Connection) -> None:
    from dags.local import test_dag

    os.environ["KUNDENECHO_DATABASE_URL"] = db.url
    dag = house.dags[f"kundenecho_collect_{kind}"]
    house.server.as_of = WRITTEN
    assert test_dag(dag) == "success"
    before = truth(house.server, kind)
    stored = f"SELECT count(*), count(DISTINCT native_id) FROM feedback WHERE source = '{kind}'"
    assert rows(conn, stored) == [(len(before), len(before))]
    house.server.as_of = EDITED + timedelta(hours=1)
    after = truth(house.server, kind)
    assert test_dag(dag) == "success"
    conn.rollback()
    assert rows(conn, stored) == [(len(before.keys() | after.keys()),) * 2]
    current = dict(rows(conn, f"SELECT native_id, text FROM current_feedback WHERE source = '{kind}'"))
    assert {key: current[key] for key in after} == {key: said.text for key, said in after.items()}
    changed = sum(before[key].text != said.text for key, said in after.items() if key in before)
    revised = f"SELECT count(*) FROM feedback f JOIN revision r USING (feedback_id) WHERE r.number = 2 AND f.source = '{kind}'"
    assert rows(conn, revised) == [(changed,)]
    assert changed or kind in NO_EDITS
    figures = rows(conn, f"SELECT count(*) FROM aggregate_rating WHERE source = '{kind}'")
    assert figures[0][0] or before
