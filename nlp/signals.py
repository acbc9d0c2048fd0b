"""Signals of a text for the other rooms: recommendation, loyalty, question, incentive, fixes, emotion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp import attitudes
from nlp import sentences as asides
from nlp.clauses import Clause, Words
from nlp.cues import is_negated
from nlp.extensions import CLAUSES, MATCHES, PRODUCT, SIGNALS, WORDS
from nlp.fixes import find_fixes
from nlp.patterns import Match, Matches
from nlp.recommended import Recommended
from nlp.sentences import Sentence, asks, incentive, offsets, read_sentences

#: Data files of what is looked for clause by clause.
FILES: Final = (*attitudes.FILES, "feelings.toml", "journey.toml", "wishes.toml")
#: Their constructions among all that are looked for.
FAMILY: Final = "signals"
EMOTION_SIGNALS: Final = frozenset({"joy", "trust", "surprise", "disappointment", "anger", "worry"})
#: Of two expectations told in one clause the first of these counts.
EXPECTATION_SIGNALS: Final = ("exceeded", "disappointed", "met")
_TOUCHPOINT: Final = "at_"
_WISH: Final = "wish"
#: A recommendation that was received, or is one of a way of using, speaks for nothing; of a part see nlp.recommended.
_PART: Final = "recommend_part"


@dataclass(slots=True)
class Signals:
    """What a text signals beside its opinions.

    Attributes:
        recommend_at: Offsets into the Doc of the first clause that decides ``recommend``.
        loyalty_at: Likewise for ``loyalty``.
        referral_at: Offsets into the Doc of the first clause that tells of others who came through the author.
        incentivised: Offsets into the Doc of the clauses that tell of an incentive.
        fixes: Offsets into the Doc of the sentences that tell what helped.
        emotions: Emotion by the first token of the clause that shows it.
        expectations: Likewise, whether an expectation was met.
        touchpoints: Likewise, the point of the customer's journey.
        loyalties: Likewise, whether its author stays: repeat | churn.
        wishes: First token of each clause that wishes for something.
        parts: Noun that names what is recommended, by the first token of each clause that recommends a part only.
    """

    recommend: str = "none"
    loyalty: str = "none"
    question: bool = False
    recommend_at: tuple[int, int] | None = None
    loyalty_at: tuple[int, int] | None = None
    referral_at: tuple[int, int] | None = None
    incentivised: tuple[int, int] | None = None
    fixes: list[tuple[int, int]] = field(default_factory=list)
    emotions: dict[int, str] = field(default_factory=dict)
    expectations: dict[int, str] = field(default_factory=dict)
    touchpoints: dict[int, str] = field(default_factory=dict)
    loyalties: dict[int, str] = field(default_factory=dict)
    wishes: set[int] = field(default_factory=set)
    parts: dict[int, int] = field(default_factory=dict)


def read_rules() -> Iterator[tuple[str, attitudes.Rule]]:
    """The patterns of :data:`FILES` with their rules; each with its rank in them."""
    rank = 0
    for name in FILES:
        for source, rule in attitudes.read_rules(name, rank):
            yield source, rule
            rank = max(rank, rule.rank + 1)


def read_signals(doc: Doc) -> Signals:
    """All signals of one Doc."""
    words: Words = doc.user_data[WORDS]
    clauses: list[Clause] = doc.user_data[CLAUSES]
    signals = Signals()
    counts: dict[str, int] = {}
    where: dict[str, tuple[int, int]] = {}
    last_word = "none"
    matches: Matches = doc.user_data[MATCHES]
    found = matches.get(FAMILY, {})
    target = Recommended(words, clauses, doc.user_data.get(PRODUCT))
    for number, clause in enumerate(clauses):
        told = _of_clause(words, clause, found[clause.first]) if clause.first in found else {}
        for signal, at in told.items():
            part = target.part(number, at) if signal == "recommend_yes" else None
            if part is not None:
                if part.noun is not None:
                    signals.parts[clause.first] = part.noun
            elif signal in EMOTION_SIGNALS:
                signals.emotions.setdefault(clause.first, signal)
            elif signal == _WISH:
                signals.wishes.add(clause.first)
            elif signal.startswith(_TOUCHPOINT):
                signals.touchpoints.setdefault(clause.first, signal.removeprefix(_TOUCHPOINT))
            else:
                counts[signal] = counts.get(signal, 0) + 1
                if signal in ("repeat", "churn"):
                    last_word = signals.loyalties[clause.first] = signal
                where.setdefault(signal, offsets(words, clause.first, clause.last))
    signals.recommend = _recommendation(counts.get("recommend_yes", 0), counts.get("recommend_no", 0))
    signals.recommend_at = where.get(f"recommend_{signals.recommend}")
    signals.loyalty = last_word
    signals.loyalty_at = where.get(signals.loyalty)
    signals.referral_at = where.get("referral")
    sentences = read_sentences(words, clauses, matches.get(asides.FAMILY, {}))
    signals.question = asks(words, sentences)
    given = incentive(words, sentences)
    signals.incentivised = offsets(words, *given) if given else None
    signals.fixes = find_fixes(doc, sentences)
    signals.expectations = _expectations(sentences)
    return signals


def _of_clause(words: Words, clause: Clause, matches: Sequence[Match]) -> dict[str, tuple[int, ...]]:
    """Signals of a clause with the words that tell them, in the order of the data files."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for at, rule, _ in matches:
        if not attitudes.holds(rule, words, clause, at):
            continue
        # What is not delivered speaks of the delivery all the same.
        negated = not rule.signal.startswith(_TOUCHPOINT) and is_negated(words, clause, at)
        name = rule.denied if negated else rule.signal
        name = attitudes.answered(name, words, clause) if name is not None else None
        if name is not None and (name not in found or rule.rank < found[name][0]):
            found[name] = rule.rank, at
    if "recommend_no" in found or found.pop(_PART, None) is not None:
        found.pop("recommend_yes", None)
    if "churn" in found:
        found.pop("repeat", None)
    return {name: found[name][1] for name in sorted(found, key=lambda name: found[name][0])}


def _recommendation(in_favour: int, against: int) -> str:
    """The majority; as much against as in favour is against."""
    if in_favour > against:
        return "yes"
    return "no" if against else "none"


def _expectations(sentences: list[Sentence]) -> dict[int, str]:
    """Expectation by the first token of each clause that holds a word of the construction."""
    told: dict[int, str] = {}
    for sentence in sentences:
        for signal in EXPECTATION_SIGNALS:
            for found in sentence.found:
                if found.signal == signal:
                    for clause in sentence.touched(found):
                        told.setdefault(clause.first, signal)
    return told


@Language.factory(
    "kundenecho_signals_v1",
    assigns=["doc._.signals"],
    requires=["doc._.words", "doc._.clauses", "doc._.matches", "doc._.hits"],
)
def create_signals(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.signals``."""

    def component(doc: Doc) -> Doc:
        if doc.user_data.get(CLAUSES) is not None:
            doc.user_data[SIGNALS] = read_signals(doc)
        return doc

    return component
