"""The journey map: its rows in the order of the journey, and their German words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kundenecho.analysis import TOUCHPOINTS
from kundenecho.journey import MOODS, OVERALL
from nlp.places import places

PHASE: Final = {"before": "vorher", "during": "währenddessen", "after": "danach"}
TOUCHPOINT: Final = {
    "advertising": "Werbung und Beschreibung",
    "advice": "Beratung",
    "order": "Bestellung und Preis",
    "delivery": "Lieferung",
    "packaging": "Verpackung",
    "first_use": "erster Gebrauch",
    "use": "Gebrauch",
    "cleaning": "Reinigung und Pflege",
    "support": "Kundendienst",
    "returns": "Rückgabe und Reklamation",
    "repurchase": "Wiederkauf",
    "overall": "das Ganze oder unbestimmt",
}
MOOD: Final = {
    "very_positive": "sehr positiv",
    "positive": "positiv",
    "mixed": "gemischt",
    "negative": "negativ",
    "very_negative": "sehr negativ",
    "unjudged": "ohne Urteil",
}
EMOTION: Final = {
    "joy": "Freude",
    "trust": "Vertrauen",
    "surprise": "Überraschung",
    "disappointment": "Enttäuschung",
    "anger": "Ärger",
    "worry": "Sorge",
}
EXPECTATION: Final = {"exceeded": "übertroffen", "met": "erfüllt", "disappointed": "enttäuscht"}
#: Tenths of a row up to which a cell is that much shaded.
_SHADES: Final = (0.0, 0.1, 0.25, 0.5)


def phase_of(touchpoint: str) -> str | None:
    """Phase of a touchpoint by the reviewed table; None for ``overall``."""
    return places().phases.get(touchpoint)


def complete(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The map with a row for every touchpoint, also where nobody told of it; there ``persons`` is 0.

    Args:
        rows: Rows of :func:`storage.journey.list_journey`.

    Returns:
        The rows in the order of the journey, what belongs to no touchpoint last.
    """
    found = {row["touchpoint"]: dict(row) for row in rows}
    empty = {"persons": 0, **dict.fromkeys((*MOODS, *EMOTION, *EXPECTATION, "extreme_persons"), 0)}
    return [
        found.get(touchpoint) or {**empty, "touchpoint": touchpoint, "phase": phase_of(touchpoint)}
        for touchpoint in (*TOUCHPOINTS, OVERALL)
    ]


def shade(row: Mapping[str, Any], mood: str) -> int:
    """How dark a cell is: 0 for nobody to 4 for more than half of those with a verdict; 0 where these are too few.

    Args:
        row: A row of the map.
        mood: One of :data:`MOOD`; who gives no verdict is never shaded.
    """
    if not row["persons"] or row["needed"] or mood == "unjudged":
        return 0
    share = row[mood] / (row["persons"] - row["unjudged"])
    return sum(share > bound for bound in _SHADES)


def emotions(row: Mapping[str, Any]) -> str:
    """The feelings that persons show at a touchpoint, the most frequent first: ``Ärger 3, Freude 1``."""
    shown = sorted((name for name in EMOTION if row[name]), key=lambda name: (-row[name], name))
    return ", ".join(f"{EMOTION[name]} {row[name]}" for name in shown)


def sureness(quote: Mapping[str, Any]) -> str:
    """How surely a quote is read, such as ``93 %``; a dash where that was not kept.

    Args:
        quote: A row of ``lists.journey_quotes``.
    """
    return "–" if quote["confidence"] is None else f"{quote['confidence']:.0%}".replace("%", " %")


def too_few(needed: int) -> str:
    """What stands in the place of a share that too few persons would carry."""
    return f"zu wenig Daten, noch {needed} nötig"


def pieces(quote: Mapping[str, Any]) -> tuple[str, str, str]:
    """A quote as what stands before the clause that tells it, the clause, and what follows.

    Args:
        quote: A row of ``lists.journey_quotes``.
    """
    first, last = (quote[name] - quote["quote_start"] for name in ("evidence_start", "evidence_end"))
    text = quote["text"]
    if len(text) != quote["quote_end"] - quote["quote_start"]:
        # The text is gone: what stands there says so.
        return "", text, ""
    return text[:first], text[first:last], text[last:]


def scope_words(product: str | None, company: bool) -> str:
    """Of whom a map tells: a product, the company, or everything."""
    return product or ("das Unternehmen, ohne Produkt" if company else "alles")
