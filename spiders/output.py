"""The files a collecting process writes: feed, refused rows, statistics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.text import storable
from spiders.personal import scrubbed

FEED, REJECTED, STATS = "feed.jsonl", "rejected.jsonl", "stats.json"
#: So many records apart the parent is told how far the run is.
TELL_EVERY: Final = 500
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


@dataclass(frozen=True)
class Reject:
    """A row that was refused: where it stands, why, and what it held (personal fields keyed)."""

    where: str
    reason: str
    fragment: Any = None


class Output:
    """Writes under temporary names; the files get their names only when they are whole.

    Args:
        folder: Directory of the run, made when missing.
        keyer: Keys addresses that stand where a source should have none, in refused rows.
    """

    def __init__(self, folder: Path, keyer: Keyer) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.keyer = keyer
        self.yielded = 0
        self.written = 0
        self.rejected = 0
        self._feed = (folder / f"{FEED}.part").open("w", encoding="utf-8")
        self._rejected = (folder / f"{REJECTED}.part").open("w", encoding="utf-8")

    def take(self, item: Feedback | Reject) -> None:
        """Count one found item and write it; the two counts differ when writing fails."""
        self.yielded += 1
        if isinstance(item, Feedback):
            self._feed.write(storable(_encode(item.to_dict())) + "\n")
            self.written += 1
            if self.written % TELL_EVERY == 0:
                print(self.written, flush=True)  # noqa: T201  the parent reads it for its progress bar
        else:
            row = {"where": item.where, "reason": item.reason, "fragment": item.fragment}
            self._rejected.write(storable(_encode(scrubbed(row, self.keyer))) + "\n")
            self.rejected += 1

    def close(self, stats: dict[str, Any]) -> None:
        """Finish the three files; the statistics come last and say that the others are whole."""
        for file, name in ((self._feed, FEED), (self._rejected, REJECTED)):
            file.close()
            (self.folder / f"{name}.part").rename(self.folder / name)
        counts = {"yielded": self.yielded, "written": self.written, "rejected": self.rejected}
        draft = self.folder / f"{STATS}.part"
        draft.write_text(json.dumps({**stats, **counts}), encoding="utf-8")
        draft.rename(self.folder / STATS)
