"""Signals of a text for the other rooms: recommendation, loyalty, question, incentive, fixes, emotion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

import nlp.extensions  # noqa: F401  registers what this component assigns
from nlp.clauses import Clause, Words
from nlp.cues import is_negated
from nlp.fixes import find_fixes
from nlp.lexicon import fold, load_toml
from nlp.sentences import Sentence, SignalTable, asks, incentive, offsets, read_sentences, sentence_table

#: Data files of what is looked for clause by clause.
FILES: Final = ("signals.toml", "feelings.toml", "journey.toml")
EMOTION_SIGNALS: Final = frozenset({"joy", "trust", "surprise", "disappointment", "anger", "worry"})
#: Of two expectations told in one clause the first of these counts.
EXPECTATION_SIGNALS: Final = ("exceeded", "disappointed", "met")
_TOUCHPOINT: Final = "at_"


@dataclass(slots=True)
class Signals:
    """What a text signals beside its opinions.

    Attributes:
        recommend_at: Offsets into the Doc of the first clause that decides ``recommend``.
        loyalty_at: Likewise for ``loyalty``.
        incentivised: Offsets into the Doc of the clauses that tell of an incentive.
        fixes: Offsets into the Doc of the sentences that tell what helped.
        emotions: Emotion by the first token of the clause that shows it.
        expectations: Likewise, whether an expectation was met.
        touchpoints: Likewise, the point of the customer's journey.
    """

    recommend: str = "none"
    loyalty: str = "none"
    question: bool = False
    recommend_at: tuple[int, int] | None = None
    loyalty_at: tuple[int, int] | None = None
    incentivised: tuple[int, int] | None = None
    fixes: list[tuple[int, int]] = field(default_factory=list)
    emotions: dict[int, str] = field(default_factory=dict)
    expectations: dict[int, str] = field(default_factory=dict)
    touchpoints: dict[int, str] = field(default_factory=dict)


@cache
def signal_table() -> SignalTable:
    """The constructions of :data:`FILES`, compiled once per process; each with its rank in them."""
    table = SignalTable()
    entries = [entry for name in FILES for entry in load_toml(name)["cue"]]
    for rank, entry in enumerate(entries):
        unless = frozenset(map(fold, entry.get("unless", ())))
        for source in entry["patterns"]:
            table.add(source, (rank, entry["signal"], entry.get("denied"), unless))
    return table


def read_signals(doc: Doc) -> Signals:
    """All signals of one Doc."""
    words: Words = doc._.words
    signals = Signals()
    counts: dict[str, int] = {}
    where: dict[str, tuple[int, int]] = {}
    for clause in doc._.clauses:
        for signal in _of_clause(words, clause):
            if signal in EMOTION_SIGNALS:
                signals.emotions.setdefault(clause.first, signal)
            elif signal.startswith(_TOUCHPOINT):
                signals.touchpoints.setdefault(clause.first, signal.removeprefix(_TOUCHPOINT))
            else:
                counts[signal] = counts.get(signal, 0) + 1
                where.setdefault(signal, offsets(words, clause.first, clause.last))
    signals.recommend = _decide(counts, "recommend_yes", "yes", "recommend_no", "no")
    signals.recommend_at = where.get(f"recommend_{signals.recommend}")
    signals.loyalty = _decide(counts, "repeat", "repeat", "churn", "churn")
    signals.loyalty_at = where.get(signals.loyalty)
    sentences = read_sentences(words, doc._.clauses)
    signals.question = asks(words, sentences)
    given = incentive(words, sentences)
    signals.incentivised = offsets(words, *given) if given else None
    signals.fixes = find_fixes(doc, sentences)
    signals.expectations = _expectations(sentences)
    return signals


def _of_clause(words: Words, clause: Clause) -> list[str]:
    """Signals of a clause, in the order of the data files."""
    found: dict[str, int] = {}
    forms = words.folded[clause.first : clause.last]
    for at, (rank, signal, denied, unless) in signal_table().find(words.folded, clause.first, clause.last):
        if not unless.isdisjoint(forms):
            continue
        # What is not delivered speaks of the delivery all the same.
        name = denied if not signal.startswith(_TOUCHPOINT) and is_negated(words, clause, at) else signal
        if name is not None:
            found[name] = min(rank, found.get(name, rank))
    if "recommend_no" in found:
        found.pop("recommend_yes", None)
    if "churn" in found:
        found.pop("repeat", None)
    return sorted(found, key=found.__getitem__)


def _decide(counts: dict[str, int], plus: str, plus_label: str, minus: str, minus_label: str) -> str:
    in_favour, against = counts.get(plus, 0), counts.get(minus, 0)
    if in_favour == against:
        return minus_label if against else "none"
    return plus_label if in_favour > against else minus_label


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
    "kundenecho_signals_v1", assigns=["doc._.signals"], requires=["doc._.words", "doc._.clauses", "doc._.hits"]
)
def create_signals(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.signals``."""
    signal_table()
    sentence_table()

    def component(doc: Doc) -> Doc:
        if doc._.clauses is not None:
            doc._.signals = read_signals(doc)
        return doc

    return component
