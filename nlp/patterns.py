"""Many patterns at once: which of them stand in a row of words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from nlp.lexicon import FormIndex, Memo, Pattern, fold, word_sets

#: Closed classes of ``sets.toml`` whose words stand in every other sentence.
_FREQUENT: Final = (
    "negators", "coordinators", "determiners", "prepositions", "pronouns", "verbs", "function_words", "intensifiers",
    "contrast",
)  # fmt: skip


class Entry(NamedTuple):
    """A pattern with the elements that it needs, what it stands for, and its number in the table."""

    needs: frozenset[int]
    pattern: Pattern
    value: Any
    number: int


class Match(NamedTuple):
    """A pattern that was found.

    Attributes:
        at: Positions of its words, the first element's first.
        rank: Orders matches by where and when their first element and their pattern came up.
    """

    at: tuple[int, ...]
    value: Any
    rank: tuple[int, int, int]


class PatternTable:
    """Compiled patterns by the element that is likely their rarest, so that most are never tried."""

    def __init__(self) -> None:
        self.index = FormIndex()
        self._by_rarest: dict[int, list[Entry]] = {}
        #: Patterns whose rarest element a folded form is.
        self._tried: Memo[list[Entry]] = Memo(self._entries)
        self._count = 0

    def add(self, source: str, value: Any) -> Pattern:
        """Compile a pattern and keep it with what it stands for."""
        pattern = Pattern(source, self.index)
        parts = source.replace("&", " ").replace("…", " ").split()
        rarest = pattern.elements[max(range(len(parts)), key=lambda at: _rarity(parts[at]))]
        entry = Entry(frozenset(pattern.elements), pattern, value, self._count)
        self._by_rarest.setdefault(rarest, []).append(entry)
        self._count += 1
        return pattern

    def entries(self) -> list[Entry]:
        """All patterns."""
        return [entry for entries in self._by_rarest.values() for entry in entries]

    def _entries(self, folded: str) -> list[Entry]:
        return [entry for element in self.index.lookup(folded) for entry in self._by_rarest.get(element, ())]

    def search(self, folded: Sequence[str], first: int, last: int) -> list[Match]:
        """All matches in the tokens ``first`` to ``last`` (exclusive), in no order."""
        forms = folded[first:last]
        tried = [entry for entries in filter(None, map(self._tried.__getitem__, forms)) for entry in entries]
        if not tried:
            return []
        present: set[int] = set().union(*map(self.index.known.__getitem__, forms))
        fitting = {entry.number: entry for entry in tried if entry.needs <= present}
        if not fitting:
            return []
        wanted = frozenset().union(*(entry.needs for entry in fitting.values()))
        places = self.index.places(forms, first, wanted)
        found = []
        for _, pattern, value, number in fitting.values():
            element = pattern.elements[0]
            anchors = places[element]
            for anchor in anchors:
                at = pattern.match(places, anchor)
                if at is not None:
                    found.append(Match(at, value, (anchors[0], element, number)))
        return found


def _rarity(part: str) -> tuple[bool, float]:
    """Orders elements by how rare they are likely to be: long words are rare ones, those of closed classes are not."""
    forms = [fold(form) for form in part.split("|")]
    return _frequent().isdisjoint(forms), sum(map(len, forms)) / len(forms)


@cache
def _frequent() -> frozenset[str]:
    return frozenset(word for name in _FREQUENT for word in word_sets()[name])
