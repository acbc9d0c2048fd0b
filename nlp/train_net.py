"""Fit the network of :mod:`nlp.net` to wanted probabilities of texts, with thinc (spaCy's own library).

Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015) on cross-entropy, with dropout on the vectors
of words and on what is pooled. The same texts give the same network on the same machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from thinc.api import (
    Adam,
    Dropout,
    Embed,
    Linear,
    Model,
    NumpyOps,
    ParametricAttention,
    Relu,
    chain,
    concatenate,
    expand_window,
    get_current_ops,
    reduce_max,
    reduce_mean,
    reduce_sum,
    residual,
    set_current_ops,
    set_dropout_rate,
    with_array,
)
from thinc.types import Ragged

from nlp.arrays import Floats
from nlp.features import Keys, Numbers, Owners
from nlp.net import DEEP_REACH, MOST_WORDS, REACH, letter_rows
from nlp.train_words import Places, widespread

#: Columns of a word's vector; hidden units; rows that all letter features share.
SIZE: Final = 64
UNITS: Final = 64
LETTER_ROWS: Final = 20_000
#: Texts that a word must occur in to have a vector of its own.
LEAST_TEXTS: Final = 4
PASSES: Final = 5
BATCH: Final = 64
RATE: Final = 2e-3
#: The rate of each pass is this share of the one before.
COOLING: Final = 0.7
DROPOUT: Final = 0.4
#: Gradients of a parameter are cut at this norm.
CUT: Final = 2.0
#: Vectors of words begin as large as this, at random.
_SPREAD: Final = 0.1
#: Texts of a batch are about equally long: their lengths in words lie within such steps.
_STEP: Final = 20

Report = Callable[[str], None]


def fit_net(
    features: tuple[Numbers, Keys, Owners],
    texts: Sequence[Places],
    wanted: Floats,
    *,
    seed: int = 1,
    report: Report = lambda _: None,
) -> dict[str, NDArray[Any]]:
    """Fit a network.

    Args:
        features: Of :meth:`nlp.train_words.Vocabulary.features`.
        texts: Places of the words of each text.
        wanted: Probabilities of the three sentiments of each text times the weight of each, shape ``(texts, 3)``.
        seed: Of all chance.
        report: Told after each pass.

    Returns:
        The arrays of :class:`nlp.net.Net`, halves where that loses nothing.
    """
    numbers, letters, owners = features
    own = np.flatnonzero(widespread(texts, len(numbers), LEAST_TEXTS))
    row = np.zeros(len(numbers), np.int64)
    row[own] = 1 + np.arange(len(own))
    ends = np.searchsorted(owners, np.arange(len(numbers) + 1))
    words = _Words(row, letter_rows(letters, LETTER_ROWS), ends)
    with _numpy_ops(seed):
        model, learn = _network(1 + len(own))
        _fit(model, words, texts, wanted, np.random.default_rng(seed), report)
        arrays = _arrays(learn)
    order = np.argsort(numbers[own])
    arrays["keys"] = numbers[own][order].astype(np.int64)
    arrays["words"] = arrays["words"][np.append(0, 1 + order)]
    return arrays


class _Words:
    """What the network is told of each word.

    Args:
        row: Its row in the table of words, 0 where it has none.
        letters: Rows of the letter features of all words.
        ends: Where those of each word begin, and those of the last one end.
    """

    def __init__(self, row: NDArray[np.int64], letters: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        self.row, self.letters, self.ends = row, letters, ends

    def batch(self, texts: Sequence[Places]) -> tuple[Any, ...]:
        """Distinct words of some texts by rows, places of the texts' words among them, lengths of the texts."""
        read = [text[:MOST_WORDS] for text in texts]
        distinct, places = np.unique(np.concatenate(read), return_inverse=True)
        lengths = self.ends[distinct + 1] - self.ends[distinct]
        firsts = np.repeat(self.ends[distinct] - (np.cumsum(lengths) - lengths), lengths)
        letters = self.letters[firsts + np.arange(len(firsts))]
        # The row behind the last one stands for no letters.
        some = np.maximum(lengths, 1)
        filled = np.full(int(some.sum()), LETTER_ROWS)
        filled[np.repeat(lengths > 0, some)] = letters
        return (
            _ints(self.row[distinct]),
            Ragged(_ints(filled), _ints(some)),
            _ints(places),
            _ints(np.array(list(map(len, read)))),
        )


def _ints(array: NDArray[Any]) -> Any:
    return array.astype(np.int32)


