"""Texts to train on, read once by the rules, from which any subset can be trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import DEFECT_TYPES
from nlp.arrays import KeyTable
from nlp.engine import Text
from nlp.features import LABELS, PAIRS, clause_starts, forms_of
from nlp.pipeline import KundenechoEngine
from nlp.sentiment import FEATURES, features
from nlp.train_matrix import Keys, Rows, clause_rows, text_rows
from nlp.train_parts import Part, read_parts
from nlp.train_texts import LabelledText, StarText, require_all_classes
from nlp.train_words import Places, Vocabulary

#: Characters of a rated text that are read.
_MOST_CHARS: Final = 3_000
#: Rated texts that are held in full at the same time.
_AT_ONCE: Final = 1_000
#: Texts after which reading tells how far it is.
_TOLD_EVERY: Final = 2_000
Report = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(slots=True)
class Corpus:
    """Texts read once.

    Attributes:
        labelled: The annotated texts. stars: The rated ones.
        clauses: Sparse rows of the annotated texts' clauses. truth: Labels of each of these clauses.
        lengths: Words of each. rules: Sentiment features of each annotated text.
        parts: Nouns near the annotated defects.
        star_rows: Sparse rows of the rated texts.
        star_clauses: Sparse rows of the rated texts' clauses, with those features only that annotated ones have; a
            text's number is that among all rated ones. star_rules: Sentiment features of each text with a row there.
        vocabulary: Words of all texts. said: Their places in each annotated text. star_said: In each rated one.
    """

    labelled: list[LabelledText]
    stars: list[StarText]
    clauses: Rows
    truth: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    rules: NDArray[np.float64]
    parts: list[Part]
    star_rows: Rows
    star_clauses: Rows
    star_rules: NDArray[np.float64]
    vocabulary: Vocabulary
    said: list[Places]
    star_said: list[Places]


def read_corpus(labelled: Sequence[LabelledText], stars: Sequence[StarText], report: Report = lambda _: None) -> Corpus:
    """Run the rules over all texts; what the pipeline does not take for German is left out.

    Args:
        labelled: Annotated texts.
        stars: Rated texts.
        report: Told how many texts are read, now and then.

    Raises:
        DataError: When a sentiment or a class of ratings has no text.
    """
    require_all_classes(labelled, stars)
    engine = KundenechoEngine()
    engine.use(None)
    kept, docs = [], []
    for text in _told(labelled, "annotated", report):
        doc = engine.read(Text(text.gold.text))
        if doc._.clauses:
            kept.append(text)
            docs.append(doc)
    clauses = clause_rows(docs)
    vocabulary = Vocabulary()
    pairs = list(zip(docs, kept, strict=True))
    said = list(map(vocabulary.read, docs))
    rated = _Rated(KeyTable(np.unique(clauses.key)), vocabulary)
    for first in range(0, len(stars), _AT_ONCE):
        some = _told(stars[first : first + _AT_ONCE], "rated", report, first)
        rated.add([engine.read(Text(star.text[:_MOST_CHARS]), until="kundenecho_mentions_v1") for star in some])
    return Corpus(
        labelled=kept,
        stars=list(stars),
        clauses=clauses,
        truth=np.vstack([clause_labels(doc, text) for doc, text in pairs]),
        lengths=np.array([len(forms_of(doc._.words, clause)) for doc in docs for clause in doc._.clauses]),
        rules=np.array(list(map(features, docs))),
        parts=[part for owner, (doc, text) in enumerate(pairs) for part in read_parts(doc, text, owner)],
        star_rows=_joined(rated.rows),
        star_clauses=_joined(rated.clauses),
        star_rules=np.array(rated.rules).reshape(-1, len(FEATURES)),
        vocabulary=vocabulary,
        said=said,
        star_said=rated.said,
    )


class _Rated:
    """What is kept of the rated texts.

    Args:
        keys: Features of clauses that are kept.
        vocabulary: Takes the words in.
    """

    def __init__(self, keys: KeyTable, vocabulary: Vocabulary) -> None:
        self.keys, self.vocabulary = keys, vocabulary
        self.rows: list[Rows] = []
        self.clauses: list[Rows] = []
        self.rules: list[list[float]] = []
        self.said: list[Places] = []

    def add(self, docs: Sequence[Any]) -> None:
        """Read some Docs."""
        first = len(self.said)
        rows = text_rows(docs)
        self.rows.append(rows._replace(owner=rows.owner + first))
        self.said += map(self.vocabulary.read, docs)
        judged = [at for at, doc in enumerate(docs) if doc._.clauses and doc._.hits is not None]
        if judged:
            found = clause_rows([docs[at] for at in judged])
            known = np.sort(self.keys.find(found.key)[1])
            owner = first + np.array(judged)[found.owner]
            self.clauses.append(Rows(found.row[known], found.key[known], found.value[known], owner))
            self.rules += [features(docs[at]) for at in judged]


def _joined(parts: Sequence[Rows]) -> Rows:
    """Rows one after the other."""
    if not parts:
        none: Keys = np.zeros(0, np.int64)
        return Rows(none, none, np.zeros(0, np.float32), none)
    before = np.cumsum([0, *(len(part.owner) for part in parts[:-1])])
    return Rows(
        np.concatenate([part.row + first for part, first in zip(parts, before, strict=True)]),
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.owner for part in parts]),
    )


def _told(texts: Sequence[_T], kind: str, report: Report, first: int = 0) -> Iterator[_T]:
    """The texts, telling how many are done."""
    for done, text in enumerate(texts, first):
        if done % _TOLD_EVERY == 0:
            report(f"reading {kind} texts: {done:,}")
        yield text


def clause_labels(doc: Any, text: LabelledText) -> NDArray[np.bool_]:
    """What each clause of a Doc says by the annotation: a clause and an evidence that share half of either."""
    spans = [
        (start, doc._.words.end(clause.last - 1))
        for start, clause in zip(clause_starts(doc), doc._.clauses, strict=True)
    ]
    truth = np.zeros((len(spans), len(LABELS)), np.bool_)
    for mention in text.gold.mentions:
        begin, end = mention.evidence
        shared = [min(last, end) - max(first, begin) for first, last in spans]
        hit = [
            at
            for at, (first, last) in enumerate(spans)
            if shared[at] > 0 and (2 * shared[at] >= last - first or 2 * shared[at] >= end - begin)
        ] or [int(np.argmax(shared))]
        columns = []
        if (mention.aspect, mention.polarity) in PAIRS:
            columns = [PAIRS.index((mention.aspect, mention.polarity)), -3 if mention.polarity == "pos" else -2]
        if mention.defect is not None:
            columns += [len(PAIRS) + DEFECT_TYPES.index(mention.defect), -1]
        for column in columns:
            truth[hit, column] = True
    return truth
