"""What decides whether a text recommends, and whether its author stays: constructions with conditions.

Beside its words a construction may ask who speaks, whether the deed is real, and how long the clause is;
see the head of ``loyalty.toml``. A question counts by its answer: "Nochmal kaufen? Eher nicht."
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from nlp.clauses import Clause, Is, Words
from nlp.lexicon import fold, load_toml

FILES: Final = ("recommend.toml", "repeat.toml", "churn.toml", "referrals.toml")
_OPPOSITE: Final = {"repeat": "churn", "recommend_yes": "recommend_no", "churn": None, "recommend_no": None}
#: Tokens behind a question that are looked at for its answer.
_ANSWER: Final = 4
#: Most tokens of an addition that takes a clause back: ", aber nicht".
_ADDITION: Final = 3
#: Tokens around a construction in which its subject is looked for.
_BESIDE: Final = 3


class Rule(NamedTuple):
    """What a construction stands for and under which conditions.

    Attributes:
        rank: Place of its entry in the data files.
        denied: The signal when negated, None where a negated one is dropped.
        unless: Folded words of the clause that cancel it.
        near: Folded words of the sentence that cancel it.
        needs: Folded words one of which the sentence must hold; none for no such condition.
        own: The clause must speak of its author.
        open: It must not speak of anybody else.
        real: It must tell a deed, no wish.
        longest: Most tokens of the clause, 0 for any.
        begins: Its first word must be the clause's.
        ends: Its last word must be the clause's.
    """

    rank: int
    signal: str
    denied: str | None
    unless: frozenset[str]
    near: frozenset[str] = frozenset()
    own: bool = False
    open: bool = False
    real: bool = False
    longest: int = 0
    begins: bool = False
    ends: bool = False
    needs: frozenset[str] = frozenset()


def read_rules(name: str, rank: int) -> Iterator[tuple[str, Rule]]:
    """The constructions of one data file with their rules; ``rank`` is that of its first entry."""
    data = load_toml(name)
    classes = load_toml("loyalty.toml")["classes"] | data.get("classes", {})
    for number, entry in enumerate(data["cue"], rank):
        rule = Rule(
            number, entry["signal"], entry.get("denied"), frozenset(map(fold, entry.get("unless", ()))),
            frozenset(map(fold, entry.get("near", ()))), entry.get("self", False), entry.get("open", False),
            entry.get("real", False), entry.get("longest", 0), entry.get("begins", False), entry.get("ends", False),
            frozenset(map(fold, entry.get("needs", ()))),
        )  # fmt: skip
        for source in entry["patterns"]:
            yield expand(source, classes), rule


def expand(source: str, classes: Mapping[str, Sequence[str]]) -> str:
    """A pattern with the words of a class for each ``@name``."""
    if "@" not in source:
        return source
    return " ".join(
        "|".join(
            form for part in element.split("|") for form in (classes[part[1:]] if part.startswith("@") else (part,))
        )
        for element in source.split()
    )


@cache
def _words() -> dict[str, frozenset[str]]:
    return {name: frozenset(map(fold, forms)) for name, forms in load_toml("loyalty.toml")["persons"].items()}


def holds(rule: Rule, words: Words, clause: Clause, at: Sequence[int]) -> bool:
    """Whether the conditions of a construction are met where it was found, at the words ``at``."""
    if rule.longest and clause.last - clause.first > rule.longest:
        return False
    if (rule.begins and min(at) != clause.first) or (rule.ends and max(at) != _last_word(words, clause)):
        return False
    forms = words.folded[clause.first : clause.last]
    sets = _words()
    if not rule.unless.isdisjoint(forms):
        return False
    if rule.open or rule.own:
        near = words.folded[max(min(at) - _BESIDE, clause.first) : min(max(at) + _BESIDE + 1, clause.last)]
        if not sets["others" if rule.open else "impersonal"].isdisjoint(near):
            return False
    if rule.real and not sets["unreal"].isdisjoint(forms):
        return False
    if not rule.own and not rule.near and not rule.needs:
        return True
    first, last = _sentence(words, clause)
    around = words.folded[first:last]
    if not rule.near.isdisjoint(around) or (rule.needs and rule.needs.isdisjoint(around)):
        return False
    return not rule.own or not sets["author"].isdisjoint(around) or forms[0] in sets["opens"]


def _last_word(words: Words, clause: Clause) -> int:
    last = clause.last - 1
    while last > clause.first and not words.folded[last][0].isalnum():
        last -= 1
    return last


def _sentence(words: Words, clause: Clause) -> tuple[int, int]:
    first, last, kinds = clause.first, clause.last, words.kinds
    while first and not kinds[first - 1] & Is.SENTENCE_END:
        first -= 1
    while last < len(kinds) and not kinds[last] & Is.SENTENCE_END:
        last += 1
    return first, last


def answered(signal: str, words: Words, clause: Clause) -> str | None:
    """The signal after the answer to its question, or after an addition that takes it back."""
    if signal not in _OPPOSITE or clause.last >= len(words.folded):
        return signal
    mark, sets = words.folded[clause.last], _words()
    if mark[0] in "?:":
        answer = words.folded[clause.last + 1 : clause.last + 1 + (_ANSWER if mark[0] == "?" else 1)]
        if not sets["denials"].isdisjoint(answer):
            return _OPPOSITE[signal]
        return signal if mark[0] == ":" or not sets["assents"].isdisjoint(answer) else None
    begin = clause.last + 1 if words.kinds[clause.last] & Is.CLAUSE_END else clause.last
    addition = words.kinds[begin : begin + _ADDITION + 1]
    ends = next((at for at, kind in enumerate(addition) if kind >= Is.SENTENCE_END), len(addition))
    if 1 < ends <= _ADDITION and addition[0] & Is.CONTRAST and words.folded[begin + 1] == "nicht":
        return _OPPOSITE[signal]
    return signal
