"""Keeping personal identifiers out of fragments and refused rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from kundenecho.keying import Keyer

#: Both begin where a run of their letters begins and are bounded, or a long run would take the square of its length.
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w.])(?:\+|0)\d[\d /()-]{6,30}\d(?!\w)")
_PLAIN = re.compile(r"(?!\d{1,3}(?:\.\d{1,3}){3}$)[\d\s.,:/+-]{1,25}")  # an IP address is not plain
#: From so many words on, a cell is taken for a text rather than for a name or an identifier.
_TEXT_WORDS = 5
#: Longest piece of a cell that a fragment keeps, in characters.
MAX_CELL_CHARS: Final = 2000
#: Properties of schema.org that describe people.
_PERSONS: Final = frozenset({"author", "creator", "contributor", "editor", "accountablePerson", "email", "telephone"})


def scrubbed(value: Any, keyer: Keyer) -> Any:
    """A JSON value in which e-mail addresses and telephone numbers are replaced by their keys.

    For refused rows only: a row whose cells have slipped may hold an address anywhere. Long texts are cut.
    """
    if isinstance(value, str):
        text = _EMAIL.sub(lambda found: keyer.email(found[0]) or "", value[:MAX_CELL_CHARS])
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


#: Fields of APIs that tell who somebody is; compared without case, separators and position.
PERSONAL_FIELDS: Final = frozenset(
    "author authorname authordisplayname authorurl authorchannelid authorchannelurl authorprofileimageurl"  # noqa: SIM905
    " authorphotouri authorattribution browserip consumer customer customerid customerno customfields customvalue"
    " customvariables displayname displaylocation email emailaddress externalemail externaluser firstname ipaddr"
    " ipaddress imageurl lastname nickname orderid phone photouri profilephotouri profilephotourl recipientid"
    " referenceid referralemail reviewer reviewername revieweremail revieweravatarurls reviewernickname telephone"
    " token transaction user userip username".split()
)
_NOT_WORD = re.compile(r"[^a-z0-9]")


def without_personal(node: Any, keyer: Keyer, more: Collection[str] = ()) -> Any:
    """An API's item without what tells who somebody is, at any depth.

    A value of a personal field is replaced by its key, so that the fragment still shows whether two
    items had the same; objects and lists are left out.

    Args:
        node: The item as it came.
        keyer: Keys single values.
        more: Names of further personal fields of this source.
    """
    names = PERSONAL_FIELDS | {_NOT_WORD.sub("", name.casefold()) for name in more}
    return _without(node, keyer, names)


def _without(node: Any, keyer: Keyer, names: Collection[str]) -> Any:
    if isinstance(node, list):
        return [_without(part, keyer, names) for part in node]
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for name, value in node.items():
        if _NOT_WORD.sub("", str(name).casefold()) not in names:
            kept[name] = _without(value, keyer, names)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            kept[name] = keyer.key(f"fragment/{name}", str(value))
    return kept
