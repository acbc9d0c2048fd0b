"""Which columns of a table fill which field: the small language in which a card names them.

``Frage`` is the column of that name; case and spaces do not matter. ``Datum / Date`` is the first of the two that
is there, ``Datum / -`` may be missing, ``#1`` is the first column whatever its name. Under two header rows a
question has sub-columns, ``Frage | Antwort``; ``Frage`` alone stands for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from kundenecho.errors import SettingsError
from spiders.card import Card
from spiders.card_faults import scale_of
from spiders.values import absent

#: Fields whose content is personal and never stands in a fragment in clear.
PERSONAL: Final = ("author", "author_name", "email", "phone", "customer", "order", "referee")
_POSITION: Final = re.compile(r"#(\d+)")
_OR: Final = re.compile(r"\s+/\s+")
#: How many kinds of rows a JSON lines file may have before they are looked at anew.
_KEPT: Final = 64


@dataclass(frozen=True)
class Score:
    """A rated question: its columns and its scale."""

    columns: tuple[str, ...]
    low: float
    high: float
    best: str


@dataclass
class Sheet:
    """The columns of one kind of row.

    Attributes:
        fields: Columns by field; empty for one that is missing and may be.
        native_id: Columns of each part of the id.
        nameless: The declared column of the id is not there.
        numbered: The id's column was found by its position, so the id must be a number.
        answers: Columns by short name of the open question.
        scores: Rated questions by short name.
        named: Some declared column was found by its name.
        missing: Declarations that nothing was found for, and whether a row cannot do without.
    """

    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    native_id: list[tuple[str, ...]] = field(default_factory=list)
    nameless: bool = False
    numbered: bool = False
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    named: bool = False
    missing: dict[str, bool] = field(default_factory=dict)

    def used(self) -> set[str]:
        """All columns that fill something."""
        groups = [*self.fields.values(), *self.native_id, *self.answers.values()]
        return {column for group in groups for column in group} | {
            column for score in self.scores.values() for column in score.columns
        }

    def personal(self) -> set[str]:
        """Columns that tell who somebody is."""
        return {column for name in PERSONAL for column in self.fields.get(name, ())}


class Columns:
    """Finds the columns that a card declares in the rows of a table.

    Args:
        card: The card.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self._sheet = lru_cache(_KEPT)(self._found)

    def of(self, cells: Mapping[str, Any]) -> Sheet:
        """The columns of a row, which for a table are those of every row."""
        return self._sheet(tuple(cells))

    def check(self, cells: Mapping[str, Any], where: str, *, table: bool = True) -> None:
        """Refuse a table that lacks a column.

        Args:
            cells: The first row.
            where: File or address, for the message.
            table: Each row has the same columns; a JSON object may leave out what it has no value for.

        Raises:
            SettingsError: A declared column is missing.
        """
        sheet = self.of(cells)
        missing = [name for name, needed in sheet.missing.items() if table or needed]
        if missing:
            # Where no name is known the first row may be no header but what a customer said.
            there = f"The file has: {', '.join(cells)}" if sheet.named else "No column has a name that the card knows"
            raise SettingsError(
                f"the column {', '.join(map(repr, missing))} is missing",
                where=f"{where} (source {self.card.name})",
                remedy=f"{there}. Correct [sources.{self.card.name}.columns] or the export",
            )

    def _found(self, header: tuple[str, ...]) -> Sheet:
        card, sheet = self.card, Sheet()

        def find(declared: str, needed: bool) -> tuple[str, ...]:
            found = find_columns(declared, header)
            if found is None:
                sheet.missing[declared] = needed
            elif found and not _by_position(declared, header):
                sheet.named = True
            return found or ()

        for name, declared in card.columns.items():
            if name == "native_id":
                sheet.native_id = [find(part, True) for part in declared.split(" + ")]
                sheet.nameless = any(part in sheet.missing for part in declared.split(" + "))
                sheet.numbered = _by_position(declared, header)
            elif declared:
                sheet.fields[name] = find(declared, name == "text")
        sheet.answers = {key: find(declared, True) for key, declared in card.answers.items()}
        for key, declared in card.scores.items():
            column, scale = scale_of(declared)
            low, high, best = scale or (card.rating_min, card.rating_max, card.rating_best)
            sheet.scores[key] = Score(find(column, False), low, high, best)
        return sheet


def find_columns(declared: str, header: Sequence[str]) -> tuple[str, ...] | None:
    """The columns that a declaration names.

    Args:
        declared: As it stands on the card.
        header: The columns that are there.

    Returns:
        One column, or several for a question with sub-columns; none where the declaration allows that;
        None where the column is missing.
    """
    if declared in header:
        return (declared,)
    names = _OR.split(declared.strip())
    for name in (declared, *names):
        if found := _named(name, header):
            return found
    return () if names[-1] == "-" else None


def value_of(cells: Mapping[str, Any], columns: Sequence[str]) -> Any:
    """What stands in some columns: one value, several as one text, None for nothing."""
    if len(columns) == 1:
        value = cells.get(columns[0])
        return None if absent(value) else value
    values = [cells[column] for column in columns if not absent(cells.get(column))]
    return "; ".join(map(str, values)) if len(values) > 1 else values[0] if values else None


def folded(name: str) -> str:
    """A name without case and needless spaces."""
    return " ".join(name.split()).casefold()


def _named(name: str, header: Sequence[str]) -> tuple[str, ...]:
    if position := _POSITION.fullmatch(name):
        return tuple(header[int(position[1]) - 1 : int(position[1])])
    wanted = folded(name)
    same = tuple(column for column in header if folded(column) == wanted)
    return same[:1] or tuple(column for column in header if folded(column).startswith(f"{wanted} | "))


def _by_position(declared: str, header: Sequence[str]) -> bool:
    """Whether a declaration names a position, and none of its names is there."""
    names = _OR.split(declared.strip())
    return any(map(_POSITION.fullmatch, names)) and not any(
        _named(name, header) for name in names if not _POSITION.fullmatch(name)
    )
