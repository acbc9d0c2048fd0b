"""The files a collecting process writes: feed, refused rows, statistics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.aggregates import AggregateRating
from kundenecho.keying import Keyer
from kundenecho.pages import KnownPage
from kundenecho.records import Feedback
from kundenecho.text import storable
from spiders.personal import scrubbed

FEED, REJECTED, AGGREGATES, STATS = "feed.jsonl", "rejected.jsonl", "aggregates.jsonl", "stats.json"
PAGES, SEEN = "pages.jsonl", "seen.jsonl"
FILES: Final = (FEED, REJECTED, AGGREGATES, PAGES, SEEN)
#: So many records apart the parent is told how far the run is.
TELL_EVERY: Final = 500
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


@dataclass(frozen=True)
class Reject:
    """A row that was refused: where it stands, why, and what it held (personal fields keyed)."""

    where: str
    reason: str
    fragment: Any = None


class Enough(Exception):  # noqa: N818  no error: what was wanted is there
    """A trial has seen its first item."""


class Output:
    """Writes under temporary names; the files get their names only when they are whole.

    Args:
        folder: Directory of the run, made when missing.
        keyer: Keys addresses that stand where a source should have none, in refused rows.
        trial: The first good item is enough; :meth:`take` then raises :class:`Enough`.
    """

    def __init__(self, folder: Path, keyer: Keyer, *, trial: bool = False) -> None:
        self.trial = trial
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.keyer = keyer
        self.yielded = 0
        self.written = 0
        self.rejected = 0
        self.aggregates = 0
        self.unread: set[str] = set()
        self._open = {name: (folder / f"{name}.part").open("w", encoding="utf-8") for name in FILES}

    def take(self, item: Feedback | Reject | AggregateRating) -> None:
        """Count one found item and write it; the two counts differ when writing fails."""
        self.yielded += 1
        if isinstance(item, Feedback):
            self._open[FEED].write(storable(_encode(item.to_dict())) + "\n")
            self.written += 1
            if self.written % TELL_EVERY == 0:
                print(self.written, flush=True)  # noqa: T201  the parent reads it for its progress bar
        elif isinstance(item, AggregateRating):
            self._open[AGGREGATES].write(_encode(item.to_dict()) + "\n")
            self.aggregates += 1
        else:
            row = {"where": item.where, "reason": item.reason, "fragment": item.fragment}
            self._open[REJECTED].write(storable(_encode(scrubbed(row, self.keyer))) + "\n")
            self.rejected += 1
            return
        if self.trial:
            raise Enough

    def know(self, page: KnownPage) -> None:
        """Note a page's validators and what stood on it."""
        self._open[PAGES].write(_encode(page.to_dict()) + "\n")

    def unchanged(self, page: KnownPage) -> None:
        """Note that the server says a page is as it was: its records are still there."""
        for native_id in page.native_ids:
            if native_id not in self.unread:
                self.unread.add(native_id)
                self._open[SEEN].write(_encode(native_id) + "\n")

    def close(self, stats: dict[str, Any]) -> None:
        """Finish the files; the statistics come last and say that the others are whole."""
        for name, file in self._open.items():
            file.close()
            (self.folder / f"{name}.part").rename(self.folder / name)
        counts = {"yielded": self.yielded, "written": self.written, "rejected": self.rejected}
        counts |= {"aggregates": self.aggregates, "seen": len(self.unread)}
        draft = self.folder / f"{STATS}.part"
        draft.write_text(json.dumps({**stats, **counts}), encoding="utf-8")
        draft.rename(self.folder / STATS)
