"""Which words to quote: a clause widened until it can be understood, and believed, on its own."""

from __future__ import annotations

import re
from typing import Final

#: Ends of sentences, also where the blank behind is missing; not the point of an ordinal or an initial.
_END: Final = re.compile(r"(?<!\b\w)(?:(?<!\d)\.|[!?…])+[\"“”»)]*(?=\s|$|[A-ZÄÖÜ])|\n+")
#: Shorter quotes convince nobody ("zu kaufen", "Noch ein Tipp").
SHORTEST: Final = 30
LONGEST: Final = 280


def convincing(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a stretch of a text to its whole sentence, and to the next one where that is still too short.

    Args:
        text: The field.
        start: Offset of the stretch's first character.
        end: Offset behind its last.

    Returns:
        Offsets that hold the stretch. A sentence of more than :data:`LONGEST` characters is cut at words around it.
    """
    sentences = _sentences(text)
    inside = [at for at, (first, last) in enumerate(sentences) if first < end and start < last]
    if not inside:
        return start, end
    low, high = inside[0], inside[-1]
    first, last = sentences[low][0], sentences[high][1]
    while last - first < SHORTEST and (high + 1 < len(sentences) or low > 0):
        if high + 1 < len(sentences):
            high += 1
        else:
            low -= 1
        if sentences[high][1] - sentences[low][0] > LONGEST:
            break
        first, last = sentences[low][0], sentences[high][1]
    first, last = min(first, start), max(last, end)
    return (first, last) if last - first <= LONGEST else _around(text, first, last, start, end)


def sentence(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The sentence that a stretch of a text stands in.

    Args:
        text: The field.
        start: Offset of the stretch's first character.
        end: Offset behind its last.

    Returns:
        Offsets of the sentence; None for a stretch over several, and in what goes on for more than
        :data:`LONGEST` characters without a mark: that is a text, and its clauses stand for themselves.
    """
    inside = [span for span in _sentences(text) if span[0] < end and start < span[1]]
    if len(inside) != 1 or inside[0][1] - inside[0][0] > LONGEST:
        return None
    return inside[0]


def _sentences(text: str) -> list[tuple[int, int]]:
    found, first = [], 0
    for match in (*_END.finditer(text), None):
        last = match.end() if match else len(text)
        stretch = text[first:last]
        if stretch.strip():
            found.append((first + len(stretch) - len(stretch.lstrip()), first + len(stretch.rstrip())))
        first = last
    return found


def _around(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """At most :data:`LONGEST` characters around a stretch, from word to word."""
    spare = max(0, LONGEST - (end - start))
    low, high = max(first, start - spare // 2), min(last, end + spare // 2)
    while low > first and not text[low - 1].isspace():
        low += 1
        if low >= start:
            low = start
            break
    while high < last and not text[high].isspace():
        high -= 1
        if high <= end:
            high = end
            break
    return low, high
