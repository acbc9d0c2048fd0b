"""What a scheme's models see of a text: numbers of its words, of its letters, and of what stands around one word.

A feature is a number made from its name, so that the weights hold no word of the texts they were trained
on. Training and analysis build features with the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

_PIECE: Final = re.compile(
    r"""
    https?://\S+ | &amp; | @\w+ | \#?\w+(?:-\w+)*
  | [:;=][-o^]?[)(DPp/]+ | [\U0001F000-\U0001FAFF\u2600-\u27bf]
  | ([!?.])\1* | [^\w\s]
    """,
    re.VERBOSE,
)
_DIGITS: Final = str.maketrans("123456789", "000000000")
_CLAUSE_ENDS: Final = frozenset((".", "!", "?", ",", ";", ":", "!!", "..", "(", ")", "-", "??"))
#: Lengths of the letter sequences of a text and of a single word.
_LETTERS: Final = (2, 3, 4, 5)
_WORD_LETTERS: Final = (3, 4, 5, 6)
#: Words before and behind the target that count as its window, and those that keep their side.
_WINDOW, _SIDE = 6, 3
#: A longer word is an accident, and its letters are not worth their time.
_LONGEST: Final = 40
_LINK: Final = "urlx"
_TARGET: Final = "<T>"
_CATEGORY_WEIGHT: Final = 3


class Piece(NamedTuple):
    """A word or mark: its form for comparison, and its offsets."""

    form: str
    start: int
    end: int


def pieces(text: str) -> list[Piece]:
    """Words and marks of a text: small letters, digits alike, links alike, the ``#`` of a hashtag apart."""
    return [piece for match in _PIECE.finditer(text) for piece in _pieces(match.group(), match.start())]


def _pieces(word: str, start: int) -> Iterator[Piece]:
    end = start + len(word)
    if word.startswith(("http://", "https://")):
        yield Piece(_LINK, start, end)
        return
    if word == "&amp;":
        yield Piece("&", start, end)
        return
    form = word.lower().translate(_DIGITS)[:_LONGEST]
    if form[0] == "#":
        yield Piece("#", start, start + 1)
        if len(form) > 1:
            yield Piece(form[1:], start + 1, end)
    elif len(form) > 1 and not form[0].isalnum() and form[0] not in "@_":
        yield Piece(form[:2], start, end)
    else:
        yield Piece(form, start, end)


def text_blocks(forms: Sequence[str]) -> list[list[int]]:
    """Features of a whole text: words alone and by two, and letters."""
    framed = ["<s>", *forms, "</s>"]
    words = [*forms, *(f"{left} {right}" for left, right in pairwise(framed))]
    return [_numbers("w", words), _numbers("c", _grams(f" {' '.join(forms)} ", _LETTERS))]


def place_blocks(forms: Sequence[str], at: int | None, category: int) -> list[list[int]]:
    """Features of one category in a text: the words under it, and what stands around the target.

    Args:
        forms: Of the text.
        at: Place of the target, None where nobody knows it.
        category: Number of the category.
    """
    under = [f"{category}|{form}" for form in forms] + [str(category)] * _CATEGORY_WEIGHT
    if at is None:
        return [_numbers("k", under), [], []]
    before, behind = forms[max(0, at - _WINDOW) : at], forms[at + 1 : at + 1 + _WINDOW]
    near = [*before, _TARGET, *behind]
    sides = [f"L_{form}" for form in before[-_SIDE:]] + [f"R_{form}" for form in behind[:_SIDE]]
    first, last = clause(forms, at)
    inside = [*forms[first:at], _TARGET, *forms[at + 1 : last]]
    return [_numbers("k", under), _numbers("n", _by_two(near) + sides), _numbers("l", _by_two(inside))]


def clause(forms: Sequence[str], at: int) -> tuple[int, int]:
    """The pieces around one, up to the next marks; the second is exclusive."""
    first, last = at, at + 1
    while first and forms[first - 1] not in _CLAUSE_ENDS:
        first -= 1
    while last < len(forms) and forms[last] not in _CLAUSE_ENDS:
        last += 1
    return first, last


def form_block(form: str) -> list[int]:
    """Features of one word: itself and its letters."""
    return _numbers("f", [form + "$", *_grams(f"<{form}>", _WORD_LETTERS)])


def form_number(form: str) -> int:
    """The number of a word."""
    return crc32(form.encode("utf-8", "replace"))


def _by_two(forms: list[str]) -> list[str]:
    return [*forms, *(f"{left} {right}" for left, right in pairwise(forms))]


def _grams(text: str, lengths: Sequence[int]) -> list[str]:
    return [text[at : at + length] for length in lengths for at in range(len(text) - length + 1)]


def _numbers(kind: str, names: Sequence[str]) -> list[int]:
    seed = crc32(kind.encode())
    return [crc32(name.encode("utf-8", "replace"), seed) for name in names]
