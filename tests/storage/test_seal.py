"""What a seal counts: each voice once with its newest rating, portals and confirmed purchases apart, nothing silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kundenecho.company_lists import Testimonial as Words
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from storage.company_lists import ListReport
from storage.connect import Connection
from storage.contact import object_to
from storage.seal import RatingRow, list_testimonials, seal_ratings
from tests.conftest import SECRET, rows
from tests.pipeline.counting import understand
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import EMAIL, order, person

KEYER = Keyer(SECRET)
FIRST, LAST = date(2025, 7, 1), date(2026, 6, 30)
NOW = datetime.now(UTC)
LONG = (
    "Der Kaffee schmeckt mir jeden Morgen sehr gut, die Kanne hält ihn lange warm, und auch nach einem Jahr läuft die "
    "Maschine ohne jeden Fehler und ohne dass ich etwas daran hätte tun müssen."
)
Make = Callable[..., Feedback]


def day(number: int, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


@pytest.fixture
def count(load: Any, conn: Connection, settings: Settings) -> Callable[..., list[RatingRow]]:
    """Load records, understand and settle them, and count."""

    def run(*records: Feedback, about: str = "HM-120", sources: list[str] | None = None) -> list[RatingRow]:
        for source in sorted({record.source for record in records}):
            load([record for record in records if record.source == source], source=source)
        understand(conn)
        decide(settings)
        found = seal_ratings(conn, about, FIRST, LAST, sources)
        conn.rollback()
        return found

    return run


def told(found: list[RatingRow]) -> dict[tuple[str, str, str], tuple[int, float]]:
    return {(r.source, r.verified_purchase, r.outcome): (r.ratings, float(r.total)) for r in found}


def test_sources_and_confirmed_purchases_stand_apart(count: Any, feedback: Make) -> None:
    found = count(
        feedback("1", "Gut.", rating_1_5=5.0, verified_purchase="yes"),
        feedback("2", "Geht so.", rating_1_5=3.0),
        feedback("3", "Schlecht.", rating_1_5=1.0, verified_purchase="no"),
        feedback("4", "Schön.", rating_1_5=4.0, verified_purchase="yes", source="markt"),
    )
    assert told(found) == {
        ("shop", "yes", "counted"): (1, 5),
        ("shop", "unknown", "counted"): (1, 3),
        ("shop", "no", "counted"): (1, 1),
        ("markt", "yes", "counted"): (1, 4),
    }


def test_products_and_the_company_do_not_mix_and_surveys_are_no_reviews(
    count: Any, feedback: Make, conn: Connection
) -> None:
    records = (
        feedback("1", "Gut.", rating_1_5=5.0),
        feedback("2", "Gut.", rating_1_5=2.0, product="HM-310"),
        feedback("3", "Gut.", rating_1_5=1.0, kind="survey_answer"),
        feedback("4", "Gut.", rating_1_5=3.0, kind="shop_rating", product=None, product_name=None),
    )
    assert told(count(*records)) == {("shop", "unknown", "counted"): (1, 5)}
    assert [r.total for r in seal_ratings(conn, "", FIRST, LAST)] == [3]


def test_a_person_counts_once_with_the_newest_rating_be_it_the_worse_one(count: Any, feedback: Make) -> None:
    found = count(
        feedback("1", "Toll.", author="ina", rating_1_5=5.0, created_at=day(1), verified_purchase="yes"),
        feedback("2", "Jetzt kaputt.", author="ina", rating_1_5=1.0, created_at=day(9)),
    )
    assert told(found) == {("shop", "yes", "again"): (1, 5), ("shop", "unknown", "counted"): (1, 1)}


def test_of_several_ratings_of_one_moment_the_lowest_counts(count: Any, feedback: Make) -> None:
    found = count(*(feedback(str(n), "So.", author="ina", rating_1_5=float(n), created_at=day(1)) for n in (4, 2, 5)))
    assert told(found)["shop", "unknown", "counted"] == (1, 2)


def test_a_copied_text_counts_once(count: Any, feedback: Make) -> None:
    found = count(
        feedback("1", LONG, author="ina", rating_1_5=5.0, created_at=day(1)),
        feedback("2", LONG, author="jo", rating_1_5=5.0, created_at=day(2), source="markt"),
        feedback("3", LONG.replace("Morgen", "Abend"), author=None, rating_1_5=4.0, created_at=day(3), source="markt"),
    )
    assert told(found) == {
        ("markt", "unknown", "counted"): (1, 4),
        ("markt", "unknown", "again"): (1, 5),
        ("shop", "unknown", "again"): (1, 5),
    }


def test_paid_hidden_and_undated_ratings_are_left_out_and_told(count: Any, feedback: Make) -> None:
    found = count(
        feedback("1", "Habe ich kostenlos bekommen.", rating_1_5=5.0),
        feedback("2", "Nie wieder.", rating_1_5=1.0, state="hidden"),
        feedback("3", "Gut.", rating_1_5=4.0, created_at=None, created_precision="unknown"),
        feedback("4", "Gut.", rating_1_5=4.0, created_at=day(1, year=2031)),
        feedback("5", "Gut.", rating_1_5=4.0, created_at=day(1, year=1970)),
    )
    assert told(found) == {
        ("shop", "unknown", "incentivised"): (1, 5),
        ("shop", "unknown", "hidden"): (1, 1),
        ("shop", "unknown", "undated"): (3, 12),
    }


def test_a_paid_newer_rating_does_not_hide_an_older_unpaid_one(count: Any, feedback: Make) -> None:
    found = count(
        feedback("1", "Schwach.", author="ina", rating_1_5=2.0, created_at=day(1)),
        feedback("2", "Ersatz kostenlos.", author="ina", rating_1_5=5.0, created_at=day(9)),
    )
    assert told(found)["shop", "unknown", "counted"] == (1, 2)


def test_the_period_has_both_its_days_and_no_more(count: Any, feedback: Make) -> None:
    edges = (
        datetime(2025, 6, 30, 23, 59, tzinfo=UTC),
        datetime(2025, 7, 1, tzinfo=UTC),
        datetime(2026, 6, 30, 23, 59, tzinfo=UTC),
    )
    late = datetime(2026, 7, 1, tzinfo=UTC)
    found = count(
        *(feedback(str(n), f"Gut {n}.", created_at=moment, collected_at=late + timedelta(days=2))
          for n, moment in enumerate((*edges, late)))
    )  # fmt: skip
    assert told(found) == {("shop", "unknown", "counted"): (2, 8)}
    assert found[0].newest == LAST


def test_stars_alone_count_and_halves_go_to_the_lower_star(count: Any, feedback: Make) -> None:
    [found] = count(
        feedback("1", None, rating_1_5=4.5),
        feedback("2", None, rating_1_5=5.0),
        feedback("3", "Na ja.", rating_1_5=1.5),
    )
    assert (found.ratings, found.star_only, found.stars) == (3, 2, [1, 0, 0, 1, 1])
    assert float(found.squares) == 4.5**2 + 25 + 1.5**2


def test_what_nobody_has_read_yet_is_told(count: Any, feedback: Make, load: Any, conn: Connection) -> None:
    count(feedback("1", "Gut."))
    load([feedback("2", "Neu und noch nicht gelesen."), feedback("3", None)])
    [found] = seal_ratings(conn, "HM-120", FIRST, LAST)
    assert (found.ratings, found.unassessed) == (3, 1)


def test_deleted_ratings_and_those_without_stars_are_no_ratings(count: Any, feedback: Make) -> None:
    assert not count(
        feedback("1", "Weg.", state="deleted"), feedback("2", "Ohne Sterne.", rating_1_5=None, raw_value=None)
    )


def test_only_some_sources(count: Any, feedback: Make) -> None:
    """A person's newest rating among these counts, not her newest of all."""
    found = count(
        feedback("1", "Gut.", author="ina", rating_1_5=4.0, created_at=day(1)),
        feedback("2", "Schlecht.", author="jo", rating_1_5=1.0, source="markt", created_at=day(2)),
        sources=["shop"],
    )
    assert told(found) == {("shop", "unknown", "counted"): (1, 4)}


