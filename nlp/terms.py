"""Terms: the nouns that a text talks of, each with what is said of it in the same clause.

A term is more than a component: "Wartezeit" and "Stimmung" are talked of as well as a part is. What
recurs among the terms of many texts becomes a topic; that is counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import Final, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import Term
from nlp.clauses import Clause, Words
from nlp.constructions import ENDINGS, Said, said_of
from nlp.dictionary import is_known, lemmatize
from nlp.extensions import CLAUSES, PERSONAL, PRODUCT, SIGNALS, TERMS, TITLE_CHARS, WORDS
from nlp.lemmas import look_up
from nlp.lexicon import fold, load_toml, stop_nouns, visible, word_sets
from nlp.nouns import Noun, aspect_of, nouns
from nlp.personal import is_touched

#: Words behind which the name of a person stands.
_TITLES: Final = frozenset({"herr", "herrn", "frau", "familie", "fam", "dr", "prof"})
_SHORTEST: Final = 3
_SHORTEST_HEAD: Final = 4
_LONGEST: Final = 40
#: Longest name in capitals that is left so.
_ACRONYM: Final = 4
#: Determiners of a verb used as a noun.
_NEUTER_OR_BARE: Final = frozenset({"", "das", "beim", "zum", "dem", "vom", "ein", "im"})
_LINKING: Final = ("", "s", "es", "n", "en", "er", "e")
_VOWELS: Final = frozenset("aeiouyäöü")
_CACHE_LIMIT: Final = 20_000


class Name(NamedTuple):
    """How a noun is named.

    Attributes:
        key: Its singular, folded, without hyphens; empty for a noun that is no topic.
        head: Key of the last member of a compound; None for a simple word.
        known: The word, or both members of the compound, stand in the dictionary.
        noun: The dictionary does not know it as another kind of word only.
        verbal: It may be a verb used as a noun.
        aspect: It names an aspect of any product or service.
    """

    key: str
    head: str | None
    known: bool
    noun: bool
    verbal: bool
    aspect: bool = False


#: "Preis und Leistung", however it is written, is one thing.
_PRICE: Final = "preis"
_VALUE: Final = "leistung"
_PAIR: Final = Name(_PRICE + _VALUE, None, True, True, False, aspect=True)
_PRICE_VALUE: Final = "Preis-Leistung"
_NO_NAME: Final = Name("", None, False, False, False)


@cache
def _lists() -> tuple[AbstractSet[str], AbstractSet[str], AbstractSet[str]]:
    """Folded nouns that are no topic; those that are none even as the name of an aspect; those that are one."""
    own, kept = (frozenset(map(fold, load_toml("terms.toml")[name])) for name in ("no_topic", "talked_of"))
    return (stop_nouns() - kept) | own, own, kept


@lru_cache(maxsize=_CACHE_LIMIT)
def name_of(word: str) -> Name:
    """The name under which a noun is counted.

    Args:
        word: The noun as it is written.
    """
    found = look_up(word)
    if word.endswith("e") and found.lemma == word[:-1] and _is_noun(word + "e"):
        found = look_up(word + "e")
    stops, own, kept = _lists()
    whole = fold(found.lemma)
    key = whole.replace("-", "")
    if key.startswith(_PAIR.key):
        return _PAIR
    key = _same().get(key, key)
    forms = {whole, key, fold(word)}
    aspect = any(map(aspect_of, forms))
    fits = _SHORTEST <= len(key) <= _LONGEST and forms.isdisjoint(own)
    if not fits or (not aspect and not forms.isdisjoint(stops)):
        return _NO_NAME
    head = head_of(whole) if key == whole.replace("-", "") else None
    known = head is not None or is_known(found.lemma)
    return Name(key, head, known, found.noun, found.verbal and forms.isdisjoint(kept), aspect)


@cache
def _same() -> Mapping[str, str]:
    """Keys of words that the dictionary takes for another word, with the key that they count under."""
    return {fold(word): name for name, words in load_toml("terms.toml")["same"].items() for word in words}


def head_of(whole: str) -> str | None:
    """The longest last member of a compound whose first member is a word too, None for a simple word.

    A preposition makes no compound: what lies beside something is no way of lying.

    Args:
        whole: A folded noun.
    """
    last = whole.rpartition("-")[2]
    if last != whole:
        return last if len(last) >= _SHORTEST_HEAD else None
    for cut in range(_SHORTEST, len(whole) - _SHORTEST_HEAD + 1):
        if _is_noun(whole[cut:]) and _is_modifier(whole[:cut]):
            return whole[cut:]
    return None


def _is_noun(word: str) -> bool:
    noun = word.capitalize()
    return is_known(noun) and lemmatize(noun)[:1].isupper()


def _is_modifier(start: str) -> bool:
    if start in word_sets()["prepositions"] or start in word_sets()["coordinators"]:
        return False
    for link in _LINKING:
        stem = start.removesuffix(link)
        if len(stem) < _SHORTEST or len(stem) + len(link) != len(start) or _VOWELS.isdisjoint(stem):
            continue
        if any(is_known(word) for word in (stem.capitalize(), stem, stem + "en")):
            return True
    return False


@cache
def _bought() -> AbstractSet[str]:
    found: AbstractSet[str] = word_sets()["acquire"]
    return found - frozenset(map(fold, load_toml("terms.toml")["not_bought"]))


def find_terms(doc: Doc) -> list[Term]:
    """The terms of a Doc, offsets into the Doc's text, ``field`` not yet decided.

    One for each noun and each thing that is said of it; what a text repeats is given once, and a noun
    by itself only where nothing is said of it. Names of persons are none.
    """
    words: Words = doc.user_data[WORDS]
    product = _words_of(doc.user_data.get(PRODUCT) or "")
    hidden = _personal(doc)
    found: dict[tuple[str, str | None], Term] = {}
    signals = doc.user_data.get(SIGNALS)
    wishes = signals.wishes if signals is not None else ()
    for clause in doc.user_data[CLAUSES]:
        group = nouns(words, clause)
        if hidden:
            begins = ((noun, words.start[noun.at]) for noun in group)
            group = [noun for noun, begin in begins if not is_touched(hidden, begin, begin + 1)]
        named = {noun.at: name for noun in group if (name := _name(words, clause, noun)) is not None}
        if any(name.key == _VALUE for name in named.values()):
            _join_pairs(words, named)
        if not named:
            continue
        said = said_of(words, clause, group, named)
        bought = not _bought().isdisjoint(words.folded[clause.first : clause.last])
        for noun in group:
            if noun.at in named:
                name = named[noun.at]
                whole = not name.aspect and _is_whole(words, noun, product, bought)
                for thing in said.get(noun.at) or (None,):
                    term = _term(words, clause, noun, name, thing)
                    term.wished = clause.first in wishes
                    kept = found.setdefault((term.key, term.construction), term)
                    if term.wished and not kept.wished:
                        # The place that is told is that of the wish.
                        term.whole, term.common = kept.whole, kept.common
                        kept = found[term.key, term.construction] = term
                    kept.whole, kept.common = kept.whole or whole, kept.common or term.common
    for bare in [term for term in found.values() if term.construction is None]:
        described = [t for t in found.values() if t.key == bare.key and t is not bare]
        for term in described:
            term.whole, term.common = term.whole or bare.whole, term.common or bare.common
        if described and not bare.wished:
            del found[bare.key, None]
    return list(found.values())


def _name(words: Words, clause: Clause, noun: Noun) -> Name | None:
    """The noun's name where it may be a topic: no person, no brand, no verb used as a noun."""
    name = name_of(words.text[noun.at])
    if not name.key or (not (name.known and name.noun) and not noun.determiner):
        return None
    if not name.noun and (noun.determiner in _NEUTER_OR_BARE or name.key.endswith(("e", "en"))):
        return None
    if name.verbal and noun.determiner in _NEUTER_OR_BARE:
        return None
    if noun.at > clause.first and words.folded[noun.at - 1] in _TITLES:
        return None
    return name


