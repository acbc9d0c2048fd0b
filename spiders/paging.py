"""Paging over a list that may move while it is read: by offset, by number, by cursor."""

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


class PageGuard:
    """Watches over pages that a source counts or links itself: by number, by cursor, by token.

    An item that is shown twice is taken once. A page that brings nothing but what was seen is a page
    repeated; so is a cursor that comes back. What the source says it has is compared with what it gave.

    Attributes:
        seen: Ids of all items so far.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._cursors: set[str] = set()
        self._most = 0

    def turn(self, ids: Sequence[str], where: str, *, promised: bool = False, total: int | None = None) -> list[int]:
        """Take note of a page.

        Args:
            ids: Ids of the page's items in their order; an empty text for an item without one.
            where: Address, for messages.
            promised: The page before said that there is more, so this one must not be empty.
            total: How many items the source says it has, as this page tells it.

        Returns:
            Positions of the items that no page before has shown; those without an id among them.

        Raises:
            RetryError: The source repeats a page, or gives an empty one although it promised more.
        """
        self._most = max(self._most, total if isinstance(total, int) else 0)
        new = [n for n, item in enumerate(ids) if not item or item not in self.seen]
        if ids and not new:
            raise RetryError("the source repeats a page instead of going on", where=where, remedy="Try again")
        if promised and not ids:
            raise RetryError(
                "the source promised a further page and gives an empty one", where=where, remedy="Try again"
            )
        fresh = []
        for n in new:
            if not ids[n] or ids[n] not in self.seen:
                fresh.append(n)
                self.seen.update([ids[n]] if ids[n] else [])
        return fresh

    def cursor(self, value: str | None, where: str) -> str | None:
        """The next page's cursor, None at the end.

        Raises:
            RetryError: The source has given this cursor before.
        """
        if value is None or value == "":
            return None
        if value in self._cursors:
            raise RetryError("the source leads in a circle", where=where, remedy="Try again")
        self._cursors.add(value)
        return value

    def short_of(self, total: int | None = None) -> str:
        """Why the reading is not whole, empty where it is.

        An item that is deleted on a page already read moves the others forward, past the reader, while
        the total shrinks with it: so the highest total that any page told is what must have been seen.

        Args:
            total: How many items the source says it has now; None where only the pages told.
        """
        most = max(self._most, total if isinstance(total, int) else 0)
        if len(self.seen) >= most:
            return ""
        return f"the source said it has {most} items and gave {len(self.seen)}; the list moved while it was read"
