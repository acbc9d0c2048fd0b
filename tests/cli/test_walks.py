"""Deciding about parts and persons, pair by pair in front of a terminal, and by single commands."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from storage.connect import Connection, Database
from storage.part_decisions import part_decisions
from storage.person_lists import list_candidates, list_judgements
from tests.conftest import ROOT, rows
from tests.pipeline.counting import understand

Make = Callable[..., Feedback]
END_OF_INPUT = "\x04"


@pytest.fixture
def house(
    db: Database, conn: Connection, settings: Settings, load: Callable[..., object], feedback: Make, keyer: Keyer,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Four names of parts of which any three may be one, and three persons with an account each on two portals."""
    parts = ("Auslaufdüse", "Kaffeedüse", "Düse", "Deckel")
    load([feedback(f"p{n}", f"Die {part} ist verstopft.", author=None) for n, part in enumerate(parts)])
    for source in ("shop", "other"):
        load(
            [
                feedback(name, f"Läuft, schreibt {name} auf {source}.", source=source, author_name=name,
                         author_key=keyer.account(source, name))
                for name in ("Ina Musterfrau", "Uwe Beispiel", "Eva Probe")
            ],
            source=source,
        )  # fmt: skip
    understand(conn)
    decide(settings)
    monkeypatch.setenv("KUNDENECHO_DATABASE_URL", db.url)
    monkeypatch.setenv("KUNDENECHO_HOME", str(tmp_path / "home"))


pytestmark = pytest.mark.usefixtures("house")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def walk(*arguments: str, typed: str) -> str:
    """What a walk prints to somebody who types on a real terminal."""
    keyboard, terminal = pty.openpty()
    try:
        # Typed ahead: the terminal keeps it until it is asked for.
        os.write(keyboard, typed.encode())
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments], stdin=terminal, capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120, check=False,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(keyboard)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_parts_from_the_decision_to_taking_it_back(settings: Settings, conn: Connection) -> None:
    assert run("parts", "list").output.startswith("Noch nichts entschieden.")
    said = run("parts", "same", "Deckel", "Düse", "--product", "HM-120", "--by", "anna").output
    assert said.startswith("Entscheidung 1: Deckel und Düse sind ein Bauteil, Produkt HM-120.")
    assert "nächsten kundenecho decide" in said
    decide(settings)
    assert rows(conn, "SELECT canonical FROM component_alias WHERE component = 'deckel'") == [("düse",)]
    conn.rollback()
    refused = run("parts", "different", "Deckel", "Düse", "--product", "HM-999", "--by", "bert")
    assert (refused.exit_code, "no product HM-999" in str(refused.exception)) == (1, True)
    assert run("parts", "same", "Deckel", "Düse", "--product", "HM-120", "--group", "Kannen").exit_code == 2
    [line] = [line for line in run("parts", "list").output.splitlines() if "deckel" in line]
    assert all(word in line for word in ("1", "düse", "ein Bauteil", "Produkt HM-120", "anna"))
    assert run("parts", "undo", "1", "--by", "bert").output.startswith("Entscheidung 1 ist zurückgenommen.")
    assert "no decision 1 stands" in str(run("parts", "undo", "1").exception)
    assert run("parts", "list").output.startswith("Noch nichts entschieden.")
    assert "deckel" in run("parts", "list", "--all").output
    decide(settings)
    assert rows(conn, "SELECT count(*) FROM component_alias WHERE component = 'deckel'") == [(0,)]


def test_without_a_terminal_the_pairs_are_shown(conn: Connection) -> None:
    shown = run("parts", "review", "--limit", "2").output
    assert re.search(r"HM-120 +│ auslaufdüse +│ +1 │ düse +│ +1 │ zwei Bauteile", shown)
    assert "… und 1 weitere: --limit 3" in shown
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO remedy (product, defect, title) VALUES ('HM-999', 'leak', 'Dichtung')")
    conn.commit()
    assert run("parts", "review", "--product", "HM-999").output == "Nichts zu entscheiden.\n"
    people = run("persons", "review").output.splitlines()
    assert len(people) == 3
    assert all("derselbe ausgeschriebene Name, dasselbe Produkt" in line for line in people)


def test_walking_through_parts(conn: Connection) -> None:
    # Nothing is no decision, a wrong letter asks again, a contradiction is told and the walk goes on.
    said = walk("parts", "review", "--by", "anna", typed="x\ng\nG\nv\n")
    assert "1 von 3, HM-120: auslaufdüse und düse, bisher zwei Bauteile" in said
    assert "Auslaufdüse, 1 Nennung: „Die Auslaufdüse ist verstopft“" in said
    assert "'x' ist keine Antwort." in said
    assert "Entscheidung 1: ein Bauteil, Produkt HM-120" in said
    assert "düse and kaffeedüse would be one (auslaufdüse = düse, auslaufdüse = kaffeedüse: decision 1, 2)" in said
    assert said.endswith("Gezählt wird beim nächsten kundenecho decide. Zurücknehmen: kundenecho parts undo NUMMER\n")
    decided = [(row.one, row.other, row.same, row.decided_by) for row in part_decisions(conn)]
    assert decided == [("auslaufdüse", "düse", True, "anna"), ("auslaufdüse", "kaffeedüse", True, "anna")]
    again = walk("parts", "review", typed=f"\n{END_OF_INPUT}")
    assert "1 von 1, HM-120: düse und kaffeedüse" in again
    assert "Entscheidung" not in again
    assert len(part_decisions(conn)) == 2


def test_walking_through_persons(conn: Connection) -> None:
    said = walk("persons", "review", "--by", "anna", typed=f"x\ng\nu\n{END_OF_INPUT}")
    assert "1 von 3: P" in said
    assert "· shop · Ina Musterfrau · 1 Beitrag vom 04.05.2026 · HM-120\n    „Läuft, schreibt Ina Musterfrau" in said
    assert "'x' ist keine Antwort." in said
    assert "  J1: dieselbe Person" in said
    assert "  J2: unentschieden" in said
    assert said.endswith("Zurücknehmen: kundenecho persons undo J…\n")
    assert [(row["verdict"], row["judged_by"]) for row in list_judgements(conn)] == [
        ("undecided", "anna"),
        ("same", "anna"),
    ]
    # Whoever ends by Ctrl+D has judged all the same, and it counts already.
    assert rows(conn, "SELECT count(*) FROM (SELECT FROM author WHERE person_id IS NOT NULL GROUP BY person_id"
                      " HAVING count(*) > 1) p") == [(1,)]  # fmt: skip
    conn.rollback()
    assert len(list_candidates(conn)) == 1
    conn.rollback()
    assert "1 von 2" in walk("persons", "review", "--again", typed="e\n")
    assert run("persons", "undo", "J1", "--by", "bert").output.startswith("J1 zurückgenommen")
    assert len(list_candidates(conn)) == 2
