"""Which copies count for which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from insights.copies import Posting, collapse
from kundenecho.copies import LEAST_WORDS, NEAR, similarity, sketch

TEXT = (
    "Wir haben die Maschine seit drei Wochen in der Küche stehen und waren zuerst sehr zufrieden, aber nach einem Monat"
    " ist die Auslaufdüse verstopft und der Kaffee läuft nur noch in einem dünnen Strahl in die Kanne"
)


def as_pairs(postings: list[Posting], near: dict[tuple[str, str], float] | None = None) -> dict[int, int]:
    return {c.posting.feedback: c.counts_as for c in collapse(postings, near or {})}


def test_the_named_copy_speaks_else_the_oldest() -> None:
    assert as_pairs([Posting(1, None, "a", False), Posting(2, None, "a", False)]) == {2: 1}
    assert as_pairs([Posting(1, None, "a", False), Posting(2, 7, "a", False)]) == {1: 2}


def test_two_known_persons_share_a_voice_only_if_the_text_is_long() -> None:
    strangers = [Posting(1, 7, "a", False), Posting(2, 8, "a", False), Posting(3, None, "a", False)]
    assert as_pairs(strangers) == {3: 1}
    assert as_pairs([Posting(p.feedback, p.person, "a", True) for p in strangers]) == {2: 1, 3: 1}
    assert as_pairs([Posting(1, 7, "a", False), Posting(2, 7, "a", False)]) == {2: 1}


def test_no_chain_of_small_changes_joins_what_is_not_alike() -> None:
    chain = [Posting(n, None, text, True) for n, text in enumerate("abcd", 1)]
    near = {("a", "b"): 0.8, ("b", "c"): 0.8, ("c", "d"): 0.8}
    assert as_pairs(chain, near) == {2: 1, 4: 3}


@given(
    st.lists(st.tuples(st.sampled_from([None, 7, 8]), st.sampled_from("abcd"), st.booleans()), min_size=1, max_size=8),
    st.dictionaries(st.sampled_from([("a", "b"), ("b", "c"), ("a", "d")]), st.floats(NEAR, 1), max_size=3),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_matter(
    rows: list[tuple[int | None, str, bool]], near: dict[tuple[str, str], float], order: object
) -> None:
    postings = [Posting(n, *row) for n, row in enumerate(rows, 1)]
    found = as_pairs(postings, near)
    order.shuffle(postings)  # type: ignore[attr-defined]
    assert as_pairs(postings, near) == found
    # Whoever is counted for speaks for itself.
    assert not set(found) & set(found.values())


def test_near_copies_share_a_band_and_others_do_not() -> None:
    first = sketch(TEXT)
    other_colour = sketch(TEXT.replace("drei Wochen", "fünf Wochen"))
    assert NEAR <= similarity(first.shingles, other_colour.shingles) < 1
    assert set(first.bands) & set(other_colour.bands)
    different = sketch(" ".join(reversed(TEXT.split())))
    assert similarity(first.shingles, different.shingles) == 0
    assert sketch(TEXT.upper().replace(",", " –")) == first


def test_short_texts_have_no_near_copies() -> None:
    words = TEXT.split()
    short, long = (sketch(" ".join(words[:count])) for count in (LEAST_WORDS - 1, LEAST_WORDS))
    assert (short.words, short.shingles, short.bands) == (LEAST_WORDS - 1, (), ())
    assert long.bands
    assert similarity(short.shingles, short.shingles) == 0


def test_a_very_long_text_is_compared_by_a_sample() -> None:
    body = " ".join(f"wort{n}" for n in range(2000))
    one, other = sketch(body), sketch(body.replace("wort1999", "ende"))
    assert len(one.shingles) == 256
    assert similarity(one.shingles, other.shingles) > 0.95
