"""Keeping personal identifiers out of fragments and refused rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from kundenecho.keying import Keyer

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+|0)\d[\d /()-]{6,}\d(?!\w)")
_PLAIN = re.compile(r"[\d\s.,:/+-]{1,25}")
#: From so many words on, a cell is taken for a text rather than for a name or an identifier.
_TEXT_WORDS = 5
#: Longest piece of a cell that a fragment keeps, in characters.
MAX_CELL_CHARS: Final = 2000
#: Properties of schema.org that describe people.
_PERSONS: Final = frozenset({"author", "creator", "contributor", "editor", "accountablePerson", "email", "telephone"})


def scrubbed(value: Any, keyer: Keyer) -> Any:
    """A JSON value in which e-mail addresses and telephone numbers are replaced by their keys.

    For refused rows only: a row whose cells have slipped may hold an address anywhere.
    """
    if isinstance(value, str):
        text = _EMAIL.sub(lambda found: keyer.email(found[0]) or "", value)
        return _PHONE.sub(lambda found: keyer.phone(found[0]) or "", text)
    if isinstance(value, list):
        return [scrubbed(part, keyer) for part in value]
    if isinstance(value, Mapping):
        return {scrubbed(str(key), keyer): scrubbed(part, keyer) for key, part in value.items()}
    return value


def keyed_cells(cells: Mapping[str, Any], keyer: Keyer) -> dict[str, Any]:
    """The cells of a row whose columns cannot be trusted: numbers, dates and texts stay, the rest is keyed."""
    return {column: _keyed_cell(value, keyer) for column, value in cells.items()}


def _keyed_cell(value: Any, keyer: Keyer) -> Any:
    if not isinstance(value, str) or not value.strip() or _PLAIN.fullmatch(value):
        return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
    return value[:MAX_CELL_CHARS] if len(value.split()) >= _TEXT_WORDS else keyer.key("cell", value)


def without_persons(node: Any) -> Any:
    """A schema.org node without the properties that describe people, at any depth."""
    if isinstance(node, list):
        return [without_persons(part) for part in node]
    if isinstance(node, dict):
        return {key: without_persons(part) for key, part in node.items() if key not in _PERSONS}
    return node
