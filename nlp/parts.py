"""Which noun near a defect names the part that fails: candidates, what is seen of each, and the choice."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.features import number
from nlp.lemmas import lemma, look_up
from nlp.lexicon import fold, stop_nouns, word_sets
from nlp.nouns import Noun, aspect_of, is_whole, nouns, small_nouns

#: Endings of a noun that are looked at: heads of compounds.
_ENDINGS: Final = (3, 4, 5, 6, 7)
_SHORTEST: Final = 3
#: Clauses before that are looked into.
_BACK: Final = 2
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
    words: Words,
    clauses: list[Clause],
    at: int,
    defect: str,
    chosen: int | None,
    whole: AbstractSet[str],
    cues: Sequence[int] = (),
) -> list[Candidate]:
    """The nouns of a clause and of the clauses before it, which a pronoun or a missing subject may point to.

    Args:
        words: The Doc's words.
        clauses: Its clauses.
        at: The clause that tells the defect.
        defect: Its type.
        chosen: Token of the noun that the rules chose.
        whole: Lemmas that name the whole product.
        cues: Tokens of the cues of the defect in the clause.
    """
    scene = _scene(words, clauses, at, defect, chosen, whole, cues)
    found = [_candidate(words, noun, place, scene, "here") for place, noun in enumerate(scene.here)]
    for back in range(1, min(_BACK, at) + 1):
        clause = clauses[at - back]
        apart = clauses[at].sentence - clause.sentence
        if apart > 1:
            break
        where = f"before{back} {apart}"
        earlier = [noun for noun in _all_nouns(words, clause) if not noun.attribute][-2:]
        found += [_candidate(words, noun, place, scene, where) for place, noun in enumerate(reversed(earlier))]
    return [
        candidate
        for candidate in found
        if len(candidate.name) >= _SHORTEST and not _is_product(words, candidate, whole)
    ]


def _is_product(words: Words, candidate: Candidate, whole: AbstractSet[str]) -> bool:
    """The product in the singular; its plural may mean its single units."""
    singular = fold(words.text[candidate.noun.at]) == fold(candidate.name)
    return singular and is_whole(candidate.name, whole)


def cue_tokens(hits: Sequence[Hit], clause: Clause, defect: str) -> list[int]:
    """Tokens of the cues that report a defect in a clause."""
    return sorted({at for hit in hits if hit.clause is clause and hit.defect == defect for at in hit.at})


class _Scene(NamedTuple):
    """What the candidates of one defect have in common."""

    defect: str
    chosen: int | None
    whole: AbstractSet[str]
    cues: Sequence[int]
    here: list[Noun]
    subject: str


def _scene(
    words: Words,
    clauses: list[Clause],
    at: int,
    defect: str,
    chosen: int | None,
    whole: AbstractSet[str],
    cues: Sequence[int],
) -> _Scene:
    clause = clauses[at]
    here = _all_nouns(words, clause)
    forms = [form for form in words.folded[clause.first : clause.last] if form[0].isalpha()]
    free = any(not noun.preposition and not noun.attribute and _usable(words, noun, whole) for noun in here)
    if forms and forms[0] in _POINTING:
        subject = "pointing"
    elif not _POINTING.isdisjoint(forms[:4]) and not free:
        subject = "pronoun"
    elif not here:
        subject = "no noun"
    elif not free:
        subject = "no free noun"
    else:
        subject = "noun"
    return _Scene(defect, chosen, whole, cues, here, subject)


def _usable(words: Words, noun: Noun, whole: AbstractSet[str]) -> bool:
    form = words.folded[noun.at]
    return form not in stop_nouns() and aspect_of(form) is None and not is_whole(lemma(words.text[noun.at]), whole)


def _all_nouns(words: Words, clause: Clause) -> list[Noun]:
    """The nouns of a clause, with those that a careless author wrote small between capitals."""
    found = nouns(words, clause)
    if words.cased:
        found += small_nouns(words, clause)
        found.sort(key=lambda noun: noun.at)
    return found


def _candidate(words: Words, noun: Noun, place: int, scene: _Scene, where: str) -> Candidate:
    form, defect = words.folded[noun.at], scene.defect
    name = lemma(words.text[noun.at])
    low = fold(name)
    known = look_up(words.text[noun.at])
    determiner = "my" if noun.determiner in word_sets()["demonstratives"] else "bare" if not noun.determiner else "the"
    is_stop = form in stop_nouns() or low in stop_nouns()
    all_of_it = is_whole(name, scene.whole)
    side = "obj" if noun.preposition else "attr" if noun.attribute else "free"
    marks = [
        where,
        f"{where} {scene.subject}",
        f"{where} {scene.subject} {side}",
        f"{where} place={min(place, 3)}",
        f"{where} {side} {defect}",
        f"prep={noun.preposition}",
        f"prep={bool(noun.preposition)} {defect}",
        f"det={determiner}",
        f"lemma={low}",
        f"defect={defect}",
        f"rules={noun.at == scene.chosen}",
        f"rules={noun.at == scene.chosen} {defect}",
        f"rules any={scene.chosen is not None}",
        f"stop={is_stop}",
        f"aspect={aspect_of(form)}",
        f"known={known.known} noun={known.noun} verbal={known.verbal}",
        f"attribute={noun.attribute}",
        f"head={low.endswith(word_sets()['whole_heads'])}",
        f"whole={all_of_it}",
        f"small={words.cased and words.text[noun.at][0].islower()}",
    ]
    if all_of_it:
        marks.append(f"whole {defect}")
    if where == "here" and scene.cues:
        near = min(abs(noun.at - cue) for cue in scene.cues)
        marks += [f"near={min(near, 6)}", f"behind={noun.at > max(scene.cues)} {side}", f"cue={noun.at in scene.cues}"]
    if where == "here":
        marks.append(f"only={len(scene.here) == 1} {side}")
    marks += [f"end={low[-length:]}" for length in _ENDINGS if len(low) >= length]
    return Candidate(noun, name, [number("part " + mark, "word") for mark in marks])


def choose(found: list[Candidate], weights: Any, bias: float) -> Candidate | None:
    """The candidate likeliest to be the part, None where none is likelier than not."""
    best = max(found, key=lambda candidate: _score(candidate, weights), default=None)
    return best if best is not None and _score(best, weights) + bias > 0 else None


def _score(candidate: Candidate, weights: dict[int, float]) -> float:
    return sum(weights.get(key, 0.0) for key in candidate.features)
