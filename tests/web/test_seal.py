"""The seal as picture, markup and page: complete, safe to embed, and nothing fetched from elsewhere."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from insights.seal import Sums, figure
from pipeline.seal import Group, LeftOut, Origin, Portal, Quote, Seal
from tests.web.schema_org import faults
from web.seal import PAGES
from web.seal.badge import filled, fitted, size_for

NASTY = "Filtra</script><script>alert('x')</script>&\"<!--\u2028"


def group(name: str, *counts: int, floor: int = 30) -> Group:
    sums = Sums(sum(counts), Decimal(sum(n * c for n, c in enumerate(counts, 1))),
                Decimal(sum(n * n * c for n, c in enumerate(counts, 1))), counts)  # fmt: skip
    return Group(name, figure([sums], floor), counts[0], (Portal("shop", "Shop", figure([sums], 10)),))


def seal(**values: Any) -> Seal:
    facts: dict[str, Any] = {
        "company": "Hallmeyer", "product": "HM-120", "subject": "Filtra 120", "first": date(2025, 7, 1),
        "last": date(2026, 6, 30), "made_on": date(2026, 6, 30), "floor": 30,
        "verified": group("verified", 2, 3, 5, 40, 80), "unverified": group("unverified", 9, 1, 1, 2, 4),
        "left_out": (LeftOut("hidden", 3, Decimal("1.3")),), "unassessed": 0,
        "origins": (Origin("Shop", "Mit Bestellung.", True, date(2026, 6, 1)),),
        "quotes": (), "withheld": {}, "link": "https://hallmeyer.example/siegel/", "number": 7,
    }  # fmt: skip
    return Seal(**{**facts, **values})


THIN = seal(verified=group("verified", 0, 0, 0, 0, 3))
COMPANY = seal(product=None, subject="Hallmeyer", link="")


@pytest.mark.parametrize("found", [seal(), seal(unverified=group("unverified", 0, 0, 0, 0, 0)), COMPANY])
def test_the_markup_is_what_schema_org_and_search_engines_ask(found: Seal) -> None:
    assert faults(json.loads(PAGES.markup(found))) == []


def test_the_markup_tells_the_leading_group() -> None:
    node = json.loads(PAGES.markup(seal()))
    assert (node["@type"], node["sku"]) == ("Product", "HM-120")
    rating = node["aggregateRating"]
    assert rating["name"] == "Bewertungen mit bestätigtem Kauf"
    assert (rating["ratingValue"], rating["ratingCount"], rating["reviewCount"]) == (4.4, 130, 128)
    assert rating["url"] == "https://hallmeyer.example/siegel/siegel.html"
    other = json.loads(PAGES.markup(replace(THIN, unverified=group("unverified", 9, 1, 1, 22, 44))))
    assert other["aggregateRating"]["name"] == "Bewertungen ohne bestätigten Kauf"
    assert other["aggregateRating"]["ratingCount"] == 77
    assert json.loads(PAGES.markup(COMPANY))["@type"] == "Organization"


def test_there_is_no_markup_without_a_figure() -> None:
    with pytest.raises(ValueError, match="without a figure"):
        PAGES.markup(THIN)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ratingValue": "4,4"}, "ratingValue"),
        ({"ratingValue": 5.2}, "scale"),
        ({"ratingCount": 0}, "counts"),
        ({"reviewCount": 900}, "counts"),
        ({"author": "Ina"}, "unknown"),
    ],
)
def test_the_checker_sees_a_fault(change: dict[str, Any], fault: str) -> None:
    node = json.loads(PAGES.markup(seal()))
    node["aggregateRating"].update(change)
    assert any(fault in found for found in faults(node))


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  our own


class Reader(HTMLParser):
    """Collects scripts and addresses as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "srcset", "action"}]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def test_a_name_cannot_break_out_of_the_script() -> None:
    nasty = seal(subject=NASTY)
    assert not re.search(r"[<>&\u2028\u2029]", PAGES.markup(nasty))
    found = read(PAGES.snippet(nasty))
    assert found.tags == ["a", "img", "script"]
    assert json.loads(found.scripts[0])["name"] == NASTY


