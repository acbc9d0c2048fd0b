"""From counts of terms to topics: variants, names, floor, agreement of two groupings."""

from __future__ import annotations

import itertools
import random

import pytest

from insights.agreement import adjusted_rand
from insights.near import clusters, profiles
from insights.topics import SaidCount, TermCount, find_topics, floor_of, misspelt, own_names
from tests.conftest import SHARED, needs_shared


def noun(key: str, persons: int, head: str | None = None, *, whole: int = 0, common: int | None = None, known: bool = True) -> TermCount:  # fmt: skip
    return TermCount(key, key.capitalize(), head, persons, whole, persons if common is None else common, known)


def say(key: str, what: str, persons: int) -> SaidCount:
    return SaidCount(key, what, f"{key.capitalize()} {what}", persons)


def labels(terms: list[TermCount], said: list[SaidCount], persons: int = 500) -> dict[str, tuple[str, ...]]:
    return {t.label: t.terms for t in find_topics(terms, said, persons)}


def test_floor() -> None:
    assert [floor_of(n) for n in (0, 20, 500, 501, 1000)] == [5, 5, 5, 6, 10]


def test_a_noun_below_the_floor_is_no_topic() -> None:
    assert set(labels([noun("riegel", 5), noun("kurbel", 4)], [])) == {"Riegel"}


def test_a_rare_compound_joins_its_head_and_a_frequent_one_stands_alone() -> None:
    found = labels([noun("geruch", 40), noun("gummigeruch", 3, "geruch"), noun("raumduftgeruch", 30, "geruch")], [])
    assert found == {"Geruch": ("Geruch", "Gummigeruch"), "Raumduftgeruch": ("Raumduftgeruch",)}


@pytest.mark.parametrize(("other", "together"), [(2, True), (30, False)])
def test_a_bare_head_means_the_one_compound_that_is_spoken_of(other: int, together: bool) -> None:
    """Unless several compounds compete, and only where the same is said of both."""
    terms = [noun("düse", 30), noun("auslaufdüse", 28, "düse"), noun("dampfdüse", other, "düse"), noun("farbe", 30)]
    said = [say(key, what, 4) for key in ("düse", "auslaufdüse") for what in ("verstopft", "klemmt")]
    said += [say("farbe", what, 4) for what in ("blass", "grell", "matt")]
    found = labels(terms, said)
    assert ("Auslaufdüse" in found["Düse"]) is together
    assert set(labels(terms, said[2:])) >= {"Düse", "Auslaufdüse"}


def test_a_mistake_in_spelling_joins_what_was_meant() -> None:
    terms = [noun("verpackung", 80), noun("verpakung", 3, known=False), noun("verpachtung", 5)]
    assert misspelt(terms) == {"verpakung": "verpackung"}
    assert labels(terms, [])["Verpackung"] == ("Verpackung", "Verpakung")


@pytest.mark.parametrize(("rare", "meant"), [("preis", True), ("pries", True), ("prei", True), ("apres", False)])
def test_one_slip(rare: str, meant: bool) -> None:
    terms = [noun("preise", 100), noun("preis", 100), noun(f"{rare}x"[:-1], 2, known=False)]
    found = misspelt([t for t in terms if t.key != rare or not t.known])
    assert bool(found.get(rare)) is (meant and len(rare) > 4)


def test_words_of_which_the_same_is_said_are_one_topic() -> None:
    said = [say(key, what, 12) for key in ("henkel", "griff") for what in ("wackelt", "glatt", "rutscht")]
    said += [say("farbe", what, 12) for what in ("grell", "verblasst", "blass")]
    found = labels([noun("henkel", 60), noun("griff", 50), noun("farbe", 60)], said)
    assert found["Henkel"][:2] == ("Henkel", "Griff")
    assert found["Farbe"][0] == "Farbe"


def test_what_is_said_often_is_a_topic_of_its_own() -> None:
    found = labels([noun("riegel", 100)], [say("riegel", "klemmt", 20), say("riegel", "passt", 2)])
    assert found == {"Riegel klemmt": ("Riegel klemmt",), "Riegel": ("Riegel", "Riegel klemmt")}


def test_a_topic_is_named_by_what_most_say_of_it() -> None:
    found = labels([noun("rückstand", 40)], [SaidCount("rückstand", "kein", "Keine Rückstände", 30)])
    assert found == {"Keine Rückstände": ("Rückstand", "Keine Rückstände")}


def test_the_products_own_name_is_no_topic_but_what_is_said_of_it() -> None:
    terms = [noun("lampe", 300, whole=60), noun("stehlampe", 4, "lampe"), noun("schirm", 30)]
    found = labels(terms, [say("lampe", "flackert", 25), say("stehlampe", "flackert", 3)])
    assert set(found) == {"Schirm", "Lampe flackert"}
    assert own_names(terms, 5) == {"lampe", "stehlampe"}


def test_two_persons_who_say_this_do_not_make_a_name_of_the_product() -> None:
    assert own_names([noun("klimaanlage", 19, whole=2)], 5) == set()


def test_a_name_of_a_person_is_no_topic() -> None:
    """Names stand without article and adjective."""
    assert labels([noun("bruno", 20, common=2), noun("salat", 20, common=8)], []) == {"Salat": ("Salat",)}


def test_the_order_of_the_counts_does_not_matter() -> None:
    terms = [noun("geruch", 40), noun("gummigeruch", 3, "geruch"), noun("duft", 30), noun("riegel", 25)]
    said = [say(key, what, 9) for key in ("geruch", "duft") for what in ("streng", "frisch", "dezent")]
    first = find_topics(terms, said, 500)
    for seed in range(5):
        random.Random(seed).shuffle(terms)
        random.Random(seed).shuffle(said)
        assert sorted(find_topics(terms, said, 500), key=lambda t: t.anchor) == sorted(first, key=lambda t: t.anchor)


def test_nothing_gives_nothing() -> None:
    assert find_topics([], [], 0) == []
    assert clusters(profiles({}), {}) == {}
    assert clusters(profiles({("a", "x"): 30}), {}) == {"a": 1}


def test_agreement() -> None:
    one = dict(zip("abcdef", [1, 1, 1, 2, 2, 2], strict=True))
    assert adjusted_rand(one, {**one, "z": 9}) == 1
    assert adjusted_rand(one, {x: -n for x, n in one.items()}) == 1
    # Worked out by hand: cells 2, pairs within groups 6 and 4, pairs in all 15.
    assert adjusted_rand(one, dict(zip("abcdef", [1, 1, 2, 2, 3, 3], strict=True))) == pytest.approx(
        (2 - 18 / 15) / (4.5 - 18 / 15)
    )
    with pytest.raises(ValueError, match="nothing to compare"):
        adjusted_rand({"a": 1}, {"b": 1})


def test_agreement_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    dice = random.Random(1)
    for size, groups in itertools.product((5, 40), (2, 7)):
        a, b = ([dice.randrange(groups) for _ in range(size)] for _ in range(2))
        mine = adjusted_rand(dict(enumerate(a)), dict(enumerate(b)))
        assert mine == pytest.approx(metrics.adjusted_rand_score(a, b))


@needs_shared
@pytest.mark.heavy
def test_two_halves_of_real_reviews_give_the_same_topics() -> None:
    from benchmarks.topics import compare, read

    lines = (SHARED / "data" / "household.jsonl").read_text(encoding="utf-8").splitlines()[::3]
    for said in read(lines).values():
        index, _, strong, compared = compare(said, seed=1)
        assert compared >= 20
        assert index >= 0.7
        assert strong >= 0.8
