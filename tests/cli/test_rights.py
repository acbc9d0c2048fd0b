"""``kundenecho erase``, ``subject``, ``object`` and ``newsletter`` as somebody at a terminal meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kundenecho.errors import DataError
from storage.connect import Connection, Database
from tests.conftest import SECRET, rows
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import EMAIL, consent, order, person


@pytest.fixture
def run(db: Database, conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Commands in a house that knows one customer."""
    monkeypatch.setenv("KUNDENECHO_DATABASE_URL", db.url)
    monkeypatch.setenv("KUNDENECHO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUNDENECHO_KEY_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)
    load_list(conn, "customers", [person()])
    load_list(conn, "orders", [order()])
    load_list(conn, "consents", [consent()])
    conn.commit()

    def invoke(*arguments: str) -> Result:
        from cli.main import cli

        return CliRunner().invoke(cli, list(arguments))

    return invoke


def test_a_person_is_handed_out_objects_and_is_erased(run: Any, conn: Connection, tmp_path: Path) -> None:
    letters = run("newsletter", "--output", "letters.csv", "--by", "Marketing")
    assert letters.exit_code == 0, letters.output
    assert EMAIL in (tmp_path / "letters.csv").read_text(encoding="utf-8-sig")
    assert (tmp_path / "letters.csv").stat().st_mode & 0o077 == 0

    handed = run("subject", "--email", EMAIL, "--output", "auskunft", "--by", "Datenschutz")
    assert handed.exit_code == 0, handed.output
    [held] = json.loads((tmp_path / "auskunft" / "auskunft.json").read_text(encoding="utf-8"))
    assert held["kundendaten"][0]["email"] == EMAIL
    assert EMAIL in (tmp_path / "auskunft" / "auskunft.html").read_text(encoding="utf-8")

    assert "vermerkt" in run("object", "--customer", "K-1", "--by", "Support").output
    assert run("newsletter", "--by", "Marketing").output.count("@") == 0
    assert "zurückgenommen" in run("object", "--customer", "K-1", "--take-back", "--by", "Ina").output

    assert run("erase", "--email", EMAIL).exit_code == 2, "nobody is named who does it"
    planned = run("erase", "--email", EMAIL, "--dry-run")
    assert "Das würde gelöscht" in planned.output
    assert "Kundendaten: 1" in planned.output
    assert rows(conn, "SELECT count(*) FROM customer") == [(1,)]
    conn.commit()
    done = run("erase", "--email", EMAIL, "--by", "Datenschutz")
    assert done.exit_code == 0, done.output
    assert "Gelöscht, Beleg 1" in done.output
    assert "(newsletter, Marketing)" in done.output
    assert EMAIL not in planned.output + done.output
    assert rows(conn, "SELECT count(*) FROM customer") == [(0,)]
    assert rows(conn, "SELECT kind FROM lists.exports ORDER BY export_id") == [
        ("newsletter",), ("subject",), ("newsletter",),
    ]  # fmt: skip


def test_who_is_not_named_well_gets_a_sentence(run: Any) -> None:
    for wrong in ((), ("--person", "P99"), ("--account", "shop"), ("--person", "P1", "--email", EMAIL)):
        refused = run("erase", *wrong, "--by", "x")
        assert isinstance(refused.exception, DataError), refused.output
