"""The learned layer works on many texts at once; here it is held against the plain way, text by text."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundenecho.analysis import DEFECT_TYPES, Mention
from nlp.engine import Text
from nlp.extensions import CLAUSES, MENTIONS
from nlp.features import LABELS, PAIRS, clause_at
from nlp.learned import _Adder, _column, weigh_mentions
from nlp.pipeline import KundenechoEngine
from nlp.sentiment import FEATURES
from nlp.told import Told
from nlp.verdict import Stars, log_odds, star_scores, verdict_inputs
from nlp.weights import Scores, Weights, shipped_weights

TEXTS = (
    "Die Kanne tropft, der Deckel ist super. Der Griff wackelt nach zwei Tagen!",
    "Sehr gut verarbeitet, leider viel zu teuer. Lieferung kam spät, aber der Service war freundlich.",
    "Wenn sie nicht lecken würde, wäre sie gut.",
    "Naja.",
    "Die Waschmaschine ist laut und der Schlauch war undicht. Geld zurück bekommen.",
)


@pytest.fixture(scope="module")
def docs() -> list[Any]:
    engine = KundenechoEngine()
    engine.use(None)
    return [engine.read(Text(text)) for text in TEXTS]


@pytest.fixture(scope="module")
def weights() -> Weights:
    found = shipped_weights()
    assert found is not None
    return found


def scores_of(labels: Any, weights: Weights) -> Scores:
    _, add_pair, _, add_defect = weights.thresholds
    strongest = labels.max(axis=0)
    least = [add_pair if at < len(PAIRS) else add_defect for at in range(len(PAIRS) + len(DEFECT_TYPES))]
    likely = [at for at, value in enumerate(least) if float(strongest[at]) >= value]
    return Scores(labels, strongest.tolist(), likely, (0.2, 0.3, 0.5), doubtful=False)


def plainly(doc: Any, scores: Scores, weights: Weights) -> list[Mention]:
    """Every label is looked at, in order."""
    keep_pair, add_pair, keep_defect, add_defect = weights.thresholds
    strongest, where = scores.labels.max(axis=0).tolist(), scores.labels.argmax(axis=0).tolist()
    kept = []
    told, adder = Told(doc, scores.sentiment), _Adder(doc, scores)
    likeliest: dict[str | None, tuple[float, int]] = {
        defect: max(
            ((float(row[at]), -number) for number, row in enumerate(scores.labels) if told.holds(number, defect)),
            default=(0.0, 0),
        )
        for at, defect in enumerate(DEFECT_TYPES, len(PAIRS))
    }
    for mention in doc.user_data[MENTIONS]:
        column, defect = _column(mention), mention.defect
        likely = likeliest[defect][0] if defect else strongest[column or 0]
        least = keep_defect if defect else keep_pair
        happened = not defect or told.holds(clause_at(adder.starts, mention.evidence[0]), defect)
        if column is None:
            kept.append(mention)
        elif likely >= least and happened:
            mention.confidence = round(likely, 4)
            kept.append(mention)
    defects = {mention.defect for mention in kept}
    for one in DEFECT_TYPES:
        likely, number = likeliest[one]
        clause = doc.user_data[CLAUSES][-number]
        if one not in defects and likely >= add_defect and not clause.hypothetical:
            kept.append(adder.defect(one, -number))
    kept = adder.settle_defects(kept, weights)
    said = {(mention.aspect, mention.polarity) for mention in kept}
    faulty = {clause_at(adder.starts, mention.evidence[0]) for mention in kept if mention.defect is not None}
    for at, pair in enumerate(PAIRS):
        least = 0.5 if pair[1] == "neg" and where[at] in faulty else add_pair
        if pair not in said and strongest[at] >= max(least, add_pair):
            kept.append(adder.opinion(pair, where[at]))
    return sorted(kept, key=lambda mention: mention.evidence)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steep=st.sampled_from([0.5, 2.0, 8.0, 60.0]))
def test_mentions_are_weighed_as_if_every_label_were_looked_at(
    docs: list[Any], weights: Weights, seed: int, steep: float
) -> None:
    rng = np.random.default_rng(seed)
    for doc in docs:
        labels = (rng.random((len(doc.user_data[CLAUSES]), len(LABELS))) ** steep).astype(np.float32)
        scores = scores_of(labels, weights)
        mentions = doc.user_data[MENTIONS]
        found = []
        for weigh in (weigh_mentions, plainly):
            doc.user_data[MENTIONS] = copy.deepcopy(mentions)
            found.append(weigh(doc, scores, weights))
        doc.user_data[MENTIONS] = mentions
        assert found[0] == found[1]


def inputs_of_one(rules: Any, labels: Any, stars: Any, leanings: Any, net: Any) -> Any:
    """Inputs of the verdict on one text."""
    strongest, sums = labels.max(axis=0), labels.sum(axis=0)
    praise, criticism, spread = float(sums[-3]), float(sums[-2]), float(stars[2] - stars[0])
    balance = [
        praise / (praise + criticism + 0.3),
        criticism / (praise + criticism + 0.3),
        np.log1p(praise),
        np.log1p(criticism),
        min(praise, criticism),
        abs(praise - criticism) / (praise + criticism + 0.5),
        abs(spread),
        spread * spread / 10,
        leanings.max(),
        leanings.min(),
        leanings[-1],
        min(leanings.max(), -leanings.min()),
    ]
    odds = log_odds(np.concatenate([strongest, labels[-1, -3:], labels[0, -3:]]))
    powers = np.exp(stars - stars.max())
    return np.concatenate([odds, balance, stars, powers / powers.sum(), rules, net, [1.0]])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_inputs_of_many_verdicts_are_those_of_each(clauses: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, firsts = sum(clauses), np.cumsum([0, *clauses[:-1]])
    labels = rng.random((count, len(LABELS)), np.float32)
    sums, lengths = rng.standard_normal((count, 3)).astype(np.float32), rng.integers(1, 20, count)
    rules, net = rng.random((len(clauses), len(FEATURES))), rng.standard_normal((len(clauses), 7)).astype(np.float32)
    bias = np.array([0.1, -0.2, 0.3], np.float32)
    stars = star_scores(sums, lengths, bias, firsts)
    found = verdict_inputs(rules, labels, firsts, stars, net)
    for at, (first, size) in enumerate(zip(firsts, clauses, strict=True)):
        part = slice(first, first + size)
        words = lengths[part]
        one = sums[part].sum(axis=0) / np.sqrt(1 + words.sum()) + bias
        each = sums[part] / np.sqrt(1 + words)[:, np.newaxis] + bias
        expected = inputs_of_one(rules[at], labels[part], one, each[:, 2] - each[:, 0], net[at])
        np.testing.assert_allclose(found[at], expected, rtol=1e-4, atol=1e-4)
        alone = star_scores(sums[part], words, bias, np.zeros(1, np.int64))
        same = verdict_inputs(rules[[at]], labels[part], np.zeros(1, np.int64), alone, net[[at]])
        np.testing.assert_allclose(same[0], found[at], rtol=1e-5, atol=1e-5)
    assert isinstance(stars, Stars)


def test_a_text_is_scored_alike_alone_and_among_others(docs: list[Any], weights: Weights) -> None:
    for doc, one in zip(docs, weights.score(docs), strict=True):
        (alone,) = weights.score([doc])
        np.testing.assert_allclose(one.labels, alone.labels, atol=1e-5)
        np.testing.assert_allclose(one.sentiment, alone.sentiment, atol=1e-5)
        assert (one.likely, one.doubtful) == (alone.likely, alone.doubtful)
        assert sum(one.sentiment) == pytest.approx(1)
