"""Texts to train on: annotated ones, and ones with star ratings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from kundenecho.analysis import SENTIMENTS
from kundenecho.errors import DataError
from nlp.gold import GoldText, read_gold

#: Rating from 1 to 5 below which a text counts as poor, as middling, and from which as good.
POOR, MIDDLING, GOOD = 2.6, 3.7, 4.4
#: Class of what lies between the last two, which the star model does not learn: too much of it is either.
FAIR = 3


@dataclass(frozen=True, slots=True)
class StarText:
    """An unannotated text with its rating.

    Attributes:
        label: 0 poor, 1 middling, 2 good, :data:`FAIR`.
        group: Kind of product; features must occur in several.
    """

    text: str
    label: int
    product: str | None
    group: str


@dataclass(frozen=True, slots=True)
class LabelledText:
    """An annotated text with the fold it is left out with."""

    gold: GoldText
    group: str
    own: bool

    @property
    def rating(self) -> int | None:
        """The class of its star rating as in :attr:`StarText.label`, None without one."""
        return rating_class(self.gold.rating) if self.gold.rating is not None else None


def digest(text: str) -> str:
    """Digest of a text without regard to blanks at its ends, 16 hexadecimal digits."""
    return sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:16]


def read_labelled(paths: Sequence[Path], own: bool) -> list[LabelledText]:
    """Read gold files; ``own`` marks the project's own texts, which do not tune thresholds.

    Raises:
        SettingsError: When a file cannot be opened.
        DataError: At the first line that is no annotation.
    """
    return [
        LabelledText(gold, f"{path.stem}:{gold.category or gold.product or ''}", own)
        for path in paths
        for gold in read_gold(path)
    ]


def read_stars(folder: Path) -> list[StarText]:
    """Every text with a ``rating`` in the JSON lines files of a folder; others are passed over.

    ``rating_max`` is 5 where it is not given.

    Raises:
        DataError: At the first line that cannot be read, and when no file has a rated text.
    """
    found = [text for path in sorted(folder.glob("*.jsonl")) for text in _rated(path)]
    if not found:
        raise DataError("no text with a rating was found", where=str(folder), remedy="Name the folder of the reviews")
    return found


def _rated(path: Path) -> Iterator[StarText]:
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        try:
            found = _star_text(json.loads(line.decode("utf-8")), path.stem) if line.strip() else None
        except (ValueError, TypeError, AttributeError, ZeroDivisionError, RecursionError) as error:
            raise DataError(
                f"no rated text: {type(error).__name__}: {error}",
                where=f"{path}:{number}",
                remedy="Correct or remove the line",
            ) from None
        if found is not None:
            yield found


def _star_text(row: dict[str, Any], group: str) -> StarText | None:
    rating = row.get("rating")
    text = "\n".join(part for part in (row.get("title"), row.get("text")) if part)
    if rating is None or not text.strip():
        return None
    label = rating_class(1 + 4 * (float(rating) - 1) / (float(row.get("rating_max") or 5) - 1))
    return StarText(text, label, row.get("product"), str(row.get("category") or group))


def rating_class(stars: float) -> int:
    """Whether a rating from 1 to 5 is poor (0), middling (1), good (2) or, between the last two, :data:`FAIR`."""
    return 0 if stars < POOR else 1 if stars < MIDDLING else 2 if stars > GOOD else FAIR


def require_all_classes(labelled: Sequence[LabelledText], stars: Sequence[StarText]) -> None:
    """Refuse texts that training cannot tell classes from.

    Raises:
        DataError: When a sentiment or a class of ratings has no text.
    """
    missing = [name for name in SENTIMENTS if all(text.gold.sentiment != name for text in labelled)]
    if missing:
        raise DataError(f"no annotated text is {' or '.join(missing)}", remedy="Annotate texts of every sentiment")
    rated = {star.label for star in stars}
    if not rated >= {0, 1, 2}:
        classes = " or ".join(name for label, name in enumerate(("poor", "middling", "good")) if label not in rated)
        raise DataError(f"no text has a {classes} rating", remedy="Name the folder of rated texts with --data")


def without(stars: Iterable[StarText], texts: Iterable[str], products: Iterable[str]) -> list[StarText]:
    """The rated texts that are none of the given texts and speak of none of the given products."""
    digests, names = {digest(text) for text in texts}, set(products)
    return [star for star in stars if star.product not in names and not _bodies(star.text) & digests]


def _bodies(text: str) -> set[str]:
    """Digests of a text with and without its title."""
    title, _, body = text.partition("\n")
    return {digest(text), digest(body) if body else digest(title)}
