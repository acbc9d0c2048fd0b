"""Metrics against values computed by hand, and the laws they keep."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import metrics

LABELS = ("a", "b", "c")
labels = st.sampled_from(LABELS)
said = st.none() | labels


def test_label_scores_by_hand() -> None:
    gold = ["a", "a", "a", "b", "b", "c"]
    predicted = ["a", "a", "b", "b", "a", None]
    scores = metrics.precision_recall_f1(metrics.label_tally(gold, predicted, LABELS))
    assert scores[0] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert scores[1] == pytest.approx((1 / 2, 1 / 2, 1 / 2))
    assert scores[2] == (None, 0.0, 0.0)
    assert metrics.mean_f1(metrics.label_tally(gold, predicted, LABELS)) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_a_label_that_never_occurs_is_left_out_of_the_mean() -> None:
    assert metrics.mean_f1(metrics.label_tally(["a", "b"], ["a", "a"], LABELS)) == pytest.approx((2 / 3 + 0) / 2)
    assert metrics.mean_f1(metrics.label_tally(["none"], ["none"], LABELS)) is None


def test_set_scores_by_hand() -> None:
    tally = metrics.pair_tally([{1, 2}, {3}, set()], [{2, 4}, {3}, {5}])
    assert tally.tolist() == [[[1, 1, 1]], [[1, 0, 0]], [[0, 1, 0]]]
    assert metrics.mean_f1(tally) == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))


def test_matching_is_a_largest_one_though_likeness_is_not_transitive() -> None:
    # A greedy matching would pair "deckel" with "deckel" first and leave "schraubdeckel" alone.
    gold = [["deckel", "schraubdeckel"]]
    predicted = [["schraubdeckel", "klappdeckel"]]
    assert metrics.pair_tally(gold, predicted, metrics.same_component).tolist() == [[[2, 0, 0]]]


@given(st.lists(st.sets(st.integers(0, 5)), max_size=6), st.data())
def test_the_matching_of_equal_items_is_their_intersection(gold: list[set[int]], data: st.DataObject) -> None:
    predicted = [data.draw(st.sets(st.integers(0, 5))) for _ in gold]
    tally = metrics.pair_tally(gold, predicted)
    for row, right, other in zip(tally, gold, predicted, strict=True):
        assert row.tolist() == [[len(right & other), len(other - right), len(right - other)]]


@given(st.lists(st.booleans(), min_size=16, max_size=16))
def test_the_matching_is_largest_among_all(edges: list[bool]) -> None:
    def same(a: int, b: int) -> bool:
        return edges[4 * a + b]

    best = max(sum(same(a, b) for a, b in enumerate(order)) for order in permutations(range(4)))
    assert metrics.pair_tally([range(4)], [range(4)], same)[0, 0, 0] == best


@given(st.lists(st.tuples(labels, said), min_size=1, max_size=40))
def test_tallies_confusion_and_accuracy_agree(pairs: list[tuple[str, str | None]]) -> None:
    gold, predicted = [right for right, _ in pairs], [other for _, other in pairs]
    tally = metrics.label_tally(gold, predicted, LABELS)
    matrix = np.array(metrics.confusion_matrix(gold, predicted, LABELS))
    assert matrix.sum() == len(pairs)
    assert tally[:, :, 0].sum(axis=0).tolist() == matrix[:, :3].diagonal().tolist()
    assert (tally[:, :, 0] + tally[:, :, 2]).sum(axis=0).tolist() == matrix.sum(axis=1).tolist()
    assert (tally[:, :, 0] + tally[:, :, 1]).sum(axis=0).tolist() == matrix[:, :3].sum(axis=0).tolist()


def test_calibration_error_by_hand() -> None:
    # (0.5, 0.6]: 0.6 stated, 1 of 2 right. (0.9, 1.0]: 1.0 stated, 1 of 1. (0, 0.1]: 0.1 stated, 1 of 1 right.
    stated, correct = [0.6, 0.6, 1.0, 0.1], [True, False, True, True]
    assert metrics.calibration_error(stated, correct) == pytest.approx((2 * 0.1 + 0 + 0.9) / 4)
    assert metrics.calibration_error([], []) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_error_lies_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    error = metrics.calibration_error([p for p, _ in pairs], [right for _, right in pairs])
    assert error is not None
    assert -1e-9 <= error <= 1 + 1e-9


@pytest.mark.parametrize(
    ("gold", "predicted", "same"),
    [
        ("Deckel", "deckel", True),
        ("Schraubdeckel", "Deckel", True),
        ("Deckel", "Schraubdeckel", True),
        ("Deckelrand", "Deckel", False),
        ("Schraubdeckel", "Klappdeckel", False),
        ("Tür", "Schranktür", False),  # three letters are an ending rather than a head
        ("Fuß", "FUSS", True),
        (None, None, True),
        (None, "Deckel", False),
        ("Deckel", None, False),
    ],
)
def test_a_compound_and_its_head_are_one_component(gold: str | None, predicted: str | None, same: bool) -> None:
    assert metrics.same_component(gold, predicted) is same


@pytest.mark.parametrize(
    ("predicted", "share"), [((0, 10), 1.0), ((5, 20), 0.5), ((10, 12), 0.0), ((30, 40), 0.0), ((2, 3), 0.1)]
)
def test_overlap_is_measured_on_the_gold_span(predicted: tuple[int, int], share: float) -> None:
    assert metrics.overlap_share((0, 10), predicted) == pytest.approx(share)


def test_bootstrap_interval_of_a_share() -> None:
    # F1 of one label with hits in 100 of 400 texts, each miss a false negative: 2p / (1 + p) at p = 1/4
    # is 0.4; its standard error by the delta method is 2 / (1 + p)^2 * sqrt(p (1 - p) / n) = 0.0277.
    gold: list[set[str]] = [{"x"}] * 400
    predicted: list[set[str]] = [{"x"}] * 100 + [set()] * 300
    tally = metrics.pair_tally(gold, predicted)
    value, low, high = metrics.interval(metrics.mean_f1(tally), metrics.resampled_f1(tally))
    assert value == pytest.approx(0.4)
    assert low == pytest.approx(0.4 - 1.96 * 0.0277, abs=0.006)
    assert high == pytest.approx(0.4 + 1.96 * 0.0277, abs=0.006)


def test_bootstrap_is_repeatable_and_paired() -> None:
    tally = metrics.label_tally(["a", "b", "a", "c"] * 5, ["a", "a", "c", "c"] * 5, LABELS)
    first, second = metrics.resampled_f1(tally), metrics.resampled_f1(tally)
    assert (first == second).all()
    assert not (first == metrics.resampled_f1(tally, seed=1)).all()


def test_an_undefined_figure_has_no_interval() -> None:
    tally = metrics.pair_tally([set(), set()], [set(), set()])
    assert metrics.mean_f1(tally) is None
    assert metrics.interval(None, metrics.resampled_f1(tally)) == (None, None, None)
