"""The learned layer: weighs the rules' mentions, and adds those that no rule found.

What is said (aspect and polarity, defect type) is decided over the whole text by the strongest clause;
where it is said and of which part comes from that clause by the rules of :mod:`nlp.nouns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import DEFECT_TYPES, Mention
from nlp.clauses import Clause, Words
from nlp.extensions import CLAUSES, HITS, MENTIONS, PRODUCT, SCORES, SIGNALS, WORDS
from nlp.features import PAIRS, clause_at, clause_starts
from nlp.mentions import TOUCHPOINTS, clause_evidence, with_parts
from nlp.nouns import Noun, aspect_of, nouns, whole_nouns
from nlp.parts import candidates, choose, cue_tokens
from nlp.told import Told
from nlp.weights import Scores, Weights, shipped_weights

_PAIR_OF: Final = {pair: at for at, pair in enumerate(PAIRS)}
_DEFECT_OF: Final = {defect: len(PAIRS) + at for at, defect in enumerate(DEFECT_TYPES)}
_CRITICISM: Final = [at for at, (_, polarity) in enumerate(PAIRS) if polarity == "neg"]
#: Probability from which a second criticism is added to a clause with a defect.
_LIKELY: Final = 0.5
#: Tokens that are scored at once: enough for 256 reviews.
_TOKENS_AT_ONCE: Final = 25_000
#: By how much another aspect must be likelier than that of the rule.
_CLEARLY: Final = 0.2


def weigh_mentions(doc: Doc, scores: Scores, weights: Weights) -> list[Mention]:
    """The Doc's mentions after the learned layer.

    A mention of the rules stays where its aspect with polarity, and its defect, are likely enough; a
    likely one that no rule found is added. Neutral mentions are not judged.
    """
    mentions: list[Mention] = doc.user_data[MENTIONS]
    if not mentions and not scores.likely:
        return []
    keep_pair, _, keep_defect, add_defect = weights.thresholds
    strongest = scores.strongest
    adder = _Adder(doc, scores)
    kept: list[Mention] = []
    for mention in mentions:
        column = _column(mention)
        if mention.defect is not None:
            if adder.is_told(mention) and (likely := adder.told(mention.defect)[1]) >= keep_defect:
                mention.confidence = round(likely, 4)
                kept.append(mention)
        elif column is None:
            kept.append(mention)
        elif strongest[column] >= keep_pair:
            mention.confidence = round(strongest[column], 4)
            kept.append(mention)
    where = {column: int(scores.labels[:, column].argmax()) for column in scores.likely}
    defects = {mention.defect for mention in kept}
    for column in where:
        if column >= len(PAIRS) and (defect := DEFECT_TYPES[column - len(PAIRS)]) not in defects:
            at, likely = adder.told(defect)
            if likely >= add_defect and not adder.clauses[at].hypothetical:
                kept.append(adder.defect(defect, at))
    kept = adder.settle_defects(kept, weights)
    said = {(mention.aspect, mention.polarity) for mention in kept}
    faulty = {clause_at(adder.starts, mention.evidence[0]) for mention in kept if mention.defect is not None}
    for column, at in where.items():
        if column >= len(PAIRS) or PAIRS[column] in said:
            continue
        # A defect has one aspect; a second criticism in its clause must be likely by itself.
        if PAIRS[column][1] == "pos" or at not in faulty or strongest[column] >= _LIKELY:
            kept.append(adder.opinion(PAIRS[column], at))
    kept.sort(key=lambda mention: mention.evidence)
    return kept


def _column(mention: Mention) -> int | None:
    """The label that decides on a rule's mention; None for a neutral one."""
    if mention.defect is not None:
        return _DEFECT_OF[mention.defect]
    return _PAIR_OF.get((mention.aspect, mention.polarity))


