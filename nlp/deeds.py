"""Words with which a deed is told: participles, infinitives, the past tense of what came before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from nlp.lexicon import fold, load_toml, word_sets

#: A deed: "ausgeklopft", "nachgezogen", "kalibriert".
_PARTICIPLE: Final = re.compile(r"(?:\w{2,})?ge\w{2,}(?:t|en)|\w{3,}iert")
_PRETERITE: Final = re.compile(r"\w{2,}[^t]ten?")
#: Adjectives, nouns and possibilities that look like the past tense.
_NO_PRETERITE: Final = re.compile(
    r"\w*(?:(?<!s)st|eit|ut|art|alt|icht|echt|ucht|ott|ert|unt|ort|iert)en?"
    r"|(?:könn|soll|woll|müss|möch|dürf|hät|heu|leu|zwei|drit|vier|fünf|bit|mit|ech|leich|hälf|gerä|gewünsch|bestell"
    r"|gekauf|erwarte|beliebt)ten?"
)
_SHORTEST_INFINITIVE: Final = 5
_CACHE_LIMIT: Final = 20_000


@cache
def fix_words() -> Mapping[str, frozenset[str]]:
    """The closed classes of ``fixes.toml``, folded."""
    return {name: frozenset(map(fold, words)) for name, words in load_toml("fixes.toml")["words"].items()}


@lru_cache(maxsize=_CACHE_LIMIT)
def is_deed(form: str) -> bool:
    """Whether a folded word is the participle of something done to a thing."""
    return _PARTICIPLE.fullmatch(form) is not None and not form.endswith(tuple(fix_words()["no_deed"]))


@lru_cache(maxsize=_CACHE_LIMIT)
def is_infinitive(form: str) -> bool:
    """Whether a folded word may be an infinitive that asks for a deed."""
    ends = form.endswith(("en", "ern", "eln")) and len(form) >= _SHORTEST_INFINITIVE
    free = form not in fix_words()["no_infinitive"] and form not in word_sets()["verbs"]
    return ends and free and _PARTICIPLE.fullmatch(form) is None


@lru_cache(maxsize=_CACHE_LIMIT)
def is_preterite(form: str) -> bool:
    """Whether a folded word may be the past tense of a verb."""
    if form in fix_words()["strong_preterite"]:
        return True
    return _PRETERITE.fullmatch(form) is not None and _NO_PRETERITE.fullmatch(form) is None


@cache
def finite_verbs() -> frozenset[str]:
    """The verbs of ``sets.toml`` that are no infinitives."""
    plural = ("sind", "waren", "haben", "hatten", "werden", "wurden", "können", "müssen")
    return frozenset(form for form in word_sets()["verbs"] if form in plural or not form.endswith("en"))
