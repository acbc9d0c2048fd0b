"""What a recommendation recommends: us, a part of what we offer, or only how to behave.

"Der … ist sehr zu empfehlen" recommends the product where that is a thing, and a dish where it is a house with guests.
No list of dishes or rooms is needed: in a text about a house every noun that is recommended, and is neither the
house itself nor a guest, is a part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from nlp.clauses import Clause, Is, Words
from nlp.lemmas import lemma, look_up
from nlp.lexicon import FormIndex, fold, load_toml, word_sets
from nlp.nouns import Noun, nouns

FILE: Final = "recommended.toml"
#: Different words of a house with guests that make a text about one.
_SCENE: Final = 2
#: Most tokens between a noun and what recommends it, with an article and without: "… sehr empfehlenswert".
_FAR, _BESIDE = 8, 3
#: Most tokens of a clause that leaves out its subject: "(zu empfehlen)"; of what stands behind "meine Empfehlung:".
_ELLIPTIC, _LIST = 3, 8
_WORTH: Final = "empfehlenswert"
_RELATIVES: Final = frozenset(("der", "die", "das", "den", "welche", "welcher", "welches", "welchen"))


class Part(NamedTuple):
    """Something else than the whole is recommended.

    Attributes:
        noun: Token of the noun that names the part; None for a way to behave.
    """

    noun: int | None


@cache
def _words() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(map(fold, forms)) for name, forms in load_toml(FILE).items()}


@cache
def _index(name: str) -> FormIndex:
    index = FormIndex()
    for form in load_toml(FILE)[name]:
        index.element(form)
    return index


def _is(name: str, folded: str) -> bool:
    return bool(_index(name).find(folded))


class Recommended:
    """Tells of the recommendations of one text what they recommend.

    Args:
        words: The text.
        clauses: Its clauses.
        product: Name of what the text is about, where known.
    """

    def __init__(self, words: Words, clauses: Sequence[Clause], product: str | None) -> None:
        self._words, self._clauses = words, clauses
        # Numbers of articles are no names.
        self._is_named = bool(product) and not str(product).isupper()
        self._name = frozenset(fold(part) for part in (product or "").replace("-", " ").split() if part[0].isalpha())
        self._house: bool | None = None

    def part(self, at: int, match: Sequence[int]) -> Part | None:
        """What else than the whole is recommended, None where it is the whole.

        Args:
            at: Number of the clause that recommends.
            match: Tokens of the words that recommend.
        """
        clause = self._clauses[at]
        if self._is_conduct(at, clause):
            return Part(None)
        if not self._is_about_a_house():
            return None
        noun = self._noun(at, clause, match)
        return Part(noun.at) if noun is not None and not self._is_whole(noun) else None

    def _is_conduct(self, at: int, clause: Clause) -> bool:
        around = [clause]
        if at and clause.last - clause.first <= _ELLIPTIC and self._clauses[at - 1].sentence == clause.sentence:
            around.append(self._clauses[at - 1])
        return any(_is("conduct", form) for one in around for form in self._words.folded[one.first : one.last])

    def _is_about_a_house(self) -> bool:
        if self._house is None:
            ends = tuple(_words()["house"])
            named = any(name.endswith(ends) for name in self._name)
            stay, beside = self._signs("stay"), self._signs("beside")
            thing = any(name.endswith(word_sets()["whole_heads"]) for name in self._name)
            known = stay > 0 or self._is_named
            self._house = named or (not thing and known and stay + beside >= _SCENE)
        return self._house

    def _signs(self, name: str) -> int:
        return len({sign for form in self._words.folded for sign in _index(name).find(form)})

    def _noun(self, at: int, clause: Clause, match: Sequence[int]) -> Noun | None:
        """The noun that is recommended in the clause, or in the one that it hangs on or points to."""
        forms = self._words.folded[clause.first : clause.last]
        group = self._free(clause)
        if not _words()["tasting"].isdisjoint(self._words.folded[place] for place in match):
            return self._tasted(at, clause, group)
        before = min(match) - 1
        if before > clause.first and self._words.folded[before] in _RELATIVES:
            hanging = [noun for noun in group if noun.at == before - 1]
            if hanging:
                return hanging[0]
        if any(map(self._is_whole, group)) or forms[0] == "wer" or not _words()["it"].isdisjoint(forms):
            return None
        free = [noun for noun in group if noun.at not in match]
        relative = forms[0] in _RELATIVES and bool(self._words.kinds[self._last_word(clause)] & Is.VERB)
        if relative and at and self._clauses[at - 1].sentence == clause.sentence:
            return next(reversed(self._free(self._clauses[at - 1])), None)
        named = [noun for noun in free if self._stands_named(noun, match)]
        if named or not self._announces(clause) or at + 1 == len(self._clauses):
            return min(named, key=lambda noun: abs(noun.at - match[0]), default=None)
        behind = self._clauses[at + 1]
        return next(iter(self._free(behind)), None) if behind.last - behind.first <= _LIST else None

    def _tasted(self, at: int, clause: Clause, group: Sequence[Noun]) -> Noun | None:
        """What one should taste: a noun of the clause, or of the one before in its sentence."""
        before = self._clauses[at - 1] if at and self._clauses[at - 1].sentence == clause.sentence else None
        return next(iter([*group, *(reversed(self._free(before)) if before else ())]), None)

    def _free(self, clause: Clause) -> list[Noun]:
        """Nouns that may be recommended: no guests, nothing that a preposition governs."""
        found, governed = [], False
        for noun in nouns(self._words, clause):
            joined = not noun.determiner and self._words.folded[noun.at - 1] in word_sets()["coordinators"]
            governed = bool(noun.preposition) or (governed and joined)
            free = not governed and not noun.attribute and noun.determiner not in _words()["advised"]
            if free and not _is("aside", self._words.folded[noun.at]):
                found.append(noun)
        return found

    def _stands_named(self, noun: Noun, match: Sequence[int]) -> bool:
        """With an article, or without one close before what recommends it; or its adjective does."""
        words, first, last = self._words, min(match), max(match)
        if noun.at - 1 in match and words.folded[noun.at - 1].startswith(_WORTH):
            return True
        if noun.at + 1 < len(words.folded) and _is("aside", words.folded[noun.at + 1]):
            return False
        # What recommends ends what is said before it: "… kann ich gern und auf jeden Fall empfehlen".
        between = words.folded[noun.at + 1 : last] if noun.at < last else words.folded[last + 1 : noun.at]
        if not all(form[0].isalnum() for form in between) or len(between) > _FAR:
            return False
        if noun.determiner:
            return True
        word = look_up(words.text[noun.at])
        return 0 < first - noun.at <= _BESIDE and word.noun and word.known

    def _is_whole(self, noun: Noun) -> bool:
        """The house, by a general word, by its name, or by a name that nobody knows."""
        text = self._words.text[noun.at]
        folded, name = fold(text), fold(lemma(text))
        unknown = bool(noun.determiner) and not look_up(text).known
        if unknown or noun.determiner in word_sets()["demonstratives"] or (len(text) > 1 and text.isupper()):
            return True
        if not (self._name | _words()["whole"]).isdisjoint((folded, name)):
            return True
        ends = (*_words()["house"], *word_sets()["whole_heads"])
        return folded.endswith(ends) or name.endswith(ends)

    def _announces(self, clause: Clause) -> bool:
        """ "Meine Empfehlung: …", "Zu empfehlen ... …"."""
        mark = "".join(self._words.text[clause.last : clause.last + 1])
        return mark == ":" or (mark.startswith(("..", "…")) and clause.last - clause.first <= _ELLIPTIC)

    def _last_word(self, clause: Clause) -> int:
        last = clause.last - 1
        while last > clause.first and not self._words.folded[last][0].isalnum():
            last -= 1
        return last
