"""Constructions over a whole sentence: questions, incentives, expectations and what fixes are told with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from nlp.clauses import Clause, Words
from nlp.cues import is_negated
from nlp.lexicon import fold, load_toml, word_sets
from nlp.patterns import Match

#: Data files of what is looked for sentence by sentence.
FILES: Final = ("asides.toml", "expectations.toml", "fixes.toml")
#: Their constructions among all that are looked for.
FAMILY: Final = "asides"
#: Most tokens between the first and the last word of one construction, by signal; of the others.
_WIDTHS: Final = {"exceeded": 14, "disappointed": 14, "met": 9, "incentivised": 18}
_WIDEST: Final = 30
#: Shortest question in words: "Preis?" asks nothing.
_SHORTEST_QUESTION: Final = 3
#: In a text of more tokens a question is a figure of speech, unless its words ask somebody.
_LONG: Final = 60
#: Tokens behind a question that are looked at for its answer.
_ANSWER: Final = 2
#: Words at the start of a question that are passed over: "Hallo, wie …", "Und noch eine Frage: …".
_LEAD_IN: Final = 3


class Found(NamedTuple):
    """A construction found in a sentence.

    Attributes:
        signal: Its name, after negation.
        at: Positions of its words in the Doc.
    """

    signal: str
    at: tuple[int, ...]

    @property
    def first(self) -> int:
        """Its first token."""
        return min(self.at)

    @property
    def last(self) -> int:
        """Its last token."""
        return max(self.at)


@dataclass(slots=True)
class Sentence:
    """The clauses of one sentence and what was found over them."""

    clauses: list[Clause]
    found: list[Found]

    @property
    def first(self) -> int:
        """Its first token."""
        return self.clauses[0].first

    @property
    def last(self) -> int:
        """The token behind its last."""
        return self.clauses[-1].last

    def has(self, signal: str) -> bool:
        """Whether a construction of that name was found."""
        return any(found.signal == signal for found in self.found)

    def touched(self, found: Found) -> list[Clause]:
        """The clauses that hold a word of a construction."""
        return [clause for clause in self.clauses if any(clause.first <= at < clause.last for at in found.at)]


class Aside(NamedTuple):
    """What a construction stands for, what when it is denied, and which folded words cancel it."""

    signal: str
    denied: str | None
    unless: frozenset[str]


def read_asides() -> Iterator[tuple[str, Aside]]:
    """The patterns of :data:`FILES` with what they stand for."""
    for entry in (entry for name in FILES for entry in load_toml(name)["cue"]):
        aside = Aside(entry["signal"], entry.get("denied"), frozenset(map(fold, entry.get("unless", ()))))
        for source in entry["patterns"]:
            yield source, aside


def read_sentences(words: Words, clauses: Sequence[Clause], found: Mapping[int, Sequence[Match]]) -> list[Sentence]:
    """The sentences of a text with the constructions in each.

    Args:
        words: The text.
        clauses: Its clauses.
        found: The constructions of :data:`FAMILY` that stand in it, by the first token of their sentence.
    """
    grouped: dict[int, list[Clause]] = {}
    for clause in clauses:
        grouped.setdefault(clause.sentence, []).append(clause)
    sentences = [Sentence(group, []) for group in grouped.values()]
    for sentence in sentences:
        if sentence.first in found:
            _judge(words, sentence, found[sentence.first])
    return sentences


def _judge(words: Words, sentence: Sentence, matches: Sequence[Match]) -> None:
    forms = words.folded[sentence.first : sentence.last]
    for at, (signal, denied, unless), _ in matches:
        found = Found(signal, at)
        if not unless.isdisjoint(forms) or found.last - found.first > _WIDTHS.get(signal, _WIDEST):
            continue
        if denied is not None:
            touched = sentence.touched(found)
            span = Clause(touched[0].first, touched[-1].last, touched[0].sentence, opens=True)
            if is_negated(words, span, at):
                found = Found(denied, at)
        sentence.found.append(found)


def asks(words: Words, sentences: Sequence[Sentence]) -> bool:
    """Whether the text asks something that wants an answer, with or without a question mark."""
    for number, sentence in enumerate(sentences):
        if sentence.has("ask_in_vain"):
            continue
        end = words.text[sentence.last] if sentence.last < len(words.text) else ""
        if sentence.has("ask"):
            return True
        if len(words.text) <= _LONG and end.startswith("?") and _is_question(words, sentence):
            behind = sentences[number + 1] if number + 1 < len(sentences) else None
            if behind is None or not _answers(words, behind):
                return True
        if not end and _is_bare_question(words, sentence):
            return True
    return False


def _is_question(words: Words, sentence: Sentence) -> bool:
    """A sentence before a question mark: long enough, built as a question, and no echo of one."""
    forms = [form for form in words.folded[sentence.first : sentence.last] if form[0].isalpha()]
    if len(forms) < _SHORTEST_QUESTION or forms[0] in _words()["echoes"] or forms[-1] in _words()["tags"]:
        return False
    if _repeats(forms) or words.text[sentence.last + 1 : sentence.last + 2] == [")"]:
        return False
    openings = (words.folded[clause.first : clause.last] for clause in sentence.clauses)
    return any(len(opening) > 1 and _opens_question(opening) for opening in openings)


def _repeats(forms: Sequence[str]) -> bool:
    """ "Warum ich nur drei Sterne gebe?" repeats a question: its verb stands last."""
    question_word = forms[0] in word_sets()["interrogatives"] and forms[0] in _words()["question_words"]
    return question_word and forms[1] in ("ich", "wir", "man", "die", "der")


def _opens_question(forms: Sequence[str]) -> bool:
    """A question word near the start, or a verb there with its subject behind it."""
    sets = word_sets()
    for at, form in enumerate(forms[: _LEAD_IN + 1]):
        if form in sets["interrogatives"] or form in _words()["question_words"]:
            return True
        verb = form in sets["verbs"] or form in _words()["question_verbs"] or form.endswith(("t", "en", "'s"))
        if verb and at + 1 < len(forms) and form not in _words()["no_verbs"]:
            behind = forms[at + 1]
            if behind in sets["pronouns"] or behind in sets["determiners"] or behind in _words()["subjects"]:
                return True
    return False


def _is_bare_question(words: Words, sentence: Sentence) -> bool:
    """A question of somebody who sets no marks: it begins with the question word and its verb."""
    forms = words.folded[sentence.first : sentence.last]
    sets = word_sets()
    if len(forms) < _SHORTEST_QUESTION or len(sentence.clauses) > 1:
        return False
    return forms[0].startswith("w") and forms[0] in sets["interrogatives"] and "eigentlich" in forms


def _answers(words: Words, sentence: Sentence) -> bool:
    opening = words.folded[sentence.first : sentence.first + _ANSWER]
    return not _words()["answers"].isdisjoint(opening[:1]) or (
        len(opening) > 1 and " ".join(opening) in _words()["answers"]
    )


@cache
def _words() -> Mapping[str, frozenset[str]]:
    """The closed classes of ``asides.toml``, folded."""
    return {name: frozenset(map(fold, words)) for name, words in load_toml("asides.toml")["words"].items()}


def incentive(words: Words, sentences: Sequence[Sentence]) -> tuple[int, int] | None:
    """Tokens (the last exclusive) of the clauses that tell of an incentive, None for none."""
    for sentence in sentences:
        found = [one for one in sentence.found if one.signal == "incentivised"]
        if found:
            touched = [clause for one in found for clause in sentence.touched(one)]
            return min(clause.first for clause in touched), max(clause.last for clause in touched)
    return None


def offsets(words: Words, first: int, last: int) -> tuple[int, int]:
    """Offsets into the Doc of tokens ``first`` to ``last`` (exclusive), without blanks at the ends."""
    while first < last - 1 and words.text[first].isspace():
        first += 1
    while last > first + 1 and words.text[last - 1].isspace():
        last -= 1
    return words.start[first], words.end(last - 1)
