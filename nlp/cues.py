"""Cues: verbs, adjectives and constructions that carry an opinion, found clause by clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

import nlp.extensions  # noqa: F401  registers what this component assigns
from nlp.clauses import Clause, Words
from nlp.lexicon import FormIndex, Pattern, load_toml, word_sets

FILES: Final = ("defects.toml", "opinions.toml")
#: Words that a negator may stand before a single-word cue: "nicht ganz so richtig gut".
_NEGATION_REACH: Final = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern with what it says; the fields are explained at the head of the data files."""

    pattern: Pattern
    aspect: str
    score: float
    defect: str | None = None
    denied: float | None = None
    denied_defect: str | None = None
    place: frozenset[str] = frozenset()
    part: bool = True
    hint: bool = False
    verdict: bool = False
    neutral: bool = False
    touchpoint: str | None = None
    emotion: str | None = None
    expectation: str | None = None


@dataclass(slots=True)
class Hit:
    """A cue found in a clause.

    Attributes:
        at: Positions of the cue's words in the Doc, the first element's first.
        score: From -1 to 1, after negation and intensifiers.
        defect: Defect type after negation.
    """

    cue: Cue
    clause: Clause
    at: tuple[int, ...]
    score: float
    defect: str | None
    negated: bool = False


@dataclass(slots=True)
class CueTable:
    """Compiled patterns by the element that starts them."""

    index: FormIndex = field(default_factory=FormIndex)
    by_first: dict[int, list[tuple[Pattern, Any]]] = field(default_factory=dict)

    def add(self, source: str, value: Any) -> Pattern:
        """Compile a pattern and keep it with what it stands for."""
        pattern = Pattern(source, self.index)
        self.by_first.setdefault(pattern.elements[0], []).append((pattern, value))
        return pattern

    def find(self, folded: Sequence[str], clause: Clause) -> list[tuple[tuple[int, ...], Pattern, Any]]:
        """All matches in a clause as (positions, pattern, value), the fullest first."""
        places: dict[int, list[int]] = {}
        lookup = self.index.lookup
        for at in range(clause.first, clause.last):
            for element in lookup(folded[at]):
                places.setdefault(element, []).append(at)
        found = []
        for element, positions in places.items():
            for pattern, value in self.by_first.get(element, ()):
                for anchor in positions:
                    at_words = pattern.match(places, anchor)
                    if at_words is not None:
                        found.append((at_words, pattern, value))
        found.sort(key=lambda match: (-len(match[0]), match[0]))
        return found


@cache
def cue_table() -> CueTable:
    """The cues of the data files, compiled once per process."""
    table = CueTable()
    for name in FILES:
        for entry in load_toml(name)["cue"]:
            for source in entry["patterns"]:
                pattern = Pattern(source, table.index)
                table.by_first.setdefault(pattern.elements[0], []).append((pattern, _cue(pattern, entry)))
    return table


def _cue(pattern: Pattern, entry: Mapping[str, Any]) -> Cue:
    values = {name: value for name, value in entry.items() if name not in ("patterns", "place")}
    return Cue(pattern=pattern, place=frozenset(entry.get("place", ())), **values)


def find_hits(words: Words, clause: Clause) -> list[Hit]:
    """The cues of one clause; where several claim the same words the fullest one wins."""
    hits: list[Hit] = []
    claimed: set[int] = set()
    for at, _, cue in cue_table().find(words.folded, clause):
        if claimed.isdisjoint(at):
            hit = _judge(words, clause, cue, at, claimed)
            if not cue.hint:
                claimed.update(at)
            if hit is not None:
                hits.append(hit)
    hits.sort(key=lambda hit: min(hit.at))
    return hits


def _judge(words: Words, clause: Clause, cue: Cue, at: tuple[int, ...], claimed: set[int]) -> Hit | None:
    negated = not cue.hint and is_negated(words, clause, at)
    if negated and cue.denied is None:
        return None
    score = cue.denied if negated and cue.denied is not None else cue.score
    defect = cue.denied_defect if negated else cue.defect
    before = words.folded[min(at) - 1] if min(at) > clause.first else ""
    strength: float = word_sets()["intensifiers"].get(before, 1.0)
    return Hit(cue, clause, at, max(-1.0, min(1.0, score * strength)), defect, negated)


def is_negated(words: Words, clause: Clause, at: tuple[int, ...]) -> bool:
    """Whether a negator of the clause reaches the words at ``at``.

    A construction of several words holds its verb, so any negator of the clause reaches it; a single
    word is reached by one at most four words before it, or one directly behind it.
    """
    sets = word_sets()
    first, last = min(at), max(at)
    count = 0
    for place in range(clause.first, clause.last):
        if words.folded[place] not in sets["negators"] or place in at:
            continue
        if place + 1 < clause.last and words.folded[place + 1] in sets["not_negated_by"]:
            continue
        reaches = len(at) > 1 or first - _NEGATION_REACH <= place < first or last < place <= last + 2
        count += reaches
    return count % 2 == 1


@Language.factory("kundenecho_cues_v1", assigns=["doc._.hits"], requires=["doc._.words", "doc._.clauses"])
def create_cues(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.hits``, the cues of all clauses in order."""
    cue_table()

    def component(doc: Doc) -> Doc:
        if doc._.clauses is not None:
            doc._.hits = [hit for clause in doc._.clauses for hit in find_hits(doc._.words, clause)]
        return doc

    return component
