"""Signals of a text for the other rooms: recommendation, loyalty, question, incentive, fixes, emotion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

import nlp.extensions  # noqa: F401  registers what this component assigns
from nlp.clauses import Clause, Words
from nlp.cues import CueTable, is_negated
from nlp.lexicon import fold, load_toml, word_sets

EMOTION_SIGNALS: Final = frozenset({"joy", "trust", "surprise", "disappointment", "anger", "worry"})
EXPECTATION_SIGNALS: Final = frozenset({"met", "disappointed", "exceeded"})
_TOUCHPOINT: Final = "at_"
#: Characters between two sentences that are told as one fix.
_JOINED: Final = 2
#: Without one of these no sentence is searched for a fix as a whole.
_FIX_WORDS: Final = frozenset({"fertig", "wieder"})
_PROBLEM_WORDS: Final = frozenset({"problem", "probleme", "fehler", "störung", "manko"})


@dataclass(slots=True)
class Signals:
    """What a text signals beside its opinions.

    Attributes:
        recommend_at: Offsets into the Doc of the first clause that decides ``recommend``.
        loyalty_at: Likewise for ``loyalty``.
        incentivised: Offsets into the Doc of the clause that tells of an incentive.
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
def signal_table() -> CueTable:
    """The constructions of ``signals.toml``, compiled once per process."""
    table = CueTable()
    for entry in load_toml("signals.toml")["cue"]:
        for source in entry["patterns"]:
            table.add(source, (entry["signal"], entry.get("denied"), frozenset(map(fold, entry.get("unless", ())))))
    return table


def read_signals(doc: Doc) -> Signals:
    """All signals of one Doc."""
    words: Words = doc._.words
    signals = Signals(question=_asks(words))
    counts: dict[str, int] = {}
    where: dict[str, tuple[int, int]] = {}
    fixes: list[Clause] = []
    problem = _names_problem(doc)
    for clause in doc._.clauses:
        for signal in _of_clause(words, clause):
            if signal in EMOTION_SIGNALS:
                signals.emotions.setdefault(clause.first, signal)
            elif signal in EXPECTATION_SIGNALS:
                signals.expectations.setdefault(clause.first, signal)
            elif signal.startswith(_TOUCHPOINT):
                signals.touchpoints.setdefault(clause.first, signal.removeprefix(_TOUCHPOINT))
            elif signal == "incentivised":
                signals.incentivised = signals.incentivised or _span(words, clause.first, clause.last)
            elif signal in ("fix", "fix_of_problem"):
                if not clause.hypothetical and (problem or signal == "fix"):
                    fixes.append(clause)
            else:
                counts[signal] = counts.get(signal, 0) + 1
                where.setdefault(signal, _span(words, clause.first, clause.last))
    signals.recommend = _decide(counts, "recommend_yes", "yes", "recommend_no", "no")
    signals.recommend_at = where.get(f"recommend_{signals.recommend}")
    signals.loyalty = _decide(counts, "repeat", "repeat", "churn", "churn")
    signals.loyalty_at = where.get(signals.loyalty)
    fixes += _fixes_in_sentences(words, doc._.clauses, problem)
    signals.fixes = _fix_spans(words, doc._.clauses, fixes, doc._.title_chars)
    return signals


def _names_problem(doc: Doc) -> bool:
    return any(hit.defect is not None for hit in doc._.hits) or not _PROBLEM_WORDS.isdisjoint(doc._.words.folded)


def _of_clause(words: Words, clause: Clause) -> list[str]:
    found: list[str] = []
    forms = words.folded[clause.first : clause.last]
    for at, _, (signal, denied, unless) in signal_table().find(words.folded, clause):
        if not unless.isdisjoint(forms):
            continue
        name = signal
        if is_negated(words, clause, at):
            name = denied
        if name is not None and name not in found:
            found.append(name)
    if "recommend_no" in found and "recommend_yes" in found:
        found.remove("recommend_yes")
    if "churn" in found and "repeat" in found:
        found.remove("repeat")
    return found


def _decide(counts: dict[str, int], plus: str, plus_label: str, minus: str, minus_label: str) -> str:
    in_favour, against = counts.get(plus, 0), counts.get(minus, 0)
    if in_favour == against:
        return minus_label if against else "none"
    return plus_label if in_favour > against else minus_label


def _asks(words: Words) -> bool:
    """A sentence that ends in a question mark and begins, within three words, as questions do."""
    begin = 0
    for at, token in enumerate(words.text):
        if token[0] == "?" and any(form in word_sets()["interrogatives"] for form in words.folded[begin : begin + 3]):
            return True
        if token[0] in ".!?…" or token.isspace():
            begin = at + 1
    return False


def _fixes_in_sentences(words: Words, clauses: list[Clause], problem: bool) -> list[Clause]:
    """Fixes told over several clauses: "rein damit, einmal drehen, fertig"."""
    if _FIX_WORDS.isdisjoint(words.folded):
        return []
    last = {clause.sentence: clause.last for clause in clauses}
    found = []
    for clause in clauses:
        if clause.opens and last[clause.sentence] > clause.last:
            sentence = replace(clause, last=last[clause.sentence])
            told = _of_clause(words, sentence)
            if "fix_in_sentence" in told or (problem and "fix_in_sentence_of_problem" in told):
                found.append(clause)
    return found


def _fix_spans(words: Words, clauses: list[Clause], fixes: list[Clause], title: int) -> list[tuple[int, int]]:
    """Whole sentences, since the means stands in one clause and the success in another; joined where they
    touch in one field. "Seitdem läuft es" points to the sentence before it.
    """
    spans: list[tuple[int, int]] = []
    for sentence in sorted({clause.sentence for clause in fixes}):
        inside = [clause for clause in clauses if clause.sentence == sentence]
        span = _span(words, inside[0].first, inside[-1].last)
        before = [clause for clause in clauses if clause.sentence < sentence]
        if before and words.folded[inside[0].first] in word_sets()["thereupon"]:
            means = [clause for clause in before if clause.sentence == before[-1].sentence]
            begin = _span(words, means[0].first, means[-1].last)[0]
            span = (begin, span[1]) if (begin < title) == (span[0] < title) else span
        same_field = bool(spans) and (spans[-1][0] < title) == (span[0] < title)
        if same_field and span[0] - spans[-1][1] <= _JOINED:
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    return spans


def _span(words: Words, first: int, last: int) -> tuple[int, int]:
    while first < last - 1 and words.text[first].isspace():
        first += 1
    while last > first + 1 and words.text[last - 1].isspace():
        last -= 1
    return words.start[first], words.end(last - 1)


@Language.factory(
    "kundenecho_signals_v1", assigns=["doc._.signals"], requires=["doc._.words", "doc._.clauses", "doc._.hits"]
)
def create_signals(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.signals``."""
    signal_table()

    def component(doc: Doc) -> Doc:
        if doc._.clauses is not None:
            doc._.signals = read_signals(doc)
        return doc

    return component
