"""Canonical form of a noun: nominative singular, compounds kept whole."""

from __future__ import annotations

from functools import lru_cache

#: Shortest head that a compound is cut to when the whole is unknown ("Auslauf|düsen").
_SHORTEST_HEAD = 4


@lru_cache(maxsize=20_000)
def lemma(word: str) -> str:
    """Singular of a noun, first letter a capital ("Auslaufdüsen" gives "Auslaufdüse").

    The dictionary is that of ``simplemma`` (MIT licence), loaded at the first call. A compound that
    it lacks takes the ending of its longest known head; an unknown word stays as it is.
    """
    first, hyphen, last = word.rpartition("-")
    return first + hyphen + _singular(last) if last else word


def _singular(word: str) -> str:
    import simplemma

    noun = word[:1].upper() + word[1:].lower() if word.islower() or word.isupper() else word
    known: str = simplemma.lemmatize(noun, lang="de")
    if known[:1].isupper() and known != noun:
        return _old_spelling(known)
    if simplemma.is_known(noun, lang="de"):
        return noun
    for cut in range(2, len(noun) - _SHORTEST_HEAD + 1):
        head = noun[cut:].capitalize()
        if simplemma.is_known(head, lang="de"):
            found: str = simplemma.lemmatize(head, lang="de")
            return noun[:cut] + found.lower() if found[:1].isupper() else noun
    return noun


def _old_spelling(word: str) -> str:
    return word.replace("schluß", "schluss").replace("Schluß", "Schluss")
