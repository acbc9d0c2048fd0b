"""What the commands about sources print."""

from __future__ import annotations

import pytest

from spiders.card import kinds
from tests.cli.conftest import Installation, installed  # noqa: F401  the same fixture


def test_how_the_sources_stand(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("KUNDENECHO_SOURCES_TRUSTPILOT_SCHEDULE", "bald")
    done = installed.run("sources")
    assert done.exit_code == 0, done.output
    [shop] = [line for line in done.output.splitlines() if line.startswith(("│shop ", "│ shop "))]
    assert "schemaorg" in shop
    assert "gut" in shop
    assert "(erwartet 50–∞)" in shop
    assert "Karte fehlerhaft" in done.output
    assert "noch nie gelaufen" in done.output
    assert "the answer to too many requests" in done.output
    assert "https://www.provenexpert.com/de-de/agb/" in done.output


def test_one_line_for_each_and_an_exit_code(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    good = installed.run("sources", "check", "provenexpert")
    assert (good.exit_code, good.output) == (
        0,
        "ok   provenexpert: answers, the credentials hold, the first item can be read\n",
    )
    monkeypatch.setenv("PROVENEXPERT_API_KEY", "wrong")
    bad = installed.run("sources", "check", "provenexpert")
    assert bad.exit_code == 1
    assert bad.output.startswith("FAIL provenexpert: ")
    assert "wrongCredentials. Check plan and credentials" in bad.output
    assert bad.output.count("\n") == 1


def test_all_kinds_are_listed(installed: Installation) -> None:  # noqa: F811
    listed = installed.run("sources", "kinds").output
    assert all(f"│{kind} " in listed or f"│ {kind} " in listed for kind in kinds())
