"""Cards: the kind's defaults and the source's own table, with one clear line for each fault."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kundenecho.errors import SettingsError
from kundenecho.settings import load_settings
from spiders.card import FIELDS, BrokenCard, Card, kinds, load_cards
from spiders.child import card_from_json, job_json
from spiders.engine import SourceSpider
from spiders.registry import spider_class
from tests.conftest import ROOT

GOOD = '[sources.shop]\nkind = "schemaorg"\naddress = "https://shop.example/"\n'


def cards(tmp_path: Path, text: str, **env: str) -> dict[str, Card | BrokenCard]:
    file = tmp_path / "kundenecho.toml"
    file.write_text(text, encoding="utf-8")
    return load_cards(load_settings(file, env))


def test_kind_and_table_make_a_card(tmp_path: Path) -> None:
    card = cards(tmp_path, GOOD + "min_yield = 20\n", KUNDENECHO_SOURCES_SHOP_SCHEDULE="@daily")["shop"]
    assert isinstance(card, Card)
    assert (card.min_yield, card.schedule, card.full_read, card.time_zone) == (20, "@daily", True, "Europe/Berlin")
    assert card.terms
    assert card.unverified


@pytest.mark.parametrize(
    ("change", "words", "line"),
    [
        ('kind = "ftp"', "unknown kind", 2),
        ("colour = 3", "unknown key 'colour'", 4),
        ("rating_min = 5", "rating scale is empty", 4),
        ('min_yield = "many"', "a whole number is needed", 4),
        ('follow = ["("]', "does not compile", 4),
        ('schedule = "sometimes"', "no cron expression", 4),
        ('time_zone = "Mars/Base"', "unknown time zone", 4),
        ("max_yield = 0", "below min_yield", 4),
        ('address = "ftp://x"', "no http address", 3),
        ('rating_best = "middle"', "rating_best", 4),
        ("accounts = []", "accounts is empty", 4),
        ('accounts = ["de", "de"]', "names one twice", 4),
        ('credentials = ["geheim123"]', "does not name environment variables", 4),
        ("min_yield = -1", "min_yield is negative", 4),
        ("retention_days = 0", "retention_days is below 1", 4),
        ("header_rows = 3", "header_rows is 3", 4),
        ('delimiter = ";;"', "is not one character", 4),
        ('encoding = "klingon"', "unknown encoding", 4),
        ('date_order = "ymd"', "date_order", 4),
        ('columns = { colour = "Farbe" }', "no field 'colour'", 4),
    ],
)
def test_wrong_card_names_line_and_remedy(tmp_path: Path, change: str, words: str, line: int) -> None:
    key = change.split(" ")[0]
    lines = [row for row in GOOD.splitlines() if not row.startswith(key + " ")]
    lines.insert(line - 1, change)
    found = cards(tmp_path, "\n".join(lines) + '\n\n[sources.other]\nkind = "provenexpert"\n')
    broken = found["shop"]
    assert isinstance(broken, BrokenCard)
    assert words in str(broken.error)
    assert f"kundenecho.toml:{line} (source shop)" in str(broken.error)
    assert broken.error.remedy
    assert isinstance(found["other"], Card)


def test_a_secret_written_into_the_file_is_not_repeated(tmp_path: Path) -> None:
    broken = cards(tmp_path, '[sources.portal]\nkind = "provenexpert"\ncredentials = ["s3cr3t-value", "x"]\n')["portal"]
    assert isinstance(broken, BrokenCard)
    assert "s3cr3t" not in str(broken.error)


def test_values_from_the_environment_have_the_types_of_the_file(tmp_path: Path) -> None:
    env = {
        "MIN_YIELD": "7", "MAX_YIELD": "", "RATING_MAX": "10", "ALLOW_PRIVATE": "true", "ACCOUNTS": "de, at",
        "START": "a,b", "SCHEDULE": "", "ADDRESS": "https://other.example/",
    }  # fmt: skip
    card = cards(tmp_path, GOOD, **{f"KUNDENECHO_SOURCES_SHOP_{key}": value for key, value in env.items()})["shop"]
    assert isinstance(card, Card)
    assert (card.min_yield, card.max_yield, card.rating_max, card.allow_private) == (7, None, 10.0, True)
    assert (card.accounts, card.start, card.schedule, card.address) == (("de", "at"), ("a", "b"), None, env["ADDRESS"])


def test_a_relative_inbox_begins_at_the_settings_file(tmp_path: Path) -> None:
    text = '[sources.f]\nkind = "file"\naddress = "in/*.csv"\ncolumns = { text = "Text" }\n'
    card = cards(tmp_path, text)["f"]
    assert isinstance(card, Card)
    assert card.address == str(tmp_path.resolve() / "in" / "*.csv")


def test_a_card_reaches_the_collecting_process_unchanged(tmp_path: Path) -> None:
    card = cards(tmp_path, GOOD)["shop"]
    assert isinstance(card, Card)
    assert card_from_json(json.loads(job_json(card, "", tmp_path))["card"]) == card


def test_reading_cards_imports_nothing_heavy() -> None:
    program = "import sys; import spiders.card; print([m for m in ('scrapy', 'extruct', 'openpyxl', 'lxml', 'twisted') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("config", ["kundenecho.toml", "demo/kundenecho.toml"])
def test_shipped_cards_are_good(config: str) -> None:
    for card in load_cards(load_settings(ROOT / config, env={})).values():
        assert isinstance(card, Card), str(card.error)
        assert card.title
        assert card.legal_basis
        assert card.terms


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_its_terms(kind: str) -> None:
    card = kinds()[kind]
    assert card["title"]
    assert card["legal_basis"]
    assert card["terms"]
    assert set(card) <= {*FIELDS, "reader", "reads"}
    assert card["reads"]


@pytest.mark.parametrize("kind", sorted(k for k in kinds() if kinds()[k].get("reader") != "file"))
def test_every_kind_has_a_short_spider(kind: str) -> None:
    spider = spider_class(kind)
    assert issubclass(spider, SourceSpider)
    assert spider.__doc__
    module = sys.modules[spider.__module__]
    assert module.__doc__
    assert len(inspect.getsource(module).splitlines()) <= 200


def test_an_unknown_kind_has_no_spider() -> None:
    with pytest.raises(SettingsError, match="no spider collects sources of kind 'ftp'"):
        spider_class("ftp")


@pytest.mark.parametrize(
    "module", ["formats.schemaorg", "formats.links", "files.exports", "files.dialect", "build", "values", "paging"]
)
def test_formats_are_read_without_scrapy(module: str) -> None:
    program = f"import sys; import spiders.{module}; print('scrapy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_two_sources_of_one_name_break_that_name_only(tmp_path: Path) -> None:
    text = (
        GOOD
        + '\n[sources.twice]\nkind = "schemaorg"\naddress = "https://a.example/"\n\n[sources.twice]\nkind = "file"\n[sources.twice.columns]\ntext = "t"\n'
    )
    found = cards(tmp_path, text)
    assert isinstance(found["shop"], Card)
    broken = found["twice"]
    assert isinstance(broken, BrokenCard)
    assert "several sources are named twice, on the lines" in str(broken.error)
    lines = text.splitlines()
    assert all(
        lines[int(n) - 1] == "[sources.twice]" for n in re.findall(r"lines ([\d, ]+)", str(broken.error))[0].split(", ")
    )


def test_an_option_that_the_kind_does_not_have(tmp_path: Path) -> None:
    found = cards(tmp_path, GOOD.replace("[sources.shop]", '[sources.shop]\noptions = { country = "de" }'))["shop"]
    assert isinstance(found, BrokenCard)
    assert "have no option 'country'" in str(found.error)


def test_a_variable_belongs_to_the_source_with_the_longer_name(tmp_path: Path) -> None:
    text = GOOD + '\n[sources.shop_ch]\nkind = "schemaorg"\naddress = "https://shop.example/"\n'
    found = cards(tmp_path, text, KUNDENECHO_SOURCES_SHOP_CH_TITLE="Schweiz", KUNDENECHO_SOURCES_SHOP_TITLE="Laden")
    assert [getattr(found[name], "title", found[name]) for name in ("shop", "shop_ch")] == ["Laden", "Schweiz"]
