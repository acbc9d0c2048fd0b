"""Text hygiene shared by every room: storable text, and digests of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)

#: Texts shorter than this (after folding) are never taken for copies of each other:
#: "Alles super" is written by many people independently.
COPY_MIN_CHARS = 40


def storable(text: str) -> str:
    """Replace what PostgreSQL or UTF-8 cannot hold, one character for one character.

    NUL and unpaired surrogates become U+FFFD, so that offsets into the text hold.

    Args:
        text: Any Python string.

    Returns:
        A string of the same length that can be encoded as UTF-8 and stored.
    """
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def storable_json(value: Any) -> Any:
    """A JSON value with every text in it made storable (see :func:`storable`)."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    return value


def copy_digest(text: str | None) -> str | None:
    """Digest that is equal for texts which differ only in case, spacing or punctuation.

    Args:
        text: The text of a feedback, or None.

    Returns:
        32 hexadecimal digits, or None when the folded text is shorter than
        :data:`COPY_MIN_CHARS` characters and so no evidence of copying.
    """
    plain = folded(text or "")
    if len(plain) < COPY_MIN_CHARS:
        return None
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]


def folded(text: str) -> str:
    """The words of a text, without case, punctuation and spacing, for comparing texts."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
