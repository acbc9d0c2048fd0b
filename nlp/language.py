"""Language of a text, told by function words and letters; right on five words.

Feedback of a German company is German unless something speaks for another language, so German
needs no proof. The lists of ``data/languages.toml`` hold frequent words of the other languages that
are not German ones too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, pairwise
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp.cues import IS_CUE
from nlp.extensions import LANGUAGE
from nlp.lexicon import Memo, fold, load_toml
from nlp.tokenizer import tokens_of

_WORD: Final = re.compile(r"[^\W\d_]+")
#: Signs beyond those of Latin letters.
_FOREIGN: Final = re.compile("[\u0250-\U0010ffff]")
_READ_CHARS: Final = 6_000
#: Words of a long text that are looked at.
_ENOUGH: Final = 200
#: Evidence below which a text stays German: one frequent word of another language.
_PROOF: Final = 1.0
_SCRIPTS: Final = {
    "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "HIRAGANA": "ja", "KATAKANA": "ja",
    "HANGUL": "ko", "CJK": "zh", "THAI": "th", "DEVANAGARI": "hi",
}  # fmt: skip


@cache
def _languages() -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    data = load_toml("languages.toml")
    words: dict[str, dict[str, float]] = {}
    for code, table in data["words"].items():
        for word in " ".join(table).split():
            words.setdefault(word, {})[code] = 1.0
    endings = {code: tuple(items) for code, items in data["endings"].items()}
    return words, endings, {code: frozenset(marks) for code, marks in data["letters"].items()}


@cache
def _any_letter() -> frozenset[str]:
    return frozenset().union(*_languages()[2].values())


@cache
def _any_ending() -> tuple[str, ...]:
    return tuple({ending for items in _languages()[1].values() for ending in items})


def detect(text: str) -> str:
    """ISO 639-1 code of a text's language; ``und`` for one without any word."""
    written = _WORD.findall(text[:_READ_CHARS])[:_ENOUGH]
    if not written:
        return "und"
    found = list(map(str.lower, written))
    script = _script(found) if _FOREIGN.search(text, 0, _READ_CHARS) else None
    if script:
        return script
    others = _scores(map(_OTHERS.__getitem__, found))
    if max(others.values(), default=0.0) < _PROOF:
        return "de"
    own = sum(map(_OWN.__getitem__, found))
    if own >= max(others.values()):
        return "de"
    scores = {"de": own + _noun_capitals(written) + _cue_words(found)} | others
    best = max(scores, key=lambda code: (scores[code], code == "de"))
    return best if scores[best] > scores["de"] and scores[best] >= _PROOF else "de"


def _scores(votes: Iterable[Sequence[tuple[str, float]]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for code, weight in chain.from_iterable(filter(None, votes)):
        scores[code] = scores.get(code, 0.0) + weight
    return scores


def _votes(word: str) -> tuple[tuple[str, float], ...]:
    """Languages that a lower-case word speaks for: by itself 1, by a letter 0.6, by its ending 0.4."""
    words, endings, letters = _languages()
    votes = list(words.get(word, {}).items())
    # Most words have neither such a letter nor such an ending: one question tells that for all languages.
    if not _any_letter().isdisjoint(word):
        votes += [(code, 0.6) for code, marks in letters.items() if not marks.isdisjoint(word)]
    if len(word) > 4 and word.endswith(_any_ending()):
        votes += [(code, 0.4) for code, items in endings.items() if word.endswith(items)]
    return tuple(votes)


_OTHERS: Final = Memo(lambda word: tuple(vote for vote in _votes(word) if vote[0] != "de"))
_OWN: Final = Memo(lambda word: sum(weight for code, weight in _votes(word) if code == "de"))


def _noun_capitals(written: Sequence[str]) -> float:
    """German writes nouns with a capital; others seldom a small letter before a capitalised word."""
    return 0.4 * min(3, sum(left.islower() and right.istitle() and len(right) > 2 for left, right in pairwise(written)))


def _cue_words(found: Sequence[str]) -> float:
    """Words of the opinion lexicon are German, some of them also others'."""
    return 0.5 * min(4, sum(IS_CUE[fold(word)] for word in found[:40]))


def _script(found: Sequence[str]) -> str | None:
    """Language of a text most of whose letters are not Latin."""
    counts: dict[str, int] = {}
    letters = 0
    for word in found[:60]:
        for letter in word:
            letters += 1
            if ord(letter) > 0x24F:
                name = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
                if name in _SCRIPTS:
                    counts[_SCRIPTS[name]] = counts.get(_SCRIPTS[name], 0) + 1
    if "ja" in counts:
        return "ja"
    best = max(counts, key=lambda code: counts[code], default=None)
    return best if best and counts[best] > letters / 2 else None


@Language.factory("kundenecho_language_v1", assigns=["doc._.language"])
def create_language(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.language``."""
    _languages()

    def component(doc: Doc) -> Doc:
        doc.user_data[LANGUAGE] = detect(tokens_of(doc).whole)
        return doc

    return component
