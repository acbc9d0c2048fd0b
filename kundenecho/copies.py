"""Near-copies of texts: what is kept of a text to find those that are almost the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from datasketch import MinHash

from kundenecho.text import folded

#: Words below which only equal texts are copies, and two known persons never share one voice: "bin sehr zufrieden
#: mit dem Produkt und würde es weiterempfehlen" is written by many independently.
LEAST_WORDS: Final = 20
#: Share of common stretches of three words from which two texts are near-copies.
NEAR: Final = 0.7
_SHINGLE: Final = 3
#: Stretches kept of a text, those of the smallest hashes; texts up to some 250 words are kept whole.
_KEPT: Final = 256
_BANDS: Final = 16
_ROWS: Final = 4
#: Bands are kept in the database; another scheme would make other ones.
_SCHEME: Final = "affine32"


@dataclass(frozen=True)
class Sketch:
    """What is kept of a text.

    Attributes:
        words: Number of words.
        shingles: Hashes of its stretches of three words, ascending, 32 bits, signed; empty where the text is short.
        bands: Two texts that are near share one of these with near certainty; 64 bits, signed.
    """

    words: int
    shingles: tuple[int, ...] = ()
    bands: tuple[int, ...] = ()


def sketch(text: str) -> Sketch:
    """Sketch a text by the hashes of its stretches of three words (Broder, "On the resemblance and containment of
    documents", SEQUENCES 1997).

    The bands are those of locality-sensitive hashing over a MinHash of 64 permutations, 16 bands of 4 (Leskovec,
    Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3): two texts that have 0.7 of their stretches in
    common share a band with probability 1 - (1 - 0.7⁴)¹⁶ = 0.99, at 0.8 with 0.9998.

    Args:
        text: A text.
    """
    words = folded(text).split()
    if len(words) < LEAST_WORDS:
        return Sketch(len(words))
    stretches = {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
    hashes = sorted(_hash(stretch.encode("utf-8", "replace"), 4) for stretch in stretches)
    least = MinHash(_BANDS * _ROWS, permutations=_permutations(), hashfunc=_unsigned, scheme=_SCHEME)
    least.update_batch(hashes)
    values = least.hashvalues.astype("<u4").reshape(_BANDS, _ROWS)
    bands = {_hash(bytes([number]) + band.tobytes(), 8) for number, band in enumerate(values)}
    return Sketch(len(words), tuple(hashes[:_KEPT]), tuple(sorted(bands)))


def similarity(one: Collection[int], other: Collection[int]) -> float:
    """Share of stretches that two texts have in common, of all that either has (Jaccard).

    Exact where both together have at most 256 stretches; else estimated from the 256 smallest hashes (Broder 1997).

    Args:
        one: Shingles of a sketch.
        other: Those of the other.

    Returns:
        0 to 1; 0 for texts too short to be compared.
    """
    left, right = set(one), set(other)
    together = sorted(left | right)[:_KEPT]
    return sum(value in left and value in right for value in together) / len(together) if together else 0.0


@cache
def _permutations() -> Any:
    return MinHash(_BANDS * _ROWS, scheme=_SCHEME).permutations


def _unsigned(value: int) -> int:
    return value & 0xFFFFFFFF


def _hash(value: bytes, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(value, digest_size=size).digest(), "little", signed=True)
