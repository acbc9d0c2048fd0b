"""How much of the personal data in labelled texts is found, and how much of what is found is personal.

A labelled text is a JSON line ``{"id", "text", "spans": [{"text", "nth"?, "kind"}]}``; ``nth`` says which
occurrence of the words is meant. A third of the texts is held back: patterns were written without them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError
from nlp.personal import KINDS, Personal, find_personal

ALL: Final = "all kinds"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled text."""

    id: str
    text: str
    spans: tuple[Personal, ...]

    @property
    def held_back(self) -> bool:
        """Whether no pattern was written with it."""
        return int(sha256(self.id.encode()).hexdigest(), 16) % 3 == 0


@dataclass(slots=True)
class Figures:
    """Counts over some texts, each by kind.

    Attributes:
        texts: Number of texts.
        labelled: Labelled stretches.
        covered: Those of which every letter and digit is found, as whatever kind.
        named: Those that are covered by stretches of their own kind only.
        found: Stretches found.
        right: Those of which more than half of the letters and digits are labelled.
        missed: Labelled words that were not covered, with the id of their text.
        wrong: Found words that are not labelled, with the id of their text.
    """

    texts: int = 0
    labelled: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def recall(self, kind: str = ALL) -> float | None:
        """Share of the labelled stretches that are covered; None without any."""
        return self.covered[kind] / self.labelled[kind] if self.labelled[kind] else None

    def precision(self, kind: str = ALL) -> float | None:
        """Share of the found stretches that are right; None without any."""
        return self.right[kind] / self.found[kind] if self.found[kind] else None

    def to_json(self) -> dict[str, Any]:
        """The figures by kind, for machines."""
        kinds = {
            kind: {
                "labelled": self.labelled[kind], "recall": self.recall(kind), "found": self.found[kind],
                "precision": self.precision(kind), "kind_right": self.named[kind],
            }
            for kind in (*KINDS, ALL)
        }  # fmt: skip
        return {"texts": self.texts, "kinds": kinds}


def read_labelled(path: Path) -> list[Labelled]:
    """Read labelled texts.

    Args:
        path: JSON lines.

    Raises:
        DataError: If the file cannot be read, or a line names words that do not stand in its text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError("the labelled texts cannot be read", where=str(path)) from None
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            spans = tuple(_place(row["text"], **span) for span in row["spans"])
            texts.append(Labelled(row["id"], row["text"], spans))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"no labelled text: {error}", where=f"{path}:{number}") from None
    return texts


def _place(body: str, text: str, kind: str, nth: int = 1) -> Personal:
    start = -1
    for _ in range(nth):
        start = body.find(text, start + 1)
        if start < 0:
            raise ValueError("the words of a span do not stand in the text")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    return Personal(start, start + len(text), kind)


def evaluate_personal(path: Path) -> dict[str, Figures]:
    """Score :func:`nlp.personal.find_personal` against labelled texts.

    Args:
        path: JSON lines of labelled texts.

    Returns:
        Figures by part: ``development``, ``held back`` and ``all``.

    Raises:
        DataError: If the file is malformed.
    """
    texts = read_labelled(path)
    return {
        "development": score(text for text in texts if not text.held_back),
        "held back": score(text for text in texts if text.held_back),
        "all": score(texts),
    }


def score(texts: Iterable[Labelled]) -> Figures:
    """Count over some texts.

    Args:
        texts: Labelled texts.
    """
    figures = Figures()
    for text in texts:
        figures.texts += 1
        found = find_personal(text.text)
        whole = _characters(text.text, found)
        for span in text.spans:
            wanted = _characters(text.text, [span])
            own = _characters(text.text, [other for other in found if other.kind == span.kind])
            for kind in (span.kind, ALL):
                figures.labelled[kind] += 1
                figures.covered[kind] += wanted <= whole
                figures.named[kind] += wanted <= own
            if not wanted <= whole:
                figures.missed.append((text.id, text.text[span.start : span.end]))
        labelled = _characters(text.text, text.spans)
        for span in found:
            shown = _characters(text.text, [span])
            right = 2 * len(shown & labelled) > len(shown)
            for kind in (span.kind, ALL):
                figures.found[kind] += 1
                figures.right[kind] += right
            if not right:
                figures.wrong.append((text.id, text.text[span.start : span.end]))
    return figures


def _characters(text: str, spans: Iterable[Personal]) -> set[int]:
    """Places of the letters and digits of some stretches."""
    return {at for span in spans for at in range(span.start, span.end) if text[at].isalnum()}


def table(parts: dict[str, Figures]) -> str:
    """The figures as a table of Markdown.

    Args:
        parts: What :func:`evaluate_personal` returns.
    """
    head = "| kind | " + " | ".join(f"{part}: n | recall | precision" for part in parts) + " |"
    rows = [head, "|---" * (1 + 3 * len(parts)) + "|"]
    for kind in (*KINDS, ALL):
        cells = [
            f"{figures.labelled[kind]} | {_share(figures.recall(kind))} | {_share(figures.precision(kind))}"
            for figures in parts.values()
        ]
        rows.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
