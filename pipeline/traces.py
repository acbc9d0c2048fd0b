"""Traces of a person in the files of the state directory: feeds that were not loaded yet, reports."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.blocks import all_blocked
from storage.connect import Connection

#: Files of a failed run that hold records, one per line.
_LINES = ("*.jsonl",)
#: Keys that tell whose a record is.
_OWNERS = ("author_key", "email_key", "customer_key", "order_key")
#: Folders whose files are lists; a list that names the person goes whole, the next run writes a new one.
_LISTS = ("reports",)


@dataclass(frozen=True)
class Needles:
    """What is looked for.

    Attributes:
        plain: Words in the spellings that files have them in.
        keys: Keys of the person; a record with one of them is the person's.
        records: Source, account and id of the person's feedback.
    """

    plain: tuple[bytes, ...] = ()
    keys: frozenset[str] = frozenset()
    records: frozenset[tuple[str, str, str]] = frozenset()

    @classmethod
    def of(
        cls, words: Iterable[str], *, keys: Iterable[str] = (), records: Iterable[tuple[str, str, str]] = ()
    ) -> Needles:
        """The needles for some words: as they are, as JSON writes them, as HTML and XML do."""
        found: set[bytes] = set()
        for word in words:
            found.add(word.encode())
            found.add(json.dumps(word)[1:-1].encode())
            found.add(json.dumps(word, ensure_ascii=False)[1:-1].encode())
            escaped = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            found.add(escaped.encode())
            found.add(escaped.replace('"', "&#34;").replace("'", "&#39;").encode())
        return cls(tuple(sorted(found)), frozenset(keys), frozenset(records))

    def hit(self, content: bytes) -> bool:
        """Whether any of the words stands in the content."""
        return any(needle in content for needle in self.plain)

    def hit_line(self, line: bytes) -> bool:
        """Whether a line is the person's: a record by whose it is, so that copies by others stay; else by the words."""
        try:
            record: Any = json.loads(line)
        except ValueError:
            return self.hit(line)
        if not isinstance(record, dict) or "native_id" not in record:
            return self.hit(line)
        owners = {record[name] for name in _OWNERS if isinstance(record.get(name), str)}
        known = (record.get("source"), record.get("account") or "", record["native_id"])
        return bool(owners & self.keys) or known in self.records


def clean_files(home: Path, needles: Needles, *, only_count: bool = False) -> dict[str, int]:
    """Take the lines and lists that name a person out of the state directory.

    Args:
        home: The state directory.
        needles: What tells of the person.
        only_count: Change nothing.

    Returns:
        ``feed_lines`` and ``report_files`` that went, where there were any.
    """
    lines = sum(_clean_lines(file, needles, only_count) for file in _feeds(home))
    gone = sorted({path for folder in _LISTS for path in _with_siblings(home / folder, needles)})
    if not only_count:
        for path in gone:
            path.unlink(missing_ok=True)
    counts = {"feed_lines": lines, "report_files": len(gone)}
    return {name: count for name, count in counts.items() if count}


def clean_blocked(home: Path, conn: Connection) -> int:
    """Take records of erased persons out of feeds that a failed run left behind.

    Returns:
        Lines that went.
    """
    blocked = all_blocked(conn)
    if not blocked:
        return 0
    return sum(_clean_lines(file, Needles(keys=frozenset(blocked)), False) for file in _feeds(home))


def _feeds(home: Path) -> Iterator[Path]:
    for pattern in _LINES:
        yield from sorted((home / "feeds").glob(f"*/{pattern}"))


def _clean_lines(file: Path, needles: Needles, only_count: bool) -> int:
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    kept = [line for line in lines if not needles.hit_line(line)]
    if len(kept) < len(lines) and not only_count:
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_bytes(b"".join(kept))
        draft.replace(file)
    return len(lines) - len(kept)


def _with_siblings(folder: Path, needles: Needles) -> Iterator[Path]:
    """Files that name the person, and those of the same list in other formats."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    stems = {path.name.split(".")[0] for path in files if _hit(path, needles)}
    yield from (path for path in files if path.name.split(".")[0] in stems)


def _hit(path: Path, needles: Needles) -> bool:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return any(needles.hit(packed.read(name)) for name in packed.namelist())
    return needles.hit(path.read_bytes())
