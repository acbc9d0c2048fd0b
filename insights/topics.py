"""What is talked of in a group of products: terms grouped by spelling, heads and contexts, and named.

Plain functions over counts of persons; no text is seen here, and no model is trained. How near two
terms are is told by what is said of them: the cosine of their profiles of positive pointwise mutual
information (Bullinaria and Levy, Behavior Research Methods 39, 2007), grouped by average linkage.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from insights.components import DOMINANT
from insights.near import clusters, profiles

#: A topic needs so many persons, and so large a share of the group's persons.
MIN_PERSONS: Final = 5
MIN_SHARE: Final = 0.01
#: A noun by which so large a share of its persons mean the whole product is a name of the product.
OWN_NAME: Final = 0.10
#: The same for a compound whose head is such a name.
OWN_COMPOUND: Final = 0.01
#: A noun that stands with an article or an adjective more seldom is a name of somebody or of a brand.
MIN_COMMON: Final = 0.15
#: A rarer spelling counts as a mistake for the frequent one up to this ratio of their persons.
MISSPELT: Final = 0.1
#: That there is none of it can be said of anything, and tells nothing of what it is like.
DENIED: Final = "kein"
#: Letters from which a spelling can be told from another word.
_LONG_ENOUGH: Final = 5
#: A topic takes the name of what is said most of it where so many of its persons say it.
NAMED_BY_PHRASE: Final = 0.5
#: Terms that a topic names, and phrases among them.
TERMS: Final = 8
PHRASES: Final = 3


@dataclass(frozen=True)
class TermCount:
    """Persons of one group who speak of a noun.

    Attributes:
        key: What the noun counts under.
        written: How it is written most.
        head: Key of the last member of a compound, None for a simple word.
        persons: Distinct persons.
        whole: Of them, those who mean the whole product by it.
        common: Of them, those who use it with an article or an adjective.
        known: It stands in the dictionary.
    """

    key: str
    written: str
    head: str | None
    persons: int
    whole: int = 0
    common: int = 0
    known: bool = True


@dataclass(frozen=True)
class SaidCount:
    """Persons of one group who say one thing of a noun, with their most frequent wording."""

    key: str
    construction: str
    phrase: str
    persons: int


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        anchor: What it is recognised by in the next count.
        label: Its most typical phrase.
        terms: Its terms as written: nouns, then what is said of them, each the most frequent first.
        members: Pairs of noun and construction that belong to it; None for a construction stands for
            the noun whatever is said of it.
    """

    anchor: str
    label: str
    terms: tuple[str, ...]
    members: tuple[tuple[str, str | None], ...]


def floor_of(persons: int) -> int:
    """Persons that a topic needs in a group of so many."""
    return max(MIN_PERSONS, math.ceil(MIN_SHARE * persons))


def find_topics(terms: Sequence[TermCount], said: Sequence[SaidCount], persons: int) -> list[Topic]:
    """Group the terms of one group of products into topics and name them.

    Names of the product are no topics; what is said of the product is one.

    Args:
        terms: Nouns with at least two persons.
        said: What is said of them, with at least two persons each.
        persons: Distinct persons who spoke of the group's products.

    Returns:
        Topics whose counts, added up, reach the floor. Whether their distinct persons do is counted
        by the caller.
    """
    known = {t.key: t for t in terms}
    floor = floor_of(persons)
    own = own_names(terms, floor)
    common = [t for t in terms if t.key not in own and t.common >= MIN_COMMON * t.persons]
    groups = [*_groups(common, said, floor), sorted(own, key=lambda key: (-known[key].persons, key))]
    by_key: Mapping[str, list[SaidCount]] = _by_key(said)
    topics: list[Topic] = []
    for group in groups:
        members = [known[key] for key in group]
        topics += _topics(members, [s for key in group for s in by_key.get(key, ())], floor, own=group is groups[-1])
    return topics


def own_names(terms: Sequence[TermCount], floor: int) -> set[str]:
    """Keys of the nouns that name the product itself, compounds of such a noun among them.

    Args:
        terms: The nouns.
        floor: Persons that a topic needs; a rarer compound counts as its head.
    """
    meant = [t for t in terms if t.whole >= MIN_PERSONS or 2 * t.whole > t.persons]
    own = {t.key for t in meant if t.whole >= OWN_NAME * t.persons}
    compounds = (t for t in terms if t.head in own)
    return own | {t.key for t in compounds if t.whole >= OWN_COMPOUND * t.persons or t.persons < floor}


def _by_key(said: Iterable[SaidCount]) -> Mapping[str, list[SaidCount]]:
    found: dict[str, list[SaidCount]] = defaultdict(list)
    for s in said:
        found[s.key].append(s)
    return found


