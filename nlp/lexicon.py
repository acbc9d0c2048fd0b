"""The data files of ``nlp/data`` and the pattern language they are written in.

A pattern is a row of elements that must meet in one clause: ``a b`` (b follows a within three
words), ``a … b`` (b follows a within twelve), ``a & b`` (any order), and mixed ``a & b c`` (c follows b
wherever a stands). An element is a set of word forms,
``undicht*|leckt``; a star stands for any ending or any beginning.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

DATA: Final = Path(__file__).parent / "data"
#: Words within which the next element of an adjacent pattern must follow.
NEAR: Final = 3
#: Words within which a separable verb's particle must follow.
FAR: Final = 12
#: Letters of the shortest beginning and of the shortest ending that patterns name.
_HEAD, _TAIL = 2, 3
#: What a portal or a word processor puts into words: soft hyphens, joiners, spaces of no width.
INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_REPEATED: Final = re.compile(r"(.)\1{2,}")
_VANISHING: Final[dict[int, Any]] = dict.fromkeys(map(ord, INVISIBLE))
_CACHE_LIMIT: Final = 30_000
#: Characters of a word whose form is kept.
_LONGEST: Final = 200
_Found = TypeVar("_Found")


class Memo(dict[str, _Found]):
    """What a function finds for a word, kept in a bounded table: texts repeat their words.

    ``map(memo.__getitem__, words)`` runs without any Python code for words that are known, which makes it
    three times as fast as a function with an ``lru_cache``. A full table is emptied.
    """

    __slots__ = ("_find", "_limit")

    def __init__(self, find: Callable[[str], _Found], limit: int = _CACHE_LIMIT) -> None:
        super().__init__()
        self._find = find
        self._limit = limit

    def __missing__(self, word: str) -> _Found:
        if len(self) >= self._limit:
            self.clear()
        found = self[word] = self._find(word)
        return found


@cache
def _fold_table() -> dict[int, str]:
    return str.maketrans({"ß": "ss", "’": "'", "´": "'", "`": "'"}) | _VANISHING


def fold(word: str) -> str:
    """The form in which words are compared: lower case, ``ss`` for ``ß``, "suuuper" as "super", all of it visible.

    For matching only; offsets always come from the original text.
    """
    return _FOLDED[word] if len(word) <= _LONGEST else _fold(word)


def fold_all(tokens: Iterable[str]) -> list[str]:
    """The forms of tokens, none of them longer than a tokenizer makes them."""
    return list(map(_FOLDED.__getitem__, tokens))


def _fold(word: str) -> str:
    lower = word.lower()
    folded = lower.translate(_fold_table()) or lower
    return _REPEATED.sub(r"\1", folded) if _REPEATED.search(folded) else folded


_FOLDED: Final = Memo(_fold)


def visible(text: str) -> str:
    """A text without what nobody sees of it, see :data:`INVISIBLE`."""
    return text if text.isprintable() else text.translate(_VANISHING)


def load_toml(name: str) -> dict[str, Any]:
    """One data file of the package."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def word_sets() -> Mapping[str, Any]:
    """The closed classes of ``sets.toml``: frozen sets of folded words, strings of emoji as sets of
    characters.

    ``intensifiers`` is a mapping from word to factor, ``whole_heads`` a tuple.
    """
    raw = load_toml("sets.toml")
    groups = raw.pop("intensifiers")
    sets: dict[str, Any] = {
        name: frozenset(map(fold, value)) if isinstance(value, list) else frozenset(value)
        for name, value in raw.items()
    }
    sets["whole_heads"] = tuple(sorted(sets["whole_heads"]))
    return {**sets, "intensifiers": {fold(word): group["factor"] for group in groups for word in group["words"]}}


