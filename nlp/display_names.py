"""What a public display name tells of who somebody is: a name, a handle, or nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from nlp.personal_words import FIRST, lexicon

#: Words that portals and people put where a name should stand; with one of them an account is anonymous.
_NOBODY: Final = frozenset((
    "kunde", "kundin", "kunden", "stammkunde", "stammkundin", "käufer", "käuferin", "besteller", "bestellerin",
    "nutzer", "nutzerin", "benutzer", "benutzerin", "user", "gast", "guest", "mitglied", "member", "verifiziert",
    "verifizierter", "verifizierte", "verified", "anonym", "anonyme", "anonymer", "anonymous", "unbekannt",
    "unknown", "jemand", "niemand", "rezensent", "rezensentin", "bewerter", "bewerterin", "tester", "testerin",
    "teilnehmer", "teilnehmerin", "customer", "client", "buyer", "shopper", "reviewer", "amazon", "google",
    "ebay", "otto", "facebook", "apple", "trustpilot", "youtube", "privat", "privatkunde",
))  # fmt: skip
_TITLES: Final = frozenset(("dr", "prof", "dipl", "ing", "mag", "herr", "frau", "hr", "fr", "med"))
#: Words that make several persons of a name.
_SEVERAL: Final = frozenset(("und", "&", "u", "+", "familie", "fam", "ehepaar", "team"))
_MARKS: Final = re.compile(r"[\d_.@-]")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_SHORTEST_HANDLE: Final = 6
_SHORTEST_BARE_HANDLE: Final = 8


@dataclass(frozen=True)
class DisplayName:
    """A display name, read.

    Attributes:
        anonymous: It names nobody.
        given: Given name, folded, or its initial alone; empty where it tells none.
        family: Family name, folded, or its initial alone; empty where it tells none.
        handle: The name as a handle, folded; empty where it is a name or too common a word.
    """

    anonymous: bool
    given: str = ""
    family: str = ""
    handle: str = ""


def read_display_name(shown: str | None) -> DisplayName:
    """Read a display name.

    Args:
        shown: The name as a portal shows it, None for none.

    Returns:
        Given and family name where both are told, at least by their initials; or a handle; or neither: a single
        given name is a name, but tells nobody from others.
    """
    folded = unicodedata.normalize("NFKC", shown or "").casefold().strip()
    words = [word for word in re.split(r"[\s,]+", folded) if word]
    bare = [word.strip(".") for word in words]
    if not any(_LETTERS.search(word) for word in words) or _NOBODY.intersection(bare):
        return DisplayName(anonymous=True)
    if len(words) == 1:
        return DisplayName(anonymous=False, handle=_handle(words[0]))
    if _SEVERAL.intersection(bare):
        return DisplayName(anonymous=False)
    parts = [word for word in bare if word not in _TITLES and _is_name(word)]
    if len(parts) < 2:
        return DisplayName(anonymous=False)
    given, family = (parts[-1], parts[0]) if _is_reversed(folded) else (parts[0], parts[-1])
    return DisplayName(anonymous=False, given=given, family=family)


def _is_reversed(folded: str) -> bool:
    """Whether the family name stands first, behind it a comma."""
    return bool(re.match(r"[^\s,]+,\s", folded))


def _is_name(word: str) -> bool:
    return all(_LETTERS.match(sign) or sign in "-'’." for sign in word) and bool(_LETTERS.match(word))


def _handle(word: str) -> str:
    handle = word.lstrip("@")
    letters = "".join(_LETTERS.findall(handle))
    marked = bool(_MARKS.search(handle)) and len(handle) >= _SHORTEST_HANDLE
    shown_as_one = word.startswith("@") and len(handle) >= _SHORTEST_BARE_HANDLE
    common = lexicon().get(letters, 0) & FIRST or len(letters) <= 3
    return handle if (marked or shown_as_one) and not common else ""
