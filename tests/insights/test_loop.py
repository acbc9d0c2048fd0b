from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from insights.loop import DETOURS, LOOP, STAGES, current_stage, history, transitions
from insights.statements import Order, Person, Statement, Unsubscription

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def said(day: int, **values: object) -> Statement:
    return Statement(day + 1, "shop", START + timedelta(days=day), **values)  # type: ignore[arg-type]


def ordered(day: int) -> Order:
    return Order(f"k1:{day}", START.date() + timedelta(days=day))


def passed(*events: Statement, orders: tuple[Order, ...] = (), gone: tuple[Unsubscription, ...] = ()) -> list[str]:
    return [f"{step.stage} {step.cause}" for step in history(Person(events, orders, gone))]


def test_once_round_the_loop() -> None:
    found = passed(
        said(10, rating=5.0),
        said(90, rating=5.0, recommend="yes"),
        orders=(ordered(0), ordered(60)),
    )
    assert found == ["buy ordered", "enjoy praised", "bond ordered_again", "advocate recommended"]


def test_two_stars_and_then_five_is_a_recovery() -> None:
    found = passed(said(0, rating=2.0), said(40, rating=5.0))
    assert found == ["at_risk complained", "recovered content_again"]


def test_a_changed_verdict_is_a_recovery_by_itself() -> None:
    assert passed(said(0, rating=5.0, first_rating=2.0)) == ["at_risk complained", "recovered changed_mind"]


def test_a_recovery_may_go_on_to_advocate_at_once() -> None:
    found = passed(said(0, rating=1.0), said(40, rating=5.0, recommend="yes"))
    assert found == ["at_risk complained", "recovered content_again", "advocate recommended"]


def test_lost_and_won_back_by_an_order() -> None:
    found = passed(said(0, rating=2.0, loyalty="churn"), orders=(ordered(200),))
    assert found == ["lost left", "recovered ordered_again"]


def test_unsubscribing_from_all_warns_and_from_one_channel_does_not() -> None:
    later = START + timedelta(days=3)
    assert passed(said(0, rating=5.0), gone=(Unsubscription("all", later),))[-1] == "at_risk unsubscribed"
    assert passed(said(0, rating=5.0), gone=(Unsubscription("email", later),)) == ["enjoy praised"]


def test_who_has_left_and_complains_again_has_left() -> None:
    assert passed(said(0, rating=1.0, loyalty="churn"), said(5, rating=1.0)) == ["lost left"]


def test_an_order_placed_in_anger_does_not_hide_the_complaint() -> None:
    assert passed(said(10, rating=1.0), orders=(ordered(0), ordered(20)))[-1] == "at_risk complained"


def test_praise_does_not_lead_back_from_bond() -> None:
    assert passed(said(0, rating=5.0, loyalty="repeat"), said(50, rating=5.0)) == ["bond stays"]


def test_two_lines_of_one_order_are_one_purchase() -> None:
    twice = (Order("k1:a", date(2026, 1, 1)), Order("k1:b", date(2026, 1, 1)))
    assert passed(orders=twice) == ["buy ordered"]


def test_transitions_count_persons_once() -> None:
    found = transitions([["buy", "enjoy", "at_risk", "enjoy", "at_risk"], ["enjoy", "at_risk"]])
    assert found == {("buy", "enjoy"): 1, ("enjoy", "at_risk"): 2, ("at_risk", "enjoy"): 1}


persons = st.builds(
    Person,
    said=st.lists(
        st.builds(
            said,
            st.integers(0, 30),
            rating=st.none() | st.sampled_from([1.0, 3.0, 5.0]),
            recommend=st.sampled_from(["yes", "no", "none"]),
            loyalty=st.sampled_from(["repeat", "churn", "none"]),
        ),
        max_size=6,
    ),
    orders=st.lists(st.builds(ordered, st.integers(0, 30)), max_size=3),
)


@given(persons)
def test_a_detour_is_left_by_recovery_only(person: Person) -> None:
    steps = history(person)
    assert current_stage(steps) in STAGES
    assert [step.at for step in steps] == sorted(step.at for step in steps if step.at)
    for before, after in pairwise(steps):
        assert before.stage != after.stage
        if before.stage in DETOURS:
            assert after.stage == "recovered" or after.stage in DETOURS
        if before.stage in LOOP and after.stage in LOOP:
            assert LOOP.index(after.stage) > LOOP.index(before.stage)
