"""Cues: verbs, adjectives and constructions that carry an opinion, found clause by clause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp.clauses import Clause, Is, Words
from nlp.extensions import CLAUSES, HITS, MATCHES, WORDS
from nlp.lexicon import FormIndex, Memo, Pattern, fold, load_toml, word_sets
from nlp.patterns import Match

FILES: Final = ("defects.toml", "opinions.toml")
#: Their constructions among all that are looked for.
FAMILY: Final = "cues"
#: Words that a negator may stand before a single-word cue: "nicht ganz so richtig gut".
_NEGATION_REACH: Final = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern with what it says; the fields are explained at the head of the data files."""

    aspect: str
    score: float
    defect: str | None = None
    denied: float | None = None
    denied_defect: str | None = None
    place: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    part: bool = True
    subject: bool = True
    hint: bool = False
    verdict: bool = False
    announce: bool = False
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


def read_cues() -> Iterator[tuple[str, Cue]]:
    """The patterns of the data files with what they stand for."""
    for name in FILES:
        for entry in load_toml(name)["cue"]:
            for source in entry["patterns"]:
                yield source, _cue(entry)


@cache
def _index() -> FormIndex:
    index = FormIndex()
    for source, _ in read_cues():
        Pattern(source, index)
    return index


#: Whether a folded form stands in the cue lexicon.
IS_CUE: Final = Memo(lambda folded: bool(_index().find(folded)))


def _cue(entry: Mapping[str, Any]) -> Cue:
    values = {name: value for name, value in entry.items() if name not in ("patterns", "place", "unless")}
    place, unless = (frozenset(map(fold, entry.get(name, ()))) for name in ("place", "unless"))
    return Cue(place=place, unless=unless, **values)


def find_hits(words: Words, clause: Clause, found: Sequence[Match]) -> list[Hit]:
    """The cues of one clause; where several claim the same words the fullest one wins.

    Args:
        words: The text.
        clause: The clause.
        found: The constructions of :data:`FAMILY` that stand in it.
    """
    if len(found) > 1:
        found = sorted(found, key=lambda match: (-len(match.at), match.at, match.rank))
    hits: list[Hit] = []
    claimed: set[int] = set()
    forms = words.folded[clause.first : clause.last]
    for at, cue, _ in found:
        if claimed.isdisjoint(at) and cue.unless.isdisjoint(forms):
            hit = _judge(words, clause, cue, at)
            if not cue.hint:
                claimed.update(at)
            if hit is not None:
                hits.append(hit)
    if len(hits) > 1:
        hits.sort(key=lambda hit: min(hit.at))
    return hits


def _judge(words: Words, clause: Clause, cue: Cue, at: tuple[int, ...]) -> Hit | None:
    negated = not cue.hint and is_negated(words, clause, at, 4 if cue.defect else 2)
    if negated and cue.denied is None:
        return None
    score = cue.denied if negated and cue.denied is not None else cue.score
    defect = cue.denied_defect if negated else cue.defect
    factors: dict[str, float] = word_sets()["intensifiers"]
    around = [words.folded[place] for place in (min(at) - 1, *at) if place >= clause.first]
    strength = next((factors[form] for form in around if form in factors), 1.0)
    return Hit(cue, clause, at, max(-1.0, min(1.0, score * strength)), defect, negated)


def is_negated(words: Words, clause: Clause, at: tuple[int, ...], reach_behind: int = 2) -> bool:
    """Whether the negators of the clause turn the cue at ``at`` around; two of them cancel out.

    A construction of several words holds its verb, so "nicht" anywhere in the clause reaches it; a
    single word is reached by one at most four words before it, or by one of the ``reach_behind``
    words behind it, a verb by any behind it. "kein" and "ohne" negate what follows them at once:
    "löst sich ohne Reste auf" is no denial, and "keine Flecken und kein Belag" denies once. "und" ends the reach:
    "keine Flecken und gute Wirkung".
    """
    if not clause.kinds & Is.NEGATOR:
        return False
    count, articles = 0, False
    for place, kind in enumerate(words.kinds[clause.first : clause.last], clause.first):
        if kind & Is.NEGATOR and place not in at and _reaches(words, clause, at, place, reach_behind):
            article = words.folded[place] in word_sets()["determiner_negators"]
            count += not (article and articles)
            articles |= article
    return count % 2 == 1


def _reaches(words: Words, clause: Clause, at: tuple[int, ...], place: int, reach_behind: int) -> bool:
    sets = word_sets()
    negator, first, last = words.folded[place], min(at), max(at)
    if place + 1 < clause.last and words.folded[place + 1] in sets["not_negated_by"]:
        return False
    near = first - _NEGATION_REACH <= place < first
    between = words.folded[place:first] if place < first else words.folded[last + 1 : place]
    if not sets["coordinators"].isdisjoint(between):
        return False
    if negator in sets["noun_negators"]:
        return near
    if negator in sets["determiner_negators"]:
        behind = 0 < place - last <= reach_behind and not _next_clause(words, clause, last, place)
        return near or first < place < last or behind
    if place < first:
        return near or len(at) > 1
    if len(at) > 1 or words.folded[first] in sets["verbs"]:
        return True
    near_behind = place <= last + reach_behind or _is_fronted(words, clause, first)
    return near_behind and not _next_clause(words, clause, last, place)


def _is_fronted(words: Words, clause: Clause, at: int) -> bool:
    """A predicate before its verb is negated at the end of the clause: "dicht ist er auch nicht"."""
    sets = word_sets()
    begins = all(form in sets["coordinators"] for form in words.folded[clause.first : at])
    return begins and at + 1 < clause.last and words.folded[at + 1] in sets["verbs"]


def _next_clause(words: Words, clause: Clause, last: int, place: int) -> bool:
    """A second finite verb behind the cue begins a clause that no mark sets off: "ist … da kommt nichts"."""
    verbs = word_sets()["verbs"]
    before = any(form in verbs for form in words.folded[clause.first : last])
    return before and any(form in verbs for form in words.folded[last + 1 : place])


@Language.factory(
    "kundenecho_cues_v1", assigns=["doc._.hits"], requires=["doc._.words", "doc._.clauses", "doc._.matches"]
)
def create_cues(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.hits``, the cues of all clauses in order."""

    def component(doc: Doc) -> Doc:
        data = doc.user_data
        clauses = data.get(CLAUSES)
        if clauses is not None:
            words, found = data[WORDS], data[MATCHES].get(FAMILY, {})
            places = [(clause, found[clause.first]) for clause in clauses if clause.first in found]
            data[HITS] = [hit for clause, matches in places for hit in find_hits(words, clause, matches)]
        return doc

    return component
