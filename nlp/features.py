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

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import ASPECTS, DEFECT_TYPES
from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.extensions import CLAUSES, HITS, MENTIONS, WORDS
from nlp.lexicon import Memo, word_sets

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
#: Rows of letters whose numbers are kept.
_LETTER_KEYS_KEPT: Final = 100_000
_LONGEST: Final = 30
_MASK: Final = ((1 << 61) - 1) & ~7
_MASK_64: Final = np.uint64(_MASK)
#: Odd numbers that mix the numbers of two words.
_LEFT, _RIGHT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x1B873593)
_LOW, _HIGH = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x27D4EB2F)
_NEUTRAL: Final = 0.15

Numbers = NDArray[np.uint64]
Keys = NDArray[np.int64]
#: To which clause, row or text something belongs.
Owners = NDArray[np.int64]


@lru_cache(maxsize=4 * _CACHE_LIMIT)
def number(name: str, kind: str) -> int:
    """The number of a feature, 61 bits, the last three for its kind."""
    return hashed(name) | KINDS[kind]


def hashed(name: str) -> int:
    """A number of 61 bits, the last three zero, that no process changes."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big") & _MASK


def neighbour_keys(numbers: Numbers, clauses: Owners) -> tuple[Keys, Owners]:
    """Features of the words that stand side by side.

    Args:
        numbers: Of the words of some clauses, :data:`BEGIN` before and :data:`END` behind those of each clause.
        clauses: The clause of each word, ascending.

    Returns:
        Numbers of the features and the clause of each, ascending.
    """
    inside = clauses[:-1] == clauses[1:]
    left, right = numbers[:-1][inside], numbers[1:][inside]
    # Products of 64 bits lose what is beyond them: that is wanted.
    keys = (left * _LEFT + right * _RIGHT) & _MASK_64 | np.uint64(KINDS["neighbours"])
    return keys.astype(np.int64), clauses[:-1][inside]


def companion_keys(numbers: Numbers, clauses: Owners) -> tuple[Keys, Owners]:
    """Features of the words near each other, in any order.

    Args:
        numbers: Of the words of some clauses that keep company.
        clauses: The clause of each word, ascending.

    Returns:
        Numbers of the features and the clause of each, ascending.
    """
    # A row for each word, a column for each of the words behind it; at the end of all none of a clause follows.
    padded = np.concatenate([clauses, np.full(_NEAR, -1)])
    near = np.arange(len(numbers))[:, np.newaxis] + np.arange(1, _NEAR + 1)
    word, column = np.nonzero(padded[near] == clauses[:, np.newaxis])
    left, right = numbers[word], numbers[word + column + 1]
    low, high = np.minimum(left, right), np.maximum(left, right)
    keys = (low * _LOW + high * _HIGH) & _MASK_64 | np.uint64(KINDS["companions"])
    return keys.astype(np.int64), clauses[word]


def forms_of(words: Words, clause: Clause) -> list[str]:
    """Folded forms of a clause without blanks; digits are alike."""
    return [clean_form(form) for form in words.folded[clause.first : clause.last] if not form[0].isspace()]


def clean_form(folded: str) -> str:
    """A folded form with every digit a zero."""
    return folded if folded.isalpha() else folded.translate(_DIGITS)


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
        for length in _LETTERS:
            found += [_LETTER_KEYS[framed[at : at + length]] for at in range(len(framed) - length + 1)]
    return WordKeys(mine, tuple(found), form[0].isalpha())


_LETTER_KEYS: Final = Memo(lambda letters: hashed("c=" + letters) | KINDS["letters"], _LETTER_KEYS_KEPT)
#: Numbers of the begin and the end of a clause.
BEGIN: Final = hashed("w=<s>")
END: Final = hashed("w=</s>")


class CueKeys(NamedTuple):
    """Features of a cue: in its clause, in the clause behind it, in the clause before it."""

    here: tuple[int, ...]
    behind: tuple[int, ...]
    before: tuple[int, ...]


@lru_cache(maxsize=_CACHE_LIMIT)
def _cue_keys(aspect: str, polarity: str, defect: str | None, verdict: bool, hint: bool) -> CueKeys:
    names = [f"r={aspect}-{polarity}", f"rp={polarity}", f"rd={defect}"]
    if verdict:
        names.append(f"rv={polarity}")
    if hint:
        names.append(f"rh={polarity}")
    here = tuple(number(name, "rule") for name in names)
    behind, before = (tuple(number(side + name, "next door") for name in names) for side in "PN")
    return CueKeys(here, behind, before)


def _keys_of(hit: Hit) -> CueKeys:
    polarity = "neu" if abs(hit.score) < _NEUTRAL else "pos" if hit.score > 0 else "neg"
    return _cue_keys(hit.cue.aspect, polarity, hit.defect, hit.cue.verdict, hit.cue.hint)


@lru_cache(maxsize=_CACHE_LIMIT)
def _mention_keys(aspect: str, polarity: str, defect: str | None) -> tuple[int, int]:
    return number(f"m={aspect}-{polarity}", "rule"), number(f"md={defect}", "rule")


def rule_keys(doc: Any) -> list[list[int]]:
    """Features of every clause of a Doc that come from the rules: its cues, its mentions, the cues next door."""
    data = doc.user_data
    clauses: list[Clause] = data[CLAUSES]
    place = {clause.first: at for at, clause in enumerate(clauses)}
    rows: list[list[int]] = [[] for _ in clauses]
    beside: list[tuple[list[int], list[int]]] = [([], []) for _ in clauses]
    for hit in data[HITS]:
        at, keys = place[hit.clause.first], _keys_of(hit)
        rows[at] += keys.here
        if at + 1 < len(clauses):
            beside[at + 1][0].extend(keys.behind)
        if at:
            beside[at - 1][1].extend(keys.before)
    starts = clause_starts(doc)
    for mention in data[MENTIONS]:
        rows[clause_at(starts, mention.evidence[0])] += _mention_keys(mention.aspect, mention.polarity, mention.defect)
    for row, clause, (behind, before) in zip(rows, clauses, beside, strict=True):
        length = min(4, (clause.last - clause.first) // 4)
        row += _flag_keys(clause.opens, clause.contrast, clause.hypothetical, clause.elsewhere, length)
        row += behind
        row += before
    return rows


def clause_starts(doc: Any) -> list[int]:
    """Offset of each clause's first token."""
    start = doc.user_data[WORDS].start
    return [start[clause.first] for clause in doc.user_data[CLAUSES]]


def clause_at(starts: Sequence[int], offset: int) -> int:
    """The clause that an offset lies in."""
    return max(0, bisect_right(starts, offset) - 1)


@lru_cache(maxsize=_CACHE_LIMIT)
def _flag_keys(opens: bool, contrast: bool, hypothetical: bool, elsewhere: bool, length: int) -> tuple[int, ...]:
    marks = {"opens": opens, "contrast": contrast, "maybe": hypothetical, "elsewhere": elsewhere}
    names = [f"f={name}" for name, mark in marks.items() if mark]
    return tuple(number(name, "word") for name in [*names, f"length={length}"])
