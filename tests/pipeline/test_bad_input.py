"""What is odd in what is counted has a stated behaviour (docs/statistics.md, "What is odd")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from insights.weeks import WeekCount, standardised
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from nlp.engine import Text, load_engine
from pipeline.decide import decide
from storage.connect import Connection
from storage.dirty import newest_feedback
from storage.retain import withdraw_texts
from storage.why import why
from tests.conftest import rows
from tests.pipeline.counting import Load, snapshot, understand

Make = Callable[..., Feedback]
CLOG = "Die Düse ist verstopft."
LONG = (
    "Wir haben die Maschine seit drei Wochen in der Küche stehen und waren zuerst sehr zufrieden, aber nach einem Monat"
    " ging leider nichts mehr und wir haben lange gesucht, woran es liegt. Die Düse ist verstopft."
)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.fixture
def defect(load: Load, settings: Settings, conn: Connection) -> Callable[..., dict[str, Any]]:
    """Loads, understands and decides; gives the row of lists.defects for the nozzle."""

    def run(*records: Feedback) -> dict[str, Any]:
        for source in sorted({r.source for r in records}):
            load([r for r in records if r.source == source], source=source)
        understand(conn)
        decide(settings)
        with conn.cursor() as cursor:
            cursor.execute("SELECT * FROM lists.defects WHERE defect = 'blockage' AND lower(component) = 'düse'")
            names, row = [column.name for column in cursor.description or ()], cursor.fetchone()
        conn.rollback()
        return dict(zip(names, row or (), strict=False))

    return run


def test_a_product_without_exposure_is_not_judged(
    defect: Callable[..., dict[str, Any]], feedback: Make, load: Load, settings: Settings, conn: Connection
) -> None:
    assert defect(feedback("1", CLOG))["persons"] == 1
    load([feedback("1", None, state="deleted")])
    decide(settings)
    assert snapshot(conn)["figures"] == []
    assert rows(conn, "SELECT count(*) FROM product_figure") == [(0,)]


def test_a_component_that_is_only_a_pronoun_means_the_whole_product() -> None:
    engine = load_engine("kundenecho")
    texts = ["Es tropft ständig.", "Sie ist nach zwei Wochen undicht.", "Das ist schon kaputt.", "Der tropft."]
    for analysis in engine.analyse(Text(text, None, None) for text in texts):
        assert {m.component for m in analysis.mentions if m.defect} <= {None}


def test_one_person_with_a_hundred_mentions_is_one_person(
    defect: Callable[..., dict[str, Any]], feedback: Make
) -> None:
    found = defect(*(feedback(str(n), f"{CLOG} Zum {n}. Mal.", author="one") for n in range(100)))
    assert (found["persons"], found["mentions"], found["signal"]) == (1, 100, "too_little_data")
    assert (found["persons_exposed"], found["evidence_needed"]) == (1, 2)


@pytest.mark.parametrize("day", [datetime(2099, 5, 4, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_date_in_the_future_or_before_there_were_portals_is_none(
    defect: Callable[..., dict[str, Any]], feedback: Make, conn: Connection, day: datetime
) -> None:
    found = defect(feedback("1", CLOG, created_at=at(5, 4)), feedback("2", CLOG, created_at=day))
    assert (found["persons"], found["first_seen"], found["last_seen"]) == (2, at(5, 4), at(5, 4))
    assert newest_feedback(conn) == at(5, 4)


def test_a_lone_early_voice_does_not_make_the_rest_new_or_rising(
    defect: Callable[..., dict[str, Any]], feedback: Make
) -> None:
    early = feedback("0", CLOG, created_at=datetime(2009, 1, 5, tzinfo=UTC))
    weekly = [feedback(str(n), CLOG, created_at=at(1, 5) + timedelta(weeks=n)) for n in range(1, 20)]
    assert defect(early, *weekly)["signal"] in {"steady", "too_little_data"}


def test_a_month_in_a_weekly_series_is_spread_once_it_is_over(
    defect: Callable[..., dict[str, Any]], feedback: Make
) -> None:
    weekly = [feedback(str(n), CLOG, created_at=at(1, 5) + timedelta(weeks=n)) for n in range(20)]
    monthly = [
        feedback(f"m{n}", CLOG, created_at=datetime(2026, n, 1, tzinfo=UTC), created_precision="month")
        for n in range(1, 6)
    ]
    found = defect(*weekly, *monthly)
    assert found["persons"] == 25
    assert found["signal"] != "rising"


def test_negative_units_are_returns_of_their_month(
    defect: Callable[..., dict[str, Any]], feedback: Make, conn: Connection, settings: Settings
) -> None:
    assert defect(feedback("1", CLOG))["per_thousand_sold"] is None
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO list_import (kind, file, digest, items, new, revised, unchanged, rejected)"
            " VALUES ('sales', 'sales.csv', 'd', 4, 4, 0, 0, 0) RETURNING import_id"
        )
        for month, country, units in ((1, "DE", 600), (1, "AT", -100), (2, "DE", 20), (2, "AT", -50)):
            cursor.execute(
                "INSERT INTO sale (product, month, units, country, channel, import_id)"
                " VALUES ('HM-120', %s, %s, %s, '', 1)",
                (date(2026, month, 1), units, country),
            )
        cursor.execute("INSERT INTO dirty_key (product) VALUES ('HM-120')")
    conn.commit()
    decide(settings)
    assert rows(conn, "SELECT units_sold, return_months, per_thousand_sold FROM lists.defects") == [(500, 1, 2.0)]


def test_more_returns_than_sales_ever_give_no_rate(
    defect: Callable[..., dict[str, Any]], feedback: Make, conn: Connection, settings: Settings
) -> None:
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO list_import (kind, file, digest, items, new, revised, unchanged, rejected)"
            " VALUES ('sales', 'sales.csv', 'd', 1, 1, 0, 0, 0)"
        )
        cursor.execute(
            "INSERT INTO sale (product, month, units, country, channel, import_id)"
            " VALUES ('HM-120', '2026-01-01', -5, 'DE', '', 1)"
        )
    conn.commit()
    found = defect(feedback("1", CLOG))
    assert (found["units_sold"], found["return_months"], found["per_thousand_sold"]) == (0, 1, None)


def test_a_lineage_switch_counts_the_whole_series_anew(
    defect: Callable[..., dict[str, Any]], feedback: Make, conn: Connection, settings: Settings
) -> None:
    weekly = [feedback(str(n), CLOG, created_at=at(1, 5) + timedelta(weeks=n)) for n in range(20)]
    assert defect(*weekly)["persons"] == 20
    before = snapshot(conn)["figures"]
    understand(conn, "second", {"undicht": "leak"})
    decide(settings)
    assert snapshot(conn)["figures"] == []
    understand(conn, "first")
    decide(settings)
    assert snapshot(conn)["figures"] == before


def test_a_portal_that_joins_or_leaves_half_way_is_no_rise() -> None:
    first = date(2024, 1, 1)
    weeks = [first + timedelta(weeks=n) for n in range(104)]
    calm = [WeekCount(week, 1, 50) for week in weeks]
    loud = [WeekCount(week, 10, 50) for week in weeks[60:]]
    joined, left = standardised([calm, loud]), standardised([calm, loud[:20]])
    # The portal whose users complain ten times as often weighs ten times as much: the expected rate stays.
    for exposure, alone, both in ((joined, weeks[0], weeks[-1]), (left, weeks[-1], weeks[70])):
        assert 1 / exposure[alone] == pytest.approx(11 / exposure[both], rel=0.05)
        assert exposure[alone] < exposure[both] / 8


def test_who_the_persons_are_is_told(defect: Callable[..., dict[str, Any]], feedback: Make) -> None:
    found = defect(
        feedback("1", CLOG, verified_purchase="yes"),
        feedback("2", f"{CLOG} Ich habe es kostenlos erhalten.", verified_purchase="no"),
        feedback("3", f"{CLOG} Schade.", author=None),
        feedback("4", None, title=None),
        feedback("5", LONG, author="five"),
        feedback("6", LONG.replace("drei Wochen", "vier Wochen"), source="other", author=None),
    )
    counted = ("persons", "persons_exposed", "persons_verified", "persons_incentivised", "persons_anonymous")
    assert [found[key] for key in counted] == [4, 5, 1, 1, 1]
    assert (found["exposed_star_only"], found["exposed_anonymous"], found["copies"]) == (1, 1, 1)


def test_why_tells_voices_copies_and_quotes_that_had_to_go(
    defect: Callable[..., dict[str, Any]], feedback: Make, conn: Connection
) -> None:
    found = defect(
        feedback("5", LONG, author="five"),
        feedback("6", LONG.replace("drei Wochen", "vier Wochen"), source="other", author=None),
        feedback("7", CLOG, created_at=at(5, 10)),
    )
    evidence = why(conn, found["defect_id"])["evidence"]
    assert [piece["voice"] == evidence[0]["voice"] for piece in evidence] == [True, True, False]
    [copy] = [piece for piece in evidence if piece["counts_as"]]
    assert (copy["counts_as"], copy["copy_kind"], copy["cross_post"]) == ("F2", "near", True)
    assert 0.7 <= copy["copy_similarity"] < 1
    assert rows(conn, "SELECT counts_as, kind, same_source FROM lists.copies") == [("F2", "near", False)]
    with conn.cursor() as cursor:
        withdraw_texts(cursor, [2])
    assert "Zitat nicht mehr verfügbar" in {piece["quote"] for piece in why(conn, found["defect_id"])["evidence"]}
