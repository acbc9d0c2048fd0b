"""How much of the personal data in labelled texts is found, and how much of what is found is personal.

A labelled text is a JSON line ``{"id", "text", "spans": [{"text", "nth"?, "kind"}]}``; ``nth`` says which
occurrence of the words is meant. A third of the texts, told by their ids, is held back: patterns were
written without them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nlp.annotated import read_annotated
from nlp.personal import KINDS, Personal, find_personal

ALL: Final = "all"
#: Of a normal distribution, for intervals of 95 %.
_Z: Final = 1.96


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
        """The figures by kind, for machines; texts by their ids."""
        kinds = {
            kind: {
                "labelled": self.labelled[kind], "recall": self.recall(kind), "found": self.found[kind],
                "precision": self.precision(kind), "kind_right": self.named[kind],
            }
            for kind in (*KINDS, ALL)
        }  # fmt: skip
        places = {"missed_in": [name for name, _ in self.missed], "wrong_in": [name for name, _ in self.wrong]}
        return {"texts": self.texts, "kinds": kinds, **places}


def read_labelled(path: Path) -> list[Labelled]:
    """Read labelled texts; blank lines are skipped.

    Args:
        path: JSON lines.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no labelled text, and for a file without any.
    """
    return read_annotated(path, _labelled)


def _labelled(row: Any) -> Labelled:
    spans = tuple(_place(row["text"], **span) for span in row["spans"])
    return Labelled(str(row["id"]), row["text"], spans)


def _place(body: str, text: str, kind: str, nth: int = 1) -> Personal:
    if not text:
        raise ValueError("a span has no words")
    start = -1
    for _ in range(nth):
        start = body.find(text, start + 1)
        if start < 0:
            raise ValueError("the words of a span do not stand in the text")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    return Personal(start, start + len(text), kind)


def score_personal(path: Path) -> dict[str, Figures]:
    """Score :func:`nlp.personal.find_personal` against labelled texts.

    Args:
        path: JSON lines of labelled texts.

    Returns:
        Figures by part: ``kept``, ``held_back`` and ``all``.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no labelled text, and for a file without any.
    """
    texts = read_labelled(path)
    return {
        "kept": score(text for text in texts if not text.held_back),
        "held_back": score(text for text in texts if text.held_back),
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


_TITLES: Final = {"kept": "gesehene zwei Drittel", "held_back": "zurückgehaltenes Drittel", "all": "alle"}
_KINDS: Final = {
    "name": "Namen", "phone": "Telefonnummern", "email": "E-Mail-Adressen", "iban": "Kontonummern (IBAN)",
    "number": "Kunden-, Bestell-, andere Nr.", "address": "Anschriften", "plate": "Kfz-Kennzeichen",
    "handle": "Nutzernamen", ALL: "alle Arten",
}  # fmt: skip
_FIRST: Final = 30
#: Texts that are named at most where something is missed or wrong.
_NAMED: Final = 10


def evaluate_personal(path: Path, as_json: bool = False) -> str:
    """The figures of :func:`score_personal` as text, for people or for machines.

    Args:
        path: JSON lines of labelled texts.
        as_json: All figures as JSON.

    Returns:
        What the command prints; texts are named by their ids, never quoted.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no labelled text, and for a file without any.
    """
    parts = score_personal(path)
    if as_json:
        whole = {"file": str(path), **{part: figures.to_json() for part, figures in parts.items()}}
        return json.dumps(whole, ensure_ascii=False, indent=2)
    lines = [f"{path.name}: personenbezogene Angaben in Texten; in Klammern 95-%-Intervalle (Wilson)"]
    for part, figures in parts.items():
        lines += ["", f"{_TITLES[part]}: {figures.texts} Texte", *table(figures)]
    return "\n".join(lines)


def table(figures: Figures) -> list[str]:
    """The lines of a table: by kind how many are labelled, recall, how many are found, precision."""
    lines = [_row("", "Angaben", "gefunden", "", "angezeigt", "davon richtig", "")]
    for kind in (*KINDS, ALL):
        labelled, found = figures.labelled[kind], figures.found[kind]
        if labelled or found:
            recall, precision = _share(figures.covered[kind], labelled), _share(figures.right[kind], found)
            lines.append(_row(_KINDS[kind], str(labelled), *recall, str(found), *precision))
    lines += _places("Nicht gefunden", figures.missed) + _places("Zu Unrecht angezeigt", figures.wrong)
    return lines


def _places(title: str, found: list[tuple[str, str]]) -> list[str]:
    names = list(dict.fromkeys(name for name, _ in found))
    more = f" und {len(names) - _NAMED} weitere" if len(names) > _NAMED else ""
    return [f"  {title} in: {', '.join(names[:_NAMED])}{more}"] if names else []


def _row(title: str, *cells: str) -> str:
    labelled, recall, around, found, precision, near = cells
    return f"{title:<{_FIRST}}{labelled:>8}{recall:>10} {around:<17}{found:>10}{precision:>15} {near}".rstrip()


def _share(part: int, whole: int) -> tuple[str, str]:
    """A share and its interval, in words for the table."""
    if not whole:
        return "–", ""
    low, high = wilson(part, whole)
    return _number(part / whole), f"({_number(low)} – {_number(high)})"


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Interval of 95 % for a share (Wilson 1927); holds for few cases, and for shares of 0 and 1."""
    share, more = part / whole, _Z * _Z / whole
    middle, half = share + more / 2, _Z * math.sqrt(share * (1 - share) / whole + more / whole / 4)
    return max(0.0, (middle - half) / (1 + more)), min(1.0, (middle + half) / (1 + more))


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")
