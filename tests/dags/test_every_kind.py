"""Every kind of source through its DAG into the database, twice: nothing doubled, edits as revisions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
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
from tests.spiders.file_examples import EXAMPLES, said, write

pytestmark = [pytest.mark.airflow, pytest.mark.heavy]

COUNT = 30
FILES = [kind for kind in sorted(kinds()) if kinds()[kind].get("reader") == "file"]
KINDS = [kind for kind in sorted(kinds()) if kinds()[kind].get("reader", "api") != "file"]
WRITTEN, EDITED = FIRST + timedelta(days=2), FIRST + timedelta(days=3)
#: Interfaces that show an edit as another review (no ids), or show no texts.
NO_EDITS = {"magento", "google_places"}


@dataclass
class House:
    server: DemoServer
    dags: dict[str, Any]
    folder: Path

    def dag_of(self, name: str, db: Database) -> Any:
        """The DAG of a source, in an environment that knows no other: each run reads the DAG files anew."""
        environments = {kind: self.server.fakes[kind].environment(kind) for kind in KINDS}
        for values in environments.values():
            for key in values:
                os.environ.pop(key, None)
        os.environ.update(environments.get(name, {}))
        os.environ.update(KUNDENECHO_DATABASE_URL=db.url, KUNDENECHO_CONFIG=str(self.folder / f"{name}.toml"))
        return self.dags[f"kundenecho_collect_{name}"]


def company() -> Company:
    """A crowd on each channel; ids and persons of their own."""
    persons, voices = {}, []
    for channel in {cls.channel or kind for kind, cls in fakes().items()}:
        one = crowd(channel, COUNT, edited=EDITED)
        persons.update({f"{channel}-{key}": replace(p, id=f"{channel}-{key}") for key, p in one.persons.items()})
        voices += [replace(v, id=f"{channel}-{v.id}", person=v.person and f"{channel}-{v.person}") for v in one.voices]
    return Company(persons, tuple(sorted(voices, key=lambda v: (v.date, v.id))))


def tables(server: DemoServer) -> dict[str, str]:
    """The tables of all sources by their names."""
    found = {}
    for kind in KINDS:
        fake = server.fakes[kind]
        pages = {"start": ["sitemap.xml"], "follow": ["/produkt/"]} if kind == "schemaorg" else {}
        values = {"allow_private": True, "accounts": list(fake.accounts), **pages, **fake.card}
        found[kind] = source(kind, kind, values)
    for kind in FILES:
        found[source_of(kind)] = source(source_of(kind), kind, {"address": f"{kind}/*", **EXAMPLES[kind].card})
    return found


def source(name: str, kind: str, values: Mapping[str, Any]) -> str:
    """A source's table as a person would write it; what JSON and TOML write alike."""
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"[sources.{name}]", f'kind = "{kind}"', *(f"{key} = {json.dumps(value)}" for key, value in plain.items())]
    for key, table in values.items():
        if key not in plain:
            rows = [
                f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()
            ]
            lines += [f"[sources.{name}.{key}]", *rows]
    return "\n".join(lines)


def source_of(kind: str) -> str:
    """A source's name begins with a letter."""
    return f"s_{kind}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, airflow_home: Path) -> Iterator[House]:
    from dags.local import load_dags

    home = tmp_path_factory.mktemp("kinds")
    saved = dict(os.environ)
    with DemoServer(company(), as_of=WRITTEN) as server:
        found = tables(server)
        for name, table in {**found, "kundenecho": "\n".join(found.values())}.items():
            (home / f"{name}.toml").write_text(table, encoding="utf-8")
        # Airflow's DAGs are made with all of them.
        for kind in KINDS:
            os.environ.update(server.fakes[kind].environment(kind))
        os.environ.update(KUNDENECHO_CONFIG=str(home / "kundenecho.toml"), KUNDENECHO_HOME=str(home))
        yield House(server, load_dags(), home)
    os.environ.clear()
    os.environ.update(saved)


def truth(server: DemoServer, kind: str) -> dict[str, Any]:
    fake = server.fakes[kind]
    return {said.native_id: said for account in fake.accounts for said in fake.said(account)}


@pytest.mark.parametrize("kind", KINDS)
def test_twice_through_its_dag(kind: str, house: House, db: Database, conn: Connection) -> None:
    from dags.local import test_dag

    dag = house.dag_of(kind, db)
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


@pytest.mark.parametrize("kind", FILES)
def test_an_export_twice_through_its_dag(kind: str, house: House, db: Database, conn: Connection) -> None:
    from dags.local import test_dag

    example, dag = EXAMPLES[kind], house.dag_of(source_of(kind), db)
    table = example.table(COUNT)
    file = house.folder / kind / f"export{example.suffixes[0]}"
    file.parent.mkdir()
    write(example, file, table)
    assert test_dag(dag) == "success"
    stored = (
        "SELECT count(*), count(DISTINCT native_id), count(DISTINCT coalesce(response_key, native_id)) FROM feedback"
    )
    [(records, ids, responses)] = rows(conn, stored)
    assert (records, responses) == (ids, COUNT)
    assert rows(conn, "SELECT count(*) FROM rejected") == [(0,)]
    third = table[len(example.header) + 2]
    third[third.index(said(2))] = "Nachtrag: jetzt läuft sie."
    write(example, file, [*table, example.row(COUNT)])
    assert test_dag(dag) == "success"
    conn.rollback()
    assert rows(conn, stored)[0][2] == COUNT + 1
    revised = "SELECT text FROM revision WHERE number = 2"
    assert rows(conn, revised) == [("Nachtrag: jetzt läuft sie.",)]
