"""Canonical form of a noun, nominative singular with compounds kept whole; and whether a word is a noun."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from nlp.dictionary import is_known, lemmatize
from nlp.lexicon import visible

#: Shortest head that a compound is cut to when the whole is unknown ("Hand|kurbeln").
_SHORTEST_HEAD: Final = 4
_UMLAUTS: Final = str.maketrans("äöü", "aou")
#: Endings written with ss since 1996; "Fuß" and "Gruß" are not among them.
_OLD_SPELLING: Final = re.compile("(?<=lu|gu|nu|ri|bi|fa|pa)ß(?!e)")
_CACHE_LIMIT: Final = 5_000


class Word(NamedTuple):
    """What the dictionary says of a word.

    Attributes:
        lemma: Nominative singular, first letter a capital.
        known: The word or the head of the compound stands in the dictionary.
        noun: The dictionary does not know it as another kind of word only.
        verbal: It may be a verb used as a noun ("das Trinken").
    """

    lemma: str
    known: bool
    noun: bool
    verbal: bool


@lru_cache(maxsize=_CACHE_LIMIT)
def look_up(word: str) -> Word:
    """Look a word up; the dictionary of :mod:`nlp.dictionary` is read at the first call.

    A compound that the dictionary lacks takes the ending of its longest known head ("Handkurbeln"
    gives "Handkurbel"); an unknown word stays as it is.
    """
    word = visible(word)
    first, hyphen, last = _OLD_SPELLING.sub("ss", word).rpartition("-")
    if not last:
        return Word(word, known=False, noun=True, verbal=False)
    found = _look_up(last)
    lemma = first + hyphen + found.lemma
    return found._replace(lemma=lemma[:1].upper() + lemma[1:])


def lemma(word: str) -> str:
    """Singular of a noun, first letter a capital."""
    return look_up(word).lemma


def _look_up(word: str) -> Word:
    noun = word[:1].upper() + word[1:].lower() if word.islower() or word.isupper() else word[:1].upper() + word[1:]
    if is_known(noun):
        found: str = lemmatize(noun)
        small: str = lemmatize(noun.lower())
        if not found[:1].isupper():
            singular = noun[:-1] if noun.endswith(("eln", "ern")) else noun
            return Word(singular, known=True, noun=False, verbal=False)
        verbal = found == noun and noun.endswith("n") and small == noun.lower()
        return Word(_plausible(noun, found), known=True, noun=True, verbal=verbal)
    for cut in range(2, len(noun) - _SHORTEST_HEAD + 1):
        head = noun[cut:].capitalize()
        if is_known(head):
            found = lemmatize(head)
            if found[:1].isupper():
                return Word(noun[:cut] + _plausible(head, found).lower(), known=True, noun=True, verbal=False)
    return Word(noun, known=False, noun=True, verbal=False)


def _plausible(noun: str, found: str) -> str:
    """The dictionary's lemma where an ending or an umlaut leads to it, else the likeliest singular."""
    if noun == found + "e" and lemmatize(noun + "n") == noun:
        return noun
    if noun.translate(_UMLAUTS).lower().startswith(found.translate(_UMLAUTS).lower()[: len(noun)]):
        return found
    return noun[:-1] if noun.endswith("en") else noun
