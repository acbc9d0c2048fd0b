"""``kundenecho report defects``: one file that needs nothing else, about what the lists say."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kundenecho.settings import load_settings
from pipeline.remedies import approve, draft, publish
from tests.cli.conftest import Installation
from tests.conftest import rows
from web.report.pdf import find_browser


class Page(HTMLParser):
    """Tags and texts of a page; fails where a tag is not closed."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name))]


@pytest.fixture(scope="module")
def text(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("report") / "bericht.html"
    result = installed.run("report", "defects", "--output", str(file))
    assert (result.exit_code, result.output.strip()) == (0, str(file))
    return file.read_text(encoding="utf-8")


def shown(installed: Installation) -> list[dict[str, object]]:
    found = json.loads(installed.run("defects", "--format", "json").output)
    return [d for d in found if d["signal"] != "too_little_data"]


def test_it_loads_nothing(text: str) -> None:
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(tags)
    assert page.values("src") == page.values("srcset") == page.values("data") == []
    assert "@import" not in text
    assert "url(" not in text
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert "default-src 'none'" in text
    assert tags.count("h1") == 1


def test_links_lead_into_the_page_or_to_a_source(text: str, installed: Installation) -> None:
    page = Page(text)
    marks = page.values("id")
    assert len(marks) == len(set(marks))
    with installed.db.connect("test") as conn:
        sources = {url for (url,) in rows(conn, "SELECT url FROM kundenecho.feedback")}
    for link in page.values("href"):
        assert link.removeprefix("#") in marks if link.startswith("#") else link in sources


def test_every_defect_with_enough_data_is_there_with_its_figures(text: str, installed: Installation) -> None:
    defects = shown(installed)
    assert defects
    for defect in defects:
        assert f'id="{defect["defect_id"]}"' in text
        assert f"{defect['persons']} von {defect['persons_exposed']} Personen" in text
    assert "Was wir nicht wissen" in text


def test_quotes_are_masked_and_have_their_source(text: str, installed: Installation) -> None:
    with installed.db.connect("test") as conn:
        bodies = [
            " ".join(body.split())
            for row in rows(conn, "SELECT title, text FROM kundenecho.masked_revision")
            for body in row
            if body
        ]
    quotes = re.findall(r"<mark>(.*?)</mark>", text, re.DOTALL)
    assert len(quotes) >= len(shown(installed))
    for quote in quotes:
        assert any(unescape(quote) in body for body in bodies), quote
    origins = re.findall(r"<footer>(.*?)</footer>", text)
    assert len(origins) == len(quotes)
    assert all(re.match(r".+ · (\d\d\.\d\d\.\d{4}|\w+ \d{4}|ohne Datum) · .*Kauf", origin) for origin in origins)


def test_the_same_data_gives_the_same_bytes(text: str, installed: Installation, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    installed.run("report", "defects", "--output", str(again))
    assert again.read_text(encoding="utf-8") == text


def test_one_product(installed: Installation) -> None:
    product = shown(installed)[0]["product"]
    result = installed.run("report", "defects", "--product", str(product))
    file = Path(result.output.strip())
    assert file.parent == installed.home / "reports"
    page = file.read_text(encoding="utf-8")
    ids = {str(d["defect_id"]) for d in shown(installed) if d["product"] == product}
    assert set(re.findall(r'id="(D\d+)"', page)) == ids
    assert "Worüber Kunden sonst sprechen" in page


def test_a_product_that_nobody_knows(installed: Installation) -> None:
    result = installed.run("report", "defects", "--product", "HM-999")
    assert "there is no product HM-999" in str(result.exception)


def test_without_a_browser_it_says_what_to_install(
    installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUNDENECHO_REPORT_BROWSER", str(tmp_path / "no browser"))
    result = installed.run("report", "defects", "--output", str(tmp_path / "b.pdf"), "--pdf")
    assert "apt-get install chromium" in str(result.exception)
    assert (tmp_path / "b.html").exists()


@pytest.mark.heavy
@pytest.mark.skipif(find_browser(load_settings(env={})) is None, reason="no Chromium, Chrome or Edge is installed")
def test_a_browser_prints_it(installed: Installation, tmp_path: Path) -> None:
    installed.run("report", "defects", "--output", str(tmp_path / "b.pdf"), "--pdf")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "b.html").exists()


def test_a_published_remedy_stands_on_the_first_page(installed: Installation, tmp_path: Path) -> None:
    defect = str(shown(installed)[0]["defect_id"])
    settings, file = load_settings(), tmp_path / "r.html"
    remedy = draft(settings, defect, by="Kim", title="Mit der Büroklammer", text="Büroklammer in die Düse stecken.")
    installed.run("report", "defects", "--output", str(file))
    text = file.read_text(encoding="utf-8")
    assert f"Die Lösung {remedy} prüfen und freigeben" in text
    assert "Was Lösungen bewirkt haben" not in text
    approve(settings, remedy, by="Alex")
    publish(settings, remedy, "newsletter", by="Kim", on=date(2026, 5, 4))
    installed.run("report", "defects", "--output", str(file))
    first, _, inside = file.read_text(encoding="utf-8").partition('<section class="product">')
    assert "Was Lösungen bewirkt haben" in first
    assert "Veröffentlicht seit 04.05.2026: Newsletter." in first
    assert "Büroklammer in die Düse stecken." in inside


def test_the_weekly_report_stays_what_it_was(installed: Installation) -> None:
    result = installed.run("report")
    assert result.exit_code == 0
    assert re.search(r"report → .*reports: defects \d+, advocates \d+, delivered 0, failed 0", result.output)
    files = {file.suffix for file in (installed.home / "reports").glob("kundenecho-*")}
    assert files == {".html", ".json", ".xlsx"}
