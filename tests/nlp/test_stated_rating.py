"""Ratings that a text states itself, and numbers of stars that are no verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.engine import Text
from nlp.pipeline import KundenechoEngine
from nlp.stated_rating import stated_inputs, stated_rating


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Wird nicht sauber, daher nur 2 Sterne.", 2),
        ("Von mir gibt es drei Sterne", 3),
        ("3 von 5 Sternen, mehr nicht", 3),
        ("Klare 5 Sterne!", 5),
        ("Nicht mal einen Stern wert", 1),
        ("Null Sterne!", 0),
        ("Ein Stern Abzug für den Griff", 4),
        ("Dafür ziehe ich einen Stern ab", 4),
        ("1 Stern Abzug, weil er klappert", 4),
        ("Zwei Sterne abgezogen für die Lieferzeit", 3),
        ("Daher Punktabzug", 4),
        ("Volle Punktzahl", 5),
        ("Erst 5 Sterne, jetzt nur noch 1 Stern", 1),
        ("4,5 Sterne", 4),
        ("⭐", None),
        ("Ein 4-Sterne-Hotel stelle ich mir anders vor", None),
        ("Unter 4 Sterne Hotel verstehe ich etwas anderes", None),
        ("Statt 5 Sterne", None),
        ("Keine 5 Sterne", None),
        ("Würde es leise laufen, hätte ich 5 Sterne gegeben", None),
        ("Sternförmig, ein echter Star", None),
        ("Zwei Punkte stören mich", None),
    ],
)
def test_the_rating_that_a_text_states(text: str, rating: float | None) -> None:
    assert stated_rating(text) == rating


@given(st.text(max_size=60), st.sampled_from(["2 Sterne", "Punktabzug", "volle Punktzahl", "stern", "⭐", ""]))
def test_any_text_states_a_rating_of_the_scale_or_none(text: str, middle: str) -> None:
    rating = stated_rating(text + middle + text)
    assert rating is None or 0 <= rating <= 5
    assert sum(stated_inputs(rating)) == (rating is not None)


def test_the_rules_alone_follow_a_stated_rating() -> None:
    engine = KundenechoEngine()
    engine.use(None)
    low, high = (f"Steht im Flur. Daher {stars} Sterne." for stars in (2, 5))
    worse, better = (found.sentiment for found in engine.analyse([Text(low), Text(high)]))
    assert worse is not None
    assert better is not None
    assert worse.score < 0 < better.score