def _groups(terms: Sequence[TermCount], said: Sequence[SaidCount], floor: int) -> list[list[str]]:
    """Keys that are one topic, the most frequent of each first."""
    persons = {t.key: t.persons for t in terms}
    heads = {t.key: t.head for t in terms if t.head in persons}
    joined = misspelt(terms)
    for key, head in heads.items():
        if head is not None and key not in joined and persons[key] < min(floor, persons[head]):
            joined[key] = head
    others = {s.key for s in said} - set(persons)
    alike = profiles(_said_of(said, joined), leave=others, least=MIN_PERSONS)
    joined |= {compound: head for head, compound in _meant(persons, heads).items() if alike.near(head, compound)}
    near = clusters(profiles(_said_of(said, joined), leave=others), {t.key: t.head for t in terms})
    found: dict[int | str, list[str]] = defaultdict(list)
    for key in persons:
        end = _end(key, joined)
        found[near.get(end, end)].append(key)
    return [sorted(keys, key=lambda key: (-persons[key], key)) for keys in found.values()]


def _said_of(said: Iterable[SaidCount], joined: Mapping[str, str]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for s in said:
        if s.construction != DENIED:
            counts[_end(s.key, joined), s.construction] += s.persons
    return counts


def _meant(persons: Mapping[str, int], heads: Mapping[str, str | None]) -> dict[str, str]:
    """By bare head the compound that it may mean: the one that has most of its compounds' persons."""
    compounds: dict[str, dict[str, int]] = defaultdict(dict)
    for key, head in heads.items():
        if head is not None:
            compounds[head][key] = persons[key]
    best = {head: max(counts, key=lambda key: (counts[key], key)) for head, counts in compounds.items()}
    return {h: key for h, key in best.items() if compounds[h][key] >= DOMINANT * sum(compounds[h].values())}


def misspelt(terms: Sequence[TermCount]) -> dict[str, str]:
    """Rare words that no dictionary knows, by the frequent word one letter away that they are taken for."""
    persons = {t.key: t.persons for t in terms}
    near: dict[str, list[str]] = defaultdict(list)
    for word in persons:
        for hole in _holes(word):
            near[hole].append(word)
    found: dict[str, str] = {}
    for t in terms:
        if not t.known and len(t.key) >= _LONG_ENOUGH:
            meant = {word for hole in _holes(t.key) for word in near[hole] if t.persons <= MISSPELT * persons[word]}
            meant = {word for word in meant if _one_slip(t.key, word)}
            if meant:
                found[t.key] = max(meant, key=lambda word: (persons[word], word))
    return found


def _holes(word: str) -> set[str]:
    """The word, and it with one letter left out; two words one slip apart share one of these."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less or another, or two neighbours swapped."""
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return short in _holes(long)
    apart = [at for at, letters in enumerate(zip(one, other, strict=True)) if len(set(letters)) > 1]
    return len(apart) < 2 or (len(apart) == 2 and [one[at] for at in apart] == [other[at] for at in reversed(apart)])


def _end(key: str, joined: Mapping[str, str]) -> str:
    while key in joined:
        key = joined[key]
    return key


def _topics(members: Sequence[TermCount], said: Sequence[SaidCount], floor: int, *, own: bool) -> Iterable[Topic]:
    """The topic of one group of nouns, and those of what is said of it; of names of the product only the latter."""
    total = sum(t.persons for t in members)
    if total < floor:
        return
    by_construction: dict[str, list[SaidCount]] = defaultdict(list)
    for s in sorted(said, key=lambda s: (-s.persons, s.key)):
        by_construction[s.construction].append(s)
    names = tuple(dict.fromkeys(t.written for t in members))
    label = names[0]
    for construction, ways in sorted(by_construction.items()):
        persons = sum(s.persons for s in ways)
        if persons >= NAMED_BY_PHRASE * total and not own:
            label = ways[0].phrase
        elif persons >= floor:
            phrases = tuple(dict.fromkeys(s.phrase for s in ways))[:TERMS]
            anchor = f"{members[0].key} · {construction}"
            yield Topic(anchor, phrases[0], phrases, tuple((s.key, construction) for s in ways))
    if not own:
        most = sorted(by_construction.values(), key=lambda ways: (-sum(s.persons for s in ways), ways[0].construction))
        often = [ways[0].phrase for ways in most[:PHRASES] if ways[0].persons >= MIN_PERSONS]
        phrases = tuple(dict.fromkeys(often if label == names[0] else [label, *often]))
        terms = (*names[: TERMS - len(phrases)], *phrases)
        yield Topic(members[0].key, label, terms, tuple((t.key, None) for t in members))