def _personal(doc: Doc) -> list[tuple[int, int]]:
    """Where the Doc holds personal data, in order."""
    found = doc.user_data.get(PERSONAL)
    if not found:
        return []
    title = doc.user_data.get(TITLE_CHARS, 0)
    shift = {"title": 0, "text": title + 1 if title else 0}
    return [(span.start + shift[span.field], span.end + shift[span.field]) for span in found]


@lru_cache(maxsize=1_000)
def _words_of(product: str) -> AbstractSet[str]:
    """Words of a product's name."""
    return frozenset(map(fold, product.replace("-", " ").split()))


def _join_pairs(words: Words, named: dict[int, Name]) -> None:
    """Take price and performance, side by side, for one noun."""
    for at in list(named):
        before = next((place for place in range(max(at - 3, 0), at) if words.folded[place] == _PRICE), None)
        if before is not None and named[at].key == _VALUE:
            named.pop(before, None)
            named[at] = _PAIR


def _is_whole(words: Words, noun: Noun, product: AbstractSet[str], bought: bool) -> bool:
    """The noun names what was bought: it stands in the product's name, behind "dieser", or as what was bought."""
    if words.folded[noun.at] in product:
        return True
    if noun.preposition:
        return False
    return noun.determiner.startswith("dies") or (bought and bool(noun.determiner))


def _term(words: Words, clause: Clause, noun: Noun, name: Name, thing: Said | None) -> Term:
    first, last = clause.first, clause.last
    while first < noun.at and words.text[first].isspace():
        first += 1
    while last > noun.at + 1 and words.text[last - 1].isspace():
        last -= 1
    return Term(
        field="text",
        start=words.start[noun.at],
        end=words.end(noun.at),
        key=name.key,
        written=_PRICE_VALUE if name is _PAIR else _written(visible(words.text[noun.at])),
        head=name.head,
        construction=thing.key if thing else None,
        phrase=_phrase(words.text[noun.at], name, thing.phrase) if thing else None,
        known=name.known,
        evidence=(words.start[first], words.end(last - 1)),
        common=name.aspect or bool(noun.determiner) or _has_attribute(words, clause, noun),
    )


def _phrase(word: str, name: Name, phrase: str) -> str:
    if name is _PAIR:
        phrase = phrase.replace(word, _PRICE_VALUE, 1)
    return visible(phrase[:1].upper() + phrase[1:])


def _written(word: str) -> str:
    """A noun with its capital; shouting is not kept, short names are."""
    return word.capitalize() if word.islower() or (word.isupper() and len(word) > _ACRONYM) else word


def _has_attribute(words: Words, clause: Clause, noun: Noun) -> bool:
    before = words.text[noun.at - 1] if noun.at > clause.first else ""
    return before.islower() and before.endswith(ENDINGS)


@Language.factory("kundenecho_terms_v1", assigns=["doc._.terms"], requires=["doc._.words", "doc._.clauses"])
def create_terms(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.terms``."""

    def component(doc: Doc) -> Doc:
        if doc.user_data.get(CLAUSES) is not None:
            doc.user_data[TERMS] = find_terms(doc)
        return doc

    return component
