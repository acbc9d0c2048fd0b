"""The page of the report: what a hostile source sends stays text, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from insights.course import Expected
from pipeline.defect_charts import Bar, Chart
from pipeline.defect_report import DefectReport, Entry, ProductPart, Quote
from web.report.chart import draw
from web.report.render import render

HOSTILE = '"><script>alert(1)</script>'


def months(count: int, *, expected: bool = True, since: date | None = None) -> Chart:
    bars = [
        Bar(
            date(2025 + n // 12, n % 12 + 1, 1),
            f"Monat {n}",
            n % 5,
            20,
            Expected(1.2, 0, 4) if expected and n < count - 1 else None,
            n == count - 1,
        )
        for n in range(count)
    ]
    return Chart(False, bars, (since, since, since) if since else None, "Personen je Monat")


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw(chart)))  # noqa: S314  our own


@pytest.mark.parametrize("count", [1, 7, 14, 36])
def test_the_newest_period_is_named_within_the_picture(count: int) -> None:
    chart = drawn(months(count))
    label = [text for text in chart.iter() if text.tag.endswith("text")][-1 - (count - 1) // -(-count // 8)]
    half = 20 if label.get("class") == "middle" else 0
    assert float(label.get("x") or 0) + half <= float((chart.get("viewBox") or "").split()[2])


def entry(**values: object) -> Entry:
    given: dict[str, object] = {
        "defect_id": "D1",
        "product": "HM-1",
        "title": "Deckel: undicht",
        "tone": "rising",
        "verdict": "steigt seit März 2025",
        "sentence": "12 von 85 Personen nennen es.",
        "change": "Beginn in der Woche vom 03.03.2025.",
        "todo": ("Die Ursache suchen.",),
        "sure": ("sehr sicher", "Ein Alarm."),
        "persons": "12",
        "exposed": "85",
        "rate": ("14,1", "8,0", "22,6"),
        "more_than_siblings": False,
        "figures": (("Personen", "12 von 85"),),
        "chart": months(14, since=date(2025, 3, 3)),
        "quotes": (
            Quote("tropft", "Der Deckel ", ", leider.", "Shop · 01.05.2025 · 2 Sterne", "F1", "https://a.example"),
        ),
        "tip": None,
        "unknown": ("Es sind keine Schwesterprodukte bekannt.",),
    }
    return Entry(**{**given, **values})  # type: ignore[arg-type]


def report(*entries: Entry, **values: object) -> DefectReport:
    parts = [ProductPart("HM-1", "Kanne 1", ["85 Bewertungen."], entries, [])]
    day = date(2026, 2, 20)
    found = DefectReport(
        "Firma", None, day, day, "20.02.2026", date(2026, 2, 9), {"rising": len(entries)}, entries, parts
    )
    return replace(found, **values)  # type: ignore[arg-type]


def test_the_first_page_says_what_rises_what_to_do_and_how_sure() -> None:
    first, _, inside = render(report(entry())).partition('<section class="product">')
    for words in ("Steigt", "steigt seit März 2025", "Die Ursache suchen.", "sehr sicher", "Nichts Neues"):
        assert words in first
    assert "Was wir nicht wissen" in inside


def test_more_than_three_of_a_kind_are_named_on_the_first_page() -> None:
    entries = [entry(defect_id=f"D{n}", title=f"Teil {n}: undicht") for n in range(1, 6)]
    first = render(report(*entries)).partition('<section class="product">')[0]
    assert first.count('<article class="brief') == 3
    assert 'href="#D5"' in first


def test_what_a_source_sends_stays_text() -> None:
    hostile = entry(
        title=HOSTILE,
        quotes=(Quote(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, "javascript:alert(1)"),),
        tip=HOSTILE,
        chart=replace(months(3), description=HOSTILE),
    )
    page = render(report(hostile, company=HOSTILE))
    assert "<script" not in page
    assert "javascript:" not in page


def test_without_dates_it_says_so_instead_of_nothing_rises() -> None:
    page = render(
        report(entry(tone="undated", chart=None), newest=None, closed=None, notes=("Keine trägt ein Datum.",))
    )
    assert "Nichts steigt" not in page
    assert "Am auffälligsten" in page
    assert "Keine trägt ein Datum." in page
    assert "<svg" not in page


def test_without_any_defect() -> None:
    assert "Noch kein Mangel hat genug Nennungen" in render(report())


@pytest.mark.parametrize("count", [1, 2, 14, 36])
@pytest.mark.parametrize("expected", [True, False])
def test_a_chart_is_well_formed_and_stays_in_its_frame(count: int, expected: bool) -> None:
    svg = drawn(months(count, expected=expected, since=date(2025, 1, 20)))
    _, _, width, height = (float(x) for x in svg.attrib["viewBox"].split())
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"]
    bars = [r for r in svg.iter("rect") if "bar" in r.attrib["class"].split()]
    assert len(bars) == count
    assert all(bar.find("title") is not None for bar in bars)
    for rect in svg.iter("rect"):
        x, y, w, h = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width + 0.1
        assert 0 <= y <= y + h <= height
    assert ("expected" in {p.attrib["class"] for p in svg.iter("path")}) == (expected and count > 1)


def test_bars_since_the_rise_are_marked() -> None:
    svg = drawn(months(14, since=date(2025, 12, 15)))
    kinds = [r.attrib["class"] for r in svg.iter("rect") if "bar" in r.attrib["class"].split()]
    # December 2025 is the twelfth month.
    assert ["risen" in kind for kind in kinds] == [False] * 11 + [True] * 3
    assert "open" in kinds[-1]
    assert "Anstieg seit Dezember 2025" in [t.text for t in svg.iter("text")]


def test_a_chart_of_nobody_has_an_axis() -> None:
    empty = replace(months(3), bars=[replace(bar, persons=0, spoke=0, expected=None) for bar in months(3).bars])
    assert "<svg" in draw(empty)
