"""The network: what it computes, that training and analysis compute the same, and what it can learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import train_net
from nlp.features import word_keys
from nlp.net import DEEP_REACH, MOST_WORDS, REACH, Net, letter_rows, log_odds_inputs
from nlp.train_net import fit_net
from nlp.train_words import Vocabulary, widespread

WORDS = ["der", "hebel", "klemmt", "sehr", "gut", "!", "nicht", "x" * 40, "nie", "wieder"]


def features() -> Any:
    vocabulary = Vocabulary()
    vocabulary._place.update({word: at for at, word in enumerate(WORDS)})
    return vocabulary.features()


def random_arrays() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    size, units, rows = 6, 5, 50
    keys = np.sort(features()[0][:6].astype(np.int64))
    shapes = {
        "words": (7, size),
        "letters": (rows + 1, size),
        "filter": ((2 * REACH + 1) * size, units),
        "filter_bias": (units,),
        "deep": ((2 * DEEP_REACH + 1) * units, units),
        "deep_bias": (units,),
        "attention": (units,),
        "out": (2 * units, 3),
        "out_bias": (3,),
    }
    return {"keys": keys, **{name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}}


def plainly(a: dict[str, Any], text: list[str]) -> Any:
    """The log-odds of one text, written as the docstring of the module says it."""
    vectors = []
    for word in text[:MOST_WORDS]:
        found = word_keys(word, is_negated=False)
        letters = letter_rows(np.array(found.keys[1:], np.int64), len(a["letters"]) - 1)
        own = a["keys"].tolist().index(found.number) + 1 if found.number in a["keys"] else 0
        vectors.append(a["words"][own] + (a["letters"][letters].mean(axis=0) if len(letters) else a["letters"][-1]))

    def convolved(rows: list[Any], reach: int, weights: Any, bias: Any) -> list[Any]:
        blank = [np.zeros_like(rows[0])] * reach
        padded = blank + rows + blank
        width = 2 * reach + 1
        return [np.maximum(np.concatenate(padded[at : at + width]) @ weights + bias, 0) for at in range(len(rows))]

    first = convolved(vectors, REACH, a["filter"], a["filter_bias"])
    second = convolved(first, DEEP_REACH, a["deep"], a["deep_bias"])
    hidden = np.array(first) + np.array(second)
    pull = np.exp(np.clip(hidden @ a["attention"], -20, 20))
    pooled = np.concatenate([(hidden * (pull / pull.sum())[:, np.newaxis]).sum(axis=0), hidden.max(axis=0)])
    odds = pooled @ a["out"] + a["out_bias"]
    return odds - odds.mean()


def read(net: Net, texts: list[list[str]]) -> Any:
    places = np.array([1 + WORDS.index(word) for text in texts for word in text], np.int64)
    return net.log_odds(
        np.pad(net.words(*features()), ((1, 0), (0, 0))), places, np.array(list(map(len, texts)), np.int64)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=6))
def test_a_text_is_read_alike_alone_among_others_and_as_written_in_the_docs(texts: list[list[str]]) -> None:
    arrays = random_arrays()
    net = Net(arrays)
    together = read(net, texts)
    for text, row in zip(texts, together, strict=True):
        expected = plainly(arrays, text) if text else np.zeros(3)
        np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(row, read(net, [text])[0], rtol=1e-4, atol=1e-4)


def test_word_order_matters_and_what_is_beyond_the_limit_does_not() -> None:
    net = Net(random_arrays())
    one, other = read(net, [["nicht", "gut", "nie", "wieder"], ["gut", "nie", "wieder", "nicht"]])
    assert np.abs(one - other).max() > 1e-3
    long = ["gut", "!"] * (MOST_WORDS // 2)
    np.testing.assert_array_equal(*read(net, [long, [*long, "klemmt"]]))


def test_inputs_of_the_verdict_hold_probabilities() -> None:
    inputs = log_odds_inputs(np.array([[2.0, -1.0, -1.0], [0.0, 0.0, 0.0]], np.float32))
    assert inputs.shape == (2, 7)
    np.testing.assert_allclose(inputs[:, 3:6].sum(axis=1), 1, rtol=1e-6)
    assert inputs[0, 6] == pytest.approx(3)
    assert inputs[1, 6] == 0


def test_analysis_computes_what_training_does() -> None:
    numbers, letters, owners = features()
    ends = np.searchsorted(owners, np.arange(len(numbers) + 1))
    row = np.arange(len(numbers)) % 4
    words = train_net._Words(row, letter_rows(letters, train_net.LETTER_ROWS), ends)
    texts = [np.array([0, 1, 2], np.int32), np.array([6, 4, 5, 7, 7], np.int32), np.array([3], np.int32)]
    with train_net._numpy_ops(3):
        model, learn = train_net._network(4)
        trained = model.predict(words.batch(texts))
        found = train_net._arrays(learn)
    known = np.flatnonzero(row)
    order = known[np.argsort(numbers[known])]
    found["keys"], found["words"] = numbers[order].astype(np.int64), found["words"][np.append(0, row[order])]
    net = Net(found)
    table = np.pad(net.words(numbers, letters, owners), ((1, 0), (0, 0)))
    odds = net.log_odds(table, 1 + np.concatenate(texts), np.array([3, 5, 1]))
    np.testing.assert_allclose(odds, trained - trained.mean(axis=1, keepdims=True), atol=5e-3)


def test_training_learns_the_order_of_words_repeats_itself_and_leaves_chance_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(train_net, "PASSES", 30)
    monkeypatch.setattr(train_net, "COOLING", 0.98)
    monkeypatch.setattr(train_net, "LETTER_ROWS", 200)
    # The same words in each kind of text; only their order tells the kinds apart.
    kinds = [["nicht", "gut", "sehr"], ["sehr", "nicht", "gut"], ["gut", "sehr", "nicht"]]
    texts = [np.array([WORDS.index(word) for word in kinds[at % 3]], np.int32) for at in range(192)]
    wanted = np.eye(3, dtype=np.float32)[np.arange(192) % 3]
    np.random.seed(11)
    expected = np.random.random()
    np.random.seed(11)
    told: list[str] = []
    found = fit_net(features(), texts, wanted, report=told.append)
    assert np.random.random() == expected
    assert len(told) == 30
    net = Net(found)
    odds = read(net, kinds)
    assert odds.argmax(axis=1).tolist() == [0, 1, 2]
    again = fit_net(features(), texts, wanted)
    assert all((found[name] == again[name]).all() for name in found)


def test_a_word_of_few_texts_has_no_vector_of_its_own() -> None:
    texts = [np.array([0, 1, 1, 1], np.int32), np.array([0], np.int32)]
    assert widespread(texts, 3, 2).tolist() == [True, False, False]


def test_the_gradient_of_words_and_letters_is_that_of_small_steps() -> None:
    numbers, letters, owners = features()
    ends = np.searchsorted(owners, np.arange(len(numbers) + 1))
    words = train_net._Words(np.arange(len(numbers)), letter_rows(letters, train_net.LETTER_ROWS), ends)
    # The first word stands twice in one text and once in another.
    batch = words.batch([np.array([0, 1, 0, 2], np.int32), np.array([3, 0], np.int32)])
    aim = np.array([[1, -2, 0.5], [0.3, 1, -1]], np.float32)
    with train_net._numpy_ops(5):
        model, learn = train_net._network(len(numbers))
        _, backprop = model.begin_update(batch)
        backprop(aim)
        for name, row in (("words", 0), ("words", 3), ("letters", int(words.letters[ends[0]]))):
            table: Any = learn[name].get_param("E")
            gradient = np.asarray(learn[name].get_grad("E"))[row]
            column = int(np.abs(gradient).argmax())
            sides = []
            for step in (1e-3, -2e-3):
                table[row, column] += step
                sides.append(float((model.predict(batch) * aim).sum()))
            table[row, column] += 1e-3
            assert gradient[column] == pytest.approx((sides[0] - sides[1]) / 2e-3, rel=0.05)
