"""What the components hand to each other on the Doc, registered once at import."""

from __future__ import annotations

from typing import Final

from spacy.tokens import Doc

#: Name and default of every extension of ours.
#: title_chars: characters of the title at the head of the Doc, the joint not counted.
#: product: name of the product, or None. language: ISO 639-1 code or "und".
#: words: nlp.clauses.Words. clauses: list of nlp.clauses.Clause. hits: list of nlp.cues.Hit.
#: mentions: list of kundenecho.analysis.Mention, offsets into the Doc. verdict: nlp.sentiment.Verdict.
#: signals: nlp.signals.Signals. terms: list of kundenecho.analysis.Term, offsets into the Doc.
#: personal: list of kundenecho.analysis.PersonalSpan, offsets into title and text.
#: scores: nlp.weights.Scores, None without weights.
EXTENSIONS: Final = {
    "title_chars": 0,
    "product": None,
    "language": "und",
    "words": None,
    "clauses": None,
    "hits": None,
    "mentions": None,
    "verdict": None,
    "signals": None,
    "terms": None,
    "scores": None,
    "personal": None,
}

for _name, _default in EXTENSIONS.items():
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_default)
