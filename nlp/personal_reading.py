"""Where a name ends that begins at some word: given names, initials, particles, a family name."""

from __future__ import annotations

from typing import Final

from nlp.personal_words import FIRST, NAME, Is, Words, in_dictionary, is_compound

#: Words of one name.
_LONGEST: Final = 4
_NO_FAMILY: Final = Is.NO_NAME | Is.CALLED | Is.STAFF | Is.TITLE | Is.WORK | Is.MET


def read_name(
    words: Words, first: int, *, wanted: int = NAME, unknown: bool = False, small: bool = False, noble: bool = False
) -> int:
    """Word behind the name that begins at ``first``; ``first`` itself where none does.

    Args:
        words: The text.
        first: Where to begin.
        wanted: What the first word must be.
        unknown: A word that no dictionary knows will do too.
        small: Small letters will do.
        noble: It may begin with "von", "de" and the like.
    """
    at, given, count, particle = first, 0, 0, False
    while at < len(words) and count < _LONGEST and (at == first or words.near(at)):
        word, flags = words.words[at], words.flags[at]
        if is_initial(words, at):
            at, count, particle = _behind_initials(words, at), count + 1, False
            given += 1
            continue
        joins = flags & Is.PARTICLE and (noble or at > first) and not (flags & FIRST and word[0].isupper())
        if joins and (behind := _behind_particles(words, at)):
            at, particle = behind, True
            continue
        capital = word[0].isupper()
        if not word[0].isalpha() or not (capital or (small and flags & wanted)) or len(word) < 2:
            break
        if flags & Is.NO_NAME and not (at == first and wanted & Is.NO_NAME and flags & NAME):
            break
        if not _fits(words, at, wanted, unknown, at == first, given, particle):
            break
        given = given + 1 if flags & FIRST else 0
        at, count, particle = at + 1, count + 1, False
        if not flags & FIRST and not (at < len(words) and words.near(at) and is_strange(words, at)):
            break
    if particle:
        at -= 1
    return at


def _fits(words: Words, at: int, wanted: int, unknown: bool, opens: bool, given: int, particle: bool) -> bool:
    flags = words.flags[at]
    if opens:
        if flags & wanted:
            return True
        return unknown and is_strange(words, at)
    if particle:
        return True
    return bool(flags & NAME) or given >= 2 or is_strange(words, at) or _must_be_family(words, at)


def _must_be_family(words: Words, at: int) -> bool:
    """A capital word next to a given name is the family name, whatever else it means."""
    return bool(
        words.flags[at - 1] & Is.GIVEN
        and not words.flags[at] & _NO_FAMILY
        and (words.shouted or not words.words[at].isupper())
    )


def is_strange(words: Words, at: int) -> bool:
    """A word with a capital that stands in no dictionary."""
    word = words.words[at]
    if len(word) < 2 or not word[0].isupper() or words.flags[at] & (Is.NO_NAME | Is.CALLED | Is.TITLE):
        return False
    if word.isupper() and not words.shouted:
        return False
    return not in_dictionary(words.lower[at]) and not is_compound(word)


def is_initial(words: Words, at: int) -> bool:
    """One capital with a full stop."""
    word = words.words[at]
    return len(word) == 1 and word.isalpha() and word.isupper() and words.touches(at + 1) and words.words[at + 1] == "."


def _behind_initials(words: Words, at: int) -> int:
    at += 2
    if at + 2 < len(words) and words.words[at] == "-" and words.touches(at) and is_initial(words, at + 1):
        at += 3
    return at


def _behind_particles(words: Words, at: int) -> int:
    """The name behind particles, as in "von der Heide"; 0 where none stands there."""
    behind = at
    while (
        behind < len(words) and behind < at + 3 and words.flags[behind] & Is.PARTICLE and words.words[behind].islower()
    ):
        behind += 1
        if not words.near(behind):
            return 0
    if behind == at:
        behind += 1
    if behind >= len(words) or not words.near(behind) or not words.words[behind][0].isupper():
        return 0
    foreign = words.lower[at] in ("van", "di", "del", "al", "el", "de")
    return behind if foreign or words.flags[behind] & NAME or is_strange(words, behind) else 0
