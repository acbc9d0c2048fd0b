"""What a clause says of its nouns: "lange Wartezeit", "Kurbel klemmt", "Service nicht erreichbar"."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import Final, NamedTuple

from nlp.clauses import Clause, Words
from nlp.cues import is_negated
from nlp.dictionary import is_known, lemmatize
from nlp.lemmas import lemma
from nlp.lexicon import fold, load_toml, visible, word_sets
from nlp.nouns import Noun

#: Words between a noun and what is said of it.
_REACH: Final = 7
#: Words between a noun and the one that a preposition ties to it, the preposition included.
_TIED: Final = 3
_SHORTEST: Final = 3
ENDINGS: Final = ("e", "er", "es", "en", "em")
#: Endings of an adjective that may stand before its noun in a name: "nettes …", not "nettem …".
_NOMINATIVE: Final = ("e", "er", "es")
_CACHE_LIMIT: Final = 20_000
#: Past participle of a weak verb: its prefix and its stem.
_PARTICIPLE: Final = re.compile("(ab|an|auf|aus|ein|zu|um|weg|los|vor|nach|mit|durch|zurück)?ge(.{3,})t")
#: Closed classes of ``sets.toml`` that say nothing of a noun.
_CLOSED: Final = (
    "negators", "contrast", "conjunctions", "coordinators", "hypothetical", "determiners", "prepositions", "pronouns",
    "function_words", "elsewhere", "intensifiers", "thereupon",
)  # fmt: skip


class Said(NamedTuple):
    """One thing that is said of a noun.

    Attributes:
        key: The same for each way of saying it: lemmas, with "nicht" where it is denied.
        phrase: The noun with it, as a short phrase in the author's words.
    """

    key: str
    phrase: str


class Predicate(NamedTuple):
    """What a clause says of its subject.

    Attributes:
        at: Its token.
        lemma: Its lemma.
        first: What follows the noun in the phrase.
        last: What follows a "nicht" in the phrase.
    """

    at: int
    lemma: str
    first: str
    last: str = ""


class Content(NamedTuple):
    """A word that can be said of a noun: its lemma, empty for a word that says nothing; is it a verb?"""

    lemma: str
    verb: bool


@cache
def _sets() -> dict[str, frozenset[str]]:
    lists = load_toml("terms.toml")
    found = {name: frozenset(map(fold, lists[name])) for name in ("ties", "links", "particles", "auxiliaries", "empty")}
    closed = frozenset(word for name in _CLOSED for word in word_sets()[name])
    return {**found, "closed": closed - {"dicht", "auslaufsicher"}}


@lru_cache(maxsize=_CACHE_LIMIT)
def content_of(form: str) -> Content:
    """What a word says by itself.

    Args:
        form: The word as it is written; one with a capital says nothing.
    """
    form = visible(form)
    sets, folded = _sets(), fold(form)
    if len(form) < _SHORTEST or not form.islower() or not form.isalpha() or not is_known(form):
        return Content("", False)
    if folded in sets["closed"] or folded in sets["links"]:
        return Content("", False)
    found, verb = _lemma(form)
    if found[:1].isupper() or not sets["empty"].isdisjoint((folded, fold(found))) or fold(found) in sets["closed"]:
        return Content("", False)
    return Content(found, verb)


def _lemma(form: str) -> tuple[str, bool]:
    """Lemma of a word, and whether it is a verb; a participle in -en stands for itself."""
    found: str = lemmatize(form)
    if found == form:
        return form, form.endswith(("en", "ern", "eln")) and not _is_adjective(form)
    for ending in ENDINGS:
        stem = form.removesuffix(ending)
        if stem != form and len(stem) >= _SHORTEST and _is_adjective(stem):
            return stem, False
    participle = _PARTICIPLE.fullmatch(form)
    if participle:
        verb = (participle[1] or "") + participle[2] + "en"
        return (verb, True) if is_known(verb) else (form, False)
    if not form.endswith("en") or not found.endswith("n") or fold(found) in _sets()["empty"]:
        return found, found.endswith("n")
    return form, found.endswith(form)


def _is_adjective(stem: str) -> bool:
    if not is_known(stem) or lemmatize(stem) != stem:
        return False
    return any(lemmatize(stem + ending) == stem for ending in ENDINGS)


def said_of(words: Words, clause: Clause, group: Sequence[Noun], named: Container[int]) -> Mapping[int, Sequence[Said]]:
    """What the clause says of its nouns, by their tokens.

    Nothing is taken from a clause on another product or on what might be.

    Args:
        words: The text.
        clause: The clause.
        group: Its nouns.
        named: Tokens of the nouns that count.
    """
    if clause.elsewhere or clause.hypothetical:
        return {}
    found: dict[int, list[Said]] = {}
    nouns_at = {noun.at for noun in group}
    sets = _sets()
    for before, noun in zip((None, *group), group, strict=False):
        if noun.at in named:
            found[noun.at] = list(_attributes(words, clause, noun))
        if before is not None and before.at in named and _is_tied(words, before, noun, sets["ties"]):
            key = f"{noun.preposition} {fold(lemma(words.text[noun.at]))}"
            phrase = f"{words.text[before.at]} {noun.preposition} {words.text[noun.at]}"
            found[before.at].append(Said(key, phrase))
    free = [noun for noun in group if not noun.preposition and not noun.attribute]
    predicate = _predicate(words, clause, nouns_at) if free else None
    if predicate is not None:
        subject = _subject(free, predicate.at)
        if subject is not None and subject.at in named:
            found[subject.at].append(_sentence(words, clause, subject, predicate))
    return {at: things for at, things in found.items() if things}


def _attributes(words: Words, clause: Clause, noun: Noun) -> Sequence[Said]:
    """The adjective before the noun, and that there is none of it."""
    at = noun.at - 1
    if noun.determiner in word_sets()["determiner_negators"] or noun.preposition == "ohne":
        if at >= clause.first and words.folded[at] in _denials():
            return (Said("kein", f"{words.folded[at]} {words.text[noun.at]}"),)
        return ()
    if at < clause.first or not words.text[at].islower() or not words.folded[at].endswith(ENDINGS):
        return ()
    found = content_of(words.text[at])
    if not found.lemma:
        return ()
    name = words.text[noun.at]
    if found.verb or words.folded[at].endswith(_NOMINATIVE):
        return (Said(fold(found.lemma), f"{words.text[at]} {name}"),)
    return (Said(fold(found.lemma), f"{name} {found.lemma}"),)


@cache
def _denials() -> AbstractSet[str]:
    return frozenset(word_sets()["determiner_negators"]) | frozenset(word_sets()["noun_negators"])


def _is_tied(words: Words, before: Noun, noun: Noun, ties: AbstractSet[str]) -> bool:
    if noun.preposition not in ties or not 1 < noun.at - before.at <= _TIED:
        return False
    return words.folded[before.at + 1] == noun.preposition


def _predicate(words: Words, clause: Clause, nouns_at: AbstractSet[int]) -> Predicate | None:
    """What the clause says of its subject: its full verb, else its last adjective."""
    links = _sets()["links"]
    verb: Predicate | None = None
    word: Predicate | None = None
    link: int | None = None
    for at, form in enumerate(words.text[clause.first : clause.last], clause.first):
        said, is_verb = content_of(form)
        if not said:
            if form in links:
                link = at
        elif not _stands_before_noun(at, words, clause, nouns_at):
            if not is_verb:
                word = Predicate(at, said, "", said)
            elif verb is None:
                verb = Predicate(at, said, form)
    if link is not None and word is not None:
        return Predicate(word.at, word.lemma, words.text[link], word.lemma)
    return _with_particle(words, clause, verb) if verb is not None else word


def _with_particle(words: Words, clause: Clause, verb: Predicate) -> Predicate:
    """A separated verb is one: "läuft … aus"; a first or second person gives way to the infinitive."""
    form = verb.first
    named = form if form.endswith("t") or form == verb.lemma else verb.lemma
    particle = words.folded[clause.last - 1]
    if particle not in _sets()["particles"] or clause.last - 1 <= verb.at or _PARTICIPLE.fullmatch(form):
        return verb._replace(first=named)
    if named != form:
        return verb._replace(lemma=particle + verb.lemma, first="", last=particle + verb.lemma)
    itself = "sich " if "sich" in words.folded[clause.first : clause.last] else ""
    return Predicate(verb.at, particle + verb.lemma, f"{form} {itself}".strip(), particle)


def _stands_before_noun(at: int, words: Words, clause: Clause, nouns_at: AbstractSet[int]) -> bool:
    """An adjective of a noun, alone or in a row: "ein kleines rundes …"."""
    place = at
    while place < clause.last and words.folded[place].endswith(ENDINGS) and place - at < _TIED:
        if place + 1 in nouns_at:
            return True
        place += 1
    return False


def _subject(free: Sequence[Noun], at: int) -> Noun | None:
    """The nearest noun before the predicate, else behind it."""
    near = [noun for noun in free if abs(noun.at - at) <= _REACH]
    return min(near, key=lambda noun: (noun.at > at, abs(noun.at - at)), default=None)


def _sentence(words: Words, clause: Clause, subject: Noun, predicate: Predicate) -> Said:
    key, name = fold(predicate.lemma), words.text[subject.at]
    parts: tuple[str, ...] = (name, predicate.first, predicate.last)
    negators: AbstractSet[str] = word_sets()["negators"]
    forms = words.folded[clause.first : clause.last]
    if not negators.isdisjoint(forms) and is_negated(words, clause, (predicate.at,), 4):
        opposite = "un" + predicate.lemma
        key = fold(opposite) if is_known(opposite) else f"nicht {key}"
        if predicate.last:
            parts = (name, predicate.first, "nicht", predicate.last)
        elif predicate.first == predicate.lemma or not _sets()["auxiliaries"].isdisjoint(forms):
            parts = (name, "nicht", predicate.first)
        else:
            parts = (name, predicate.first, "nicht")
    return Said(key, " ".join(filter(None, parts)))
