"""Nouns of a clause, and the one that an opinion is about.

The component of a product is read from the sentence: no list of parts stands here, so a product
never seen before works. What is listed are nouns that are never a part (``stopnouns.txt``).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from nlp.clauses import Clause, Is, Words
from nlp.cues import IS_CUE, Hit
from nlp.lemmas import lemma, look_up
from nlp.lexicon import FormIndex, Memo, fold, load_toml, stop_nouns, word_sets

#: Determiners of a verb used as a noun.
_NEUTER_OR_BARE: Final = frozenset({"", "das", "beim", "zum", "dem", "vom", "ein", "im"})
#: Shortest head by which two compounds are taken for the same whole thing.
_SHORTEST_SHARED_HEAD: Final = 4


@dataclass(slots=True)
class Noun:
    """One noun of a clause.

    Attributes:
        at: Its token.
        preposition: The preposition that governs it, empty for a subject or object.
        determiner: The word before its adjectives, empty where it stands bare.
        attribute: It hangs on the noun before it ("die Kurbel des Geräts").
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
    return ASPECTS_OF[folded]


def _aspect_of(folded: str) -> str | None:
    index, aspects = _aspect_index()
    found = index.find(folded)
    return aspects[found[0]] if found else None


#: Aspect of each folded word, see :func:`aspect_of`.
ASPECTS_OF: Final = Memo(_aspect_of)


def nouns(words: Words, clause: Clause) -> list[Noun]:
    """The nouns of a clause, by capitals where the author uses them, else by position; read once."""
    if clause.nouns is None:
        clause.nouns = _read_nouns(words, clause)
    return list(clause.nouns)


def _read_nouns(words: Words, clause: Clause) -> list[Noun]:
    text, folded, cased = words.text, words.folded, words.cased
    found: list[Noun] = []
    preposition = determiner = ""
    previous: Noun | None = None
    for at, role in enumerate(map(_ROLES.__getitem__, folded[clause.first : clause.last]), clause.first):
        if role & _MAYBE and (not cased or text[at][0].isupper()) and _is_noun(words, clause, at, determiner):
            attribute = (
                previous is not None and at - 3 <= previous.at and folded[previous.at + 1] in word_sets()["genitives"]
            )
            previous = Noun(at, preposition, determiner, attribute)
            found.append(previous)
            preposition = determiner = ""
        elif role & _RESET:
            preposition = determiner = ""
        elif role & _PREPOSITION:
            preposition = folded[at]
            determiner = preposition if role & _DETERMINER else ""
        elif role & _DETERMINER:
            determiner = folded[at]
    return found


#: What a folded word does in the search for nouns: it may be one; it ends what was said before a noun; it begins it.
_MAYBE, _RESET, _PREPOSITION, _DETERMINER = 1, 2, 4, 8


def _role(form: str) -> int:
    sets = word_sets()
    if not form[0].isalpha():
        return _RESET
    role = 0 if len(form) < 3 or _is_function_word(form) else _MAYBE
    if form in sets["pronouns"]:
        return role | _RESET
    if form in sets["prepositions"]:
        return role | _PREPOSITION | (_DETERMINER if form in sets["determiners"] else 0)
    if form in sets["determiners"]:
        return role | _DETERMINER
    return role | _RESET if form in sets["verbs"] else role


_ROLES: Final = Memo(_role)


def small_nouns(words: Words, clause: Clause) -> list[Noun]:
    """Nouns written small in a text that uses capitals: behind an article, known to the dictionary as a noun."""
    sets = word_sets()
    found: list[Noun] = []
    preposition = determiner = ""
    for at in range(clause.first, clause.last):
        form = words.folded[at]
        if form in sets["prepositions"]:
            preposition, determiner = form, form if form in sets["determiners"] else ""
        elif form in sets["determiners"]:
            determiner = form
        elif words.text[at][0].islower() and determiner and _may_be_small_noun(words, clause, at):
            found.append(Noun(at, preposition, determiner))
            preposition = determiner = ""
        elif not form[0].isalpha() or form in sets["verbs"] or words.text[at][0].isupper():
            preposition = determiner = ""
    return found


def _may_be_small_noun(words: Words, clause: Clause, at: int) -> bool:
    form = words.folded[at]
    if len(form) < 4 or _is_function_word(form) or _is_known(form):
        return False
    if at + 1 < clause.last and words.text[at + 1][0].isupper():
        return False
    word = look_up(form.capitalize())
    return word.known and word.noun and not word.verbal


def _is_noun(words: Words, clause: Clause, at: int, determiner: str) -> bool:
    """Whether a word that may be a noun by itself is one here."""
    form, original = words.folded[at], words.text[at]
    if words.cased:
        if not original[0].isupper() or _before_noun(words, clause, at):
            return False
        if at > clause.first or not clause.opens:
            return True
        return not _is_known(form) and look_up(original).noun
    if _is_known(form) or not _ends_group(words, clause, at):
        return False
    if determiner:
        return True
    word = look_up(form)
    return at == clause.first and word.known and word.noun and not word.verbal


