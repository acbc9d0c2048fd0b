"""The ``textblob-de`` engine: sentiment from a list of word polarities, the baseline of the field.

textblob-de knows no recommendation, no loyalty and no mentions; these stay empty. Its tokenizer and
its analyzer are named here because its defaults want NLTK data that must be downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from textblob_de import PatternAnalyzer, PatternTokenizer, TextBlobDE

from kundenecho.analysis import Analysis, Sentiment
from kundenecho.text import storable
from nlp.engine import Text
from nlp.language import detect
from nlp.lexicon import digests
from nlp.personal import CODE, in_fields

#: Polarity above which a text is positive, and below whose negative it is negative. The sign alone
#: decides, as users of TextBlob do it; a dead zone of 0.1 would gain about 0.01 macro-F1, but a
#: baseline tuned on the gold file would be no baseline.
THRESHOLD: Final = 0.0
#: Characters given to textblob-de at once. Its time grows with the square of the length: minutes
#: for a text of 200,000 characters. Pieces take their share by length.
PIECE_CHARS: Final = 4_000
#: Characters of a text, and of its title, that are read, as in the ``kundenecho`` engine.
MAX_CHARS: Final = 50_000
MAX_TITLE_CHARS: Final = 1_000
_LABELS: Final = 3
_CODE: Final = ("language.py", Path(__file__).name, *(f"{name}.py" for name in CODE))


class TextblobEngine:
    """Sentiment by textblob-de; needs no NLTK data and no network."""

    name = "textblob-de"
    line_only = False

    def __init__(self) -> None:
        self._tokenizer = PatternTokenizer()
        self._analyzer = PatternAnalyzer(tokenizer=PatternTokenizer())

    def describe(self) -> dict[str, Any]:
        """Engine, versions, code and thresholds, as JSON; textblob-de's version stands for its lexicons."""
        return {
            "engine": self.name,
            "textblob_de": version("textblob-de"),
            "textblob": version("textblob"),
            "code": {name: _digest(Path(__file__).with_name(name)) for name in _CODE},
            "data": {name: digests()[name] for name in ("languages.toml", "personal.toml")},
            "settings": {
                "threshold": THRESHOLD,
                "piece_chars": PIECE_CHARS,
                "max_chars": MAX_CHARS,
                "max_title_chars": MAX_TITLE_CHARS,
            },
        }

    def analyse(self, texts: Iterable[Text]) -> Iterator[Analysis]:
        """Analyse texts lazily, one result for each, in order.

        A text of another language, and one without content, gets its language and no sentiment.
        """
        for text in texts:
            title = _readable((text.title or "")[:MAX_TITLE_CHARS])
            body = _readable((text.text or "")[:MAX_CHARS])
            result = self._judge(f"{title}\n\n{body}" if title else body)
            if not self.line_only:
                result.personal = in_fields((text.title or "")[:MAX_TITLE_CHARS], (text.text or "")[:MAX_CHARS])
            yield result

    def _judge(self, text: str) -> Analysis:
        language = detect(text)
        if not text.strip() or language not in ("de", "und"):
            return Analysis(language=language)
        polarity = self._polarity(text)
        return Analysis(language=language, sentiment=verdict(polarity), abstained=polarity == 0)

    def _polarity(self, text: str) -> float:
        """Polarity from -1 to 1; 0 also when textblob-de knows none of the words."""
        total = sum(self._piece_polarity(piece) * len(piece) for piece in pieces(text))
        return max(-1.0, min(1.0, total / len(text)))

    def _piece_polarity(self, text: str) -> float:
        return float(TextBlobDE(text, tokenizer=self._tokenizer, analyzer=self._analyzer).polarity)


def verdict(polarity: float) -> Sentiment:
    """Turn a polarity into a sentiment.

    textblob-de gives no probability. The confidence runs in a straight line from chance among three
    labels at polarity 0 to certainty at -1 and 1; ``kundenecho evaluate`` prints how far that is off.

    Args:
        polarity: From -1 (negative) to 1 (positive).
    """
    label = "positive" if polarity > THRESHOLD else "negative" if polarity < -THRESHOLD else "mixed"
    confidence = (1 + (_LABELS - 1) * abs(polarity)) / _LABELS
    return Sentiment(label, round(polarity, 4), round(confidence, 4))


def pieces(text: str, longest: int = PIECE_CHARS) -> Iterator[str]:
    """Cut a text into pieces of at most ``longest`` characters, behind spaces where there are any.

    The pieces, joined, are the text.
    """
    start = 0
    while len(text) - start > longest:
        space = text.rfind(" ", start, start + longest)
        end = space + 1 if space >= start else start + longest
        yield text[start:end]
        start = end
    yield text[start:]


def _readable(text: str) -> str:
    """The text without what would hide the word that it sticks to; textblob-de keeps no offsets."""
    return storable(text).replace("\ufffd", " ")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]
