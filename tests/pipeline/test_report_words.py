"""Sentences of the report: since when, what to do, how sure, what is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from insights.course import Expected
from pipeline import report_words as say
from pipeline.defect_charts import Bar
from pipeline.notation import share_of
from storage.report_facts import DefectFacts, ProductFacts

DAY = datetime(2026, 3, 22, tzinfo=UTC)


def row(**values: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "product": "HM-310",
        "product_name": "Aurora",
        "component": "Düse",
        "defect": "blockage",
        "persons": 12,
        "persons_exposed": 1085,
        "mentions": 14,
        "reviews_of_product": 1100,
        "rate": 0.141,
        "rate_low": 0.08,
        "rate_high": 0.226,
        "signal": "steady",
        "first_seen": DAY,
        "last_seen": DAY,
        "rising_since": None,
        "rising_since_low": None,
        "rising_since_high": None,
        "rising_factor": None,
        "real": None,
        "ic_low": None,
        "watch_window": 8,
        "watch_observed": 9.0,
        "watch_expected": 3.77,
        "fix_quote": None,
    }
    return given | values


def rising(**values: Any) -> dict[str, Any]:
    weeks = {
        "rising_since": date(2026, 3, 30),
        "rising_since_low": date(2026, 3, 9),
        "rising_since_high": date(2026, 4, 6),
    }
    return row(signal="rising", **{**weeks, **values})


def facts(**values: int) -> DefectFacts:
    given: dict[str, Any] = dict.fromkeys(DefectFacts._fields, 0) | {"persons": 12, "portals": [("shop", "", 12)]}
    return DefectFacts(**(given | values))


def product(**values: Any) -> ProductFacts:
    given: dict[str, Any] = dict.fromkeys(ProductFacts._fields, 0)
    given |= {"product": "HM-310", "name": "Aurora", "first": DAY, "last": DAY, "portals": [("shop", "", 100)]}
    return ProductFacts(**(given | values))


def test_the_sentence() -> None:
    assert say.sentence(row()) == (
        "12 von 1.085 Personen, die über Aurora schreiben, nennen „Düse: verstopft oder klemmt“ "
        "(je 100 Bewertungen: 14,1, 95 %-Bereich 8,0–22,6)."
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rising_factor": 4.04}, "seitdem 4-mal so häufig wie vorher."),
        ({"rising_factor": None}, "vorher nannte es niemand."),
    ],
)
def test_since_when(values: dict[str, Any], said: str) -> None:
    begin = "Beginn in der Woche vom 30.03.2026 (95 %-Bereich 09.03.2026 bis 06.04.2026); "
    assert say.change(rising(**values)) == begin + said


def test_a_week_counts_for_the_month_of_most_of_its_days() -> None:
    assert "um April 2026" in say.todo(rising())[0]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"signal": "rising"}, "sehr sicher"),
        ({"signal": "rising", "watch_window": None}, "ziemlich sicher"),
        ({"signal": "new", "persons": 4}, "noch unsicher"),
        ({"signal": "new"}, "ziemlich sicher"),
        ({"signal": "undated"}, "ziemlich sicher"),
        ({"signal": "too_little_data", "persons": 50}, "noch unsicher"),
        ({"persons": 9}, "noch unsicher"),
        ({}, "ziemlich sicher"),
    ],
)
def test_how_sure(values: dict[str, Any], word: str) -> None:
    assert say.sure(row(**values))[0] == word


def test_a_bar_above_its_interval_without_an_alarm_is_explained() -> None:
    bars = [Bar(date(2026, 4, 1), "April 2026", 5, 20, Expected(1, 0, 3), False)]
    assert "noch nicht genug für einen Alarm" in say.sure(row(), bars)[1]
    assert "Alarm" in say.sure(row(), [])[1]
    assert "mehr als erwartet" not in say.sure(row(), [])[1]


def test_what_is_not_known() -> None:
    nothing = say.unknown(row(real=False), product(siblings=2), facts(verified=10, unverified=2), drawn_from=DAY.date())
    assert nothing == []
    undated = say.unknown(row(), product(), facts(undated=12), drawn_from=None)
    assert "Keine der Bewertungen trägt ein Datum: Verlauf und Beginn sind unbekannt." in undated
    assert any("keine Schwesterprodukte bekannt" in line for line in undated)
    some = say.unknown(
        row(watch_window=None), product(siblings=2), facts(undated=1, by_month=3, verified=2), drawn_from=DAY.date()
    )
    assert [line.split()[0] for line in some] == ["Eine", "Von", "Die", "Schwesterprodukte", "Bei"]
    assert "10 von 12 (83 %)" in some[-1]


def test_what_to_do_follows_the_remedy() -> None:
    remedy = {"remedy_id": "R1", "state": "draft", "effect": None}
    tip = row(fix_quote="mit einer\nBüroklammer")
    assert say.todo(tip) == ["Den Kundentipp prüfen und, wenn er stimmt, den Käufern sagen: „mit einer Büroklammer“."]
    assert say.todo(tip, remedy) == ["Die Lösung R1 prüfen und freigeben; sie ist noch ein Entwurf."]
    assert say.todo(tip, {**remedy, "state": "approved"})[0].startswith("Die Lösung R1 veröffentlichen")
    published = {**remedy, "state": "published"}
    assert say.todo(tip, {**published, "effect": "fewer"}) == ["Die Lösung R1 wirkt: weiter verbreiten."]
    assert "überarbeiten" in say.todo(tip, {**published, "effect": "more"})[0]
    assert "Abwarten" in say.todo(tip, {**published, "effect": "unclear"})[0]
    assert say.todo(row(defect="safety"))[0] == "Sofort ansehen: Kunden nennen eine Gefahr."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Shop · 22.03.2026 · 2 Sterne · Kauf bestätigt"),
        ({"created_precision": "month"}, "Shop · März 2026 · 2 Sterne · Kauf bestätigt"),
        ({"created_at": None, "rating": 1.0}, "Shop · ohne Datum · 1 Stern · Kauf bestätigt"),
        ({"rating": None, "verified_purchase": "unknown"}, "Shop · 22.03.2026 · Kauf unbekannt"),
    ],
)
def test_where_a_quote_comes_from(values: dict[str, Any], said: str) -> None:
    quote = {"created_at": DAY, "created_precision": "day", "rating": 2.0, "verified_purchase": "yes"}
    assert say.origin(quote | values, "Shop") == said


def test_the_text_around_a_quote_is_cut_between_words() -> None:
    quote = {"ahead": "rstopft seit\n Mai (", "behind": "), und es nerv", "cut_ahead": True, "cut_behind": True}
    assert say.context(quote) == ("… seit Mai (", "), und es …")
    assert say.context({"ahead": "", "behind": None, "cut_ahead": False, "cut_behind": None}) == ("", "")


def test_what_the_whole_report_leaves_out() -> None:
    signals = {"steady": 30, "too_little_data": 50}
    assert [n.split()[0] for n in say.notes(signals, 24, DAY, None)] == ["6", "50"]
    assert "kein Datum" not in " ".join(say.notes(signals, 30, DAY, None))
    assert "trägt ein Datum" in say.notes({"undated": 3}, 3, None, None)[-1]


def test_of_a_month_no_day_is_told() -> None:
    month = facts(by_month=12, first_month=True)
    assert ("Zuerst und zuletzt", "März 2026, 22.03.2026") in say.figures(row(), month, [])
    told = " ".join(say.product_sentences(product(feedback=100, persons=100, first_month=True, last_month=True), []))
    assert "Die älteste ist vom März 2026, die neueste vom März 2026." in told


def test_one_of_many_is_neither_none_nor_all() -> None:
    told = " ".join(say.product_sentences(product(feedback=1507, persons=1507, undated=1, by_month=1506), []))
    assert "1 von 1.507 (unter 1 %) trägt kein Datum." in told
    assert "1.506 von 1.507 (über 99 %) nennen nur den Monat." in told


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 7, "0 von 7 (0 %)"), (7, 7, "7 von 7 (100 %)"), (3, 31, "3 von 31 (10 %)"), (0, 0, "0 von 0")],
)
def test_shares(part: int, whole: int, words: str) -> None:
    assert share_of(part, whole) == words


def test_what_was_named_before_the_picture_begins_is_told() -> None:
    told = say.unknown(row(), product(), facts(), drawn_from=date(2026, 4, 1))
    assert told[0] == "Das Bild beginnt erst im April 2026; genannt wurde es auch vorher."
    assert not [line for line in say.unknown(row(), product(), facts(), drawn_from=DAY.date()) if "Bild" in line]
