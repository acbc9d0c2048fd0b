"""The seal in schema.org's vocabulary, safe to stand in a page."""

from __future__ import annotations

import json
from typing import Any, Final

from pipeline.seal import Seal
from pipeline.seal_files import PAGE
from pipeline.seal_words import GROUP, period

# What could end a script element, open a comment in it, or break a line of JavaScript, as JSON's own escapes.
_ESCAPES: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def markup(seal: Seal) -> str:
    """The rated thing with its AggregateRating as JSON-LD.

    Words of customers are not in it: a choice of praise is no sample, and a Review without a rating is none to a search
    engine.

    Args:
        seal: A seal that can be issued.

    Returns:
        JSON that may stand between ``<script type="application/ld+json">`` and its end.

    Raises:
        ValueError: The seal has no figure.
    """
    return json.dumps(node(seal), ensure_ascii=False, indent=2).translate(_ESCAPES) + "\n"


def node(seal: Seal) -> dict[str, Any]:
    """The JSON-LD as a mapping; see :func:`markup`."""
    leading = seal.leading
    if leading is None or leading.figure.shown is None:
        raise ValueError("a seal without a figure has no markup")
    rating: dict[str, Any] = {
        "@type": "AggregateRating",
        "name": f"Bewertungen {GROUP[leading.name]}",
        "description": f"{period(seal)}, je Person eine Bewertung, Mittel nach einer Stelle abgeschnitten",
        "ratingValue": float(leading.figure.shown),
        "worstRating": 1,
        "bestRating": 5,
        "ratingCount": leading.figure.ratings,
        "reviewCount": leading.figure.ratings - leading.star_only,
    }
    if seal.link:
        rating["url"] = f"{seal.link}{PAGE}"
    thing: dict[str, Any] = {"@type": "Organization", "name": seal.subject}
    if seal.product is not None:
        thing = {"@type": "Product", "name": seal.subject, "sku": seal.product}
    return {"@context": "https://schema.org", **thing, "aggregateRating": rating}
