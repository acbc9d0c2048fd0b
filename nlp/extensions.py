"""What the components hand to each other on the Doc, registered once at import."""

from __future__ import annotations

from typing import Any, Final

from spacy.tokens import Doc

#: Name and default of every extension of ours.
#: tokens: nlp.tokenizer.Tokens. title_chars: characters of the title at the head of the Doc, the joint not
#: counted. product: name of the product, or None. language: ISO 639-1 code or "und".
#: words: nlp.clauses.Words. clauses: list of nlp.clauses.Clause. matches: nlp.patterns.Matches. hits: list of
#: nlp.cues.Hit.
#: mentions: list of kundenecho.analysis.Mention, offsets into the Doc. verdict: nlp.sentiment.Verdict.
#: signals: nlp.signals.Signals. terms: list of kundenecho.analysis.Term, offsets into the Doc.
#: moments: list of kundenecho.analysis.Moment, offsets into the Doc.
#: personal: list of kundenecho.analysis.PersonalSpan, offsets into title and text.
#: scores: nlp.weights.Scores, None without weights.
EXTENSIONS: Final = {
    "tokens": None,
    "title_chars": 0,
    "product": None,
    "language": "und",
    "words": None,
    "clauses": None,
    "matches": None,
    "hits": None,
    "mentions": None,
    "verdict": None,
    "signals": None,
    "terms": None,
    "scores": None,
    "personal": None,
    "moments": None,
}

for _name, _default in EXTENSIONS.items():
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_default)


def _key(name: str) -> Any:  # spaCy declares keys of another type than it uses
    return "._.", name, None, None


# ``doc.user_data[WORDS]`` is ``doc._.words``: spaCy keeps extensions there under these keys. ``doc._`` builds an
# object and searches the registry each time, microseconds that components pay a hundred times a text.
TOKENS: Final = _key("tokens")
TITLE_CHARS: Final = _key("title_chars")
PRODUCT: Final = _key("product")
LANGUAGE: Final = _key("language")
WORDS: Final = _key("words")
CLAUSES: Final = _key("clauses")
MATCHES: Final = _key("matches")
HITS: Final = _key("hits")
MENTIONS: Final = _key("mentions")
VERDICT: Final = _key("verdict")
SIGNALS: Final = _key("signals")
TERMS: Final = _key("terms")
SCORES: Final = _key("scores")
PERSONAL: Final = _key("personal")
MOMENTS: Final = _key("moments")
