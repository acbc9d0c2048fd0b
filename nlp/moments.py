"""Moments: what each clause tells of the customer's journey, be it an opinion on the offer or not.

A mention is one; so is a clause without any that names a touchpoint, shows a feeling, or tells of an expectation:
"Das Paket kam am Dienstag." Where an opinion's words name no touchpoint, its aspect does (:mod:`nlp.places`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp, log
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import Mention, Moment
from nlp.clauses import Clause, Words
from nlp.extensions import CLAUSES, MENTIONS, MOMENTS, PRODUCT, SCORES, SIGNALS, VERDICT, WORDS
from nlp.features import LABELS, PAIRS, clause_at, clause_starts
from nlp.lexicon import fold
from nlp.mentions import clause_evidence
from nlp.moods import felt, mood_of
from nlp.places import Places, places
from nlp.quotes import LONGEST
from nlp.sentences import offsets
from nlp.sentiment import Verdict
from nlp.signals import Signals
from nlp.weights import Scores

_POLARITY: Final = {"pos": 1, "neu": 0, "neg": -1}
#: Which way a word on staying points.
_LOYALTY: Final = {"repeat": 1, "churn": -1}
#: Score of the verdict from which a text is praise, and probability from which a clause criticises something.
_PRAISE, _SOME = 0.9, 0.1
_CRITICISM: Final = [at for at, (_, polarity) in enumerate(PAIRS) if polarity == "neg"]
_PRAISED, _CRITICISED = LABELS.index("praise"), LABELS.index("criticism")
#: Confidence from which an opinion counts: from there on the shares of the unhappy are those of annotated texts.
#: And by which one must be surer than its contrary in the same clause.
_SURE, _CLEARLY = 0.4, 0.15
#: Share of touchpoints, feelings, expectations and words on staying that are right where no opinion speaks for them.
_TOLD: Final = {"touchpoint": 0.82, "emotion": 0.9, "expectation": 0.95, "stays": 0.85}
#: Weights of the regression of :meth:`Reader.confidence`, rounded.
_BASE, _OWN, _SAID, _OTHER, _VERDICT = 1.25, 0.25, 0.9, 0.3, 0.75
#: Most tokens of a feeling that has nothing of its own it could be about.
_SHORT: Final = 3
#: Most tokens of a greeting with the name of who greets.
_GREETING: Final = 5


def _logit(probability: float) -> float:
    bounded = min(0.99, max(0.01, probability))
    return log(bounded / (1 - bounded))


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value))


def find_moments(doc: Doc) -> list[Moment]:
    """The moments of a Doc in order of their clauses; offsets into the Doc's text, ``field`` not yet decided.

    What is said of another product is none, nor a feeling that is only wished.
    """
    data = doc.user_data
    signals: Signals = data[SIGNALS]
    told = {*signals.touchpoints, *signals.emotions, *signals.expectations, *signals.loyalties}
    mentions: list[Mention] = data[MENTIONS]
    if not mentions and not told:
        return []
    clauses: list[Clause] = data[CLAUSES]
    starts = clause_starts(doc)
    reader = Reader(data)
    by_clause: dict[int, list[tuple[Mention, float]]] = {}
    for mention in mentions:
        at = clause_at(starts, mention.evidence[0])
        sure = reader.confidence(at, mention)
        if sure >= _SURE and not reader.greets(clauses[at]):
            by_clause.setdefault(at, []).append((mention, sure))
    firsts = [clause.first for clause in clauses] if told else []
    found: list[Moment] = []
    last: tuple[int, Moment] | None = None
    for at in sorted({*by_clause, *(bisect_right(firsts, first) - 1 for first in told)}):
        found += reader.opinions(at, by_clause[at]) if at in by_clause else reader.aside(at, last)
        last = (at, found[-1]) if found else None
    return found


class Reader:
    """Reads the moments of one text."""

    def __init__(self, data: Mapping[Any, Any]) -> None:
        self.words: Words = data[WORDS]
        self.clauses: Sequence[Clause] = data[CLAUSES]
        self.signals: Signals = data[SIGNALS]
        self.verdict: Verdict | None = data.get(VERDICT)
        self.scores: Scores | None = data.get(SCORES)
        self.product: str | None = data.get(PRODUCT)
        self.table: Places = places()
        self.visits = self.table.visits
        self._weight: int | None = None

    def greets(self, clause: Clause) -> bool:
        """Whether a clause is but a greeting."""
        words = self.words.folded[clause.first : clause.last]
        return len(words) <= _GREETING and not self.table.greetings.isdisjoint(words)

    def confidence(self, at: int, mention: Mention) -> float:
        """Probability that a reader would find an opinion in a clause to be praise, or criticism, as we do.

        A logistic regression on annotated texts (``python benchmarks/moments.py``): confidence of the mention, what
        the learned layer sees of praise and criticism in the clause, and the verdict on the text.

        Args:
            at: Number of the clause.
            mention: The opinion.
        """
        sign = _POLARITY[mention.polarity]
        verdict = _VERDICT * sign * self.verdict.score if self.verdict is not None else 0.0
        own = _logit(mention.confidence)
        if self.scores is None or not sign:
            return _logistic(own + verdict)
        praised, criticised = self.scores.labels[at, _PRAISED], self.scores.labels[at, _CRITICISED]
        said, other = (praised, criticised) if sign > 0 else (criticised, praised)
        return _logistic(_BASE + _OWN * own + _SAID * _logit(said) + _OTHER * _logit(other) + verdict)

    def opinions(self, at: int, mentions: Sequence[tuple[Mention, float]]) -> list[Moment]:
        """The moments of a clause with opinions: the surest on each touchpoint, without a verdict in a tie.

        Args:
            at: Number of the clause.
            mentions: Its opinions with their confidence.
        """
        clause, signals = self.clauses[at], self.signals
        emotion, expectation = signals.emotions.get(clause.first), self._expectation(at)
        named = self._named(clause)
        if named == "repurchase" and any(mention.defect for mention, _ in mentions):
            # "Zum dritten Mal verstopft" buys nothing.
            named = None
        own = [self._own(mention, clause) for mention, _ in mentions]
        found: dict[str | None, Moment] = {}
        for (mention, sure), place in zip(mentions, own, strict=True):
            # "Schnelle Lieferung und gute Qualität": the words name the touchpoint of the first opinion only.
            touchpoint = place if place is not None and named in own else named or place
            said = _POLARITY[mention.polarity]
            # A feeling that contradicts the opinion is about something else, or none: "unfassbar lecker".
            feeling = (None, None) if said and said == -felt(emotion, expectation) else (emotion, expectation)
            mood = mood_of(said, *feeling)
            moment = self._moment(at, mention.evidence, touchpoint, mood, sure, *feeling)
            other = found.get(moment.touchpoint)
            if other is not None and other.mood * mood < 0 and abs(sure - other.confidence) < _CLEARLY:
                other.mood = 0
            elif other is None or sure > other.confidence:
                found[moment.touchpoint] = moment
        return list(found.values())

    def aside(self, at: int, last: tuple[int, Moment] | None) -> Iterator[Moment]:
        """The moment of a clause without an opinion; ``last`` is the one before it with the number of its clause."""
        clause, signals = self.clauses[at], self.signals
        if clause.elsewhere:
            return
        stays = _LOYALTY.get(signals.loyalties.get(clause.first, ""), 0)
        expectation = self._expectation(at)
        emotion = None if clause.hypothetical else signals.emotions.get(clause.first)
        if clause.hypothetical and not (stays or expectation):
            return
        touchpoint = self._named(clause)
        if touchpoint is None and (emotion or expectation):
            touchpoint = self._nearby(at, last)
        if touchpoint or emotion or expectation:
            mood = mood_of(stays, emotion, expectation)
            told = {"touchpoint": touchpoint, "emotion": emotion, "expectation": expectation, "stays": stays}
            sure = _logit(max(_TOLD[name] for name, value in told.items() if value))
            if mood and self.verdict is not None:
                sure += _VERDICT * self.verdict.score * (1 if mood > 0 else -1)
            evidence = clause_evidence(self.words, clause)
            yield self._moment(at, evidence, touchpoint, mood, _logistic(sure), emotion, expectation)

    def _expectation(self, at: int) -> str | None:
        """The expectation that a clause tells of; a disappointment nobody else sees in a text of praise is misread."""
        told = self.signals.expectations.get(self.clauses[at].first)
        if told == "disappointed" and self.verdict is not None and self.verdict.score > _PRAISE:
            criticised = self.scores is None or self.scores.labels[at, _CRITICISM].max() >= _SOME
            return told if criticised else None
        return told

    def _moment(
        self,
        at: int,
        evidence: tuple[int, int],
        touchpoint: str | None,
        mood: int,
        confidence: float,
        emotion: str | None,
        expectation: str | None,
    ) -> Moment:
        if touchpoint in self.visits.use and self._is_visit() and not self._has("afar", self.clauses[at]):
            touchpoint = "use"
        phase = self.table.phases[touchpoint] if touchpoint else None
        quote, sure = self._quote(at, evidence), round(confidence, 4)
        return Moment("text", evidence, quote, phase, touchpoint, mood, emotion, expectation, sure)

    def _is_visit(self) -> bool:
        """Whether the text tells of a visit to a house."""
        return self._visit() >= self.visits.needed

    def _visit(self) -> int:
        """How much the text speaks for a visit, weighed once."""
        if self._weight is None:
            self._weight = self.visits.weigh(self.words.folded, self.product)
        return self._weight

    def _has(self, group: str, clause: Clause) -> bool:
        """Whether a clause has a word of a group of :class:`nlp.visits.Visits`."""
        return self.visits.has(group, self.words.folded[clause.first : clause.last])

    def _quote(self, at: int, evidence: tuple[int, int]) -> tuple[int, int]:
        """The sentence of a clause, as far as it can be read at a glance."""
        clauses, words = self.clauses, self.words
        sentence, first, last = clauses[at].sentence, at, at
        while first and clauses[first - 1].sentence == sentence:
            first -= 1
        while last + 1 < len(clauses) and clauses[last + 1].sentence == sentence:
            last += 1
        begin, end = offsets(words, clauses[first].first, clauses[last].last)
        begin, end = min(begin, evidence[0]), max(end, evidence[1])
        return (begin, end) if end - begin <= LONGEST else evidence

    def _named(self, clause: Clause) -> str | None:
        """The touchpoint that the words of a clause name; who stays or leaves speaks of buying again."""
        named = self.signals.touchpoints.get(clause.first)
        # What is ordered at the table is served there; what is booked from afar is an order.
        if named == "order" and self._is_visit() and not self._has("afar", clause):
            named = None
        return named or ("repurchase" if clause.first in self.signals.loyalties else None)

    def _own(self, mention: Mention, clause: Clause) -> str | None:
        """The touchpoint that an opinion has by what it speaks of."""
        early = self.table.defects.get(mention.defect or "")
        if early is not None:
            return early
        place = self.table.aspects.get(mention.aspect)
        if place == "support":
            return self._service(clause)
        return "use" if place is None and self._is_visit() and self._is_part(mention, clause) else place

    def _is_part(self, mention: Mention, clause: Clause) -> bool:
        """Whether a verdict on a visit is one on a part of it: "Das Essen war gut", not "Ein schöner Abend"."""
        if mention.target:
            return not self.visits.has("whole", [fold(mention.target)])
        return self.visits.first(("part", "whole"), self.words.folded[clause.first : clause.last]) == "part"

    def _service(self, clause: Clause) -> str | None:
        """Where a service was given: at the table, from afar, or nobody can tell ("Super Service!")."""
        if self._has("afar", clause):
            return "support"
        if self._has("people", clause) or self._visit() > 0:
            return "use"
        return "support" if self._visit() < 0 else None

    def _nearby(self, at: int, last: tuple[int, Moment] | None) -> str | None:
        """What a feeling is about: what its sentence speaks of, or for a mere "Schade!" what stands just before it."""
        clause = self.clauses[at]
        sentence = clause.sentence
        if last is not None and last[1].touchpoint is not None:
            short = clause.last - clause.first <= _SHORT and last[0] == at - 1
            if short or self.clauses[last[0]].sentence == sentence:
                return last[1].touchpoint
        before = (place for place in range(at - 1, -1, -1) if self.clauses[place].sentence == sentence)
        behind = (place for place in range(at + 1, len(self.clauses)) if self.clauses[place].sentence == sentence)
        return next(filter(None, (self._named(self.clauses[place]) for place in (*before, *behind))), None)


@Language.factory(
    "kundenecho_moments_v1",
    assigns=["doc._.moments"],
    requires=["doc._.words", "doc._.clauses", "doc._.signals", "doc._.mentions", "doc._.verdict"],
)
def create_moments(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.moments``."""

    def component(doc: Doc) -> Doc:
        if doc.user_data.get(MENTIONS) is not None:
            doc.user_data[MOMENTS] = find_moments(doc)
        return doc

    return component
