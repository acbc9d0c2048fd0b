"""Sentiment of a whole text: features of its cues, mapped to calibrated probabilities.

The map is a multinomial logistic regression over the features below; its constants stand in
``data/sentiment.toml`` with what they were fitted on. Where trained weights are shipped, they judge
(:mod:`nlp.weights`), with these features among their inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import SENTIMENTS
from nlp.clauses import Words
from nlp.cues import Hit
from nlp.extensions import HITS, SCORES, SIGNALS, VERDICT, WORDS
from nlp.lexicon import Memo, load_toml, word_sets
from nlp.stated_rating import stated_inputs, stated_rating

FEATURES: Final = (
    "bias", "pos_share", "neg_share", "pos_mass", "neg_mass", "conflict", "verdict_pos", "verdict_neg",
    "last", "first", "after_contrast", "contrast", "hint_pos", "hint_neg", "defects", "neutral",
    "emoji_pos", "emoji_neg", "recommend_yes", "recommend_no", "repeat", "churn", "no_evidence", "length", "fixed",
    "stated_poor", "stated_middling", "stated_fair", "stated_full",
)  # fmt: skip


@dataclass(slots=True)
class Verdict:
    """Sentiment of a Doc: probabilities in the order of ``SENTIMENTS``, and whether to count on them."""

    probabilities: tuple[float, float, float]
    abstained: bool

    @property
    def label(self) -> str:
        """The likeliest label."""
        return SENTIMENTS[self.probabilities.index(max(self.probabilities))]

    @property
    def score(self) -> float:
        """From -1 to 1: probability of positive less that of negative."""
        return round(self.probabilities[0] - self.probabilities[2], 4)

    @property
    def confidence(self) -> float:
        """Calibrated probability of the label."""
        return round(max(self.probabilities), 4)


@cache
def _constants() -> dict[str, Any]:
    return load_toml("sentiment.toml")


def features(doc: Doc) -> list[float]:
    """The values of :data:`FEATURES` for a Doc whose cues and signals are found."""
    data = doc.user_data
    hits: list[Hit] = [hit for hit in data[HITS] if not hit.clause.elsewhere]
    plain = [hit for hit in hits if not hit.cue.hint]
    weights = [_weight(hit) for hit in plain]
    pos = sum(weight for weight in weights if weight > 0)
    neg = -sum(weight for weight in weights if weight < 0)
    happy, unhappy = _emoji(data[WORDS])
    signals = data[SIGNALS]
    after = [weight for hit, weight in zip(plain, weights, strict=True) if hit.clause.contrast]
    return [
        1.0,
        pos / (pos + neg + 0.7),
        neg / (pos + neg + 0.7),
        math.log1p(pos),
        math.log1p(neg),
        min(pos, neg) / (1 + min(pos, neg)),
        max([hit.score for hit in plain if hit.cue.verdict and hit.score > 0], default=0.0),
        max([-hit.score for hit in plain if hit.cue.verdict and hit.score < 0], default=0.0),
        _clause_sum(plain, weights, last=True),
        _clause_sum(plain, weights, last=False),
        math.tanh(sum(after)),
        float(bool(after)),
        math.log1p(sum(hit.score for hit in hits if hit.cue.hint and hit.score > 0)),
        math.log1p(-sum(hit.score for hit in hits if hit.cue.hint and hit.score < 0)),
        math.log1p(sum(hit.defect is not None for hit in plain)),
        math.log1p(sum(hit.cue.neutral for hit in plain)),
        math.log1p(happy),
        math.log1p(unhappy),
        float(signals.recommend == "yes"),
        float(signals.recommend == "no"),
        float(signals.loyalty == "repeat"),
        float(signals.loyalty == "churn"),
        float(not plain),
        math.log1p(len(data[WORDS].text)) / 5,
        float(bool(signals.fixes)),
        *stated_inputs(stated_rating(" ".join(data[WORDS].text))),
    ]


def _weight(hit: Hit) -> float:
    """A cue's share in the sum; a possibility counts little, and praise of what might be is criticism."""
    if hit.clause.hypothetical and not hit.cue.verdict:
        return 0.3 * hit.score if hit.score < 0 else -0.1 * hit.score
    return hit.score


def _clause_sum(hits: Sequence[Hit], weights: Sequence[float], *, last: bool) -> float:
    if not hits:
        return 0.0
    sentence = hits[-1 if last else 0].clause.sentence
    inside = sum(weight for hit, weight in zip(hits, weights, strict=True) if hit.clause.sentence == sentence)
    return math.tanh(inside)


def _emoji(words: Words) -> tuple[int, int]:
    moods = list(filter(None, map(_MOODS.__getitem__, words.text)))
    return moods.count(1), moods.count(-1)


def _mood(token: str) -> int:
    """1 for a glad emoji or smiley, -1 for another, 0 for anything else."""
    if token[0].isalnum():
        return 0
    sets = word_sets()
    if token in sets["smileys_positive"] or token[0] in sets["emoji_positive"]:
        return 1
    return -int(token in sets["smileys_negative"] or token[0] in sets["emoji_negative"])


_MOODS: Final = Memo(_mood)


def judge(values: Sequence[float]) -> Verdict:
    """Map features to probabilities; abstain where evidence is absent or contradicts itself."""
    constants = _constants()
    logits = [0.0, 0.0, 0.0]
    for name, value in zip(FEATURES, values, strict=True):
        for label, weight in enumerate(constants["weights"][name]):
            logits[label] += weight * value
    top = max(logits)
    powers = [math.exp(logit - top) for logit in logits]
    total = sum(powers)
    probabilities = (powers[0] / total, powers[1] / total, powers[2] / total)
    return Verdict(probabilities, abstained=is_blind(values) or max(probabilities) < constants["abstain_below"])


def is_blind(values: Sequence[float]) -> bool:
    """Whether no cue and no emoji speaks for any sentiment."""
    return bool(values[_NO_EVIDENCE]) and not any(values[at] for at in _EMOJI)


_NO_EVIDENCE: Final = FEATURES.index("no_evidence")
_EMOJI: Final = (FEATURES.index("emoji_pos"), FEATURES.index("emoji_neg"))


@Language.factory(
    "kundenecho_sentiment_v1",
    assigns=["doc._.verdict"],
    requires=["doc._.words", "doc._.hits", "doc._.signals"],
)
def create_sentiment(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.verdict``."""
    _constants()

    def component(doc: Doc) -> Doc:
        data = doc.user_data
        if data.get(HITS) is not None:
            scores = data.get(SCORES)
            # The weights were learned from words; where there is none, emoji speak by the rules.
            if scores is None or not any(form[0].isalpha() for form in data[WORDS].folded):
                data[VERDICT] = judge(features(doc))
            else:
                data[VERDICT] = Verdict(scores.sentiment, scores.doubtful)
        return doc

    return component