def _network(rows: int) -> tuple[Model[Any, Any], dict[str, Model[Any, Any]]]:
    """The network, and those of its layers that learn."""
    wide, deep = (2 * REACH + 1) * SIZE, (2 * DEEP_REACH + 1) * UNITS
    learn: dict[str, Model[Any, Any]] = {
        "words": Embed(SIZE, rows, initializer=_vectors),
        "letters": Embed(SIZE, LETTER_ROWS + 1, initializer=_vectors),
        "filter": Relu(UNITS, wide),
        "deep": Relu(UNITS, deep),
        "attention": ParametricAttention(UNITS),
        "out": Linear(3, 2 * UNITS),
    }
    for layer in learn.values():
        layer.initialize()
    judge: Model[Any, Any] = chain(
        Dropout(),
        expand_window(REACH),
        with_array(learn["filter"]),
        residual(chain(expand_window(DEEP_REACH), with_array(learn["deep"]))),
        concatenate(chain(learn["attention"], reduce_sum()), reduce_max()),
        Dropout(),
        learn["out"],
    )
    spell: Model[Any, Any] = chain(with_array(learn["letters"]), reduce_mean())
    return Model("sentiment", _forward, layers=[learn["words"], spell, _gather(), judge]), learn


def _vectors(ops: Any, shape: tuple[int, ...]) -> Floats:
    return (np.random.standard_normal(shape) * _SPREAD).astype(np.float32)


def _forward(model: Model[Any, Any], batch: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
    words, letters, gather, judge = model.layers
    rows, spelling, places, lengths = batch
    own, back_own = words(rows, is_train)
    spelled, back_spelled = letters(spelling, is_train)
    vectors, back_vectors = gather((own + spelled, places), is_train)
    odds, back_odds = judge(Ragged(vectors, lengths), is_train)

    def backprop(change: Any) -> Any:
        of_words = back_vectors(back_odds(change).data)
        back_own(of_words)
        back_spelled(of_words)
        return batch

    return odds, backprop


def _gather() -> Model[Any, Any]:
    """Layer that lays out the rows of distinct words over the places where they stand."""

    def forward(model: Model[Any, Any], given: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
        rows, places = given

        def backprop(change: Any) -> Any:
            total = model.ops.alloc2f(*rows.shape)
            model.ops.scatter_add(total, places, change)
            return total

        return rows[places], backprop

    return Model("gather", forward)


def _fit(
    model: Model[Any, Any],
    words: _Words,
    texts: Sequence[Places],
    wanted: Floats,
    rng: np.random.Generator,
    report: Report,
) -> None:
    lengths = np.array(list(map(len, texts)))
    spoken = np.flatnonzero(lengths)
    rate = RATE
    optimizer = Adam(rate, L2=0.0, grad_clip=CUT, use_averages=False)
    set_dropout_rate(model, DROPOUT)
    for number in range(PASSES):
        loss = 0.0
        for some in _batches(lengths, spoken, rng):
            odds, backprop = model.begin_update(words.batch([texts[at] for at in some]))
            aim = wanted[some]
            said = np.exp(odds - odds.max(axis=1, keepdims=True))
            said /= said.sum(axis=1, keepdims=True)
            loss -= float((aim * np.log(said + 1e-9)).sum())
            backprop(((said * aim.sum(axis=1, keepdims=True) - aim) / len(some)).astype(np.float32))
            model.finish_update(optimizer)
        rate *= COOLING
        optimizer.learn_rate = rate
        report(f"network, pass {number + 1} of {PASSES}: loss {loss / max(1, len(spoken)):.3f}")


def _batches(
    lengths: NDArray[np.int64], spoken: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Texts of about one length together, in a random order."""
    order = spoken[np.argsort(lengths[spoken] // _STEP + rng.random(len(spoken)))]
    for start in rng.permutation(np.arange(0, len(order), BATCH)):
        yield order[start : start + BATCH]


def _arrays(learn: dict[str, Model[Any, Any]]) -> dict[str, NDArray[Any]]:
    found = {
        "words": learn["words"].get_param("E"),
        "letters": learn["letters"].get_param("E"),
        "attention": learn["attention"].get_param("Q"),
    }
    for name in ("filter", "deep", "out"):
        found |= {name: learn[name].get_param("W").T, f"{name}_bias": learn[name].get_param("b")}
    return {name: np.ascontiguousarray(array, np.float16) for name, array in found.items()}


@contextmanager
def _numpy_ops(seed: int) -> Iterator[None]:
    """Let thinc multiply matrices as numpy does, several times faster than by itself; give chance back after."""
    before, state = get_current_ops(), np.random.get_state()
    set_current_ops(_NumpyProducts())
    np.random.seed(seed)
    try:
        yield
    finally:
        set_current_ops(before)
        np.random.set_state(state)


class _NumpyProducts(NumpyOps):  # type: ignore[misc]
    name = "numpy"

    def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        """Matrix product of two matrices, either of them turned first."""
        return np.matmul(x.T if trans1 else x, y.T if trans2 else y, out=out)
