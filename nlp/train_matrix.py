"""Sparse matrices of hashed features, and which features are worth keeping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.features import (
    BEGIN,
    END,
    SCALES,
    Owners,
    WordKeys,
    companion_keys,
    forms_of,
    negated,
    neighbour_keys,
    rule_keys,
    word_keys,
)

#: Words whose features are kept while texts are read.
_WORDS: Final = 200_000
Keys = NDArray[np.int64]
Values = NDArray[np.float32]


class Rows(NamedTuple):
    """Rows of a sparse matrix before its columns are chosen: for each entry its row, key and value.

    ``owner`` is the text of each row.
    """

    row: Keys
    key: Keys
    value: Values
    owner: Keys


@lru_cache(maxsize=_WORDS)
def _word(form: str, is_negated: bool) -> WordKeys:
    return word_keys(form, is_negated)


def clause_rows(docs: Sequence[Any]) -> Rows:
    """A row for each clause: its words, neighbours, companions and cues."""
    rows, keys, owners = [], [], []
    first = 0
    for owner, doc in enumerate(docs):
        said = rule_keys(doc)
        found, clauses = _lexical(doc, company=True)
        keys += [found, np.array([key for row in said for key in row], np.int64)]
        rows += [first + clauses, first + np.repeat(np.arange(len(said)), list(map(len, said)))]
        owners += [owner] * len(said)
        first += len(said)
    row, key = np.concatenate(rows), np.concatenate(keys)
    order = np.argsort(row, kind="stable")
    return Rows(row[order], key[order], _scales(key[order]), np.array(owners, np.int64))


def text_rows(docs: Iterable[Any]) -> Rows:
    """A row for each text: its words and neighbours, divided by the root of its length."""
    keys, values, lengths = [], [], []
    for doc in docs:
        clauses = doc._.clauses or ()
        length = 1 + sum(len(forms_of(doc._.words, clause)) for clause in clauses)
        found, counts = np.unique(_lexical(doc, company=False)[0], return_counts=True)
        keys.append(found)
        values.append((counts * _scales(found) / np.sqrt(length)).astype(np.float32))
        lengths.append(len(found))
    row = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    return Rows(row, np.concatenate(keys), np.concatenate(values), np.arange(len(lengths), dtype=np.int64))


def _lexical(doc: Any, *, company: bool) -> tuple[Keys, Owners]:
    """Features of a Doc's words and neighbours, and of companions if wanted; with the clause of each."""
    clauses = doc._.clauses or ()
    words = []
    for clause in clauses:
        forms = forms_of(doc._.words, clause)
        words.append([_word(form, mark) for form, mark in zip(forms, negated(forms), strict=True)])
    owners = np.arange(len(words), dtype=np.int64)
    numbers = np.array([n for row in words for n in (BEGIN, *(word.number for word in row), END)], np.uint64)
    beside, beside_owners = neighbour_keys(numbers, np.repeat(owners, [len(row) + 2 for row in words]))
    mine = np.array([key for row in words for word in row for key in word.keys], np.int64)
    mine_owners = np.repeat(owners, [sum(len(word.keys) for word in row) for row in words])
    keys, found = [mine, beside], [mine_owners, beside_owners]
    if company:
        numbers = np.array([word.number for row in words for word in row if word.is_word], np.uint64)
        near, near_owners = companion_keys(
            numbers, np.repeat(owners, [sum(word.is_word for word in row) for row in words])
        )
        keys, found = [*keys, near], [*found, near_owners]
    return np.concatenate(keys), np.concatenate(found)


def _scales(keys: Keys) -> Values:
    return np.array(SCALES, np.float32).take(keys & 7)


def choose(rows: Rows, groups: Sequence[str], texts: int, kinds: int) -> Keys:
    """Keys that occur in at least ``texts`` texts and at least ``kinds`` groups of texts, ascending.

    What is said of one kind of product only is a word of that product: it would be learned by heart.
    """
    codes = np.unique(np.array(groups), return_inverse=True)[1].astype(np.int64)
    owner = rows.owner[rows.row]
    keys, place = np.unique(rows.key, return_inverse=True)
    spread = _distinct(place, owner, len(keys), int(owner.max()) + 1)
    kind = _distinct(place, codes[owner], len(keys), int(codes.max()) + 1)
    return keys[(spread >= texts) & (kind >= kinds)]


def _distinct(place: Keys, other: Keys, places: int, others: int) -> Keys:
    """For each place, with how many distinct others it occurs."""
    pairs = np.unique(place * others + other)
    return np.bincount(pairs // others, minlength=places)


def matrix(rows: Rows, keys: Keys, chosen: NDArray[np.bool_] | None = None) -> Any:
    """The rows as a CSR matrix with a column for each key.

    Args:
        rows: Entries; equal ones of a row add up.
        keys: Ascending.
        chosen: Rows to take, None for all.
    """
    from scipy.sparse import csr_matrix

    column = np.minimum(np.searchsorted(keys, rows.key), len(keys) - 1)
    known = keys[column] == rows.key
    found = csr_matrix(
        (rows.value[known], (rows.row[known], column[known])), shape=(len(rows.owner), len(keys)), dtype=np.float32
    )
    return found if chosen is None else found[chosen]
