from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from insights.advocates import STAGES, Span, Statement, assess, rules

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
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
)


def kinds(*statements: Statement) -> set[str]:
    return {reason.kind for reason in assess(statements).reasons}


def test_recommendation_and_repurchase_make_an_advocate() -> None:
    advocacy = assess([HAPPY])
    assert advocacy.listed
    assert advocacy.stage == "advocate"
    assert {"recommendation", "repeat_purchase", "praise", "top_rating"} == {r.kind for r in advocacy.reasons}
    assert advocacy.score == sum(r.weight for r in advocacy.reasons) == 70
    assert advocacy.reasons[0].span == Span("text", 10, 20)


def test_stars_alone_list_nobody() -> None:
    assert not assess([Statement(n, "shop", JUNE, rating=5.0) for n in range(9)]).listed


def test_heavy_posters_do_not_win_by_volume() -> None:
    many = [replace(HAPPY, revision_id=n) for n in range(50)]
    assert assess(many).score == assess(many[:2]).score


def test_bought_praise_does_not_list() -> None:
    bought = replace(HAPPY, loyalty="none", incentivised=Span("text", 3, 8))
    assert "incentivised" in kinds(bought)
    assert not assess([bought]).listed


def test_complaint_after_praise_puts_at_risk() -> None:
    later = Statement(2, "shop", datetime(2026, 8, 1, tzinfo=UTC), rating=1.0, sentiment="negative")
    advocacy = assess([HAPPY, later])
    assert advocacy.stage == "at_risk"
    assert "complaint" in kinds(HAPPY, later)
    assert advocacy.score < assess([HAPPY]).score


def test_changed_mind_is_recovered() -> None:
    calmed = Statement(
        3, "shop", JUNE, rating=5.0, first_rating=2.0, sentiment="positive", fixes=(Span("text", 5, 20),)
    )
    advocacy = assess([calmed])
    assert advocacy.stage == "recovered"
    assert {"recovered", "fix_contributed"} <= {r.kind for r in advocacy.reasons}


def test_five_stars_with_a_negative_text_contradict() -> None:
    odd = Statement(4, "shop", JUNE, rating=5.0, sentiment="negative", recommend="yes")
    assert "contradiction" in kinds(odd)
    assert not assess([odd]).listed


def test_nps_of_one_response_counts_once() -> None:
    first = Statement(5, "umfrage", JUNE, nps=10, sentiment="positive")
    second = replace(first, revision_id=6, counts_nps=False, nps=10)
    assert sum(r.kind == "promoter" for r in assess([first, second]).reasons) == 1


def test_two_portals_count_only_for_praise_on_both() -> None:
    elsewhere = Statement(7, "provenexpert", JUNE, rating=5.0, sentiment="positive")
    assert "several_portals" in kinds(HAPPY, elsewhere)
    assert "several_portals" not in kinds(HAPPY, replace(elsewhere, rating=1.0, sentiment="negative"))


statements = st.lists(
    st.builds(
        Statement,
        revision_id=st.integers(1, 99),
        source=st.sampled_from(["a", "b"]),
        created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        rating=st.none() | st.floats(1, 5),
        first_rating=st.none() | st.floats(1, 5),
        nps=st.none() | st.integers(0, 10),
        sentiment=st.sampled_from([None, "positive", "mixed", "negative"]),
        recommend=st.sampled_from(["yes", "no", "none"]),
        loyalty=st.sampled_from(["repeat", "churn", "none"]),
        would_recommend=st.none() | st.booleans(),
    ),
    max_size=6,
)


@given(statements)
def test_score_is_the_capped_sum_whatever_the_order(said: list[Statement]) -> None:
    advocacy = assess(said)
    total = sum(r.weight for r in advocacy.reasons)
    assert advocacy.score == max(0, min(100, total))
    assert advocacy.stage in STAGES
    for reason in advocacy.reasons:
        rule = rules().reasons[reason.kind]
        assert sum(r.kind == reason.kind for r in advocacy.reasons) <= rule.cap
    if advocacy.listed:
        assert any(rules().reasons[r.kind].strong for r in advocacy.reasons)
