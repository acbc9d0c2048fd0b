"""What the sentiment of texts is judged by: the learned answers about their clauses and words, and their cues.

Training and analysis build these inputs with the same functions, for many texts at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.arrays import Floats

#: Praise, criticism and defects of any kind.
_ANY: Final = [-3, -2, -1]
#: Probabilities nearer to 0 or 1 than this are not told apart.
_EDGE: Final = 1e-3


class Stars(NamedTuple):
    """What the star model says of some texts.

    Attributes:
        texts: Log-odds of a poor, a middling and a good rating of each whole text, shape ``(texts, 3)``.
        leanings: Log-odds of a good less those of a poor rating, for each clause alone.
    """

    texts: Floats
    leanings: Floats


def star_scores(sums: Floats, lengths: NDArray[np.int64], bias: Floats, firsts: NDArray[np.int64]) -> Stars:
    """Log-odds of the star ratings of texts, and the leanings of their clauses.

    Args:
        sums: Summed weights of each clause, a column for each rating.
        lengths: Words of each clause.
        bias: Of each rating.
        firsts: The first clause of each text; every text has one.
    """
    words = np.add.reduceat(lengths, firsts)
    stars = np.add.reduceat(sums, firsts) / np.sqrt(1 + words)[:, np.newaxis] + bias
    clauses = sums / np.sqrt(1 + lengths)[:, np.newaxis] + bias
    return Stars(stars.astype(np.float32), (clauses[:, 2] - clauses[:, 0]).astype(np.float32))


def verdict_inputs(
    rules: NDArray[np.float64], labels: Floats, firsts: NDArray[np.int64], stars: Stars, net: Floats
) -> NDArray[np.float64]:
    """Inputs of the sentiment of texts.

    Every aspect and defect at its strongest, since some weigh more than others; praise, criticism and defects of the
    first and of the last clause; the balance of praise and criticism; the star rating that the words suggest, of the
    text and of its clauses; the features of the cues; what the network reads.

    Args:
        rules: :func:`nlp.sentiment.features` of each text.
        labels: Probability of each of ``LABELS`` in each clause.
        firsts: The first clause of each text.
        stars: Of :func:`star_scores`.
        net: Of :func:`nlp.net.log_odds_inputs`.

    Returns:
        A row for each text, its last number 1 for the bias.
    """
    lasts = np.append(firsts[1:], len(labels)) - 1
    strongest, sums = np.maximum.reduceat(labels, firsts), np.add.reduceat(labels, firsts)
    praise, criticism = sums[:, -3].astype(np.float64), sums[:, -2].astype(np.float64)
    powers = np.exp(stars.texts - stars.texts.max(axis=1, keepdims=True))
    spread = (stars.texts[:, 2] - stars.texts[:, 0]).astype(np.float64)
    highest, lowest = np.maximum.reduceat(stars.leanings, firsts), np.minimum.reduceat(stars.leanings, firsts)
    balance = [
        praise / (praise + criticism + 0.3),
        criticism / (praise + criticism + 0.3),
        np.log1p(praise),
        np.log1p(criticism),
        np.minimum(praise, criticism),
        np.abs(praise - criticism) / (praise + criticism + 0.5),
        np.abs(spread),
        spread * spread / 10,
        highest,
        lowest,
        stars.leanings[lasts],
        np.minimum(highest, -lowest),
    ]
    said = [strongest, labels[lasts][:, _ANY], labels[firsts][:, _ANY]]
    odds = log_odds(np.concatenate(said, axis=1))
    shares = powers / powers.sum(axis=1, keepdims=True)
    ones = np.ones((len(firsts), 1))
    return np.concatenate([odds, np.stack(balance, axis=1), stars.texts, shares, rules, net, ones], axis=1)


def log_odds(probabilities: Floats) -> Floats:
    """Log-odds, bounded."""
    odds: Floats = np.log((probabilities + _EDGE) / (1 - probabilities + _EDGE))
    return odds
