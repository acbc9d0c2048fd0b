"""Names of persons in German text: by title, by what stands around them, and by lists of given names.

Persons who act in public as makers or figures of the work that is spoken of are no private persons;
neither are makers, goods and houses that bear a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from nlp.personal_reading import is_initial, is_strange, read_name
from nlp.personal_words import FIRST, NAME, Is, Words, in_dictionary, public, triggers

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_INITIAL: Final = re.compile(r"\b[A-ZÄÖÜ]\. ?[A-ZÄÖÜ]")
#: "K. H. aus Wien".
_SIGNED: Final = re.compile(r"^(?:[A-ZÄÖÜ]\. ?){1,3}(?=aus [A-ZÄÖÜ])", re.MULTILINE)
#: Degrees behind a title that are read.
_MOST_DEGREES: Final = 6
_JOINTS: Final = frozenset(("und", "&", "u", ",", "/", "+"))
_MINE: Final = ("mein", "unser", "dein", "sein", "ihr", "euer", "eure")
_ARTICLES: Final = ("ein", "kein", "jede", "als", "zur", "welche")
#: Adjectives that are family names too; in small letters they are adjectives.
_ADJECTIVES: Final = frozenset((
    "ganz", "schön", "groß", "lange", "jung", "stark", "weiß", "blank", "will", "fröhlich", "alt", "klein", "kurz",
    "lang",
))  # fmt: skip


class _Name(NamedTuple):
    """A name: words from ``first`` up to ``last``; ``sure`` if its surroundings say that a private person is meant."""

    first: int
    last: int
    sure: bool


def find_names(text: str) -> list[tuple[int, int]]:
    """Offsets of the names of persons, without their titles, in order of their beginning.

    Args:
        text: The text.
    """
    signed = [match.span() for match in _SIGNED.finditer(text)]
    if triggers().isdisjoint(_LETTERS.findall(text.lower())) and not _INITIAL.search(text):
        return signed
    words = Words(text)
    found: dict[int, _Name] = {}
    for at, flags in enumerate(words.flags):
        if flags & _LOOK:
            for rule in _RULES:
                if flags & rule.flags and (name := rule.find(words, at)) and name.last > name.first:
                    _keep(found, name)
    _join(words, found)
    names = [name for name in found.values() if not _is_public(words, name)]
    if not all(name.sure for name in names) and words.speaks_of_a_work():
        names = [name for name in names if name.sure]
    names += _repeated(words, names)
    return _merged(signed + [(words.starts[name.first], words.end(name.last - 1)) for name in names])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, overlapping ones joined."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _keep(found: dict[int, _Name], name: _Name) -> None:
    known = found.get(name.first)
    if known is None or (name.last, name.sure) > (known.last, known.sure):
        found[name.first] = name


def _skip_dot(words: Words, at: int) -> int:
    return at + 1 if at < len(words) and words.words[at] == "." and words.touches(at) else at


def _behind_degrees(words: Words, at: int) -> int:
    """The word behind a title and the degrees that follow it, as in "Frau Prof. Dr. Amari"."""
    first = _skip_dot(words, at + 1)
    if words.lower[at] != "mag":
        for _ in range(_MOST_DEGREES):
            if first >= len(words) or not words.near(first) or not words.flags[first] & Is.DEGREE:
                break
            first = _skip_dot(words, first + 1)
    return first


def _by_title(words: Words, at: int) -> _Name | None:
    """ "Frau Dr. Amari", "herrn nowak", "Familie Hintermoser"."""
    title = words.lower[at]
    first = _behind_degrees(words, at)
    if first >= len(words) or not words.near(first):
        return None
    before = words.lower[at - 1] if at else ""
    small = words.words[first][0].islower() and not words.flags[first] & Is.PARTICLE
    if small and (not (words.small or words.words[at].islower()) or words.lower[first] in _ADJECTIVES - _hers(title)):
        return None
    if title in ("frau", "fr") and before.startswith((*_MINE, *_ARTICLES)):
        return _Name(first, read_name(words, first, small=small, noble=True), True)
    if small:
        last = read_name(words, first, small=True)
        if last == first and _is_strange_small(words, first):
            last = first + 1
        return _Name(first, last, False)
    plain = title in ("herr", "herrn", "frau", "signor", "signora", "mister", "dr", "doktor", "prof", "professor")
    if plain and not words.words[first].isupper() and not words.flags[first] & Is.NO_NAME:
        return _Name(first, max(read_name(words, first, unknown=True, noble=True), _one(words, first)), False)
    return _Name(first, read_name(words, first, wanted=NAME | Is.NO_NAME, unknown=True, noble=True), False)


def _hers(title: str) -> frozenset[str]:
    """Adjectives that may be a name behind "herr": few say "herr kurz" of anything else."""
    return _ADJECTIVES if title in ("herr", "herrn") else frozenset()


def _is_strange_small(words: Words, at: int) -> bool:
    word = words.lower[at]
    return len(word) > 2 and word.isalpha() and not words.flags[at] & Is.NO_NAME and not in_dictionary(word)


def _one(words: Words, at: int) -> int:
    """Whatever stands behind "Herr" with a capital is a name."""
    word = words.words[at]
    return at + 1 if len(word) > 1 and word[0].isupper() else at


def _by_trade(words: Words, at: int) -> _Name | None:
    """ "Ihr Mitarbeiter Kevin", "Empfänger: Beate Rothe"."""
    first = at + 1
    if words.lower[at] == "abgegeben":
        while first < len(words) and words.lower[first] in ("an", "bei", "beim", ":"):
            first += 1
        return _Name(first, read_name(words, first), True)
    if first < len(words) and words.words[first] in ":,(":
        return _Name(first + 1, read_name(words, first + 1), True)
    if not words.near(first) or words.flags[first] & Is.PARTICLE:
        return None
    return _Name(first, read_name(words, first, unknown=True, small=words.small), True)


def _by_kin(words: Words, at: int) -> _Name | None:
    """ "meine Tochter Leonie", "Oma Hilde"; the kin of a figure is a figure."""
    first = at + 1
    mine = any(word.startswith(("mein", "unser")) for word in words.lower[max(0, at - 2) : at])
    if not words.near(first):
        return None
    return _Name(first, read_name(words, first, wanted=FIRST, small=words.small), mine)


def _by_naming(words: Words, at: int) -> _Name | None:
    """ "namens Tarek", "ich heiße Annegret"."""
    first = at + 1
    if first < len(words) and words.lower[first] == "ich":
        first += 1
    if not words.near(first):
        return None
    unknown = not words.lower[at].startswith(("gewiss", "heiß"))
    return _Name(first, read_name(words, first, unknown=unknown), words.lower[at] != "heißt")


def _by_greeting(words: Words, at: int) -> _Name | None:
    """ "Liebe Anna,", "Hi Can"."""
    first = at + 1
    if not words.near(first) or (at and words.flags[at - 1] & Is.PARTICLE):
        return None
    last = read_name(words, first, wanted=FIRST, small=words.small)
    if last == first and is_strange(words, first) and _mark_behind(words, first + 1, ",!\n"):
        last = first + 1
    return _Name(first, last, True)


def _mark_behind(words: Words, at: int, marks: str) -> bool:
    return at >= len(words) or words.words[at] in marks


def _by_thanks(words: Words, at: int) -> _Name | None:
    """ "Danke an Sabine", "danke Murat"."""
    first = at + 1
    while first < len(words) and words.lower[first] in ("an", "dir", "liebe", "lieber", "die", "den", ","):
        first += 1
    unknown = "an" in words.lower[at + 1 : first]
    small = words.small and first > at + 1
    return _Name(first, read_name(words, first, wanted=FIRST, unknown=unknown, small=small), True)


def _by_closing(words: Words, at: int) -> _Name | None:
    """ "Mit freundlichen Grüßen, Ihr Werner Hoffstätter", "lg uwe"."""
    first = at + 1
    steps = 0
    while first < len(words) and steps < 8:
        if words.lower[first] in ("aus", "vom") and steps < 4:
            comma = next((i for i in range(first, min(first + 6, len(words))) if words.words[i] in ",\n"), None)
            if comma is None:
                return None
            first = comma
        if words.words[first][0].isalnum() and not words.flags[first] & Is.SIGN and words.lower[first] != "und":
            break
        first, steps = first + 1, steps + 1
    last = read_name(words, first, unknown=True, small=True)
    if last > first and not words.flags[first] & FIRST and not _mark_behind(words, last, ",.!\n()"):
        return None
    return _Name(first, last, True)


def _alone(words: Words, at: int) -> _Name | None:
    """A given name wherever it stands; one with a second meaning only before a family name."""
    word, flags = words.words[at], words.flags[at]
    if (at and words.flags[at - 1] & Is.CALLED) or (word.isupper() and not words.shouted and len(word) > 1):
        return None
    if not word[0].isupper():
        return _Name(at, at + 1, False) if words.small and flags & Is.GIVEN else None
    last = read_name(words, at)
    if flags & Is.GIVEN or last > at + 1:
        return _Name(at, last, False)
    return None


def _by_surname(words: Words, at: int) -> _Name | None:
    """ "J. Pauli"."""
    if at < 2 or not words.near(at) or not is_initial(words, at - 2):
        return None
    return _Name(at - 2, read_name(words, at - 2), False)


def _join(words: Words, found: dict[int, _Name]) -> None:
    """Add what stands beside a name: "Silke und Max", "Diana, Max, Harry"."""
    waiting = list(found.values())
    while waiting:
        name = waiting.pop()
        for more in (_next(words, name), _before(words, name)):
            if more and more.first not in found:
                found[more.first] = more
                waiting.append(more)


def _next(words: Words, name: _Name) -> _Name | None:
    first = name.last + 1
    if first >= len(words) or words.lower[name.last] not in _JOINTS:
        return None
    listed = words.words[name.last] in ",/"
    last = read_name(words, first, wanted=FIRST if listed else NAME, unknown=not listed)
    return _Name(first, last, name.sure) if last > first else None


def _before(words: Words, name: _Name) -> _Name | None:
    at = name.first - 2
    if at < 0 or words.lower[at + 1] not in _JOINTS or not words.words[at][0].isupper():
        return None
    if not words.flags[at] & FIRST or words.flags[at] & Is.NO_NAME or words.words[at].isupper():
        return None
    return _Name(at, at + 1, name.sure)


def _is_public(words: Words, name: _Name) -> bool:
    """The name, or a stretch that holds it, is that of a maker, a figure, a public person."""
    known = public()
    for at in range(max(0, name.first - 3), name.last):
        for phrase in known.get(words.lower[at], ()):
            start = words.starts[at]
            if words.folded.startswith(phrase, start) and start + len(phrase) > words.starts[name.first]:
                return True
    return False


def _repeated(words: Words, names: list[_Name]) -> list[_Name]:
    """The same name elsewhere in the text, unless it is a word as well."""
    singles = {words.words[at] for name in names for at in range(name.first, name.last) if len(words.words[at]) > 2}
    rare = {word for word in singles if word[0].isupper() and not in_dictionary(word.lower())}
    return [_Name(at, at + 1, True) for at, word in enumerate(words.words) if word in rare]


class _Rule(NamedTuple):
    """What a word must be for a rule to look at it."""

    flags: int
    find: Callable[[Words, int], _Name | None]


_RULES: Final = (
    _Rule(Is.TITLE, _by_title),
    _Rule(Is.STAFF, _by_trade),
    _Rule(Is.KIN, _by_kin),
    _Rule(Is.NAMED, _by_naming),
    _Rule(Is.GREETING, _by_greeting),
    _Rule(Is.THANKS, _by_thanks),
    _Rule(Is.CLOSING, _by_closing),
    _Rule(FIRST, _alone),
    _Rule(Is.SURNAME, _by_surname),
)
_LOOK: Final = FIRST | Is.TITLE | Is.STAFF | Is.KIN | Is.NAMED | Is.GREETING | Is.THANKS | Is.CLOSING | Is.SURNAME
