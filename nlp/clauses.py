"""Sentences and clauses: "hübsch, aber die Kurbel klemmt" holds two opinions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

import nlp.extensions  # noqa: F401  registers what this component assigns
from nlp.lexicon import fold, word_sets

_SENTENCE_END: Final = frozenset(".!?…\n")
_CLAUSE_END: Final = frozenset(',;:()[]{}–—/|*•"„“”»«+')
#: Languages that are read; a text without any word (emoji) is.
READ: Final = ("de", "und")
#: Longest clause in words; an endless sentence without marks is cut here.
_LONGEST: Final = 60


@dataclass(slots=True)
class Words:
    """A Doc as plain lists, one entry a token.

    Attributes:
        text: Original forms.
        folded: Forms for comparison.
        start: Offset of each token in the Doc.
        cased: The author uses capitals for nouns.
    """

    text: list[str]
    folded: list[str]
    start: list[int]
    cased: bool

    def end(self, token: int) -> int:
        """Offset behind a token."""
        return self.start[token] + len(self.text[token])


@dataclass(slots=True)
class Clause:
    """Tokens ``first`` to ``last`` (exclusive) that hold one opinion.

    Attributes:
        sentence: Number of the sentence in the Doc.
        opens: The clause begins its sentence.
        contrast: It is set against what stands before it.
        hypothetical: It tells what might be, or is wished.
        elsewhere: It speaks of another or an earlier product.
        nouns: Its nouns, read once (see :func:`nlp.nouns.nouns`).
    """

    first: int
    last: int
    sentence: int
    opens: bool
    contrast: bool = False
    hypothetical: bool = False
    elsewhere: bool = False
    nouns: Sequence[Any] | None = None


def read_words(doc: Doc) -> Words:
    """The Doc's tokens as plain lists."""
    text = [token.text for token in doc]
    starts = [token.idx for token in doc]
    inner = [word for before, word in pairwise(text) if before[0].isalpha() and word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in inner)
    return Words(text, [fold(word) for word in text], starts, cased=capitals >= 1 and capitals < 0.8 * len(inner))


def split_clauses(words: Words) -> list[Clause]:
    """Cut a text into clauses at marks, at conjunctions and at "und" between two verbs."""
    clauses: list[Clause] = []
    sentence, opens, first = 0, True, 0
    for at, token in enumerate(words.text):
        ends = token[0] in _SENTENCE_END or (token.isspace() and "\n" in token)
        if ends or token[0] in _CLAUSE_END or token[0] == "-":
            if at > first:
                clauses += _split_coordination(words, first, at, sentence, opens)
                opens = False
            if ends:
                sentence, opens = sentence + 1, True
            first = at + 1
        elif at > first and _is_glued(words, at):
            clauses += _split_coordination(words, first, at, sentence, opens)
            first, sentence, opens = at, sentence + 1, True
        elif at > first and (_starts_clause(words, first, at) or at - first >= _LONGEST):
            clauses += _split_coordination(words, first, at, sentence, opens)
            first, opens = at, False
    if first < len(words.text):
        clauses += _split_coordination(words, first, len(words.text), sentence, opens)
    return clauses


def _is_glued(words: Words, at: int) -> bool:
    """A capital in the middle of a word is a lost sentence end: "dichtAber"."""
    return words.start[at] == words.end(at - 1) and words.text[at - 1][-1].islower() and words.text[at][0].isupper()


def _starts_clause(words: Words, first: int, at: int) -> bool:
    """A conjunction, unless it stands in the middle field right behind the verb: "hält er aber nicht"."""
    if words.folded[at] not in word_sets()["conjunctions"]:
        return False
    verbs = word_sets()["verbs"]
    return not any(words.folded[before] in verbs for before in range(max(first, at - 2), at))


def _split_coordination(words: Words, first: int, last: int, sentence: int, opens: bool) -> list[Clause]:
    """Cut at "und" and "oder" where both sides have a verb of their own."""
    sets = word_sets()
    clauses: list[Clause] = []
    begin = first
    for at in range(first + 1, last - 1):
        if words.folded[at] not in sets["coordinators"]:
            continue
        left = any(words.folded[i] in sets["verbs"] for i in range(begin, at))
        right = any(words.folded[i] in sets["verbs"] for i in range(at + 1, last))
        if left and right:
            clauses.append(_judge(words, Clause(begin, at, sentence, opens and begin == first)))
            begin = at + 1
    clauses.append(_judge(words, Clause(begin, last, sentence, opens and begin == first)))
    return clauses


def _judge(words: Words, clause: Clause) -> Clause:
    sets = word_sets()
    forms = words.folded[clause.first : clause.last]
    clause.contrast = any(form in sets["contrast"] for form in forms[:4])
    clause.hypothetical = any(form in sets["hypothetical"] for form in forms)
    clause.elsewhere = any(form in sets["elsewhere"] for form in forms)
    return clause


@Language.factory("kundenecho_clauses_v1", assigns=["doc._.words", "doc._.clauses"], requires=["doc._.language"])
def create_clauses(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.words`` and ``doc._.clauses``."""

    def component(doc: Doc) -> Doc:
        if doc._.language not in READ or doc.text.isspace() or not len(doc):
            return doc
        doc._.words = read_words(doc)
        doc._.clauses = split_clauses(doc._.words)
        return doc

    return component
