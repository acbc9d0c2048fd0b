"""``kundenecho seal`` as somebody at a terminal meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundenecho.errors import DataError
from tests.cli.conftest import Installation


def test_a_preview_tells_and_writes_nothing(installed: Installation, tmp_path: Path) -> None:
    listed = installed.run("seal")
    assert "HM-310" in listed.output
    shown = installed.run("seal", "--product", "HM-310")
    assert shown.exit_code == 0, shown.output
    assert "von 5 aus" in shown.output
    assert "Bewertungen ohne bestätigten Kauf" in shown.output
    with installed.db.connect("test") as conn, conn.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM export_register WHERE kind = 'seal'")
        assert cursor.fetchone() == (0,)


def test_it_is_written_for_a_web_server(installed: Installation, tmp_path: Path) -> None:
    made = installed.run("seal", "--product", "HM-310", "--source", "shop", "--output", str(tmp_path), "--by", "Jo")
    assert made.exit_code == 0, made.output
    assert "Siegel Nr. " in made.output
    assert "Andere Quellen wurden für dieses Siegel nicht herangezogen" in (tmp_path / "siegel.html").read_text("utf-8")


@pytest.mark.parametrize(
    "arguments", [("--product", "HM-310", "--company"), ("--output", "x"), ("--company", "--until", "gestern")]
)
def test_wrong_use_is_told(installed: Installation, arguments: tuple[str, ...]) -> None:
    assert installed.run("seal", *arguments).exit_code == 2


def test_too_few_ratings_fail(installed: Installation, tmp_path: Path) -> None:
    failed = installed.run("seal", "--company", "--until", "2024-01-01", "--output", str(tmp_path / "x"))
    assert isinstance(failed.exception, DataError)
    assert not (tmp_path / "x").exists()
