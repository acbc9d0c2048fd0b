"""Sentences and clauses: "hübsch, aber die Kurbel klemmt" holds two opinions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp.extensions import CLAUSES, LANGUAGE, WORDS
from nlp.lexicon import Memo, fold_all, word_sets
from nlp.tokenizer import tokens_of

_SENTENCE_END: Final = frozenset(".!?…\n")
_CLAUSE_END: Final = frozenset(',;:()[]{}–—/|*•"„“”»«+')
#: Languages that are read; a text without any word (emoji) is.
READ: Final = ("de", "und")
UNKNOWN: Final = "und"
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
        kinds: What each may be to its clause, see :class:`Is`.
    """

    text: list[str]
    folded: list[str]
    start: list[int]
    cased: bool
    kinds: list[int]

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
        kinds: What its words may be, all of :class:`Is` together; where that is not known, everything.
        nouns: Its nouns, read once (see :func:`nlp.nouns.nouns`).
    """

    first: int
    last: int
    sentence: int
    opens: bool
    contrast: bool = False
    hypothetical: bool = False
    elsewhere: bool = False
    kinds: int = -1
    nouns: Sequence[Any] | None = None


class Is:
    """What a folded word may be to the clause that it stands in, as bits of an integer."""

    CONJUNCTION: Final = 1
    COORDINATOR: Final = 2
    VERB: Final = 4
    CONTRAST: Final = 8
    HYPOTHETICAL: Final = 16
    ELSEWHERE: Final = 32
    NEGATOR: Final = 64
    ACQUIRE: Final = 128
    SENTENCE_END: Final = 256
    CLAUSE_END: Final = 512


_SETS: Final = {
    "conjunctions": Is.CONJUNCTION, "coordinators": Is.COORDINATOR, "verbs": Is.VERB, "contrast": Is.CONTRAST,
    "hypothetical": Is.HYPOTHETICAL, "elsewhere": Is.ELSEWHERE, "negators": Is.NEGATOR, "acquire": Is.ACQUIRE,
}  # fmt: skip


def _kind(folded: str) -> int:
    kind = sum(flag for name, flag in _SETS.items() if folded in word_sets()[name])
    if folded[0] in _SENTENCE_END or (folded.isspace() and "\n" in folded):
        return kind | Is.SENTENCE_END
    return kind | Is.CLAUSE_END if folded[0] in _CLAUSE_END or folded[0] == "-" else kind


_KINDS: Final = Memo(_kind)


_SMALL, _CAPITAL = 1, 2


def _case(word: str) -> int:
    """How a word begins; 0 where it begins with no letter."""
    if not word[0].isalpha():
        return 0
    return _CAPITAL if word[0].isupper() else _SMALL


_CASES: Final = Memo(_case)


def read_words(doc: Doc) -> Words:
    """The Doc's tokens as plain lists."""
    _, text, starts = tokens_of(doc)
    cases = list(map(_CASES.__getitem__, text))
    inner = [case for before, case in pairwise(cases) if before and case]
    capitals = inner.count(_CAPITAL)
    folded = fold_all(text)
    cased = capitals >= 1 and capitals < 0.8 * len(inner)
    return Words(text, folded, starts, cased, list(map(_KINDS.__getitem__, folded)))


def split_clauses(words: Words) -> list[Clause]:
    """Cut a text into clauses at marks, at conjunctions and at "und" between two verbs."""
    clauses: list[Clause] = []
    sentence, opens, first = 0, True, 0
    start, text = words.start, words.text
    for at, kind in enumerate(words.kinds):
        if kind >= Is.SENTENCE_END:
            ends = kind & Is.SENTENCE_END
            if at > first:
                clauses += _split_coordination(words, first, at, sentence, opens)
                opens = False
            if ends:
                sentence, opens = sentence + 1, True
            first = at + 1
        elif at > first and start[at] == start[at - 1] + len(text[at - 1]) and _is_glued(words, at):
            clauses += _split_coordination(words, first, at, sentence, opens)
            first, sentence, opens = at, sentence + 1, True
        elif at > first and ((kind & Is.CONJUNCTION and _starts_clause(words, first, at)) or at - first >= _LONGEST):
            clauses += _split_coordination(words, first, at, sentence, opens)
            first, opens = at, False
    if first < len(text):
        clauses += _split_coordination(words, first, len(text), sentence, opens)
    return clauses


def _is_glued(words: Words, at: int) -> bool:
    """A capital in the middle of a word is a lost sentence end: "dichtAber"."""
    return words.text[at - 1][-1].islower() and words.text[at][0].isupper()


def _starts_clause(words: Words, first: int, at: int) -> bool:
    """A conjunction, unless it stands in the middle field right behind the verb: "hält er aber nicht"."""
    return not any(kind & Is.VERB for kind in words.kinds[max(first, at - 2) : at])


def _split_coordination(words: Words, first: int, last: int, sentence: int, opens: bool) -> list[Clause]:
    """Cut at "und" and "oder" where both sides have a verb of their own."""
    kinds = words.kinds
    clauses: list[Clause] = []
    begin = first
    for at in range(first + 1, last - 1):
        if not kinds[at] & Is.COORDINATOR:
            continue
        left = any(kind & Is.VERB for kind in kinds[begin:at])
        right = any(kind & Is.VERB for kind in kinds[at + 1 : last])
        if left and right:
            clauses.append(_judge(kinds, Clause(begin, at, sentence, opens and begin == first)))
            begin = at + 1
    clauses.append(_judge(kinds, Clause(begin, last, sentence, opens and begin == first)))
    return clauses


def _judge(kinds: Sequence[int], clause: Clause) -> Clause:
    found = 0
    for kind in kinds[clause.first : clause.last]:
        found |= kind
    clause.kinds = found
    clause.contrast = bool(found & Is.CONTRAST) and any(
        kind & Is.CONTRAST for kind in kinds[clause.first : min(clause.first + 4, clause.last)]
    )
    clause.hypothetical = bool(found & Is.HYPOTHETICAL)
    clause.elsewhere = bool(found & Is.ELSEWHERE)
    return clause


@Language.factory("kundenecho_clauses_v1", assigns=["doc._.words", "doc._.clauses"], requires=["doc._.language"])
def create_clauses(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.words`` and ``doc._.clauses``."""

    def component(doc: Doc) -> Doc:
        data = doc.user_data
        if data.get(LANGUAGE, UNKNOWN) not in READ or not len(doc) or tokens_of(doc).whole.isspace():
            return doc
        words = data[WORDS] = read_words(doc)
        data[CLAUSES] = split_clauses(words)
        return doc

    return component
