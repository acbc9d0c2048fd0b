"""A linear-time German tokenizer.

spaCy's own takes seconds for a row of ten thousand exclamation marks (it peels
them off one by one); customers and spammers write such rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

TOKENIZER: Final = "kundenecho.tokenizer.v1"

# Smileys, numbers with units of time or decimals, words with inner hyphens and apostrophes, a run of one
# repeated mark, any other single mark. "gut.Aber" falls into three, "gutAber" into two: customers
# forget the blank, and portals lose line ends.
_TOKEN: Final = re.compile(
    r"""
    [:;=][-o^]?[)(DPp/]+ | <3
  | \d+(?:[.,:]\d+)*
  | [^\W\d_]+?(?=(?<=[a-zäöüß]{3})(?!Innen)[A-ZÄÖÜ][a-zäöüß]{2})
  | [^\W\d_]+(?:[-'’´`][^\W\d_]+)*
  | \s+
  | (.)\1*
    """,
    re.VERBOSE | re.DOTALL,
)
# vocab keeps every distinct form; a "word" of 10,000 letters would be one of them for nothing.
_LONGEST: Final = 200


class WordTokenizer:
    """Splits text into words, numbers, smileys and marks; keeps every character."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Tokenize; ``doc.text`` equals the text, character for character."""
        words: list[str] = []
        spaces: list[bool] = []
        for match in _TOKEN.finditer(text):
            word = match.group()
            if word[0] == " " and words and not spaces[-1]:
                spaces[-1] = True
                word = word[1:]
                if not word:
                    continue
            for start in range(0, len(word), _LONGEST):
                words.append(word[start : start + _LONGEST])
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_disk(self, path: Path, **_: Any) -> None:
        """Nothing to store: the tokenizer has no state."""

    def from_disk(self, path: Path, **_: Any) -> WordTokenizer:
        """Nothing to read."""
        return self

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to store."""
        return b""

    def from_bytes(self, data: bytes, **_: Any) -> WordTokenizer:
        """Nothing to read."""
        return self


def create_tokenizer() -> Callable[[Language], WordTokenizer]:
    """The tokenizer's constructor, as spaCy's registry wants it."""
    return lambda nlp: WordTokenizer(nlp.vocab)


registry.tokenizers.register(TOKENIZER, func=create_tokenizer)
