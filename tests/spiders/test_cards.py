from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from kundenecho.settings import load_settings
from spiders.card import BrokenCard, Card, kinds, load_cards
from spiders.registry import spider_class

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


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_its_terms(kind: str) -> None:
    card = kinds()[kind]
    assert card["title"]
    assert card["legal_basis"]
    assert card["terms"]


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {"file"}))
def test_spiders_stay_short(kind: str) -> None:
    lines = inspect.getsource(spider_class(kind)).splitlines()
    assert len(lines) <= 48
    assert spider_class(kind).__doc__