@cache
def stop_nouns() -> frozenset[str]:
    """Folded nouns that are never a component."""
    lines = (DATA / "stopnouns.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(fold(word) for line in lines if not line.startswith("#") for word in line.split())


def digests() -> dict[str, str]:
    """Digest of each data file by name, 16 hexadecimal digits."""
    return {path.name: sha256(path.read_bytes()).hexdigest()[:16] for path in sorted(DATA.iterdir()) if path.is_file()}


class FormIndex:
    """Which elements a word form belongs to; exact forms, beginnings and endings."""

    def __init__(self) -> None:
        self._exact: dict[str, set[int]] = {}
        self._starts: dict[str, set[int]] = {}
        self._ends: dict[str, set[int]] = {}
        self._elements: dict[str, int] = {}
        #: First and last letters of the beginnings and endings: most words have none of them.
        self._heads: set[str] = set()
        self._tails: set[str] = set()

    def element(self, alternatives: str) -> int:
        """Number of the element ``a|b*|*c``, the same for the same text."""
        known = self._elements.get(alternatives)
        if known is not None:
            return known
        number = len(self._elements)
        self._elements[alternatives] = number
        for form in alternatives.split("|"):
            folded = fold(form.strip("*"))
            if not folded:
                raise ValueError(f"empty form in the pattern element {alternatives!r}")
            if form.endswith("*"):
                self._starts.setdefault(folded, set()).add(number)
                self._heads.add(folded[:_HEAD])
            elif form.startswith("*"):
                self._ends.setdefault(folded, set()).add(number)
                self._tails.add(folded[-_TAIL:])
            else:
                self._exact.setdefault(folded, set()).add(number)
        return number

    def find(self, folded: str) -> tuple[int, ...]:
        """Elements of a folded form, ascending; also tried with umlauts for ``ae``, ``oe``, ``ue``."""
        known = self._find(folded)
        if "ae" in folded or "oe" in folded or "ue" in folded:
            known |= self._find(folded.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü"))
        return tuple(sorted(known))

    def _find(self, folded: str) -> set[int]:
        found = set(self._exact.get(folded, ()))
        if folded[:_HEAD] in self._heads:
            for cut in range(_HEAD, len(folded) + 1):
                found |= self._starts.get(folded[:cut], frozenset())
        if folded[-_TAIL:] in self._tails:
            for cut in range(len(folded) - _TAIL + 1):
                found |= self._ends.get(folded[cut:], frozenset())
        return found


class Pattern:
    """One compiled pattern: its elements and how each must stand to those before it."""

    __slots__ = ("_rest", "elements", "source")

    def __init__(self, source: str, index: FormIndex) -> None:
        self.source = source
        parts = source.replace("&", " & ").replace("…", " … ").split()
        marks = ("&", "…")
        self.elements = tuple(index.element(part) for part in parts if part not in marks)
        # Of each element: "&" for any order, "…" for far behind the one before it, "" for near.
        joints = [
            parts[at - 1] if at and parts[at - 1] in marks else "" for at, part in enumerate(parts) if part not in marks
        ]
        self._rest = tuple(zip(self.elements, joints, strict=True))[1:]

    def match(self, places: Mapping[int, Sequence[int]], anchor: int) -> tuple[int, ...] | None:
        """Positions of the elements in one clause, nearest to the anchor element's, or None.

        Args:
            places: Positions in the clause of each element that occurs in it, ascending.
            anchor: Position of the pattern's first element to start from.
        """
        found = [anchor]
        for element, joint in self._rest:
            at = places.get(element)
            if at is None:
                return None
            if joint == "&":
                place = _nearest(at, anchor, found)
            else:
                behind = bisect_right(at, found[-1])
                reach = found[-1] + (FAR if joint else NEAR)
                place = at[behind] if behind < len(at) and at[behind] <= reach else None
            if place is None:
                return None
            found.append(place)
        return tuple(found)


def _nearest(places: Sequence[int], centre: int, taken: Container[int]) -> int | None:
    """The place nearest to a centre that is not taken, of two as near the one before it; None where all are taken.

    Args:
        places: Ascending.
        centre: Where to begin.
        taken: Places that are not wanted.
    """
    right = bisect_left(places, centre)
    left = right - 1
    while left >= 0 or right < len(places):
        if right == len(places) or (left >= 0 and centre - places[left] <= places[right] - centre):
            place, left = places[left], left - 1
        else:
            place, right = places[right], right + 1
        if place not in taken:
            return place
    return None
