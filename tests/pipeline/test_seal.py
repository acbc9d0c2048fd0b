"""The seal as files: issued, registered, renewed, and taken away when it no longer holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError, KundenechoError, SettingsError
from kundenecho.records import Feedback
from kundenecho.settings import Settings, SourceTable
from pipeline.decide import decide
from pipeline.rights import Choice, erase_person, object_person
from pipeline.seal import Seal, gather
from pipeline.seal_files import issue
from pipeline.seal_words import advice
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.counting import understand
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import EMAIL, order, person
from tests.storage.test_seal import words
from web.seal import PAGES

NOW = datetime.now(UTC)


@pytest.fixture
def company(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with one source that says how it confirms purchases, and a low floor."""
    table = {"kind": "file", "title": "Unser Shop", "address": "x.csv", "verification": "Nur mit Bestellung.",
             "columns": {"native_id": "id", "rating": "r"}}  # fmt: skip
    values = {
        **settings.values,
        "seal.min_ratings": 10,
        "company.name": "Hallmeyer",
        "seal.url": "https://h.example/s/",
    }
    return replace(settings, values=values, sources={"shop": SourceTable("shop", table, 1, tmp_path / "k.toml")})


@pytest.fixture
def rated(load: Any, feedback: Callable[..., Feedback], company: Settings, conn: Connection) -> Settings:
    """Twelve confirmed ratings and three others of the shop, all of yesterday."""
    yesterday = NOW - timedelta(days=1)
    load(
        [
            feedback(str(n), f"Gut, Nummer {n}.", rating_1_5=5.0 if n % 3 else 4.0, created_at=yesterday,
                     verified_purchase="yes" if n < 12 else "unknown", product="HM-310", product_name="Aurora")
            for n in range(15)
        ]
    )  # fmt: skip
    understand(conn)
    decide(company)
    load_list(conn, "customers", [person()])
    load_list(conn, "orders", [order()])
    load_list(conn, "testimonials", [words("Läuft und läuft.")])
    return company


def made(settings: Settings, folder: Path, product: str | None = "HM-310") -> tuple[Seal, dict[str, Any]]:
    seal, files, _ = issue(settings, product, folder, PAGES, by="Marketing")
    assert sorted(file.name for file in files) == sorted(file.name for file in folder.iterdir())
    return seal, json.loads((folder / "siegel.json").read_text(encoding="utf-8"))


def test_a_seal_is_written_and_registered(rated: Settings, conn: Connection, tmp_path: Path) -> None:
    seal, found = made(rated, tmp_path / "siegel")
    assert found["issued"] is True
    assert found["number"] == seal.number
    assert (found["verified"]["rating"], found["verified"]["ratings"]) == (4.6, 12)
    assert (found["unverified"]["rating"], found["unverified"]["ratings"], found["unverified"]["missing"]) == (
        None,
        3,
        7,
    )
    assert found["verified"]["portals"] == [{"source": "shop", "title": "Unser Shop", "rating": 4.6, "ratings": 12}]
    assert found["verified"]["stars"] == {"1": 0, "2": 0, "3": 0, "4": 4, "5": 8}
    assert "Unser Shop: Nur mit Bestellung." in str(found["method"])
    assert found["method_url"] == "https://h.example/s/siegel.html"
    [quote] = found["testimonials"]
    assert (quote["text"], quote["shown_as"], quote["purchase_confirmed"]) == (
        "Läuft und läuft.",
        "Ina M., Kassel",
        True,
    )
    assert rows(conn, "SELECT kind, made_by, way, items, filters->>'product' FROM lists.exports") == [
        ("seal", "Marketing", "command", 2, "HM-310")
    ]
    assert rows(conn, "SELECT step, outcome, counts->>'verified' FROM run WHERE step = 'seal'") == [
        ("seal", "done", "12")
    ]


@pytest.mark.parametrize("how", ["withdrawn", "objected", "erased"])
def test_words_are_gone_from_every_file_at_the_next_run(
    rated: Settings, conn: Connection, tmp_path: Path, how: str
) -> None:
    _, before = made(rated, tmp_path / "siegel")
    assert len(before["testimonials"]) == 1
    if how == "withdrawn":
        load_list(conn, "testimonials", [words("Läuft und läuft.", withdrawn_at=NOW)])
    elif how == "objected":
        object_person(rated, Choice(email=EMAIL), "Support")
    else:
        receipt = erase_person(rated, Choice(email=EMAIL), "Datenschutz")
        assert any("seal" in place for place in receipt.unreached), "whoever was handed the words can be told"
        assert receipt.counts["testimonial"] == 1
    made(rated, tmp_path / "siegel")
    assert not [file for file in (tmp_path / "siegel").iterdir() if "Läuft" in file.read_text(encoding="utf-8")]


