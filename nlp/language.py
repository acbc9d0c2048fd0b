"""Language of a text, told by function words and letters; right on five words.

Feedback of a German company is German unless something speaks for another language, so German
needs no proof. The lists of ``data/languages.toml`` hold frequent words of the other languages that
are not German ones too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp.cues import cue_table
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
def _languages() -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, ...]], dict[str, str]]:
    data = load_toml("languages.toml")
    words: dict[str, dict[str, float]] = {}
    for code, table in data["words"].items():
        for word in " ".join(table).split():
            words.setdefault(word, {})[code] = 1.0
    endings = {code: tuple(items) for code, items in data["endings"].items()}
    return words, endings, data["letters"]


def detect(text: str) -> str:
    """ISO 639-1 code of a text's language; ``und`` for one without any word."""
    written = _WORD.findall(text[:_READ_CHARS])[:_ENOUGH]
    if not written:
        return "und"
    found = [word.lower() for word in written]
    script = _script(found) if _FOREIGN.search(text, 0, _READ_CHARS) else None
    if script:
        return script
    scores = _scores(found)
    if not any(score >= _PROOF for code, score in scores.items() if code != "de"):
        return "de"
    scores["de"] += _noun_capitals(written) + _cue_words(found)
    best = max(scores, key=lambda code: (scores[code], code == "de"))
    return best if scores[best] > scores["de"] and scores[best] >= _PROOF else "de"


def _scores(found: Sequence[str]) -> dict[str, float]:
    scores = {"de": 0.0}
    for votes in filter(None, map(_VOTES.__getitem__, found)):
        for code, weight in votes:
            scores[code] = scores.get(code, 0.0) + weight
    return scores


def _votes(word: str) -> tuple[tuple[str, float], ...]:
    """Languages that a lower-case word speaks for: by itself 1, by a letter 0.6, by its ending 0.4."""
    words, endings, letters = _languages()
    votes = list(words.get(word, {}).items())
    votes += [(code, 0.6) for code, marks in letters.items() if any(mark in word for mark in marks)]
    if len(word) > 4:
        votes += [(code, 0.4) for code, items in endings.items() if word.endswith(items)]
    return tuple(votes)


_VOTES: Final = Memo(_votes)


def _noun_capitals(written: Sequence[str]) -> float:
    """German writes nouns with a capital; others seldom a small letter before a capitalised word."""
    return 0.4 * min(3, sum(left.islower() and right.istitle() and len(right) > 2 for left, right in pairwise(written)))


def _cue_words(found: Sequence[str]) -> float:
    """Words of the opinion lexicon are German, some of them also others'."""
    index = cue_table().index
    return 0.5 * min(4, sum(bool(index.lookup(fold(word))) for word in found[:40]))


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
