from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.advocates import assess, rules, score
from insights.loop import STAGES
from insights.statements import Order, Person, Span, Statement

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
REFERENCE = date(2026, 6, 1)
HAPPY = Statement(
    1,
    "shop",
    JUNE,
    rating=5.0,
    sentiment="positive",
    praise=(Span("text", 0, 9),),
    recommend="yes",
    loyalty="repeat",
    recommend_at=Span("text", 10, 20),
    feedback_id=1,
)
PLAIN = replace(HAPPY, recommend="none", loyalty="none", recommend_at=None)


def later(s: Statement, days: int, number: int, **values: object) -> Statement:
    return replace(
        s,
        created_at=JUNE + timedelta(days=days),
        revision_id=number,
        feedback_id=number,
        **values,  # type: ignore[arg-type]
    )


def kinds(*said: Statement, **values: object) -> set[str]:
    found = assess(Person(said, **values), reference=REFERENCE)  # type: ignore[arg-type]
    return {reason.kind for reason in found.reasons}


def test_what_can_be_reached_is_a_hundred_points() -> None:
    assert sum(rule.cap for rule in rules().reasons.values() if rule.weight > 0) == 100


def test_recommendation_and_loyalty_make_an_advocate() -> None:
    advocacy = assess(Person([HAPPY]), reference=REFERENCE)
    assert advocacy.listed
    assert advocacy.stage == "advocate"
    assert {r.kind for r in advocacy.reasons} == {"recommendation", "loyal", "praise", "top_rating", "recent"}
    assert advocacy.reasons[0].span == Span("text", 10, 20)
    assert advocacy.reasons[0].day == JUNE.date()


def test_two_reasons_of_one_day_do_not_list_but_of_two_days_do() -> None:
    promoter, loyal = replace(PLAIN, nps=10), replace(PLAIN, loyalty="repeat")
    assert not assess(Person([replace(promoter, loyalty="repeat")])).listed
    assert assess(Person([promoter, later(loyal, 30, 2)])).listed


def test_praise_carries_only_beside_a_recommendation_in_words_or_a_referral() -> None:
    ticked = replace(PLAIN, would_recommend=True)
    assert not assess(Person([replace(PLAIN, nps=10), later(PLAIN, 30, 2)])).listed
    assert not assess(Person([ticked, later(PLAIN, 30, 2)])).listed
    assert assess(Person([replace(PLAIN, recommend="yes", recommend_at=Span("text", 10, 20))])).listed
    assert assess(Person([replace(PLAIN, referral_at=Span("text", 10, 20))])).listed


def test_a_tick_and_another_reason_list_but_two_answers_to_one_question_do_not() -> None:
    ticked = replace(PLAIN, praise=(), would_recommend=True)
    assert assess(Person([replace(ticked, loyalty="repeat", loyalty_at=Span("text", 0, 9))])).listed
    assert not assess(Person([replace(ticked, nps=10)])).listed
    assert assess(Person([ticked, later(PLAIN, 30, 2, nps=10)])).listed


def test_one_clause_proves_one_reason_and_struck_out_leaves_its_place_to_the_next() -> None:
    clause = Span("text", 10, 20)
    said = replace(HAPPY, praise=(Span("text", 12, 18),), recommend_at=clause, loyalty_at=clause)
    assert kinds(said) == {"recommendation", "top_rating", "recent"}
    assert not assess(Person([said])).listed
    struck = assess(Person([said]), reference=REFERENCE, struck={("recommendation", 1)})
    assert {r.kind for r in struck.reasons if not r.struck} == {"loyal", "top_rating", "recent"}


