"""The files a collecting process writes: feed, refused rows, statistics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kundenecho.records import Feedback

FEED, REJECTED, STATS = "feed.jsonl", "rejected.jsonl", "stats.json"


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
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.written = 0
        self.rejected = 0
        self._feed = (folder / f"{FEED}.part").open("w", encoding="utf-8", errors="replace")
        self._rejected = (folder / f"{REJECTED}.part").open("w", encoding="utf-8", errors="replace")

    def write(self, item: Feedback | Reject) -> None:
        """Write one record, or one refused row."""
        if isinstance(item, Feedback):
            self._feed.write(json.dumps(item.to_dict(), ensure_ascii=False, separators=(",", ":"), default=str) + "\n")
            self.written += 1
        else:
            row = {"where": item.where, "reason": item.reason, "fragment": item.fragment}
            self._rejected.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
            self.rejected += 1

    def close(self, stats: dict[str, Any]) -> None:
        """Finish the three files; the statistics come last and say that the others are whole."""
        for file, name in ((self._feed, FEED), (self._rejected, REJECTED)):
            file.close()
            (self.folder / f"{name}.part").rename(self.folder / name)
        draft = self.folder / f"{STATS}.part"
        draft.write_text(json.dumps({**stats, "written": self.written, "rejected": self.rejected}), encoding="utf-8")
        draft.rename(self.folder / STATS)
