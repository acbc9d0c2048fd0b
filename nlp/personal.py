"""Personal data inside texts: where names, numbers and addresses stand, so that views can mask them.

Offsets count characters of the text that was given. What counts as personal is written in
``docs/privacy.md``. The recognisers are patterns and lists of our own; no model is needed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import PERSONAL_KINDS, PersonalSpan
from nlp.extensions import PERSONAL, TITLE_CHARS
from nlp.personal_names import find_names
from nlp.personal_patterns import find_patterns
from nlp.tokenizer import tokens_of

KINDS: Final = PERSONAL_KINDS
#: Modules whose code decides the results, for the lineage.
CODE: Final = tuple(f"personal{part}" for part in ("", "_forms", "_names", "_patterns", "_reading", "_words"))
#: Soft hyphens, joiners, spaces of no width, marks of direction.
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
#: Stands for every character that is hidden.
MARK: Final = "•"


class Personal(NamedTuple):
    """A stretch of a text and what it is, one of :data:`KINDS`."""

    start: int
    end: int
    kind: str


def find_personal(text: str) -> list[Personal]:
    """Personal data of one text, a customer's or a reply to it.

    Characters that are not seen split no name and no number: the text is read without them, and once more with
    spaces in their place, as they may also stand between two words.

    Args:
        text: The text, as it is stored.

    Returns:
        Stretches in order, none empty, none overlapping another.
    """
    if not _UNSEEN.search(text):
        return _read(text)
    places = [at for at, letter in enumerate(text) if not _UNSEEN.match(letter)]
    seen = _read("".join(text[at] for at in places))
    spans = [Personal(places[start], places[end - 1] + 1, kind) for start, end, kind in seen]
    joined = [(start, end) for start, end, _ in spans]
    apart = _read(_UNSEEN.sub(" ", text))
    return sorted(spans + [span for span in apart if not is_touched(joined, span.start, span.end)])


def _read(text: str) -> list[Personal]:
    by_form = find_patterns(text)
    spans = [Personal(*item) for item in by_form if item.kind]
    names = find_names(text)
    if not by_form:
        return [Personal(start, end, "name") for start, end in names]
    taken = bytearray(len(text))
    for item in by_form:
        taken[item.start : item.end] = b"\1" * (item.end - item.start)
    spans += [Personal(start, end, "name") for start, end in names if taken.find(1, start, end) < 0]
    return sorted(spans)


def in_fields(title: str, text: str) -> list[PersonalSpan]:
    """Personal data of a title and of the text below it, each with offsets of its own.

    Args:
        title: The title, empty for none.
        text: The text.
    """
    fields = (("title", title), ("text", text))
    return [PersonalSpan(field, *span) for field, body in fields for span in find_personal(body)]


def is_touched(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of some stretches and the stretch from ``start`` to ``end`` share a character.

    Args:
        spans: Begin and end of each, in order, none overlapping another.
        start: The first character.
        end: The one behind the last.
    """
    before = bisect_left(spans, (end,)) - 1
    return before >= 0 and spans[before][1] > start


def mask(text: str, spans: list[Personal]) -> str:
    """The text with every character of the stretches hidden; as long as before.

    Args:
        text: The text.
        spans: Stretches of it.
    """
    pieces, behind = [], 0
    for start, end, _ in sorted(spans):
        if end > behind:
            begin = max(start, behind)
            pieces += [text[behind:begin], MARK * (end - begin)]
            behind = end
    return "".join([*pieces, text[behind:]])


@Language.factory("kundenecho_personal_v1", assigns=["doc._.personal"])
def create_personal(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.personal``; title and text are read apart, in any language."""

    def component(doc: Doc) -> Doc:
        text, title = tokens_of(doc).whole, doc.user_data.get(TITLE_CHARS, 0)
        doc.user_data[PERSONAL] = in_fields(text[:title], text[title + 1 :] if title else text)
        return doc

    return component
