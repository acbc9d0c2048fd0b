"""Which noun near a defect names the part that fails: candidates, what is seen of each, and the choice."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from nlp.clauses import Clause, Words
from nlp.features import number
from nlp.lemmas import lemma, look_up
from nlp.lexicon import fold, stop_nouns, word_sets
from nlp.nouns import Noun, aspect_of, is_whole, nouns

#: Endings of a noun that are looked at: heads of compounds.
_ENDINGS: Final = (3, 4, 5, 6, 7)
_SHORTEST: Final = 3
_POINTING: Final = frozenset({"er", "sie", "es", "der", "die", "das", "dieser", "diese", "dieses", "welcher", "welche"})


class Candidate(NamedTuple):
    """A noun that may name the part.

    Attributes:
        name: Its lemma.
        features: Numbers of what is seen of it.
    """

    noun: Noun
    name: str
    features: list[int]


def candidates(
    words: Words, clauses: list[Clause], at: int, defect: str, chosen: int | None, whole: AbstractSet[str]
) -> list[Candidate]:
    """The nouns of a clause, and of the clause before it where it begins with a pronoun; never the whole product.

    Args:
        words: The Doc's words.
        clauses: Its clauses.
        at: The clause that tells the defect.
        defect: Its type.
        chosen: Token of the noun that the rules chose.
        whole: Lemmas that name the whole product.
    """
    found = [
        _candidate(words, clauses[at], noun, place, defect, chosen)
        for place, noun in enumerate(nouns(words, clauses[at]))
    ]
    first = next((form for form in words.folded[clauses[at].first : clauses[at].last] if form[0].isalpha()), "")
    if at and first in _POINTING and clauses[at].sentence - clauses[at - 1].sentence <= 1:
        earlier = [noun for noun in nouns(words, clauses[at - 1]) if not noun.attribute][-2:]
        found += [
            _candidate(words, clauses[at - 1], noun, place, defect, chosen, "before")
            for place, noun in enumerate(earlier)
        ]
    return [
        candidate for candidate in found if len(candidate.name) >= _SHORTEST and not is_whole(candidate.name, whole)
    ]


def _candidate(
    words: Words,
    clause: Clause,
    noun: Noun,
    place: int,
    defect: str,
    chosen: int | None,
    where: str = "here",
) -> Candidate:
    form = words.folded[noun.at]
    name = lemma(words.text[noun.at])
    low = fold(name)
    known = look_up(words.text[noun.at])
    determiner = "my" if noun.determiner in word_sets()["demonstratives"] else "bare" if not noun.determiner else "the"
    marks = [
        where,
        f"{where} place={min(place, 3)}",
        f"prep={noun.preposition}",
        f"prep={bool(noun.preposition)} {defect}",
        f"det={determiner}",
        f"lemma={low}",
        f"defect={defect}",
        f"rules={noun.at == chosen}",
        f"rules={noun.at == chosen} {defect}",
        f"stop={form in stop_nouns() or low in stop_nouns()}",
        f"aspect={aspect_of(form)}",
        f"known={known.known} noun={known.noun} verbal={known.verbal}",
        f"attribute={noun.attribute}",
        f"head={low.endswith(word_sets()['whole_heads'])}",
    ]
    marks += [f"end={low[-length:]}" for length in _ENDINGS if len(low) >= length]
    return Candidate(noun, name, [number("part " + mark, "word") for mark in marks])


def choose(found: list[Candidate], weights: Any, bias: float) -> Candidate | None:
    """The candidate likeliest to be the part, None where none is likelier than not."""
    best = max(found, key=lambda candidate: _score(candidate, weights), default=None)
    return best if best is not None and _score(best, weights) + bias > 0 else None


def _score(candidate: Candidate, weights: dict[int, float]) -> float:
    return sum(weights.get(key, 0.0) for key in candidate.features)
