"""Which accounts are one person: joined by sure evidence and by people, offered where it is only likely."""

from __future__ import annotations

import functools
import tomllib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What makes two accounts alike by a name alone, and so needs a product or a place beside it.
NAMES: Final = frozenset(("full", "family", "given"))


@dataclass(frozen=True)
class Judgement:
    """What a person decided about two accounts: ``same`` or ``not_same``."""

    judgement_id: int
    one: int
    other: int
    verdict: str


@dataclass(frozen=True)
class Likeness:
    """What two accounts share.

    Attributes:
        kind: full | family | given | handle | text | identifier.
        alike: Persons that share it, the two included.
        same_product: Whether both name one product; None where one of them names none.
        same_place: Whether both live in one place; None where one place is not known.
    """

    kind: str
    alike: int
    same_product: bool | None = None
    same_place: bool | None = None


@dataclass(frozen=True)
class Weights:
    """The reviewed weights, from ``identity.toml``."""

    odds: Mapping[str, float]
    factors: Mapping[str, float]
    min_probability: float
    max_alike: int
    max_accounts: int


@functools.cache
def weights() -> Weights:
    """The weights that ship with the package."""
    document = tomllib.loads((Path(__file__).parent / "identity.toml").read_text(encoding="utf-8"))
    offer = document["offer"]
    return Weights(
        document["odds"],
        document["factors"],
        offer["min_probability"],
        offer["max_alike"],
        document["sure"]["max_accounts"],
    )


def likelihood(likeness: Likeness, by: Weights | None = None) -> float | None:
    """How likely two accounts are one person, as far as it is worth a person's look.

    Args:
        likeness: What they share.
        by: Weights to use instead of the shipped ones.

    Returns:
        A probability, 0 to 1; None where they are not offered, as by a name alone.
    """
    table = by or weights()
    if not 2 <= likeness.alike <= table.max_alike:
        return None
    if likeness.kind in NAMES and not (likeness.same_product or likeness.same_place):
        return None
    odds = table.odds[likeness.kind] / (likeness.alike - 1)
    for name, agrees in (("product", likeness.same_product), ("place", likeness.same_place)):
        if agrees is not None:
            odds *= table.factors[f"{'same' if agrees else 'other'}_{name}"]
    probability = odds / (1 + odds)
    return probability if probability >= table.min_probability else None


class _Clusters:
    """Sets of accounts that grow by joining, unless people hold two of their members apart."""

    def __init__(self, apart: Iterable[Judgement]) -> None:
        self._root: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        for judgement in apart:
            self._apart[judgement.one].add(judgement.other)
            self._apart[judgement.other].add(judgement.one)

    def root(self, account: int) -> int:
        """The smallest account of the set."""
        return self._root.get(account, account)

    def join(self, one: int, other: int) -> bool:
        """Make one set of two; False, and nothing done, where people hold them apart."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return True
        moving, staying = self._members.get(second, [second]), self._members.get(first, [first])
        few, many = sorted((moving, staying), key=len)
        if any(not self._apart[account].isdisjoint(many) for account in few if account in self._apart):
            return False
        self._members[first] = staying + moving
        self._members.pop(second, None)
        for account in self._members[first]:
            self._root[account] = first
        return True

    def joined(self) -> dict[int, int]:
        """The smallest account of its set, by account, for the sets of several."""
        return dict(self._root)


def join_accounts(groups: Iterable[Sequence[int]], judgements: Sequence[Judgement]) -> dict[int, int]:
    """Join accounts to persons: first what people judged, then sure evidence, unless people hold them apart.

    The outcome depends on the evidence alone, not on the order in which it came.

    Args:
        groups: Accounts that share one sure identifier each, the surest kinds first.
        judgements: What people judged, without contradictions.

    Returns:
        The smallest account of the person, by account, for persons of several accounts.
    """
    clusters = _Clusters(j for j in judgements if j.verdict == "not_same")
    for judgement in sorted(judgements, key=lambda j: j.judgement_id):
        if judgement.verdict == "same":
            clusters.join(judgement.one, judgement.other)
    for group in groups:
        parted: list[int] = []
        for account in sorted(group):
            if not any(clusters.join(first, account) for first in parted):
                parted.append(account)
    return clusters.joined()


def contradicting(judgements: Sequence[Judgement], new: Judgement) -> list[int] | None:
    """The judgements that a new one contradicts.

    ``same`` is transitive: who judges a = b and b = c has judged a = c.

    Args:
        judgements: Those that hold, at least all that are connected with the new one.
        new: The new one.

    Returns:
        Ids of judgements that together say the contrary, ascending; None where it contradicts none.
    """
    same = [j for j in judgements if j.verdict == "same"]
    if new.verdict == "not_same":
        return _path(same, new.one, new.other)
    if new.verdict == "same":
        for apart in (j for j in judgements if j.verdict == "not_same"):
            # With the new one the two would be joined, and without it they are not.
            path = _path([*same, new], apart.one, apart.other)
            if path is not None:
                return sorted({*path, apart.judgement_id} - {new.judgement_id})
    return None


def _path(same: Iterable[Judgement], start: int, end: int) -> list[int] | None:
    """Ids of the fewest judgements that join two accounts, ascending."""
    beside: dict[int, list[Judgement]] = defaultdict(list)
    for judgement in same:
        beside[judgement.one].append(judgement)
        beside[judgement.other].append(judgement)
    came: dict[int, Judgement | None] = {start: None}
    left = deque([start])
    while left:
        at = left.popleft()
        if at == end:
            break
        for judgement in beside[at]:
            to = judgement.other if judgement.one == at else judgement.one
            if to not in came:
                came[to] = judgement
                left.append(to)
    if end not in came:
        return None
    found = []
    while (step := came[end]) is not None:
        found.append(step.judgement_id)
        end = step.one if step.other == end else step.other
    return sorted(found)