def test_the_view_shows_the_last_twelve_months(count: Any, feedback: Make, conn: Connection) -> None:
    moments = (NOW - timedelta(days=400), NOW - timedelta(days=300), NOW - timedelta(hours=1))
    count(
        *(feedback(str(n), f"Gut {n}.", author="ina" if n else "jo", rating_1_5=float(n + 3), created_at=moment,
                   collected_at=NOW) for n, moment in enumerate(moments)),
        feedback("9", None, kind="shop_rating", product=None, product_name=None, rating_1_5=4.0, created_at=NOW,
                 collected_at=NOW),
    )  # fmt: skip
    view = rows(
        conn,
        "SELECT product, source, verified_purchase, outcome, ratings, star_only, mean FROM lists.seal ORDER BY 1, 4",
    )
    assert [(*row[:6], float(row[6])) for row in view] == [
        ("HM-120", "shop", "unknown", "again", 1, 0, 4.0),
        ("HM-120", "shop", "unknown", "counted", 1, 0, 5.0),
        (None, "shop", "unknown", "counted", 1, 1, 4.0),
    ]


def words(text: str = "Läuft und läuft.", number: str | None = "K-1", **values: Any) -> Words:
    facts: dict[str, Any] = {
        "product": "HM-310", "shown_as": "Ina M., Kassel", "given_at": NOW - timedelta(days=20), "withdrawn_at": None,
        "wording": "Ja, das darf auf die Website.", "proof": "Brief vom 01.03.2026", "compensation": None, "source_ref": None,
    }  # fmt: skip
    return Words(KEYER.customer(number), None, text=text, **{**facts, **values})


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({}, "published"),
        ({"withdrawn_at": NOW}, "withdrawn"),
        ({"withdrawn_at": NOW + timedelta(days=9)}, "withdrawn"),
        ({"given_at": NOW + timedelta(days=9)}, "in_future"),
        ({"wording": None}, "no_wording"),
        ({"proof": None}, "no_proof"),
        ({"shown_as": None}, "published"),
    ],
)
def test_words_are_published_only_with_a_consent_that_holds(
    conn: Connection, values: dict[str, Any], answer: str
) -> None:
    load_list(conn, "testimonials", [words(**values)])
    [found] = list_testimonials(conn, "HM-310")
    assert found.answer == answer
    assert rows(conn, "SELECT text IS NOT NULL, shown_as IS NOT NULL, answer FROM lists.testimonials") == [
        (answer == "published", answer == "published" and "shown_as" not in values, answer)
    ]
    assert list_testimonials(conn, "") == []


