"""The demo company's customers and what they say, as written by hand in ``demo/voices``."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError

FOLDER: Final = Path(__file__).parent / "voices"
NAME: Final = "Hallmeyer Kaffeetechnik"
PRODUCTS: Final = {
    "HM-310": "Hallmeyer Aurora 310 Kaffeevollautomat",
    "HM-120": "Hallmeyer Filtra 120 Filterkaffeemaschine",
    "HM-450": "Hallmeyer Piccola 450 Siebträgermaschine",
}


@dataclass(frozen=True)
class Person:
    """One invented customer; ``display`` is the public name by channel."""

    id: str
    name: str
    display: Mapping[str, str]
    email: str
    customer_no: str
    country: str
    city: str


@dataclass(frozen=True)
class Voice:
    """One feedback: as it was written first, and its later edits.

    Attributes:
        channel: shop | provenexpert | survey.
        person: Id of the person, None for an anonymous rater.
        values: The channel's own fields (stars, nps, grade, categories, recommendation, answers …).
        edits: Later versions, ascending; each holds a date and the fields that changed.
    """

    id: str
    channel: str
    person: str | None
    date: datetime
    values: Mapping[str, Any]
    product: str | None = None
    edits: tuple[Mapping[str, Any], ...] = ()

    def at(self, moment: datetime | None) -> Mapping[str, Any] | None:
        """The fields as they stood at a moment (None: the newest), or None before it was written."""
        if moment is not None and self.date > moment:
            return None
        shown = dict(self.values)
        for edit in self.edits:
            when = datetime.fromisoformat(edit["date"])
            if moment is None or when <= moment:
                shown.update({key: value for key, value in edit.items() if key != "date"}, edited=when)
        return shown


@dataclass(frozen=True)
class Company:
    """All persons by id, and all voices in order of time."""

    persons: Mapping[str, Person]
    voices: tuple[Voice, ...] = field(default_factory=tuple)

    def on(self, channel: str, moment: datetime | None = None) -> Iterator[tuple[Voice, Mapping[str, Any]]]:
        """The voices of a channel that stand there at a moment, with their fields of that moment."""
        for voice in self.voices:
            if voice.channel == channel and (shown := voice.at(moment)) is not None:
                yield voice, shown


@functools.cache
def company(folder: Path = FOLDER) -> Company:
    """The company as its files tell.

    Raises:
        DataError: A line is broken, an id is doubled, or a voice names an unknown person.
    """
    persons: dict[str, Person] = {}
    for where, row in _lines(folder, "persons_*.jsonl"):
        _unique(row["id"], persons, where)
        persons[row["id"]] = Person(**row)
    voices: dict[str, Voice] = {}
    for file in sorted(folder.glob("*.jsonl")):
        if file.name.startswith("persons_"):
            continue
        for where, row in _lines(folder, file.name):
            _unique(row["id"], voices, where)
            voice = _voice(dict(row), persons, where)
            voices[voice.id] = voice
    return Company(persons, tuple(sorted(voices.values(), key=lambda v: (v.date, v.id))))


def _voice(row: dict[str, Any], persons: Mapping[str, Person], where: str) -> Voice:
    person = row.pop("person", None)
    if person is not None and person not in persons:
        raise DataError(f"the person {person} is not known", where=where, remedy="Add the person")
    return Voice(
        id=row.pop("id"),
        channel=row.pop("channel"),
        person=person,
        date=datetime.fromisoformat(row.pop("date")),
        product=row.pop("product", None),
        edits=tuple(sorted(row.pop("edits", None) or (), key=lambda e: str(e["date"]))),
        values=row,
    )


def _lines(folder: Path, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(folder.glob(pattern)):
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                where = f"{file.name}:{number}"
                try:
                    yield where, json.loads(line)
                except ValueError:
                    raise DataError("the line is not JSON", where=where) from None


def _unique(key: str, known: Mapping[str, Any], where: str) -> None:
    if key in known:
        raise DataError(f"the id {key} stands there twice", where=where, remedy="Give it another one")


def portal_id(voice: Voice) -> str:
    """The 32 characters by which the portal knows a rating."""
    return hashlib.sha256(f"portal {voice.id}".encode()).hexdigest()[:32]
