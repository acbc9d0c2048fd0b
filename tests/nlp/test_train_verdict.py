"""The teacher of the network: what it judges, what it learns from, and what there is without it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kundenecho.analysis import SENTIMENTS
from nlp.gold import read_gold
from nlp.train import regression
from nlp.train_corpus import Corpus, read_corpus
from nlp.train_matrix import choose, matrix
from nlp.train_texts import FAIR, LabelledText, StarText, read_labelled
from nlp.train_verdict import balanced, sentiments, teach

SAID = {
    "positive": "Alles bestens, bin begeistert",
    "mixed": "Ist gut, aber teuer",
    "negative": "Leider kaputt, Schrott",
}
RATING = {"positive": 5, "mixed": 3, "negative": 1}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("gold") / "set.jsonl"
    lines = [
        {
            "text": f"{SAID[sentiment]}, Nummer {number}.",
            "sentiment": sentiment,
            "recommend": "none",
            "loyalty": "none",
            "mentions": [],
            "rating": RATING[sentiment],
            "product": f"p{number % 4}",
            "category": f"c{number % 2}",
        }
        for number in range(12)
        for sentiment in SENTIMENTS
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    stars = [StarText("Hab ich im Flur stehen, Farbe blau.", label, f"p{label}", "c0") for label in (0, 1, 2, FAIR)] + [
        StarText("This text is not written in German, so nobody reads it here.", 2, "p9", "c1")
    ]
    return read_corpus(read_labelled([path], own=False), stars)


def taught(corpus: Corpus, stars: Any) -> Any:
    texts = np.ones(len(corpus.labelled), np.bool_)
    keys = choose(corpus.clauses, [text.group for text in corpus.labelled], 1, 1)
    labels = np.zeros(corpus.truth.shape, np.float32)
    rows, bias = np.zeros((len(keys), corpus.truth.shape[1])), np.full(corpus.truth.shape[1], -9.0)
    assert matrix(corpus.clauses, keys).shape[1] == len(keys)
    return teach(corpus, texts, np.array(stars), labels, (keys, rows, bias), regression)


def test_of_texts_that_say_nothing_the_rating_tells_the_sentiment(corpus: Corpus) -> None:
    chosen, shares = taught(corpus, [True] * 5)
    assert chosen.tolist() == [0, 1, 2, 3], "what is not German is not judged"
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    # Of the poor, the middling and the good rating, the one that speaks most for each sentiment.
    best = dict(zip(SENTIMENTS, shares[:3].argmax(axis=0).tolist(), strict=True))
    assert best == {"negative": 0, "mixed": 1, "positive": 2}


def test_a_rated_text_that_is_held_back_is_not_judged(corpus: Corpus) -> None:
    chosen, shares = taught(corpus, [True, False, True, False, True])
    assert chosen.tolist() == [0, 2]
    assert len(shares) == 2


def test_without_rated_annotations_the_rating_is_the_sentiment(corpus: Corpus) -> None:
    plain = [
        LabelledText(dataclasses.replace(text.gold, rating=None), text.group, own=False) for text in corpus.labelled
    ]
    chosen, shares = taught(dataclasses.replace(corpus, labelled=plain), [True] * 5)
    assert chosen.tolist() == [0, 1, 2, 4], "a fair rating says neither"
    assert [SENTIMENTS[at] for at in shares.argmax(axis=1)] == ["negative", "mixed", "positive", "positive"]


def test_a_rare_sentiment_weighs_more_and_a_missing_one_breaks_nothing() -> None:
    shares = np.array([[1.0, 0.0, 0.0]] * 8 + [[0.0, 1.0, 0.0]], np.float32)
    weights = balanced(shares).max(axis=1)
    assert weights[8] > 2 * weights[0]
    assert np.isfinite(weights).all()


def test_sentiments_keep_the_order_of_the_texts(corpus: Corpus) -> None:
    assert [SENTIMENTS[at] for at in sentiments(corpus)[:3]] == list(SENTIMENTS)


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"rating": 4}, 4),
        ({"rating": 10}, 5),
        ({"rating": 4, "rating_max": 6}, 3.4),
        ({"rating": "gut"}, None),
        ({}, None),
    ],
)
def test_a_rating_of_any_scale_is_one_of_five(tmp_path: Path, rating: dict[str, Any], expected: float | None) -> None:
    row = {"text": "Gut.", "sentiment": "positive", "recommend": "none", "loyalty": "none", "mentions": [], **rating}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    assert read_gold(path)[0].rating == (pytest.approx(expected) if expected is not None else None)
