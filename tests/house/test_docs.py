"""Every command, setting, view, column, source and reason in the docs exists, and the other way round."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from cli.main import cli
from insights.advocates import rules
from kundenecho.settings import ENVIRONMENT, SETTINGS, load_settings
from spiders.card import FIELDS, Card, kinds, load_cards
from spiders.card_faults import COLUMN_FIELDS
from spiders.catalogue import ORDER, catalogue
from storage.connect import Connection
from tests.conftest import ROOT, rows

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def first_cells(page: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))


def commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}

    def walk(group: click.Group, prefix: str) -> None:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                walk(command, f"{prefix} {name}")
            if not isinstance(command, click.Group) or command.invoke_without_command:
                found[f"{prefix} {name}"] = command

    walk(cli, "kundenecho")
    return found


def test_commands_and_their_options() -> None:
    documented = {}
    for line in re.findall(r"^\| `kundenecho .*$", text("commands.md"), re.MULTILINE):
        name, *options = re.findall(r"`([^`]+)`", line.rsplit(" | ", 1)[0])
        documented[" ".join(w for w in name.split() if w.islower())] = set(options)
    real = {
        name: {p.opts[0] for p in command.params if isinstance(p, click.Option)} for name, command in commands().items()
    }
    assert documented == real
    assert all(command.help for command in commands().values())


@pytest.mark.parametrize("page", TEXTS, ids=lambda p: p.stem)
def test_commands_in_texts_exist(page: Path) -> None:
    for used in re.findall(r"`(kundenecho [^`]*)`|^(kundenecho .*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        words = (used[0] or used[1]).split("#")[0].split()
        names = {tuple(name.split()) for name in commands()}
        groups = {("kundenecho", n) for n, c in cli.commands.items() if isinstance(c, click.Group)}
        assert tuple(words[:2]) in names | groups or tuple(words[:3]) in names, used


def test_settings() -> None:
    page = text("settings.md")
    assert first_cells(page) == {s.path for s in SETTINGS} | set(ENVIRONMENT)
    for setting in SETTINGS:
        assert f"| `{setting.path}` | `{setting.variable}` |" in page


def test_variables_in_texts_exist() -> None:
    known = {s.variable for s in SETTINGS} | set(ENVIRONMENT)
    for page in TEXTS:
        for name in re.findall(r"KUNDENECHO_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8")):
            assert name in known or name.startswith(("KUNDENECHO_SOURCES", "KUNDENECHO_DB_PASSWORD")), (page.name, name)


def test_views_and_columns(conn: Connection) -> None:
    real: dict[str, dict[str, str]] = {}
    for view, column, comment in rows(
        conn,
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'lists'::regnamespace AND c.relkind = 'v' AND a.attnum > 0",
    ):
        real.setdefault(view, {})[column] = comment
    assert all(comment for columns in real.values() for comment in columns.values())
    documented = {}
    for section in text("views.md").split("\n## lists.")[1:]:
        name, body = section.split("\n", 1)
        documented[name] = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", body, re.MULTILINE))
    assert documented == real


def test_roles(conn: Connection) -> None:
    real = {name for (name,) in rows(conn, "SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'kundenecho_')")}
    assert {c for c in first_cells(text("views.md")) if c.startswith("kundenecho_")} == real


def test_sources() -> None:
    assert first_cells(text("sources.md")) >= set(FIELDS)
    assert set(re.findall(r"^- `(\w+)`:", text("kinds.md"), re.MULTILINE)) == set(kinds())
    for field in COLUMN_FIELDS:
        assert f"`{field}`" in text("files.md")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, card in load_cards(load_settings(ROOT / "kundenecho.toml", env={})).items():
        assert isinstance(card, Card), card
        assert f"`{name}`" in text("sources.md")
    assert {k for k in kinds() if f"`{k}`" in readme} == set(kinds())


def test_what_comes_from_the_code_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_kind_has_its_place_in_the_catalogue() -> None:
    assert {kind.name for kind in catalogue()} == set(kinds())
    assert set(ORDER) == set(kinds())


def test_the_example_in_sources_is_a_good_card(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", text("files.md"), re.DOTALL)
    file = tmp_path / "kundenecho.toml"
    file.write_text(example, encoding="utf-8")
    assert isinstance(load_cards(load_settings(file, env={}))["umfrage"], Card)


def test_reasons() -> None:
    assert first_cells(text("advocates.md")) == set(rules().reasons)


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", text("adr/README.md")))
    assert listed == {p.name for p in (DOCS / "adr").glob("0*.md")}


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=\[ ]", d)[0] for d in project["dependencies"]}
    page = text("adr/0007-dependencies.md") + text("adr/0006-textblob-de.md")
    assert {n for n in names if n.replace("-binary", "") not in page} == set()


@pytest.mark.parametrize("page", TEXTS, ids=lambda p: p.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_make_targets_in_texts_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in TEXTS:
        for used in re.findall(r"`make ([a-z]+)|^make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert (used[0] or used[1]) in targets, page.name


def test_no_addresses_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert all("==" in line for line in lock.splitlines() if line and not line.startswith("#"))
