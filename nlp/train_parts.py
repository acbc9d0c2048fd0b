"""Train the choice of the part that fails, from the annotated components of defects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.features import clause_at, clause_starts
from nlp.metrics import same_component
from nlp.nouns import whole_nouns
from nlp.parts import candidates, cue_tokens
from nlp.train_texts import LabelledText

#: Inverse strength of regularisation, chosen by cross-validation.
_C: Final = 0.5
#: Added to the log-odds: naming a part that is none costs less than missing one.
_LEAN: Final = 0.15


class Part(NamedTuple):
    """A noun near an annotated defect: the text it stands in, what is seen of it, whether it names the part."""

    owner: int
    features: list[int]
    right: bool


def read_parts(doc: Any, text: LabelledText, owner: int) -> Iterator[Part]:
    """The nouns near every annotated defect of a text."""
    words, clauses = doc._.words, doc._.clauses
    starts = clause_starts(doc)
    whole = whole_nouns(words, clauses, doc._.hits, text.gold.product)
    for gold in text.gold.mentions:
        if gold.defect is None:
            continue
        at = _clause(words, clauses, gold.evidence)
        said = (
            mention.start
            for mention in doc._.mentions
            if mention.defect == gold.defect and clause_at(starts, mention.evidence[0]) == at
        )
        start = next(said, None)
        chosen = words.start.index(start) if start is not None else None
        cues = cue_tokens(doc._.hits, clauses[at], gold.defect)
        for one in candidates(words, clauses, at, gold.defect, chosen, whole, cues):
            yield Part(owner, one.features, gold.component is not None and same_component(gold.component, one.name))


def _clause(words: Any, clauses: Sequence[Any], span: tuple[int, int]) -> int:
    """The clause that shares most characters with a span."""
    shared = [min(words.end(clause.last - 1), span[1]) - max(words.start[clause.first], span[0]) for clause in clauses]
    return int(np.argmax(shared))


def fit_parts(
    parts: Sequence[Part], regression: Callable[..., Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
    """Weights of the features, ascending by key, and the bias; without any part nothing is ever chosen."""
    from scipy.sparse import csr_matrix

    if len({part.right for part in parts}) < 2:
        return np.zeros(0, np.int64), np.zeros(0), -1.0
    entries = np.array([key for part in parts for key in part.features], np.int64)
    keys, columns = np.unique(entries, return_inverse=True)
    ends = np.cumsum([0, *(len(part.features) for part in parts)])
    rows = csr_matrix((np.ones(len(entries)), columns, ends), shape=(len(parts), len(keys)))
    model = regression(C=_C, solver="liblinear", max_iter=100)
    model.fit(rows, [part.right for part in parts])
    return keys, model.coef_[0], float(model.intercept_[0]) + _LEAN
