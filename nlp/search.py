"""All constructions of the data files, looked for at once, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from nlp import cues, sentences, signals, told
from nlp.clauses import Clause
from nlp.extensions import CLAUSES, MATCHES, WORDS
from nlp.patterns import Matches, PatternTable

_SENTENCE: Final = attrgetter("sentence")


@cache
def all_patterns() -> PatternTable:
    """The constructions of all data files, compiled once per process."""
    table = PatternTable()
    for source, cue in cues.read_cues():
        table.add(source, cue, cues.FAMILY)
    for source, rule in signals.read_rules():
        table.add(source, rule, signals.FAMILY)
    for source, aside in sentences.read_asides():
        table.add(source, aside, sentences.FAMILY, over_sentence=True)
    for source, sign in told.read_signs():
        table.add(source, sign, told.FAMILY)
    return table


@Language.factory("kundenecho_search_v1", assigns=["doc._.matches"], requires=["doc._.words", "doc._.clauses"])
def create_search(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.matches``: the constructions in each clause, and over each sentence."""
    table = all_patterns()

    def component(doc: Doc) -> Doc:
        clauses: list[Clause] | None = doc.user_data.get(CLAUSES)
        if clauses is not None:
            found: Matches = {}
            folded = doc.user_data[WORDS].folded
            for _, group in groupby(clauses, _SENTENCE):
                table.search(folded, [(clause.first, clause.last) for clause in group], found)
            doc.user_data[MATCHES] = found
        return doc

    return component
