"""The data files of ``nlp/data`` and the pattern language they are written in.

A pattern is a row of elements that must meet in one clause: ``a b`` (b follows a within three
words), ``a … b`` (b follows a within twelve), ``a & b`` (any order). An element is a set of word forms,
``undicht*|leckt``; a star stands for any ending or any beginning.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"
#: Words within which the next element of an adjacent pattern must follow.
NEAR: Final = 3
#: Words within which a separable verb's particle must follow.
FAR: Final = 12
_REPEATED: Final = re.compile(r"(.)\1{2,}")
_CACHE_LIMIT: Final = 5_000


@cache
def _fold_table() -> dict[int, str]:
    return str.maketrans({"ß": "ss", "’": "'", "´": "'", "`": "'"})


def fold(word: str) -> str:
    """The form in which words are compared: lower case, ``ss`` for ``ß``, "suuuper" as "super".

    For matching only; offsets always come from the original text.
    """
    folded = word.lower().translate(_fold_table())
    return _REPEATED.sub(r"\1", folded) if _REPEATED.search(folded) else folded


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
    """Which elements a word form belongs to; exact forms, beginnings and endings.

    Lookups are kept in a bounded table: texts repeat their words.
    """

    def __init__(self) -> None:
        self._exact: dict[str, set[int]] = {}
        self._starts: dict[str, set[int]] = {}
        self._ends: dict[str, set[int]] = {}
        self._elements: dict[str, int] = {}
        self._cache: dict[str, tuple[int, ...]] = {}

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
            elif form.startswith("*"):
                self._ends.setdefault(folded, set()).add(number)
            else:
                self._exact.setdefault(folded, set()).add(number)
        return number

    def lookup(self, folded: str) -> tuple[int, ...]:
        """Elements of a folded form; also tried with umlauts for ``ae``, ``oe``, ``ue``."""
        known = self._cache.get(folded)
        if known is None:
            known = self._find(folded)
            if not known and ("ae" in folded or "oe" in folded or "ue" in folded):
                known = self._find(folded.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü"))
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            self._cache[folded] = known
        return known

    def _find(self, folded: str) -> tuple[int, ...]:
        found = set(self._exact.get(folded, ()))
        for cut in range(2, len(folded) + 1):
            found |= self._starts.get(folded[:cut], set())
        for cut in range(len(folded) - 2):
            found |= self._ends.get(folded[cut:], set())
        return tuple(sorted(found))


class Pattern:
    """One compiled pattern: its elements and how they must stand to each other."""

    __slots__ = ("elements", "mode", "source")

    def __init__(self, source: str, index: FormIndex) -> None:
        self.source = source
        if "&" in source:
            self.mode, parts = "any", source.split("&")
        elif "…" in source:
            self.mode, parts = "order", source.split("…")
        else:
            self.mode, parts = "near", source.split(" ")
        self.elements = tuple(index.element(part.strip()) for part in parts if part.strip())

    def match(self, places: Mapping[int, list[int]], anchor: int) -> tuple[int, ...] | None:
        """Positions of the elements in one clause, nearest to the anchor element's, or None.

        Args:
            places: Positions in the clause of each element that occurs in it, ascending.
            anchor: Position of the pattern's first element to start from.
        """
        found = [anchor]
        for element in self.elements[1:]:
            at = places.get(element)
            if at is None:
                return None
            place = self._next(at, found)
            if place is None:
                return None
            found.append(place)
        return tuple(found)

    def _next(self, at: Iterable[int], found: list[int]) -> int | None:
        last = found[-1]
        if self.mode == "any":
            free = [place for place in at if place not in found]
            return min(free, key=lambda place: abs(place - found[0])) if free else None
        limit = last + NEAR if self.mode == "near" else last + FAR
        return next((place for place in at if last < place <= limit), None)
