"""Which names of parts mean one part: compounds and their heads, spellings, and what people decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Pair = tuple[str, str]

#: Shortest head that may stand for a compound, in characters: "Tab" says too little.
MIN_HEAD: Final = 4
#: Shortest modifier of a compound, in characters.
MIN_MODIFIER: Final = 3
#: Share of the compounds' mentions that one needs for the bare head to mean it.
DOMINANT: Final = 2 / 3
_SPELLING: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "-": "", " ": "", "’": "", "'": ""})


def canonical(mentions: Mapping[str, int], same: Iterable[Pair] = (), different: Iterable[Pair] = ()) -> dict[str, str]:
    """Assign each name to the one under which its part counts.

    German names the part by the last member of a compound: whoever writes "Düse" of a machine whose "Auslaufdüse" is
    spoken of means that one, unless several such compounds compete. Names that differ in hyphens, spaces or written-out
    umlauts are one. Two different compounds are never made one by themselves; people may decide that they are, or that
    a head and its compound are not. "Different" beats everything else: what would join two such names is left out.

    Args:
        mentions: Mentions by name, lower case, of one product and one type of defect.
        same: Pairs that people decided to be one, the decision that counts most first.
        different: Pairs that they decided to be two.

    Returns:
        The canonical name of each name that has another one than itself: of the names that mean the part the one that
        is no head of another, the most mentioned one.
    """
    parts = _Parts(mentions, different)
    for one, other in same:
        parts.join(one, other)
    by_spelling: dict[str, str] = {}
    for name in sorted(mentions):
        parts.join(by_spelling.setdefault(name.translate(_SPELLING), name), name)
    heads = {head: compound for head in sorted(mentions) if (compound := _meant(head, mentions, parts)) is not None}
    joined = {head for head, compound in heads.items() if parts.join(head, compound)}
    names = {}
    for together in parts.groups():
        known = [name for name in together if name in mentions]
        if len(known) > 1:
            best = max(known, key=lambda name: (name not in joined, mentions[name], name))
            names.update({name: best for name in known if name != best})
    return names


def _meant(head: str, mentions: Mapping[str, int], parts: _Parts) -> str | None:
    """The compound that a bare head means; compounds that are one part count together."""
    if len(head) < MIN_HEAD:
        return None
    by_part: dict[str, list[str]] = defaultdict(list)
    for name in mentions:
        if name.endswith(head) and len(name) >= len(head) + MIN_MODIFIER and parts.may_join(head, name):
            by_part[parts.root(name)].append(name)
    if not by_part:
        return None
    counts = {root: sum(mentions[name] for name in names) for root, names in by_part.items()}
    best = max(by_part, key=lambda root: (counts[root], max(by_part[root])))
    if counts[best] < DOMINANT * sum(counts.values()):
        return None
    return max(by_part[best], key=lambda name: (mentions[name], name))


class _Parts:
    """Names that are joined step by step, never two that are different."""

    def __init__(self, names: Iterable[str], different: Iterable[Pair]) -> None:
        self._parent = {name: name for name in names}
        self._different = list(different)

    def root(self, name: str) -> str:
        parent = self._parent
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    def may_join(self, one: str, other: str) -> bool:
        ends = {self.root(one), self.root(other)}
        return len(ends) == 1 or not any({self.root(a), self.root(b)} == ends for a, b in self._different)

    def join(self, one: str, other: str) -> bool:
        """Join two names unless they are different; tells whether they are one now."""
        if not self.may_join(one, other):
            return False
        first, last = sorted((self.root(one), self.root(other)))
        self._parent[last] = first
        return True

    def groups(self) -> list[list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self._parent:
            found[self.root(name)].append(name)
        return list(found.values())


def chain(one: str, other: str, same: Sequence[Pair]) -> list[Pair]:
    """The shortest chain of decided pairs by which two names are one; empty where there is none."""
    came: dict[str, Pair | None] = {one: None}
    front = [one]
    while front and other not in came:
        reached = []
        for pair in same:
            for here, there in (pair, pair[::-1]):
                if here in front and there not in came:
                    came[there] = pair
                    reached.append(there)
        front = reached
    steps: list[Pair] = []
    name = other
    while step := came.get(name):
        steps.append(step)
        name = step[0] if step[1] == name else step[1]
    return steps[::-1]


def likely(mentions: Mapping[str, int]) -> list[Pair]:
    """Pairs of names that may well be one part, for people to decide, those of most mentions first.

    A head and its compounds, two compounds of a head that is named alone, too, and spellings one letter apart.

    Args:
        mentions: Mentions by name, lower case, of one product.
    """
    names = sorted(mentions)
    pairs = {
        (one, other)
        for at, one in enumerate(names)
        for other in names[at + 1 :]
        if _compound(one, other) or _siblings(one, other, mentions) or _one_letter_apart(one, other)
    }
    return sorted(pairs, key=lambda pair: (-min(mentions[pair[0]], mentions[pair[1]]), pair))


def _compound(one: str, other: str) -> bool:
    head, whole = sorted((one, other), key=len)
    return len(head) >= MIN_HEAD and len(whole) >= len(head) + MIN_MODIFIER and whole.endswith(head)


def _siblings(one: str, other: str, names: Iterable[str]) -> bool:
    return any(_compound(head, one) and _compound(head, other) for head in names if head not in (one, other))


def _one_letter_apart(one: str, other: str, shortest: int = 6) -> bool:
    if min(len(one), len(other)) < shortest or abs(len(one) - len(other)) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[at + 1 :] == other[at + 1 :] or one[at:] == other[at + 1 :] or one[at + 1 :] == other[at:]