def test_nothing_that_somebody_wrote_becomes_html_or_svg() -> None:
    quote = Quote(NASTY, NASTY, date(2026, 3, 1), NASTY, True)
    nasty = seal(subject=NASTY, company=NASTY, quotes=(quote,), origins=(Origin(NASTY, NASTY, True, date(2026, 1, 1)),))
    assert "script" not in read(PAGES.page(nasty)).tags
    root = parsed(PAGES.badge(nasty))
    assert not [e for e in root.iter() if e.tag.endswith("script")]


@pytest.mark.parametrize("found", [seal(), THIN, COMPANY], ids=["product", "too little", "company"])
def test_the_picture_stands_alone_and_can_be_read_aloud(found: Seal) -> None:
    text = PAGES.badge(found)
    root = parsed(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("lang") == "de"
    named = {e.get("id"): e for e in root.iter() if e.tag in {f"{space}title", f"{space}desc"}}
    assert list(named) == (root.get("aria-labelledby") or "").split()
    assert all((e.text or "").strip() for e in named.values())
    assert not re.search(r"@import|@font-face|https?://(?!www\.w3\.org/2000/svg)|data:", text)
    assert all(e.get("href", "#").startswith("#") for e in root.iter())
    assert "prefers-color-scheme: dark" in text


def test_number_period_and_scale_stand_in_both_sizes_of_the_picture() -> None:
    root = parsed(PAGES.badge(seal()))
    large, small = ("".join(g.itertext()) for g in root if g.get("class") in {"large", "small"})
    for lines in (large, small):
        assert "4,4" in lines
        assert "von 5" in lines
        assert "130 Bewertungen" in lines
    assert "mit bestätigtem Kauf" in large
    assert "daneben 17 ohne bestätigten Kauf" in large
    assert "01.07.2025 bis 30.06.2026" in large
    assert "Kauf bestätigt" in small
    assert "07/2025 bis 06/2026" in small


@pytest.mark.parametrize(("shown", "width"), [("5.0", 130), ("4.0", 104), ("4.5", 116), ("0", 0)])
def test_stars_are_filled_by_the_figure(shown: str, width: float) -> None:
    assert filled(Decimal(shown)) == width


def test_long_names_and_large_numbers_keep_within_the_picture() -> None:
    assert fitted("Kaffeevollautomat mit Milchschaumdüse und Bohnenbehälter", 268, 15).endswith("…")
    assert fitted("Filtra", 268, 15) == "Filtra"
    assert size_for("von 5 aus 1.234.567 Bewertungen", 176, 13) < 13 == size_for("von 5", 176, 13)


def test_the_page_tells_the_method_and_what_is_left_out() -> None:
    html = PAGES.page(seal())
    text = " ".join(re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL).split())
    assert "4,4 von 5 aus 130 Bewertungen mit bestätigtem Kauf" in text
    assert "Keine Note aus 17 Bewertungen ohne bestätigten Kauf: zu wenig Daten, noch 13 nötig" in text
    assert "01.07.2025 bis 30.06.2026" in text
    assert "Shop: Mit Bestellung." in text
    assert "3 Bewertungen, nicht veröffentlicht" in text
    assert "im Mittel 1,3" in text
    assert "Siegel Nr. 7" in text
    assert read(html).addresses == ["#stern"] * 5 + ["#reihe"] * 4
    assert "Kundenstimmen" not in text


def test_words_stand_with_name_purchase_and_what_was_given_for_them() -> None:
    quotes = (
        Quote("Läuft.", "Ina M.", date(2026, 3, 1), "500 g Kaffee", True),
        Quote("Leise.", None, date(2026, 3, 2), None, False),
    )
    text = " ".join(re.sub(r"<[^>]+>", " ", PAGES.page(seal(quotes=quotes))).split())
    assert "„Läuft.“ Ina M. · Kauf bestätigt · Gegenleistung: 500 g Kaffee · Einwilligung vom 01.03.2026" in text
    assert "„Leise.“ Kundin oder Kunde, Name nicht genannt · Kauf nicht geprüft" in text
    assert "kein Durchschnitt" in text
