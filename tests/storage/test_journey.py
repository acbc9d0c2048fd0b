"""The journey map counts persons, gives each one place, and shows what stands behind a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundenecho.analysis import TOUCHPOINTS, Analysis, Moment, PersonalSpan, Sentiment
from kundenecho.journey import MOODS
from kundenecho.records import Feedback
from pipeline.decide import decide
from storage.analyses import activate, ensure_lineage, unseen, write_analyses
from storage.connect import Connection
from storage.journey import list_journey, list_journey_quotes, list_journey_transitions
from storage.retain import retain
from tests.conftest import rows

Make = Callable[..., Feedback]
Load = Callable[..., object]
START = datetime(2026, 5, 4, 12, tzinfo=UTC)
NO_STARS = dict.fromkeys(("raw_value", "raw_min", "raw_max", "rating_1_5"))
PHASES = {"delivery": "during", "use": "during", "support": "after", "order": "before"}


def moment(touchpoint: str | None, mood: int, at: int = 0, **more: Any) -> Moment:
    phase = PHASES.get(touchpoint or "", "during") if touchpoint else None
    return Moment("text", (at, at + 3), (at, at + 5), phase, touchpoint, mood, **more)


@pytest.fixture
def told(conn: Connection, load: Load, feedback: Make) -> Callable[..., None]:
    """Loads feedback with its moments as if they were read; keyed by number of the feedback."""

    def tell(moments: Mapping[str, Sequence[Moment]], lineage: str = "one", **values: Any) -> None:
        records = []
        for number, key in enumerate(moments):
            own = values.get(key, {})
            text = own.pop("text", f"Text Nummer {key}, lang genug für alles.")
            records.append(feedback(key, text, **{"created_at": START + timedelta(days=number), **own}))
        if records:
            load(records)
        found = ensure_lineage(conn, {"engine": lineage})
        numbers = dict(rows(conn, "SELECT revision_id, native_id FROM current_feedback"))
        pairs = [
            (
                one.revision_id,
                Analysis("de", Sentiment("mixed", 0.0, 0.9), moments=list(moments.get(numbers[one.revision_id], ()))),
            )
            for one in unseen(conn, found.id, limit=1000)
        ]
        write_analyses(conn, found.id, pairs)
        activate(conn, found.id)
        conn.commit()

    return tell


def cell(conn: Connection, touchpoint: str, **scope: Any) -> dict[str, Any]:
    return next(row for row in list_journey(conn, **scope) if row["touchpoint"] == touchpoint)


def moods(row: Mapping[str, Any]) -> list[int]:
    return [row[mood] for mood in MOODS]


def test_a_person_stands_in_one_place(conn: Connection, told: Callable[..., None], settings: Any) -> None:
    told(
        {
            "1": [moment("use", 1), moment("use", 2), moment("use", 0)],
            "2": [moment("use", 1), moment("use", -2)],
            "3": [moment("use", -1)],
            "4": [moment("use", 0)],
            "5": [moment("use", -2), moment("use", -1), moment("delivery", 1)],
            "6": [moment(None, 2, emotion="joy")],
        },
        **{"6": {"author": "author 5"}},
    )
    decide(settings)
    row = cell(conn, "use")
    assert moods(row) == [1, 1, 1, 0, 1, 1]
    assert (row["persons"], row["of_persons"], row["needed"], row["negative_share"]) == (5, 5, 1, None)
    assert cell(conn, "overall")["joy"] == 1


def test_shares_from_five_verdicts_on(conn: Connection, told: Callable[..., None]) -> None:
    told({str(n): [moment("use", -1 if n < 3 else 1)] for n in range(5)} | {"9": [moment("use", 0)]})
    row = cell(conn, "use")
    assert (row["persons"], row["needed"]) == (6, 0)
    assert row["negative_share"] == pytest.approx(0.6)
    # Wilson's interval of 3 of 5, by hand.
    assert row["negative_low"] == pytest.approx(0.2307, abs=1e-4)
    assert row["negative_high"] == pytest.approx(0.8824, abs=1e-4)


def test_importance_is_the_share_of_extreme_verdicts_that_tell_of_it(
    conn: Connection, told: Callable[..., None]
) -> None:
    stars = {"1": 1, "2": 5, "3": 5, "4": 1, "5": 5, "6": 3}
    told(
        {n: [moment("delivery" if n in "126" else "use", 1)] for n in stars},
        **{n: {"raw_value": s, "raw_min": 1, "raw_max": 5, "rating_1_5": s} for n, s in stars.items()},
    )
    row = cell(conn, "delivery")
    assert (row["persons"], row["extreme_persons"], row["of_extreme"]) == (3, 2, 5)
    assert row["importance"] == pytest.approx(0.4)


def test_recommendation_counts_where_there_are_no_stars(conn: Connection, told: Callable[..., None]) -> None:
    answers = {"1": 0, "2": 1, "3": 10, "4": 9, "5": 2}
    told({n: [moment("use", 1)] for n in answers}, **{n: {**NO_STARS, "nps_0_10": v} for n, v in answers.items()})
    assert cell(conn, "use")["of_extreme"] == 3


def test_products_and_the_company_apart(conn: Connection, told: Callable[..., None]) -> None:
    told(
        {n: [moment("use", 1)] for n in ("1", "2", "3")},
        **{"2": {"product": "HM-310", "product_name": "Aurora"}, "3": {"product": None, "product_name": None}},
    )
    assert [cell(conn, "use", **scope)["persons"] for scope in ({}, {"product": "HM-310"}, {"company": True})] == [
        3,
        1,
        1,
    ]
    assert list_journey(conn, product="none") == []


def test_copies_of_a_text_count_once(conn: Connection, told: Callable[..., None], settings: Any) -> None:
    text = (
        "Die Lieferung kam drei Wochen zu spät, am Telefon wusste keiner Bescheid, und als der Karton endlich vor der Tür"
        " stand, war er an zwei Ecken eingedrückt, so dass ich ihn gar nicht erst öffnen wollte."
    )
    told({n: [moment("delivery", -1)] for n in ("1", "2")}, **{n: {"text": text} for n in ("1", "2")})
    decide(settings)
    assert cell(conn, "delivery")["persons"] == 1


def test_expectations_and_feelings(conn: Connection, told: Callable[..., None]) -> None:
    told(
        {
            "1": [
                moment("use", 2, expectation="exceeded", emotion="surprise"),
                moment("use", 2, 5, expectation="exceeded"),
            ],
            "2": [moment("use", -2, expectation="disappointed", emotion="anger")],
        }
    )
    row = cell(conn, "use")
    assert [row[name] for name in ("exceeded", "met", "disappointed", "surprise", "anger", "joy")] == [1, 0, 1, 1, 1, 0]
    [quote] = list_journey_quotes(conn, touchpoint="use", expectation="disappointed")
    assert (quote["feedback_id"], quote["mood"]) == ("F2", "very_negative")


def test_quotes_stand_behind_their_cell(conn: Connection, told: Callable[..., None]) -> None:
    told(
        {
            "1": [moment("use", 1), moment("use", -1, 5), moment("use", 0, 9)],
            "2": [moment("use", 0), moment("use", 1, 5), moment("use", 2, 9, emotion="joy")],
            "3": [moment("use", 0)],
        }
    )
    found = [(q["feedback_id"], q["mood"], q["tone"]) for q in list_journey_quotes(conn, touchpoint="use")]
    assert sorted(found) == [
        ("F1", "mixed", "negative"),
        ("F1", "mixed", "positive"),
        ("F2", "very_positive", "very_positive"),
        ("F3", "unjudged", "unjudged"),
    ]
    assert list_journey_quotes(conn, touchpoint="use", mood="mixed", limit=1)[0]["rank"] == 1


def test_what_is_read_most_surely_stands_first(conn: Connection, told: Callable[..., None]) -> None:
    told(
        {
            "1": [moment("use", 1, confidence=0.62), moment("use", 1, 5, confidence=0.91)],
            "2": [moment("use", 1, confidence=0.71, emotion="joy")],
            "3": [moment("use", 1, confidence=0.97)],
            # To a tenth as sure as the first, and clearer.
            "4": [moment("use", 1, confidence=0.88, expectation="met")],
        }
    )
    found = list_journey_quotes(conn, touchpoint="use")
    assert [quote["feedback_id"] for quote in found] == ["F3", "F4", "F1", "F2"]
    assert [quote["confidence"] for quote in found] == pytest.approx([0.97, 0.88, 0.91, 0.71])


def test_moments_without_a_confidence_stand_last(conn: Connection, told: Callable[..., None]) -> None:
    told({"1": [moment("use", 1)], "2": [moment("use", 1, confidence=0.41)]})
    with conn.cursor() as cursor:
        cursor.execute("UPDATE moment SET confidence = NULL WHERE confidence = 0.5")
    assert [quote["confidence"] for quote in list_journey_quotes(conn, touchpoint="use")] == [pytest.approx(0.41), None]


def test_quotes_are_masked(conn: Connection, load: Load, feedback: Make) -> None:
    load([feedback("1", "Danke an Wilma, super Hotline!")])
    lineage = ensure_lineage(conn, {"engine": "masked"})
    [one] = unseen(conn, lineage.id, limit=2)
    moments = [Moment("text", (0, 15), (0, 29), "after", "support", 1)]
    personal = [PersonalSpan("text", 9, 14, "name")]
    analysis = Analysis("de", Sentiment("positive", 0.9, 0.9), moments=moments, personal=personal)
    write_analyses(conn, lineage.id, [(one.revision_id, analysis)])
    activate(conn, lineage.id)
    [quote] = list_journey_quotes(conn, touchpoint="support")
    assert quote["text"] == "Danke an •••••, super Hotline"


def test_at_most_twenty_quotes_behind_a_cell(conn: Connection, told: Callable[..., None]) -> None:
    told({str(n): [moment("use", 1)] for n in range(23)})
    assert [q["rank"] for q in list_journey_quotes(conn, touchpoint="use")] == list(range(1, 21))


def test_ways_in_the_order_of_telling(conn: Connection, told: Callable[..., None], settings: Any) -> None:
    told(
        {
            "1": [moment("delivery", 1), moment("use", -1, 5), moment(None, 1, 9), moment("use", 1, 12)],
            "2": [moment("support", 1)],
            "3": [moment("delivery", 1, 5), moment("use", 1, 9)],
        },
        **{"2": {"author": "author 1"}},
    )
    decide(settings)
    ways = {
        (way["from_touchpoint"], way["to_touchpoint"]): (
            way["persons"],
            way["turned_bad"],
            way["turned_good"],
            way["apart"],
        )
        for way in list_journey_transitions(conn)
    }
    assert ways == {("delivery", "use"): (2, 1, 0, 0), ("use", "support"): (1, 0, 0, 1)}
    assert len(list_journey_transitions(conn, limit=1)) == 1


def test_a_withdrawn_text_keeps_its_place_also_under_a_new_lineage(conn: Connection, told: Callable[..., None]) -> None:
    told({"1": [moment("use", 1)]})
    retain(conn, {"shop": 0}, datetime.now(UTC) + timedelta(days=1))
    conn.commit()
    told({}, lineage="two")
    assert cell(conn, "use")["persons"] == 1
    [quote] = list_journey_quotes(conn, touchpoint="use")
    assert quote["text"] == "Zitat nicht mehr verfügbar"


def test_a_lineage_counts_once_it_is_active(conn: Connection, told: Callable[..., None]) -> None:
    told({"1": [moment("use", 1)]})
    building = ensure_lineage(conn, {"engine": "two"})
    [one] = unseen(conn, building.id, limit=2)
    analysis = Analysis("de", Sentiment("mixed", 0.0, 0.9), moments=[moment("support", -1)])
    write_analyses(conn, building.id, [(one.revision_id, analysis)])
    assert [row["touchpoint"] for row in list_journey(conn)] == ["use"]
    activate(conn, building.id)
    assert [row["touchpoint"] for row in list_journey(conn)] == ["support"]


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from([*TOUCHPOINTS[:4], None]), st.integers(-2, 2)), max_size=4),
        min_size=1, max_size=8,
    )
)  # fmt: skip
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_person_has_exactly_one_place_at_each_touchpoint(
    conn: Connection, told: Callable[..., None], people: list[list[tuple[str | None, int]]]
) -> None:
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM lineage")
    told({str(n): [moment(t, m, 3 * i) for i, (t, m) in enumerate(found)] for n, found in enumerate(people)})
    expected = {t or "overall": sum(any(at == t for at, _ in one) for one in people) for one in people for t, _ in one}
    got = {row["touchpoint"]: row["persons"] for row in list_journey(conn)}
    assert got == expected
    assert all(sum(moods(row)) == row["persons"] for row in list_journey(conn))
    for row in list_journey(conn):
        for mood in MOODS:
            behind = {q["feedback_id"] for q in list_journey_quotes(conn, touchpoint=row["touchpoint"], mood=mood)}
            assert len(behind) == row[mood]