def test_two_reasons_of_one_sentence_give_points_but_no_place() -> None:
    both = {"recommend_at": Span("text", 10, 20, (0, 40)), "praise": (Span("text", 0, 9, (0, 40)),)}
    one = replace(PLAIN, recommend="yes", **both)  # type: ignore[arg-type]
    assert {"recommendation", "praise"} <= kinds(one)
    assert not assess(Person([one])).listed
    assert assess(Person([replace(one, praise=(Span("text", 50, 59, (41, 80)),))])).listed
    assert assess(Person([replace(one, praise=(Span("title", 0, 9, (0, 40)),))])).listed


def test_who_tells_of_others_that_came_is_an_advocate() -> None:
    told = replace(PLAIN, referral_at=Span("text", 10, 20))
    advocacy = assess(Person([told]))
    assert advocacy.stage == "advocate"
    assert advocacy.reasons[0].kind == "referral"
    assert advocacy.reasons[0].span == Span("text", 10, 20)
    assert "referral" not in kinds(replace(told, rating=1.0, sentiment="negative"))


def test_a_recommendation_needs_one_more_reason() -> None:
    bare = Statement(1, "shop", JUNE, recommend="yes")
    assert not assess(Person([bare])).listed
    assert assess(Person([replace(bare, nps=10)])).listed


def test_stars_alone_list_nobody() -> None:
    assert not assess(Person([Statement(n, "shop", JUNE, rating=5.0) for n in range(9)])).listed


def test_a_person_with_5000_reviews_does_not_win_by_volume() -> None:
    many = assess(Person([later(HAPPY, 3 * n, n + 1) for n in range(5000)]), reference=REFERENCE)
    few = assess(Person([later(HAPPY, 3 * n, n + 1) for n in range(3)]), reference=REFERENCE)
    assert many.points_for == few.points_for
    assert len(many.reasons) == len(few.reasons)
    assert many.score < 60


def test_thin_evidence_is_shrunk() -> None:
    one, two = assess(Person([HAPPY])), assess(Person([HAPPY, later(HAPPY, 40, 2)]))
    assert one.shrinkage == pytest.approx(2 / 3)
    assert two.shrinkage == pytest.approx(4 / 5)


def test_bought_praise_does_not_list() -> None:
    bought = replace(HAPPY, loyalty="none", incentivised=Span("text", 3, 8))
    assert "incentivised" in kinds(bought)
    assert not assess(Person([bought])).listed


def test_who_complains_now_does_not_speak_for_us() -> None:
    angry = Statement(2, "shop", JUNE + timedelta(days=60), rating=1.0, sentiment="negative")
    advocacy = assess(Person([HAPPY, angry]))
    assert advocacy.stage == "at_risk"
    assert not advocacy.listed
    assert "complaint" in kinds(HAPPY, angry)


def test_recovered_by_an_edit_or_by_a_later_word() -> None:
    assert "recovered" in kinds(replace(PLAIN, first_rating=2.0))
    angry = Statement(2, "shop", JUNE - timedelta(days=60), rating=1.0, sentiment="negative")
    assert "recovered" in kinds(angry, PLAIN)
    assert "recovered" not in kinds(PLAIN)


def test_orders_on_two_days_are_a_repeat_purchase() -> None:
    orders = [Order("k1:a", date(2026, 1, 5)), Order("k1:b", date(2026, 1, 5))]
    assert "repeat_purchase" not in kinds(PLAIN, orders=orders)
    assert "repeat_purchase" in kinds(PLAIN, orders=[*orders, Order("k1:c", date(2026, 3, 5))])


def test_only_a_referral_that_came_to_something_counts() -> None:
    invited = Statement(3, "empfehlungen", JUNE, kind="referral")
    assert "referral" not in kinds(invited)
    assert "referral" in kinds(replace(invited, converted=True))


def test_five_stars_with_a_negative_text_contradict() -> None:
    odd = Statement(4, "shop", JUNE, rating=5.0, sentiment="negative", likes=9, praise=(Span("text", 0, 9),))
    assert "contradiction" in kinds(odd)
    assert "contradiction" not in kinds(replace(odd, recommend="yes"))
    assert not assess(Person([odd])).listed


