"""Many patterns at once: which of them stand in a sentence and in each of its clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from nlp.lexicon import FormIndex, Memo, Pattern, fold, word_sets

#: Closed classes of ``sets.toml`` whose words stand in every other sentence.
_FREQUENT: Final = (
    "negators", "coordinators", "determiners", "prepositions", "pronouns", "verbs", "function_words", "intensifiers",
    "contrast",
)  # fmt: skip


class Entry(NamedTuple):
    """A pattern of a table.

    Attributes:
        needs: The elements without which it cannot match, each a bit.
        value: What it stands for.
        family: The name of those that it belongs to.
        over_sentence: Its words may stand in several clauses of a sentence.
        number: Its place in the table.
    """

    needs: int
    pattern: Pattern
    value: Any
    family: str
    over_sentence: bool
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


#: Matches by family and by the first token of the clause, or of the sentence, that was searched.
Matches = dict[str, dict[int, list[Match]]]


class Word(NamedTuple):
    """What a table knows of a folded form.

    Attributes:
        bits: The elements that it is, each a bit: to join many of them takes one operation on integers.
        elements: The same by their numbers.
        alone: Patterns of one element that it matches.
        joined: Patterns of several elements whose rarest it is.
    """

    bits: int
    elements: frozenset[int]
    alone: tuple[Entry, ...]
    joined: tuple[Entry, ...]


class PatternTable:
    """Compiled patterns by the element that is likely their rarest, so that most are never tried."""

    def __init__(self) -> None:
        self.index = FormIndex()
        self._by_rarest: dict[int, list[Entry]] = {}
        self._words: Memo[Word] = Memo(self._word)
        self._count = 0

    def add(self, source: str, value: Any, family: str = "", *, over_sentence: bool = False) -> Pattern:
        """Compile a pattern and keep it with what it stands for."""
        pattern = Pattern(source, self.index)
        parts = source.replace("&", " ").replace("…", " ").split()
        rarest = pattern.elements[max(range(len(parts)), key=lambda at: _rarity(parts[at]))]
        needs = sum(1 << element for element in set(pattern.elements))
        entry = Entry(needs, pattern, value, family, over_sentence, self._count)
        self._by_rarest.setdefault(rarest, []).append(entry)
        self._count += 1
        return pattern

    def entries(self) -> list[Entry]:
        """All patterns."""
        return [entry for entries in self._by_rarest.values() for entry in entries]

    def _word(self, folded: str) -> Word:
        elements = self.index.find(folded)
        entries = [entry for element in elements for entry in self._by_rarest.get(element, ())]
        alone = tuple(entry for entry in entries if len(entry.pattern.elements) == 1)
        joined = tuple(entry for entry in entries if len(entry.pattern.elements) > 1)
        return Word(sum(1 << element for element in elements), frozenset(elements), alone, joined)

    def search(self, folded: Sequence[str], clauses: Sequence[tuple[int, int]], found: Matches) -> None:
        """Add the matches in a sentence to those found before.

        Args:
            folded: Folded forms of a text.
            clauses: First token and last (exclusive) of each clause of the sentence.
            found: What was found before.
        """
        first, last = clauses[0][0], clauses[-1][1]
        words = list(map(self._words.__getitem__, folded[first:last]))
        clause_of = _clause_of(clauses)
        # A pattern of one element matches where that stands, without a search.
        firsts: dict[tuple[int, int], int] = {}
        present = 0
        for at, (bits, _, alone, _) in enumerate(words, first):
            present |= bits
            for entry in alone:
                begin = first if entry.over_sentence else clause_of[at - first]
                if begin is not None:
                    anchor = firsts.setdefault((begin, entry.number), at)
                    _add(found, entry, begin, (at,), anchor)
        fitting = {
            entry.number: entry for _, _, _, joined in words for entry in joined if entry.needs & present == entry.needs
        }
        if fitting:
            places = _places(fitting.values(), words, first)
            for entry in fitting.values():
                _search_joined(entry, places, clauses, found)


def _clause_of(clauses: Sequence[tuple[int, int]]) -> list[int | None]:
    """For each token of a sentence the first one of its clause; None between clauses."""
    found: list[int | None] = []
    behind = clauses[0][0]
    for begin, end in clauses:
        found += [None] * (begin - behind)
        found += [begin] * (end - begin)
        behind = end
    return found


def _places(entries: Iterable[Entry], words: Sequence[Word], first: int) -> dict[int, list[int]]:
    """Positions of the elements of some patterns, ascending.

    Args:
        entries: The patterns.
        words: The tokens that are searched.
        first: Position of the first of them.
    """
    wanted = 0
    places: dict[int, list[int]] = {}
    for entry in entries:
        wanted |= entry.needs
        for element in entry.pattern.elements:
            places[element] = []
    for at, (bits, elements, _, _) in enumerate(words, first):
        if bits & wanted:
            for element in places.keys() & elements:
                places[element].append(at)
    return places


def _search_joined(
    entry: Entry, places: Mapping[int, list[int]], clauses: Sequence[tuple[int, int]], found: Matches
) -> None:
    """Add the matches of a pattern of several elements, all of which stand in the sentence."""
    if entry.over_sentence or len(clauses) == 1:
        _match(entry, places, clauses[0][0], found)
        return
    for begin, end in clauses:
        inside = {one: [at for at in places[one] if begin <= at < end] for one in entry.pattern.elements}
        if all(inside.values()):
            _match(entry, inside, begin, found)


def _match(entry: Entry, places: Mapping[int, list[int]], begin: int, found: Matches) -> None:
    anchors = places[entry.pattern.elements[0]]
    for anchor in anchors:
        at = entry.pattern.match(places, anchor)
        if at is not None:
            _add(found, entry, begin, at, anchors[0])


def _add(found: Matches, entry: Entry, begin: int, at: tuple[int, ...], anchor: int) -> None:
    """Keep a match; ``anchor`` is the first place of the pattern's first element in the clause or sentence."""
    match = Match(at, entry.value, (anchor, entry.pattern.elements[0], entry.number))
    found.setdefault(entry.family, {}).setdefault(begin, []).append(match)


def _rarity(part: str) -> tuple[bool, float]:
    """Orders elements by how rare they are likely to be: long words are rare ones, those of closed classes are not."""
    forms = [fold(form) for form in part.split("|")]
    return _frequent().isdisjoint(forms), sum(map(len, forms)) / len(forms)


@cache
def _frequent() -> frozenset[str]:
    return frozenset(word for name in _FREQUENT for word in word_sets()[name])
