"""Nouns of a clause, and the one that an opinion is about.

The component of a product is read from the sentence: no list of parts stands here, so a product
never seen before works. What is listed are nouns that are never a part (``stopnouns.txt``).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from nlp.clauses import Clause, Words
from nlp.cues import Hit, cue_table
from nlp.lemmas import lemma
from nlp.lexicon import FormIndex, fold, load_toml, stop_nouns, word_sets


@dataclass(slots=True)
class Noun:
    """One noun of a clause.

    Attributes:
        at: Its token.
        preposition: The preposition that governs it, empty for a subject or object.
        determiner: The word before its adjectives, empty where it stands bare.
        attribute: It hangs on the noun before it ("Deckel des Bechers").
    """

    at: int
    preposition: str = ""
    determiner: str = ""
    attribute: bool = False


@cache
def _aspect_index() -> tuple[FormIndex, dict[int, str]]:
    index = FormIndex()
    aspects: dict[int, str] = {}
    for aspect, patterns in load_toml("aspects.toml").items():
        for pattern in patterns:
            aspects[index.element(pattern)] = aspect
    return index, aspects


def aspect_of(folded: str) -> str | None:
    """The aspect that a general noun names ("Geruch", "Lieferung"), None for any other word."""
    index, aspects = _aspect_index()
    found = index.lookup(folded)
    return aspects[found[0]] if found else None


def nouns(words: Words, clause: Clause) -> list[Noun]:
    """The nouns of a clause, by capitals where the author uses them, else by position."""
    sets = word_sets()
    found: list[Noun] = []
    preposition = determiner = ""
    previous: Noun | None = None
    for at in range(clause.first, clause.last):
        form = words.folded[at]
        if not form[0].isalpha():
            preposition = determiner = ""
            continue
        if _is_noun(words, clause, at, determiner):
            attribute = previous is not None and previous.at >= at - 3 and determiner in sets["genitives"]
            previous = Noun(at, preposition, determiner, attribute)
            found.append(previous)
            preposition = determiner = ""
        elif form in sets["prepositions"]:
            preposition = form
            determiner = form if form in sets["determiners"] else ""
        elif form in sets["determiners"]:
            determiner = form
        elif form in sets["verbs"]:
            preposition = determiner = ""
    return found


def _is_noun(words: Words, clause: Clause, at: int, determiner: str) -> bool:
    form, original = words.folded[at], words.text[at]
    if len(form) < 3 or _is_function_word(form):
        return False
    if words.cased:
        if not original[0].isupper():
            return False
        if at > clause.first or not clause.opens:
            return not (at + 1 < clause.last and _looks_adjective(form) and words.text[at + 1][0].isupper())
        return not _is_known(form) and not _before_noun(words, clause, at)
    return bool(determiner) and not _is_known(form) and _ends_group(words, clause, at)


def _before_noun(words: Words, clause: Clause, at: int) -> bool:
    """A capitalised first word before another noun is its adjective: "Schöner Griff"."""
    return at + 1 < clause.last and words.text[at + 1][0].isupper() and _looks_adjective(words.folded[at])


def _looks_adjective(form: str) -> bool:
    return form.endswith(("e", "er", "es", "en", "em")) and bool(cue_table().index.lookup(form))


def _ends_group(words: Words, clause: Clause, at: int) -> bool:
    """Without capitals a noun is the last word between its article and a verb, a mark or a cue."""
    if at + 1 >= clause.last:
        return True
    after = words.folded[at + 1]
    return not after[0].isalpha() or _is_function_word(after) or _is_known(after)


@cache
def _function_words() -> frozenset[str]:
    sets = word_sets()
    names = (
        "negators", "contrast", "conjunctions", "coordinators", "hypothetical", "determiners", "prepositions",
        "verbs", "function_words", "elsewhere",
    )  # fmt: skip
    return frozenset(fold(word) for name in names for word in sets[name]) | frozenset(sets["intensifiers"])


def _is_function_word(form: str) -> bool:
    return form in _function_words()


def _is_known(form: str) -> bool:
    """A word of the cue lexicon is a verb or an adjective, unless a general noun."""
    return bool(cue_table().index.lookup(form)) and aspect_of(form) is None


def whole_nouns(words: Words, clauses: list[Clause], product: str | None) -> AbstractSet[str]:
    """Lemmas of the nouns that name the whole product in this text.

    They stand in the product's name, behind "dieser" or "mein", are bought or used, or hold another
    noun ("der Deckel des …").
    """
    found: set[str] = set()
    if product:
        found.update(fold(lemma(part)) for part in product.replace("-", " ").split() if part[0].isalpha())
    sets = word_sets()
    for clause in clauses:
        group = nouns(words, clause)
        forms = words.folded[clause.first : clause.last]
        bought = any(form in sets["acquire"] for form in forms)
        for noun in group:
            if noun.attribute or noun.determiner in sets["demonstratives"]:
                found.add(fold(lemma(words.text[noun.at])))
            elif bought and not noun.preposition:
                found.add(fold(lemma(words.text[noun.at])))
    return found


def target(words: Words, group: list[Noun], hit: Hit) -> Noun | None:
    """The noun that a cue is about: subject or object nearest to it, else a place that the cue allows."""
    centre = hit.at[-1] if len(hit.at) > 1 else hit.at[0]
    usable = [noun for noun in group if noun.at not in hit.at and not noun.attribute]
    free = [noun for noun in usable if not noun.preposition and is_part(words, noun)]
    placed = [noun for noun in usable if noun.preposition in hit.cue.place and is_part(words, noun)]
    for choice in (free, placed):
        if choice:
            return min(choice, key=lambda noun: (abs(noun.at - centre), noun.at > centre))
    return None


def is_part(words: Words, noun: Noun) -> bool:
    """The noun may name a component: neither on the stop list nor the name of an aspect."""
    form = words.folded[noun.at]
    stops = stop_nouns()
    return form not in stops and fold(lemma(words.text[noun.at])) not in stops and aspect_of(form) is None
