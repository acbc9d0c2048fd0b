"""Rules for offers: what suggests which, and what is wrong with a broken file of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.offers import OfferRules, Said, occasions, read_offers
from kundenecho.errors import SettingsError
from tests.conftest import ROOT

DEMO = ROOT / "demo" / "offers.toml"
RULES = """days = 100
[[offers]]
article = "BRUSH"
name = "Bürste"
kind = "accessory"
link = "https://shop.example/buerste"
products = ["HM-*"]
[[offers.when]]
aspects = ["cleaning"]
polarities = ["neg", "neu"]
[[offers.when]]
defects = ["blockage"]
[[offers]]
article = "FROTHER"
name = "Milchaufschäumer"
kind = "accessory"
link = "https://shop.example/schaum"
groups = ["Filter*"]
unless_bought = ["HM-310"]
[[offers.when]]
nouns = ["*Milch*", "*schaum"]
[[offers]]
article = "DESCALER"
name = "Entkalker"
kind = "supply"
link = "https://shop.example/entkalker"
products = ["HM-*"]
[[offers.when]]
nouns = ["entkalker"]
wished = true
"""
SAID = Said(
    "HM-310", "Vollautomaten", "cleaning", "neg", None, None, False, ("düse",), date(2026, 5, 4), (7, "text", 0, 9)
)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "offers.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def rules(tmp_path: Path) -> OfferRules:
    return read_offers(written(tmp_path, RULES))


def articles(rules: OfferRules, *said: Said, owned: tuple[tuple[str, str | None], ...] = ()) -> list[str]:
    return [found.article for found in occasions(said, owned, rules)]


def test_a_rule_speaks_of_product_and_label(rules: OfferRules) -> None:
    assert articles(rules, SAID) == ["BRUSH"]
    assert articles(rules, replace(SAID, polarity="pos")) == []
    assert articles(rules, replace(SAID, polarity="pos", aspect="function", defect="blockage")) == ["BRUSH"]
    assert articles(rules, replace(SAID, product="XX-310")) == []
    milk = replace(SAID, aspect=None, polarity=None, nouns=("hafermilch", "milch"))
    assert articles(rules, milk) == []
    assert articles(rules, replace(milk, product="HM-120", group="Filtermaschinen")) == ["FROTHER"]
    named = replace(SAID, aspect=None, polarity=None, nouns=("entkalker",))
    assert articles(rules, named) == [], "who speaks of it may have it"
    assert articles(rules, replace(named, wished=True)) == ["DESCALER"]
    assert rules.offers[1].unless_bought == ("FROTHER", "HM-310")


def test_what_names_no_product_is_about_what_was_bought(rules: OfferRules) -> None:
    said = replace(SAID, product=None, group=None)
    assert articles(rules, said) == []
    [found] = occasions([said], [("XX-1", None), ("HM-450", None)], rules)
    assert (found.article, found.product) == ("BRUSH", "HM-450")


def test_the_newest_sentence_suggests_it(rules: OfferRules) -> None:
    older, newer = SAID, replace(SAID, said_on=date(2026, 6, 1), place=(3, "text", 0, 9))
    noun = replace(newer, aspect=None, polarity=None, defect="blockage", place=(1, "text", 0, 9))
    assert [o.place for o in occasions([older, newer], (), rules)] == [newer.place]
    assert [o.place for o in occasions([noun, newer], (), rules)] == [newer.place]


@given(st.permutations([
    SAID, replace(SAID, place=(8, "title", 3, 9)), replace(SAID, said_on=date(2026, 5, 5), defect="blockage"),
    replace(SAID, polarity="pos"), replace(SAID, product=None),
]))  # fmt: skip
def test_the_order_in_which_it_is_read_does_not_matter(said: list[Said]) -> None:
    rules = read_offers(DEMO)
    owned = [("HM-450", None), ("HM-310", None)]
    assert occasions(said, owned, rules) == occasions(said[::-1], owned[::-1], rules)


BROKEN = [
    ('article = "BRUSH"', 'article = "FROTHER"', 14, "'FROTHER' stands there twice"),
    ('name = "Bürste"', "", 2, "name is missing"),
    ('kind = "accessory"', 'kind = "gift"', 5, "kind is 'gift'; it is one of accessory, supply, model"),
    ('"https://shop.example/buerste"', '"shop.example"', 6, "an address that begins with https:// is needed"),
    ('products = ["HM-*"]', "", 2, "neither products nor groups say what it goes with"),
    ('products = ["HM-*"]', 'products = "HM-*"', 7, "products is 'HM-*'; a list of texts is needed"),
    ('aspects = ["cleaning"]', 'aspects = ["putzen"]', 9, "aspects has 'putzen', which is none; known are quality"),
    ('"neg", "neu"', '"neg", "bad"', 10, "polarities has 'bad', which is none; known are pos, neg, neu"),
    ('["blockage"]', "[]", 12, "defects is empty; leave it out"),
    ('defects = ["blockage"]', "", 11, "a condition without a key would offer it to everybody"),
    ('defects = ["blockage"]', 'words = ["x"]', 12, "'words' is not known; a condition has aspects"),
    ("groups =", "group =", 18, "'group' is not known; an offer has article"),
    ('nouns = ["entkalker"]\n', "", 29, "wished needs true or false, and nouns: what is wished for"),
    ("wished = true", 'wished = "yes"', 30, "wished needs true or false, and nouns"),
    ("wished = true", 'wished = true\naspects = ["price"]', 30, "a wish has no other labels; leave them out"),
    ("days = 100", "days = 0", 1, "days is 0; a number of days from 1 on is needed"),
    ("days = 100", 'colour = "red"', 1, "'colour' is not known at the top"),
    ("[[offers.when]]\nnouns", "when = []\nnouns", 20, "when needs a condition at least"),
    ("days = 100", "similar_goods = ", None, "at line 1"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), BROKEN, ids=[said for *_, said in BROKEN])
def test_a_broken_file_is_refused_with_line_and_what_to_do(
    tmp_path: Path, old: str, new: str, line: int | None, said: str
) -> None:
    assert old in RULES
    text = RULES.replace(old, new, 1).replace("nouns = [", "# nouns = [" if "when = []" in new else "nouns = [")
    file = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_offers(file)
    assert said in str(caught.value)
    assert "Correct" in caught.value.remedy
    assert caught.value.where == (f"{file}:{line}" if line else str(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_offers(tmp_path / "none.toml")