def test_a_withdrawal_stays_whatever_is_imported_later(conn: Connection) -> None:
    given = words()
    assert load_list(conn, "testimonials", [given]) == ListReport(1, 0, 0)
    assert load_list(conn, "testimonials", [words(withdrawn_at=NOW)]) == ListReport(0, 1, 0)
    assert load_list(conn, "testimonials", [given]) == ListReport(0, 0, 1)
    assert list_testimonials(conn, "HM-310")[0].answer == "withdrawn"
    assert load_list(conn, "testimonials", [words(given_at=NOW - timedelta(days=1))]) == ListReport(1, 0, 0)
    assert [row.answer for row in list_testimonials(conn, "HM-310")] == ["published", "withdrawn"], (
        "a new consent is new"
    )


def test_an_objection_by_any_key_takes_words_out(conn: Connection) -> None:
    load_list(conn, "customers", [person()])
    load_list(conn, "testimonials", [words()])
    object_to(conn, [("email", str(KEYER.email(EMAIL)))], "Support")
    assert list_testimonials(conn, "HM-310")[0].answer == "objected"


@pytest.mark.parametrize(
    ("bought", "product", "known"),
    [
        (order(), "HM-310", True),
        (order(), "", True),
        (order("HM-120"), "HM-310", False),
        (order(state="storniert"), "HM-310", False),
        (order(quantity=0), "HM-310", False),
    ],
)
def test_a_purchase_is_known_from_the_lists_of_orders(conn: Connection, bought: Any, product: str, known: bool) -> None:
    load_list(conn, "customers", [person()])
    load_list(conn, "orders", [bought])
    load_list(conn, "testimonials", [words(product=product)])
    assert list_testimonials(conn, product)[0].bought is known


def test_nothing_that_is_decided_is_touched_by_words(conn: Connection) -> None:
    load_list(conn, "testimonials", [words(), words(product="")])
    assert rows(conn, "SELECT count(*) FROM dirty_key WHERE product IS NOT NULL") == [(0,)]