def test_too_few_ratings_issue_no_seal_and_take_the_old_one_away(
    rated: Settings, conn: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "siegel"
    made(rated, folder)
    (folder / "logo.png").write_bytes(b"\x89PNG")
    strict = replace(rated, values={**rated.values, "seal.min_ratings": 13})
    with pytest.raises(DataError, match="too little data: 12 ratings with a confirmed purchase and 3 without; 1 more"):
        issue(strict, "HM-310", folder, PAGES, by="Marketing")
    assert sorted(file.name for file in folder.iterdir()) == ["logo.png", "siegel.json"]
    found = json.loads((folder / "siegel.json").read_text(encoding="utf-8"))
    assert (found["issued"], found["leading"], found["verified"]["rating"], found["testimonials"]) == (
        False,
        None,
        None,
        [],
    )
    assert rows(conn, "SELECT count(*) FROM export_register WHERE kind = 'seal'") == [(1,)]


def test_a_folder_without_a_seal_is_left_as_it_is(company: Settings, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too little data"):
        issue(company, None, tmp_path / "leer", PAGES, by="Marketing")
    assert not (tmp_path / "leer").exists()


def test_a_failed_write_registers_nothing(rated: Settings, conn: Connection, tmp_path: Path) -> None:
    (tmp_path / "siegel").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(KundenechoError, match="cannot be written"):
        issue(rated, "HM-310", tmp_path / "siegel", PAGES, by="Marketing")
    assert rows(conn, "SELECT count(*) FROM export_register") == [(0,)]


@pytest.mark.parametrize(
    ("last", "months", "first"),
    [
        (date(2026, 6, 30), 12, date(2025, 7, 1)),
        (date(2024, 2, 29), 12, date(2023, 3, 1)),
        (date(2026, 3, 31), 1, date(2026, 3, 1)),
        (date(2026, 5, 31), 3, date(2026, 3, 1)),
        (date(2026, 1, 15), 12, date(2025, 1, 16)),
    ],
)
def test_the_period_goes_back_by_calendar_months(
    company: Settings, conn: Connection, last: date, months: int, first: date
) -> None:
    found, _ = gather(replace(company, values={**company.values, "seal.months": months}), conn, None, last=last)
    assert (found.first, found.last) == (first, last)


def test_what_is_not_known_is_refused(rated: Settings, conn: Connection) -> None:
    for error, match, options in (
        (DataError, "no product HM-999", {"product": "HM-999"}),
        (DataError, "no source markt", {"sources": ["markt"]}),
        (DataError, "in the future", {"last": date(2099, 1, 1)}),
    ):
        with pytest.raises(error, match=match):
            gather(rated, conn, **{"product": "HM-310", **options})
    for name, value in (("seal.months", 0), ("seal.min_ratings", 3)):
        with pytest.raises(SettingsError, match=name):
            gather(replace(rated, values={**rated.values, name: value}), conn, "HM-310")


def test_who_hides_bad_ratings_is_told_what_the_law_says(
    rated: Settings, conn: Connection, load: Any, feedback: Callable[..., Feedback]
) -> None:
    load(
        [feedback("99", "Mist.", product="HM-310", rating_1_5=1.0, state="hidden", created_at=NOW - timedelta(days=1))]
    )
    found, _ = gather(rated, conn, "HM-310")
    assert [(left.reason, left.ratings, str(left.mean)) for left in found.left_out] == [("hidden", 1, "1.0")]
    assert "Nr. 23c" in " ".join(advice(found))


def test_portals_in_one_export_stand_apart(
    company: Settings, conn: Connection, load: Any, feedback: Callable[..., Feedback]
) -> None:
    table = company.sources["shop"]
    columns = {**table.values["columns"], "account": "portal"}
    split = replace(company, sources={"shop": replace(table, values={**table.values, "columns": columns})})
    yesterday = NOW - timedelta(days=1)
    for portal, stars in (("booking", 4.0), ("holiday-check", 2.0)):
        load(
            [
                feedback(f"{portal}{n}", f"Gut {n}.", account=portal, rating_1_5=stars, created_at=yesterday)
                for n in range(10)
            ]
        )
    together, _ = gather(company, conn, "HM-120")
    assert [(p.title, str(p.figure.shown)) for p in together.unverified.portals] == [("Unser Shop", "3.0")]
    apart, _ = gather(split, conn, "HM-120")
    assert [(p.title, str(p.figure.shown)) for p in apart.unverified.portals] == [
        ("Unser Shop (booking)", "4.0"),
        ("Unser Shop (holiday-check)", "2.0"),
    ]
    assert apart.unverified.figure == together.unverified.figure
    assert [origin.title for origin in apart.origins] == ["Unser Shop (booking)", "Unser Shop (holiday-check)"]
