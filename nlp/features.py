"""What the learned layer sees of a clause: numbers of its words, pairs, letters and cues.

A feature is a number made from its name by a hash, so that neither code nor weights hold a word that
was learned. Training and analysis build features with the same functions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from kundenecho.analysis import ASPECTS, DEFECT_TYPES
from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.lexicon import word_sets

#: Aspect and polarity as one label.
PAIRS: Final = tuple((aspect, polarity) for aspect in ASPECTS for polarity in ("pos", "neg"))
#: Columns of a clause's scores: pairs, defect types, any praise, any criticism, any defect.
LABELS: Final = (
    *(f"{aspect} {polarity}" for aspect, polarity in PAIRS),
    *DEFECT_TYPES,
    "praise",
    "criticism",
    "defect",
)
#: Kinds of features with their weight; a feature's number tells its kind by its last three bits.
KINDS: Final = {"word": 0, "negated": 1, "neighbours": 2, "companions": 3, "letters": 4, "rule": 5, "next door": 6}
SCALES: Final = (1.0, 1.0, 0.5, 0.3, 0.15, 3.0, 0.5, 1.0)
_CACHE_LIMIT: Final = 5_000
_DIGITS: Final = str.maketrans("123456789", "000000000")
#: Words behind a word that it is paired with.
_NEAR: Final = 5
#: Words before and behind a negator that count as negated.
_NEGATED_BEFORE, _NEGATED_BEHIND = 2, 4
_LETTERS: Final = (3, 4, 5)
_LONGEST: Final = 30
_MASK: Final = ((1 << 61) - 1) & ~7
_NEUTRAL: Final = 0.15


@lru_cache(maxsize=4 * _CACHE_LIMIT)
def number(name: str, kind: str) -> int:
    """The number of a feature, 61 bits, the last three for its kind."""
    return hashed(name) | KINDS[kind]


def hashed(name: str) -> int:
    """A number of 61 bits, the last three zero, that no process changes."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big") & _MASK


def neighbours(left: int, right: int) -> int:
    """The number of two words that stand side by side."""
    return (left * 0x9E3779B97F4A7C15 + right * 0x1B873593) & _MASK | 2


def companions(one: int, other: int) -> int:
    """The number of two words near each other, in any order."""
    low, high = (one, other) if one < other else (other, one)
    return (low * 0xC2B2AE3D27D4EB4F + high * 0x27D4EB2F) & _MASK | 3


def forms_of(words: Words, clause: Clause) -> list[str]:
    """Folded forms of a clause without blanks; digits are alike."""
    return [
        form.translate(_DIGITS) for form in words.folded[clause.first : clause.last] if form and not form[0].isspace()
    ]


def negated(forms: Sequence[str]) -> list[bool]:
    """Which words stand near a negator."""
    negators = word_sets()["negators"]
    marks = [False] * len(forms)
    for at, form in enumerate(forms):
        if form in negators:
            for place in range(max(0, at - _NEGATED_BEFORE), min(len(forms), at + _NEGATED_BEHIND + 1)):
                marks[place] = marks[place] or place != at
    return marks


class WordKeys(NamedTuple):
    """Numbers of one word.

    Attributes:
        number: The word by itself.
        keys: Itself, negated where it is, and its letters.
        is_word: It begins with a letter; marks and figures keep no company.
    """

    number: int
    keys: tuple[int, ...]
    is_word: bool


def word_keys(form: str, is_negated: bool) -> WordKeys:
    """Features of one word."""
    mine = hashed("w=" + form)
    found = [mine]
    if is_negated:
        found.append(hashed("n=" + form) | KINDS["negated"])
    if len(form) < _LONGEST:
        framed = f"<{form}>"
        found += [
            hashed("c=" + framed[at : at + length]) | KINDS["letters"]
            for length in _LETTERS
            for at in range(len(framed) - length + 1)
        ]
    return WordKeys(mine, tuple(found), form[0].isalpha())


_BEGIN_NUMBER: Final = hashed("w=<s>")
_END_NUMBER: Final = hashed("w=</s>")


def neighbour_keys(numbers: Sequence[int]) -> list[int]:
    """Numbers of the words side by side, the clause's ends included."""
    return list(map(neighbours, [_BEGIN_NUMBER, *numbers], [*numbers, _END_NUMBER]))


def companion_keys(numbers: Sequence[int]) -> list[int]:
    """Numbers of the words near each other."""
    return [companions(one, other) for at, one in enumerate(numbers) for other in numbers[at + 1 : at + 1 + _NEAR]]


def cue_names(hits: Sequence[Hit]) -> list[str]:
    """Names of what the cues of a clause say."""
    names = []
    for hit in hits:
        polarity = "neu" if abs(hit.score) < _NEUTRAL else "pos" if hit.score > 0 else "neg"
        names += [f"r={hit.cue.aspect}-{polarity}", f"rp={polarity}", f"rd={hit.defect}"]
        if hit.cue.verdict:
            names.append(f"rv={polarity}")
        if hit.cue.hint:
            names.append(f"rh={polarity}")
    return names


def rule_keys(doc: Any) -> list[list[int]]:
    """Features of every clause of a Doc that come from the rules: its cues, its mentions, the cues next door."""
    clauses: list[Clause] = doc._.clauses
    by_clause: dict[int, list[Hit]] = {}
    for hit in doc._.hits:
        by_clause.setdefault(hit.clause.first, []).append(hit)
    names = [cue_names(by_clause[clause.first]) if clause.first in by_clause else [] for clause in clauses]
    said: list[list[str]] = [[] for _ in clauses]
    starts = clause_starts(doc)
    for mention in doc._.mentions:
        said[clause_at(starts, mention.evidence[0])] += [
            f"m={mention.aspect}-{mention.polarity}",
            f"md={mention.defect}",
        ]
    rows = []
    for at, clause in enumerate(clauses):
        row = [number(name, "rule") for name in names[at] + said[at]]
        row += [number(name, "word") for name in _flags(clause)]
        if at:
            row += [number("P" + name, "next door") for name in names[at - 1]]
        if at + 1 < len(clauses):
            row += [number("N" + name, "next door") for name in names[at + 1]]
        rows.append(row)
    return rows


def clause_starts(doc: Any) -> list[int]:
    """Offset of each clause's first token."""
    return [doc._.words.start[clause.first] for clause in doc._.clauses]


def clause_at(starts: Sequence[int], offset: int) -> int:
    """The clause that an offset lies in."""
    return max(0, bisect_right(starts, offset) - 1)


def _flags(clause: Clause) -> list[str]:
    marks = (clause.opens, clause.contrast, clause.hypothetical, clause.elsewhere)
    found = [f"f={name}" for name, mark in zip(("opens", "contrast", "maybe", "elsewhere"), marks, strict=True) if mark]
    return [*found, f"length={min(4, (clause.last - clause.first) // 4)}"]
