"""Words of a text with what they may have to do with a person's name."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from nlp.dictionary import is_known
from nlp.lexicon import load_toml

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+|\n|[^\w\s]")
#: Letters of the longest word that is taken apart.
_LONGEST: Final = 60
_NAME_ENDINGS: Final = (
    "mann", "moser", "meier", "maier", "mayer", "meyer", "bauer", "berger", "müller", "huber", "hofer", "steiner",
    "bacher", "dorfer", "brandt", "schmidt", "ski", "sky", "vic", "vić", "oğlu",
)  # fmt: skip


class Is:
    """What a word may be, as bits of an integer."""

    NOTHING: Final = 0
    GIVEN: Final = 1
    WEAK: Final = 2
    SURNAME: Final = 4
    TITLE: Final = 8
    STAFF: Final = 16
    KIN: Final = 32
    NAMED: Final = 64
    GREETING: Final = 128
    THANKS: Final = 256
    CLOSING: Final = 512
    CALLED: Final = 1024
    WORK: Final = 2048
    MET: Final = 4096
    NO_NAME: Final = 8192
    DEGREE: Final = 16384
    PARTICLE: Final = 32768
    SIGN: Final = 65536


#: Given names, with and without a second meaning.
FIRST: Final = Is.GIVEN | Is.WEAK
NAME: Final = FIRST | Is.SURNAME
_LISTS: Final = {
    "given": Is.GIVEN, "given_weak": Is.WEAK, "surnames": Is.SURNAME, "titles": Is.TITLE, "staff": Is.STAFF,
    "kin": Is.KIN, "named": Is.NAMED, "greetings": Is.GREETING, "thanks": Is.THANKS, "closings": Is.CLOSING,
    "called": Is.CALLED, "works": Is.WORK, "met": Is.MET, "no_name": Is.NO_NAME, "degrees": Is.DEGREE,
    "particles": Is.PARTICLE, "signs": Is.SIGN,
}  # fmt: skip


@cache
def lexicon() -> dict[str, int]:
    """Flags of each lower-case word of ``personal.toml``; a name with a second meaning is no sure one."""
    raw = load_toml("personal.toml")
    flags: dict[str, int] = {}
    for name, flag in _LISTS.items():
        for word in raw[name].lower().split():
            flags[word] = flags.get(word, 0) | flag
    for word in raw["given_weak"].lower().split():
        flags[word] &= ~Is.GIVEN
    return flags


@cache
def public() -> dict[str, tuple[str, ...]]:
    """Names of makers, figures and public persons, lower case, by their first word."""
    raw = load_toml("personal.toml")
    phrases: dict[str, list[str]] = {}
    for phrase in re.split(r"\||\n", raw["public"].strip().lower()):
        phrases.setdefault(re.split(r"[ .]", phrase)[0], []).append(phrase)
    for sayings in raw["after_title_no"].split():
        for title in ("herr", "herrn", "frau"):
            phrases.setdefault(title, []).append(f"{title} {sayings}")
    return {first: tuple(rest) for first, rest in phrases.items()}


@cache
def _parts_of_works() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Beginnings and endings of words for works."""
    raw = load_toml("personal.toml")
    return tuple(raw["work_beginnings"].split()), tuple(raw["work_endings"].split())


@cache
def plate_districts() -> frozenset[str]:
    """District codes of German number plates."""
    return frozenset(load_toml("personal.toml")["plates"].split())


@cache
def triggers() -> frozenset[str]:
    """Words, lower case, without one of which a text has no name but signed initials."""
    wanted = FIRST | Is.TITLE | Is.STAFF | Is.NAMED | Is.GREETING | Is.CLOSING
    found = {word for word, flags in lexicon().items() if flags & wanted}
    return frozenset(found | {word + "s" for word, flags in lexicon().items() if flags & Is.GIVEN})


class Words:
    """A text as words and marks, one entry each.

    Attributes:
        text: The text itself.
        folded: The text in lower case; empty where that has another length.
        words: Words, numbers, line ends and single marks.
        lower: The same in lower case.
        starts: Their offsets.
        flags: What each may be; 0 for most.
        shouted: The text is written in capitals.
        small: The text has hardly a capital.
    """

    __slots__ = ("flags", "folded", "lower", "shouted", "small", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        known, nothing = lexicon(), Is.NOTHING
        self.text = text
        lower = text.lower()
        self.folded = lower if len(lower) == len(text) else ""
        found = list(_WORD.finditer(text))
        self.words = [match.group() for match in found]
        self.starts = [match.start() for match in found]
        self.lower = [word.lower() for word in self.words]
        self.flags = [
            known.get(word) or (_of_form(word) if "-" in word or (word[-1] == "s" and form[0].isupper()) else nothing)
            for word, form in zip(self.lower, self.words, strict=True)
        ]
        inner = [word for word in self.words[1:] if word[0].isalpha() and len(word) > 1]
        self.shouted = sum(word.isupper() for word in inner) > 0.6 * len(inner)
        self.small = sum(word[0].isupper() for word in inner) <= 0.05 * len(inner)

    def __len__(self) -> int:
        return len(self.words)

    def end(self, at: int) -> int:
        """Offset behind a word."""
        return self.starts[at] + len(self.words[at])

    def near(self, at: int) -> bool:
        """Only blanks stand between the word before and this one."""
        if not 0 < at < len(self.words):
            return False
        return not self.text[self.end(at - 1) : self.starts[at]].strip(" \t\xa0")

    def touches(self, at: int) -> bool:
        """Nothing stands between the word before and this one."""
        return 0 < at < len(self.words) and self.end(at - 1) == self.starts[at]

    def speaks_of_a_work(self) -> bool:
        """A book, a film, music: its makers and figures stand in public."""
        if any(flags & Is.MET for flags in self.flags):
            return False
        if any(flags & Is.WORK for flags in self.flags):
            return True
        beginnings, endings = _parts_of_works()
        return any(word.endswith(endings) or word.startswith(beginnings) for word in self.lower)


def _of_form(word: str) -> int:
    """Flags of a compound of names, and of a given name's genitive."""
    known, nothing = lexicon(), Is.NOTHING
    if word[-1] == "s" and known.get(word[:-1], nothing) & Is.GIVEN:
        return Is.GIVEN
    parts = [known.get(part, nothing) for part in word.split("-")]
    if all(part & FIRST for part in parts):
        return Is.GIVEN
    return Is.SURNAME if all(part & Is.SURNAME for part in parts) else nothing


@lru_cache(maxsize=10_000)
def in_dictionary(word: str) -> bool:
    """Whether a word is one of the language, names of old standing among them."""
    return is_known(word.capitalize())


@lru_cache(maxsize=10_000)
def is_compound(word: str) -> bool:
    """Whether an unknown word ends in a known noun ("Wasserhärte"); "Hintermoser" and "Stadelmann" do not count."""
    if len(word) > _LONGEST or word.lower().endswith(_NAME_ENDINGS):
        return False
    return any(in_dictionary(word[cut:].lower()) for cut in range(3, len(word) - 4))