def _before_noun(words: Words, clause: Clause, at: int) -> bool:
    """A capitalised first word before another noun is its adjective: "Schöne Kurbel"."""
    return at + 1 < clause.last and words.text[at + 1][0].isupper() and _looks_adjective(words.folded[at])


def _looks_adjective(form: str) -> bool:
    return form.endswith(("e", "er", "es", "en", "em")) and IS_CUE[form]


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
    return IS_CUE[form] and aspect_of(form) is None


def whole_nouns(words: Words, clauses: list[Clause], hits: list[Hit], product: str | None) -> AbstractSet[str]:
    """Lemmas of the nouns that name the whole product in this text.

    They stand in the product's name, or, in a clause that reports no defect, behind "dieser" or
    "mein" or as what was bought or used.
    """
    found: set[str] = set()
    if product:
        found.update(fold(lemma(part)) for part in product.replace("-", " ").split() if part[0].isalpha())
    sets = word_sets()
    faulty = {hit.clause.first for hit in hits if hit.defect is not None}
    for clause in clauses:
        group = nouns(words, clause)
        bought = clause.first not in faulty and bool(clause.kinds & Is.ACQUIRE)
        for noun in group:
            pointed_at = noun.determiner in sets["demonstratives"] and clause.first not in faulty
            if pointed_at or (bought and not noun.preposition):
                found.add(fold(lemma(words.text[noun.at])))
    return found


def is_whole(name: str, whole: AbstractSet[str]) -> bool:
    """Whether a lemma names the whole product: one of ``whole``, or a compound with the same head."""
    folded = fold(name)
    if folded in whole:
        return True
    return any(
        len(shorter) >= _SHORTEST_SHARED_HEAD and longer.endswith(shorter)
        for other in whole
        for shorter, longer in (sorted((folded, other), key=len),)
    )


def target(words: Words, group: list[Noun], hit: Hit) -> Noun | None:
    """The noun that a cue is about: subject or object nearest to it, else a place that the cue allows."""
    described = _described(words, group, hit)
    if described is not None:
        return described
    centre = hit.at[-1] if len(hit.at) > 1 else hit.at[0]
    usable = [noun for noun in group if noun.at not in hit.at and not noun.attribute]
    free = [
        noun
        for noun in usable
        if hit.cue.subject
        and not noun.preposition
        and is_part(words, noun, hit.defect)
        and (noun.determiner or _stands_near(words, hit, noun))
    ]
    placed = [noun for noun in usable if noun.preposition in hit.cue.place and is_part(words, noun, hit.defect)]
    for choice in (free, placed):
        if choice:
            return min(choice, key=lambda noun: (abs(noun.at - centre), noun.at > centre))
    return None


def _described(words: Words, group: list[Noun], hit: Hit) -> Noun | None:
    """The noun right behind a cue that is its adjective, or its genitive: "die verstopfte …", "Verstopfung der …"."""
    if len(hit.at) > 1 or hit.defect is None:
        return None
    at = hit.at[0]
    genitive = at + 2 < hit.clause.last and words.folded[at + 1] in word_sets()["genitives"]
    adjective = words.text[at].islower() and words.folded[at].endswith(("e", "er", "es", "en", "em"))
    for noun in group:
        if (noun.at == at + 1 and adjective) or (noun.at == at + 2 and genitive and words.text[at][0].isupper()):
            return noun if is_part(words, replace(noun, determiner="die"), hit.defect) else None
    return None


def _stands_near(words: Words, hit: Hit, noun: Noun) -> bool:
    """A noun without article counts where it begins the clause or touches the cue: "Kurbel locker"."""
    opens = all(not form[0].isalpha() for form in words.folded[hit.clause.first : noun.at])
    return opens or any(abs(noun.at - at) <= 1 for at in hit.at)


def is_part(words: Words, noun: Noun, defect: str | None) -> bool:
    """The noun may name a component.

    It is neither on the stop list nor a compound of a word for the whole ("…maschine"), nor the name
    of an aspect (a colour that comes off is a part), no verb used as a noun ("das Trinken"), and
    without an article a word that the dictionary knows as a noun: others are mostly brands and typing
    errors.
    """
    text, stops = words.text[noun.at], stop_nouns()
    if words.folded[noun.at] in stops:
        return False
    if aspect_of(words.folded[noun.at]) is not None and defect != "detachment":
        return False
    word = look_up(text)
    if not noun.determiner and not (word.noun and word.known):
        return False
    if word.verbal and noun.determiner in _NEUTER_OR_BARE:
        return False
    name = fold(word.lemma)
    return name not in stops and not name.endswith(word_sets()["whole_heads"])
