"""Train the sentiment of whole texts: a teacher that sees the stars, a network that learns from it, and the verdict.

Annotated texts are few, rated ones many. The *teacher* is a logistic regression over what is found in a text and its
star rating, fitted on annotated texts that have one; it gives every rated text probabilities of the three sentiments.
The network (:mod:`nlp.net`) learns these from the words alone (Hinton, Vinyals, Dean, "Distilling the Knowledge in a
Neural Network", 2015), and what it reads is one more input of the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import SENTIMENTS
from nlp.arrays import Floats
from nlp.net import log_odds_inputs
from nlp.train_corpus import Corpus
from nlp.train_matrix import Keys, matrix
from nlp.train_texts import FAIR
from nlp.verdict import Stars, star_scores, verdict_inputs

#: Inverse strengths of regularisation, chosen by cross-validation.
TEACHER_C: Final = 0.03
VERDICT_C: Final = 0.005
#: How much a text of mixed sentiment counts: the rarest of the three, and the mean over labels is what is wanted.
_MIXED_WEIGHT: Final = 1.5
#: How far the rating stands out among the teacher's inputs, which are standardised.
_RATING_WEIGHT: Final = 2.0
_MIXED: Final = SENTIMENTS.index("mixed")
_RATINGS: Final = 4

Regression = Callable[..., Any]
Wide = NDArray[np.float64]


def teach(
    corpus: Corpus,
    texts: NDArray[np.bool_],
    stars: NDArray[np.bool_],
    labels: Floats,
    models: tuple[Keys, Wide, Wide],
    regression: Regression,
) -> tuple[NDArray[np.int64], Floats]:
    """Probabilities of the sentiments of rated texts, for the network to learn.

    Args:
        corpus: All texts.
        texts: The annotated texts to learn from.
        stars: The rated texts to judge.
        labels: Probabilities of the annotated texts' clauses, by models that did not see their product.
        models: Keys, weights and bias of the labels of clauses.
        regression: Makes a logistic regression.

    Returns:
        The rated texts that could be judged, and a row for each. Where too few annotated texts have a rating, the
        rating itself is the sentiment.
    """
    known = np.unique(corpus.star_clauses.owner)
    chosen = known[stars[known]]
    ratings = np.array([star.label for star in corpus.stars], np.int64)
    classes = np.array([text.rating if text.rating is not None else _RATINGS for text in corpus.labelled])
    used = np.flatnonzero(texts & (classes < _RATINGS))
    truth = sentiments(corpus)
    if not len(chosen) or len(set(truth[used])) < len(SENTIMENTS):
        clear = np.flatnonzero(stars & (ratings != FAIR))
        return clear, np.eye(len(SENTIMENTS), dtype=np.float32)[len(SENTIMENTS) - 1 - ratings[clear]]
    keys, rows, bias = models
    said = matrix(corpus.star_clauses, keys) @ rows + bias
    theirs = _seen(corpus.star_rules, (1 / (1 + np.exp(-said))).astype(np.float32), corpus.star_clauses.owner)
    ours = _seen(np.array(corpus.rules), labels, corpus.clauses.owner)
    mean, spread = ours[used].mean(axis=0), ours[used].std(axis=0) + 1e-6
    model = regression(C=TEACHER_C, max_iter=500)
    model.fit(
        _with_rating((ours[used] - mean) / spread, classes[used]), truth[used], sample_weight=_weights(truth[used])
    )
    judged = stars[known]
    shares = model.predict_proba(_with_rating((theirs[judged] - mean) / spread, ratings[chosen]))
    return chosen, shares.astype(np.float32)


def _seen(rules: Wide, labels: Floats, owners: NDArray[np.int64]) -> Wide:
    """The teacher's inputs but the rating: those of the verdict, without what stars and the network say."""
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    blank = Stars(np.zeros((len(firsts), 3), np.float32), np.zeros(len(owners), np.float32))
    return verdict_inputs(rules, labels, firsts, blank, np.zeros((len(firsts), 0), np.float32))[:, :-1]


def _with_rating(inputs: Wide, ratings: NDArray[np.int64]) -> Wide:
    return np.hstack([inputs, np.eye(_RATINGS)[ratings] * _RATING_WEIGHT])


def _weights(truth: NDArray[np.int64]) -> Wide:
    return np.where(truth == _MIXED, _MIXED_WEIGHT, 1.0)


def balanced(shares: Floats) -> Floats:
    """Shares times the weight of their sentiment: a rare one counts more, by the root of how rare it is."""
    weights = 1 / np.maximum(shares.mean(axis=0), 1e-3)
    found: Floats = (shares * np.sqrt(weights / weights.mean())).astype(np.float32)
    return found


def sentiments(corpus: Corpus) -> NDArray[np.int64]:
    """The annotated sentiments, by their place in ``SENTIMENTS``."""
    return np.array([SENTIMENTS.index(text.gold.sentiment) for text in corpus.labelled])


def fit_verdict(
    corpus: Corpus,
    texts: NDArray[np.bool_],
    labels: Floats,
    ratings: tuple[Wide, Wide],
    net: Floats,
    regression: Regression,
) -> Wide:
    """Weights of the verdict: a row of three for each of its inputs.

    Args:
        corpus: All texts.
        texts: The annotated texts to learn from.
        labels: Probabilities of the annotated texts' clauses, by models that did not see their product.
        ratings: Summed weights of the star model for each clause, and its bias.
        net: Log-odds that the network reads in each annotated text.
        regression: Makes a logistic regression.
    """
    firsts = np.flatnonzero(np.diff(corpus.clauses.owner, prepend=-1))
    sums, bias = ratings
    stars = star_scores(sums.astype(np.float32), corpus.lengths, bias.astype(np.float32), firsts)
    inputs = verdict_inputs(np.array(corpus.rules), labels, firsts, stars, log_odds_inputs(net))[texts, :-1]
    truth = sentiments(corpus)[texts]
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    model = regression(C=VERDICT_C, max_iter=500)
    model.fit((inputs - mean) / spread, truth, sample_weight=_weights(truth))
    slopes = model.coef_ / spread
    return np.vstack([slopes.T, model.intercept_ - slopes @ mean])
