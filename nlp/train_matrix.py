"""Sparse matrices of hashed features, and which features are worth keeping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.features import (
    SCALES,
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
    return _rows((owner, keys, None) for owner, doc in enumerate(docs) for keys in _clause_keys(doc))


def text_rows(docs: Iterable[Any]) -> Rows:
    """A row for each text: its words and neighbours, divided by the root of its length."""
    return _rows((owner, *_text_entries(doc)) for owner, doc in enumerate(docs))


def _clause_keys(doc: Any) -> Iterator[Keys]:
    for clause, rules in zip(doc._.clauses, rule_keys(doc), strict=True):
        forms = forms_of(doc._.words, clause)
        words = [_word(form, mark) for form, mark in zip(forms, negated(forms), strict=True)]
        near = companion_keys([word.number for word in words if word.is_word])
        yield np.array([*_lexical(words), *near, *rules], np.int64)


def _lexical(words: Sequence[WordKeys]) -> list[int]:
    beside = neighbour_keys([word.number for word in words])
    return [key for word in words for key in word.keys] + beside


def _text_entries(doc: Any) -> tuple[Keys, Values]:
    found: list[int] = []
    length = 1
    for clause in doc._.clauses or ():
        forms = forms_of(doc._.words, clause)
        length += len(forms)
        found += _lexical([_word(form, mark) for form, mark in zip(forms, negated(forms), strict=True)])
    keys, counts = np.unique(np.array(found, np.int64), return_counts=True)
    return keys, (counts * _scales(keys) / np.sqrt(length)).astype(np.float32)


def _scales(keys: Keys) -> Values:
    return np.array(SCALES, np.float32).take(keys & 7)


def _rows(items: Iterable[tuple[int, Keys, Values | None]]) -> Rows:
    keys, values, lengths, owners = [], [], [], []
    for owner, key, value in items:
        keys.append(key)
        values.append(_scales(key) if value is None else value)
        lengths.append(len(key))
        owners.append(owner)
    row = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    return Rows(row, np.concatenate(keys), np.concatenate(values), np.array(owners, np.int64))


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
