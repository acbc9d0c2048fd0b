"""The German dictionary: which words there are, and their lemmas.

Words and lemmas are those of ``simplemma``, and so is what it does with a word that it lacks. Its own
file takes a second to unpack and a hundred megabytes; here each word is a number made by a hash, sorted,
and its lemma a rule ("two letters off, -en on"), which is read in milliseconds. ``make setup`` writes the
file once from the installed ``simplemma``, into the environment; without it ``simplemma``'s own is read.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import numpy as np
from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy
from simplemma.strategies.dictionaries import DEFAULT_DICTIONARY_FACTORY, DictionaryFactory

#: Where ``make setup`` keeps it: it belongs to the environment, as ``simplemma`` does.
FILE: Final = Path(sys.prefix) / "share" / "kundenecho" / f"lemmas-{version('simplemma')}.npz"
_LANGUAGE: Final = "de"
#: Bits of a word's number that name its bucket, and those that are kept of it: of a thousand million words
#: that the dictionary lacks, some four are taken for one that it holds.
_BUCKET_BITS, _REST_BITS = 16, 32
_REST: Final = (1 << _REST_BITS) - 1


class StoredDictionary(Mapping[str, str]):
    """Lemmas by word.

    Args:
        arrays: ``firsts``, the first entry of each bucket and the end of the last; of each entry ``rests``,
            the word's number less its bucket, ascending in a bucket, and ``rules``, the rule of its lemma;
            of each rule ``trims``, the letters that it takes off, and ``endings``, those that it puts on,
            each with a line end.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        # Views of memory give plain numbers, as arrays do not.
        self._firsts, self._rests, self._rules = (memoryview(arrays[name]) for name in ("firsts", "rests", "rules"))
        endings = arrays["endings"].tobytes().decode("utf-8").split("\n")[:-1]
        self._edits = list(zip(arrays["trims"].tolist(), endings, strict=True))

    def __getitem__(self, word: str) -> str:
        found: str | None = self.get(word)
        if found is None:
            raise KeyError(word)
        return found

    def get(self, word: str, default: Any = None) -> Any:
        """The lemma of a word, ``default`` where the dictionary lacks it."""
        bucket, rest = _place(word)
        last = self._firsts[bucket + 1]
        at = bisect_left(self._rests, rest, self._firsts[bucket], last)
        if at == last or self._rests[at] != rest:
            return default
        trim, ending = self._edits[self._rules[at]]
        return word[: len(word) - trim] + ending

    def __len__(self) -> int:
        return len(self._rests)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the words themselves are not kept")


def _place(word: str) -> tuple[int, int]:
    """Bucket of a word, and the rest of its number."""
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=(_BUCKET_BITS + _REST_BITS) // 8).digest()
    number = int.from_bytes(digest, "big")
    return number >> _REST_BITS, number & _REST


def write_dictionary(lemmas: Mapping[str, str], path: Path) -> None:
    """Write lemmas by word as a file that :func:`read_dictionary` reads; the same for the same lemmas."""
    edits = {word: _edit(word, lemma) for word, lemma in lemmas.items()}
    rules = {edit: number for number, edit in enumerate(sorted(set(edits.values())))}
    entries = sorted((*_place(word), rules[edit]) for word, edit in edits.items())
    buckets = np.array([bucket for bucket, _, _ in entries], np.int64)
    counts = np.bincount(buckets, minlength=1 << _BUCKET_BITS)
    np.savez(
        path,
        firsts=np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        rests=np.array([rest for _, rest, _ in entries], np.uint32),
        rules=np.array([rule for _, _, rule in entries], np.uint16),
        trims=np.array([trim for trim, _ in rules], np.uint8),
        endings=np.frombuffer("".join(f"{ending}\n" for _, ending in rules).encode(), np.uint8),
    )


def _edit(word: str, lemma: str) -> tuple[int, str]:
    pairs = enumerate(zip(word, lemma, strict=False))
    shared = next((at for at, (mine, other) in pairs if mine != other), min(len(word), len(lemma)))
    return len(word) - shared, lemma[shared:]


def read_dictionary(path: Path) -> StoredDictionary:
    """Read a file of :func:`write_dictionary`."""
    with np.load(path, allow_pickle=False) as arrays:
        return StoredDictionary({name: arrays[name] for name in arrays.files})


class _Stored(DictionaryFactory):
    """A stored dictionary, as ``simplemma`` asks for it."""

    def __init__(self, path: Path) -> None:
        self._dictionary = read_dictionary(path)

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        """The dictionary, whatever the language."""
        return self._dictionary


@cache
def _strategies() -> tuple[DictionaryLookupStrategy, Lemmatizer]:
    factory: DictionaryFactory = _Stored(FILE) if FILE.is_file() else DEFAULT_DICTIONARY_FACTORY
    return (
        DictionaryLookupStrategy(factory),
        Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=factory)),
    )


def is_known(word: str) -> bool:
    """Whether the dictionary holds a word as it is written, or with its first letter small or a capital."""
    return _strategies()[0].get_lemma(normalize("NFC", word), _LANGUAGE) is not None


def lemmatize(word: str) -> str:
    """Lemma of a word; one that the dictionary lacks is led to a word that it holds, else given back."""
    return _strategies()[1].lemmatize(word, _LANGUAGE)


def store(path: Path = FILE) -> None:
    """Write the dictionary of the installed ``simplemma`` where it is looked for, unless it is there."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever reads meanwhile finds no file or a whole one.
    part = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    try:
        write_dictionary(DEFAULT_DICTIONARY_FACTORY.get_dictionary(_LANGUAGE), part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    store()
