"""Paging by offset over a list that may move while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kundenecho.errors import RetryError

#: Items of the last page that the next one repeats.
OVERLAP: Final = 10


class OverlapPaging:
    """Reads a list page by page, each page beginning with the end of the one before.

    An item that appears at the top shifts the pages and is only read twice; one that disappears
    would make the item at the border unseen, which the overlap shows. A page may be shorter than
    was asked for, since the highest limit is not documented everywhere: the end is a page that
    brings nothing but the overlap.

    Attributes:
        offset: Where the next page begins.
        more: Whether there may be a next page.
    """

    def __init__(self) -> None:
        self.offset = 0
        self.more = True
        self._seen: set[str] = set()
        self._pages: set[frozenset[str]] = set()
        self._overlap = 0

    def turn(self, ids: Sequence[str], where: str) -> list[str]:
        """Take note of a page.

        Args:
            ids: Ids of the page's items in their order.
            where: Address, for messages.

        Returns:
            The ids that no page before has shown, in their order.

        Raises:
            RetryError: The pages do not join, or repeat each other without end.
        """
        known = [item for item in ids if item in self._seen]
        new = [item for item in ids if item not in self._seen]
        if self._overlap and not known:
            raise RetryError("the list moved while it was read", where=where, remedy="Try again")
        if ids and frozenset(ids) in self._pages:
            raise RetryError("the source repeats a page instead of going on", where=where, remedy="Try again")
        self._pages.add(frozenset(ids))
        self._seen.update(new)
        self._overlap = min(OVERLAP, len(ids) // 2)
        self.offset += len(ids) - self._overlap
        self.more = bool(new)
        return new
