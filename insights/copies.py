"""Which copies of a text count for which: one voice for a text that was posted several times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Posting:
    """One feedback whose text has copies.

    Attributes:
        feedback: Its id; the older has the smaller.
        person: Who is known to have written it; None where nobody is named.
        text: What equal texts share.
        long: Whether the text is long enough to tell that two known persons did not both think of it.
    """

    feedback: int
    person: int | None
    text: str
    long: bool


@dataclass(frozen=True)
class Collapse:
    """One posting that counts for another: which, whether the texts are equal, and how alike, up to 1."""

    posting: Posting
    counts_as: int
    exact: bool
    similarity: float


def collapse(postings: Iterable[Posting], near: Mapping[tuple[str, str], float]) -> list[Collapse]:
    """Find for each posting the one that it counts for.

    Those whose writer is known come first, then the oldest. Each joins the first before it that speaks for itself and
    whose text is equal or near: so each collapse has its evidence in two texts, and no chain of small changes joins
    what is not alike. The answer depends on the postings alone, not on the order in which they came.

    Args:
        postings: The postings.
        near: Similarity of texts that are near, by (text, other text), the smaller first.

    Returns:
        Those that do not count for themselves.
    """
    found = []
    for together in _connected(list(postings), near):
        speak: list[Posting] = []
        for posting in sorted(together, key=lambda p: (p.person is None, p.feedback)):
            for other in speak:
                alike = _alike(posting, other, near)
                if alike:
                    found.append(Collapse(posting, other.feedback, posting.text == other.text, alike))
                    break
            else:
                speak.append(posting)
    return found


def _alike(posting: Posting, other: Posting, near: Mapping[tuple[str, str], float]) -> float:
    if posting.text == other.text:
        strangers = posting.person is not None and posting.person != other.person
        return 0.0 if strangers and not posting.long else 1.0
    return near.get((min(posting.text, other.text), max(posting.text, other.text)), 0.0)


def _connected(postings: Sequence[Posting], near: Iterable[tuple[str, str]]) -> Iterator[list[Posting]]:
    """Split the postings where no text is near another."""
    parent = {posting.text: posting.text for posting in postings}

    def root(text: str) -> str:
        while parent[text] != text:
            parent[text] = text = parent[parent[text]]
        return text

    for one, other in near:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    groups: dict[str, list[Posting]] = {}
    for posting in postings:
        groups.setdefault(root(posting.text), []).append(posting)
    yield from groups.values()
