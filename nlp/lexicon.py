"""The data files of ``nlp/data`` and the pattern language they are written in.

A pattern is a row of elements that must meet in one clause: ``a b`` (b follows a within three
words), ``a … b`` (b follows a within twelve), ``a & b`` (any order), and mixed ``a & b c`` (c follows b
wherever a stands). An element is a set of word forms,
``undicht*|leckt``; a star stands for any ending or any beginning.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

DATA: Final = Path(__file__).parent / "data"
#: Words within which the next element of an adjacent pattern must follow.
NEAR: Final = 3
#: Words within which a separable verb's particle must follow.
FAR: Final = 12
_REPEATED: Final = re.compile(r"(.)\1{2,}")
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
    return str.maketrans({"ß": "ss", "’": "'", "´": "'", "`": "'"})


def fold(word: str) -> str:
    """The form in which words are compared: lower case, ``ss`` for ``ß``, "suuuper" as "super".

    For matching only; offsets always come from the original text.
    """
    return _FOLDED[word] if len(word) <= _LONGEST else _fold(word)


def fold_all(tokens: Iterable[str]) -> list[str]:
    """The forms of tokens, none of them longer than a tokenizer makes them."""
    return list(map(_FOLDED.__getitem__, tokens))


def _fold(word: str) -> str:
    folded = word.lower().translate(_fold_table())
    return _REPEATED.sub(r"\1", folded) if _REPEATED.search(folded) else folded


_FOLDED: Final = Memo(_fold)


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
        #: Elements of each folded form, see :meth:`lookup`.
        self.known = Memo(self._find_any)

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
        return self.known[folded]

    def places(self, forms: Iterable[str], first: int, wanted: Container[int]) -> dict[int, list[int]]:
        """Positions of wanted elements in a row of folded forms, ascending; the row begins at ``first``."""
        places: dict[int, list[int]] = {}
        for at, elements in enumerate(map(self.known.__getitem__, forms), first):
            for element in elements:
                if element in wanted:
                    places.setdefault(element, []).append(at)
        return places

    def _find_any(self, folded: str) -> tuple[int, ...]:
        known = self._find(folded)
        if not known and ("ae" in folded or "oe" in folded or "ue" in folded):
            known = self._find(folded.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü"))
        return known

    def _find(self, folded: str) -> tuple[int, ...]:
        found = set(self._exact.get(folded, ()))
        for cut in range(2, len(folded) + 1):
            if folded[:cut] in self._starts:
                found |= self._starts[folded[:cut]]
        for cut in range(len(folded) - 2):
            if folded[cut:] in self._ends:
                found |= self._ends[folded[cut:]]
        return tuple(sorted(found))


class Pattern:
    """One compiled pattern: its elements and how each must stand to those before it."""

    __slots__ = ("elements", "joints", "source")

    def __init__(self, source: str, index: FormIndex) -> None:
        self.source = source
        parts = source.replace("&", " & ").replace("…", " … ").split()
        marks = ("&", "…")
        self.elements = tuple(index.element(part) for part in parts if part not in marks)
        #: Of each element: "&" for any order, "…" for far behind the one before it, "" for near.
        self.joints = tuple(
            parts[at - 1] if at and parts[at - 1] in marks else "" for at, part in enumerate(parts) if part not in marks
        )

    def match(self, places: Mapping[int, list[int]], anchor: int) -> tuple[int, ...] | None:
        """Positions of the elements in one clause, nearest to the anchor element's, or None.

        Args:
            places: Positions in the clause of each element that occurs in it, ascending.
            anchor: Position of the pattern's first element to start from.
        """
        if len(self.elements) == 1:
            return (anchor,)
        found = [anchor]
        for element, joint in zip(self.elements[1:], self.joints[1:], strict=True):
            at = places.get(element)
            if at is None:
                return None
            place = self._next(at, found, joint)
            if place is None:
                return None
            found.append(place)
        return tuple(found)

    def _next(self, at: Iterable[int], found: list[int], joint: str) -> int | None:
        last = found[-1]
        if joint == "&":
            free = [place for place in at if place not in found]
            return min(free, key=lambda place: abs(place - found[0])) if free else None
        limit = last + FAR if joint == "…" else last + NEAR
        return next((place for place in at if last < place <= limit), None)
