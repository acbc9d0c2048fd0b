"""A linear-time German tokenizer.

spaCy's own takes seconds for a row of ten thousand exclamation marks (it peels
them off one by one); customers and spammers write such rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import Any, Final, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from nlp.extensions import TOKENS
from nlp.lexicon import INVISIBLE

TOKENIZER: Final = "kundenecho.tokenizer.v1"

# Words with inner hyphens, apostrophes and invisible characters, numbers with units of time or decimals, smileys,
# blanks, a run of one repeated mark, any other single mark; each with the blank behind it. "gut.Aber" falls into
# three, "gutAber" into two: customers forget the blank, and portals lose line ends.
_WORD: Final = rf"[^\W\d_]+(?:(?:[-'’´`]|[{INVISIBLE}]+)[^\W\d_]+)*"
_OTHERS: Final = r"\d+(?:[.,:]\d+)*|[:;=][-o^]?[)(DPp/]+|<3|\s+|(.)\2*"
_TOKEN: Final = re.compile(f"({_WORD}|{_OTHERS})( ?)", re.DOTALL)
_GLUED: Final = r"[^\W\d_]+?(?=(?<=[a-zäöüß]{3})(?!Innen)[A-ZÄÖÜ][a-zäöüß]{2})"
_TOKEN_OR_GLUED: Final = re.compile(f"({_GLUED}|{_WORD}|{_OTHERS})( ?)", re.DOTALL)
# Without this in a text no word of it is two; to try each letter of each word takes longer than all the rest.
_MAYBE_GLUED: Final = re.compile(r"[A-ZÄÖÜ](?<=[a-zäöüß]{3}.)[a-zäöüß]{2}")
# vocab keeps every distinct form; a "word" of 10,000 letters would be one of them for nothing.
_LONGEST: Final = 200


class Tokens(NamedTuple):
    """A Doc as plain values: its text, its tokens and their offsets."""

    whole: str
    text: list[str]
    start: list[int]


class Page:
    """A text as the components read it: what they hand to each other, without spaCy's own record of each token.

    It takes a Doc's place where no spaCy model runs, whose components would read that record: to make it takes
    longer than to split the text.
    """

    __slots__ = ("user_data",)

    def __init__(self, text: str) -> None:
        self.user_data: dict[Any, Any] = {TOKENS: split(text)[0]}

    def __len__(self) -> int:
        return len(self.user_data[TOKENS].text)


def split(text: str) -> tuple[Tokens, list[str]]:
    """Words, numbers, smileys and marks of a text, and the blank, if any, behind each; no character is lost."""
    found = (_TOKEN_OR_GLUED if _MAYBE_GLUED.search(text) else _TOKEN).findall(text)
    words = [word for word, _, _ in found]
    if max(map(len, words), default=0) > _LONGEST:
        found = [piece for item in found for piece in _pieces(*item)]
        words = [word for word, _, _ in found]
    blanks = [blank for _, _, blank in found]
    ends = list(accumulate(map(add, map(len, words), map(len, blanks)), initial=0))
    return Tokens(text, words, ends[:-1]), blanks


class WordTokenizer:
    """Splits text into words, numbers, smileys and marks; keeps every character."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Tokenize; ``doc.text`` equals the text, character for character."""
        tokens, blanks = split(text)
        doc = Doc(self.vocab, words=tokens.text, spaces=list(map(bool, blanks)))
        doc.user_data[TOKENS] = tokens
        return doc

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


def _pieces(word: str, mark: str, blank: str) -> list[tuple[str, str, str]]:
    """A token that is too long, cut; the blank stands behind the last piece."""
    cuts = [word[start : start + _LONGEST] for start in range(0, len(word), _LONGEST)]
    return [*((cut, mark, "") for cut in cuts[:-1]), (cuts[-1], mark, blank)]


def tokens_of(doc: Doc) -> Tokens:
    """The tokens of a Doc, whatever tokenizer made it."""
    found: Tokens | None = doc.user_data.get(TOKENS)
    if found is None or len(found.text) != len(doc):
        found = Tokens(doc.text, [token.text for token in doc], [token.idx for token in doc])
        doc.user_data[TOKENS] = found
    return found


def create_tokenizer() -> Callable[[Language], WordTokenizer]:
    """The tokenizer's constructor, as spaCy's registry wants it."""
    return lambda nlp: WordTokenizer(nlp.vocab)


registry.tokenizers.register(TOKENIZER, func=create_tokenizer)