class _Adder:
    """Makes the mentions that no rule found."""

    def __init__(self, doc: Doc, scores: Scores) -> None:
        self.doc = doc
        self.words: Words = doc.user_data[WORDS]
        self.clauses: list[Clause] = doc.user_data[CLAUSES]
        self.scores = scores
        self.starts = clause_starts(doc)
        self._told = Told(doc, scores.sentiment)
        self._whole_nouns: AbstractSet[str] | None = None

    def is_told(self, mention: Mention) -> bool:
        """Whether the clause of a rule's defect tells what happened with this product."""
        return mention.defect is not None and self._told.holds(
            clause_at(self.starts, mention.evidence[0]), mention.defect
        )

    def told(self, defect: str) -> tuple[int, float]:
        """The clause that is likeliest to tell of a defect that happened, and how likely; 0 where none does."""
        odds = self.scores.labels[:, _DEFECT_OF[defect]]
        for at in np.argsort(-odds, kind="stable").tolist():
            if self._told.holds(at, defect):
                return at, float(odds[at])
        return 0, 0.0

    def defect(self, defect: str, at: int) -> Mention:
        """A defect in a clause; its aspect is the likeliest criticism there."""
        row = self.scores.labels[at]
        aspect = PAIRS[max(_CRITICISM, key=lambda column: row[column])][0]
        return self._mention(at, aspect, "neg", None, defect, float(row[_DEFECT_OF[defect]]))

    def settle_defects(self, mentions: list[Mention], weights: Weights) -> list[Mention]:
        """Settle aspect and part of each defect by the trained choices; the same is said once."""
        found: dict[tuple[str, str, str | None, str | None], Mention] = {}
        for mention in mentions:
            if mention.defect is not None:
                at = clause_at(self.starts, mention.evidence[0])
                self._settle_aspect(mention, at)
                self._settle_part(mention, at, mention.defect, weights)
            found.setdefault((mention.aspect, mention.polarity, mention.defect, mention.component), mention)
        return list(found.values())

    def _settle_aspect(self, mention: Mention, at: int) -> None:
        """Another criticism that is clearly likelier in the clause is the defect's aspect."""
        row = self.scores.labels[at]
        best, own = max(_CRITICISM, key=lambda column: row[column]), _PAIR_OF.get((mention.aspect, mention.polarity))
        if own is not None and row[best] > row[own] + _CLEARLY:
            mention.aspect = PAIRS[best][0]

    def _settle_part(self, mention: Mention, at: int, defect: str, weights: Weights) -> None:
        words = self.words
        chosen = words.start.index(mention.start) if mention.start is not None else None
        cues = cue_tokens(self.doc.user_data[HITS], self.clauses[at], defect)
        near = candidates(words, self.clauses, at, defect, chosen, self._whole(), cues)
        part = choose(near, weights.parts, weights.part_bias)
        mention.component = part.name if part else None
        if part is not None:
            inside = mention.evidence[0] <= words.start[part.noun.at] < mention.evidence[1]
            mention.target = words.text[part.noun.at] if inside else None
            mention.start = words.start[part.noun.at] if inside else None
            mention.end = words.end(part.noun.at) if inside else None

    def opinion(self, pair: tuple[str, str], at: int) -> Mention:
        """An opinion in a clause; its target is the noun that names the aspect, else the first free one."""
        clause = self.clauses[at]
        group = nouns(self.words, clause)
        named = [noun for noun in group if aspect_of(self.words.folded[noun.at]) == pair[0]]
        free = [noun for noun in group if not noun.preposition and not noun.attribute]
        noun = next(iter(named or free), None)
        return self._mention(at, *pair, noun, None, float(self.scores.labels[at, _PAIR_OF[pair]]))

    def _whole(self) -> AbstractSet[str]:
        if self._whole_nouns is None:
            data = self.doc.user_data
            self._whole_nouns = whole_nouns(self.words, self.clauses, data[HITS], data.get(PRODUCT))
        return self._whole_nouns

    def _mention(self, at: int, aspect: str, polarity: str, noun: Noun | None, defect: str | None, p: float) -> Mention:
        signals, clause, words = self.doc.user_data[SIGNALS], self.clauses[at], self.words
        return Mention(
            field="text",
            aspect=aspect,
            polarity=polarity,
            evidence=clause_evidence(words, clause),
            target=words.text[noun.at] if noun else None,
            start=words.start[noun.at] if noun else None,
            end=words.end(noun.at) if noun else None,
            defect=defect,
            confidence=round(p, 4),
            touchpoint=signals.touchpoints.get(clause.first) or TOUCHPOINTS.get(aspect),
            emotion=signals.emotions.get(clause.first),
            expectation=signals.expectations.get(clause.first),
        )


class LearnedLayer:
    """Component that sets ``doc._.scores`` and settles ``doc._.mentions``; without weights it does nothing.

    Attributes:
        shipped: Use the weights of the package, which are read at the first text.
    """

    def __init__(self, *, shipped: bool) -> None:
        self.shipped = shipped
        self._weights: Weights | None = None

    @property
    def weights(self) -> Weights | None:
        """What scores; None leaves the rules alone."""
        return shipped_weights() if self.shipped else self._weights

    @weights.setter
    def weights(self, weights: Weights | None) -> None:
        self.shipped, self._weights = False, weights

    @property
    def lineage(self) -> str:
        """Which weights decide: shipped (a data file like others), those of a digest, or none."""
        if self.shipped:
            return "shipped"
        return "none" if self._weights is None else self._weights.digest or "in memory"

    def __call__(self, doc: Doc) -> Doc:
        """Score one Doc."""
        return self._score([doc])[0]

    def pipe(self, stream: Iterable[Doc], *, batch_size: int) -> Iterator[Doc]:
        """Score Docs, many at once: most of the work is arithmetic on arrays, dear only by the call."""
        rest = iter(stream)
        while docs := list(islice(rest, batch_size)):
            yield from self._score(docs)

    def _score(self, docs: list[Doc]) -> list[Doc]:
        weights = self.weights
        if weights is None:
            return docs
        for part in _parts([doc for doc in docs if doc.user_data.get(CLAUSES)]):
            found = weights.score(part)
            for doc, scores in zip(part, found, strict=True):
                doc.user_data[SCORES] = scores
                doc.user_data[MENTIONS] = with_parts(doc, weigh_mentions(doc, scores, weights))
        return docs


def _parts(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    """Docs in parts that bound the memory which scoring takes."""
    part: list[Doc] = []
    tokens = 0
    for doc in docs:
        part.append(doc)
        tokens += len(doc)
        if tokens >= _TOKENS_AT_ONCE:
            yield part
            part, tokens = [], 0
    if part:
        yield part


@Language.factory(
    "kundenecho_learned_v1",
    assigns=["doc._.scores", "doc._.mentions"],
    requires=["doc._.clauses", "doc._.hits", "doc._.signals", "doc._.mentions"],
)
def create_learned(nlp: Language, name: str) -> LearnedLayer:
    """Component with the shipped weights."""
    return LearnedLayer(shipped=True)