def test_against_copies_and_bursts() -> None:
    assert "duplicate" in kinds(replace(PLAIN, copied=True))
    assert "burst" in kinds(*(later(PLAIN, 0, n) for n in range(1, 4)))
    assert "burst" not in kinds(*(later(PLAIN, 3 * n, n) for n in range(1, 4)))


def test_reach_and_recency() -> None:
    assert "reach" in kinds(replace(PLAIN, likes=5))
    assert "reach" not in kinds(replace(PLAIN, likes=4))
    assert "recent" not in kinds(later(PLAIN, -366, 1))


def test_nps_of_one_response_counts_once() -> None:
    first = Statement(5, "umfrage", JUNE, nps=10, sentiment="positive")
    second = replace(first, revision_id=6, counts_nps=False, nps=10)
    assert sum(r.kind == "promoter" for r in assess(Person([first, second])).reasons) == 1


def test_two_portals_count_only_for_praise_on_both() -> None:
    elsewhere = Statement(7, "provenexpert", JUNE, rating=5.0, sentiment="positive")
    assert "several_portals" in kinds(HAPPY, elsewhere)
    assert "several_portals" not in kinds(HAPPY, replace(elsewhere, rating=1.0, sentiment="negative"))


def test_a_struck_reason_gives_no_points_and_the_next_takes_its_place() -> None:
    said = [HAPPY, later(HAPPY, 40, 2)]
    struck = {("recommendation", 2)}
    advocacy = assess(Person(said), struck=struck)
    counted = [r for r in advocacy.reasons if r.kind == "recommendation"]
    assert [(r.feedback_id, r.weight, r.struck) for r in counted] == [(1, 15.0, False), (2, 0.0, True)]
    assert advocacy.score < assess(Person(said)).score


statements = st.lists(
    st.builds(
        Statement,
        revision_id=st.integers(1, 99),
        feedback_id=st.integers(1, 5),
        source=st.sampled_from(["a", "b"]),
        created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        rating=st.none() | st.floats(1, 5),
        first_rating=st.none() | st.floats(1, 5),
        nps=st.none() | st.integers(0, 10),
        sentiment=st.sampled_from([None, "positive", "mixed", "negative"]),
        recommend=st.sampled_from(["yes", "no", "none"]),
        loyalty=st.sampled_from(["repeat", "churn", "none"]),
        would_recommend=st.none() | st.booleans(),
        praise=st.just((Span("text", 0, 4),)) | st.just(()),
    ),
    max_size=6,
    # What orders statements of one moment.
    unique_by=lambda s: s.revision_id,
)


@given(statements, st.sets(st.tuples(st.sampled_from(list(rules().reasons)), st.integers(1, 5)), max_size=3))
def test_the_score_is_what_its_rows_add_up_to(said: list[Statement], struck: set[tuple[str, int]]) -> None:
    advocacy, table = assess(Person(said), struck=struck), rules()
    points_for = sum(r.weight for r in advocacy.reasons if r.weight > 0)
    against = sum(r.weight for r in advocacy.reasons if r.weight < 0)
    days = len({r.day for r in advocacy.reasons if r.weight > 0 and table.reasons[r.kind].independent})
    assert advocacy.score == round(max(0.0, min(100.0, days / (days + 0.5) * points_for + against)), 1)
    assert score(advocacy.reasons)[0] == advocacy.score
    assert advocacy.stage in STAGES
    for kind, rule in table.reasons.items():
        counted = [r for r in advocacy.reasons if r.kind == kind and not r.struck]
        assert len(counted) <= rule.most
        assert abs(sum(r.weight for r in counted)) <= abs(rule.cap)
    assert all(r.weight == 0 and (r.kind, r.feedback_id) in struck for r in advocacy.reasons if r.struck)
    # Nothing depends on the order in which it is told.
    assert assess(Person(said[::-1]), struck=struck).points_for == points_for
