"""The picture of a seal: an SVG that needs no font, no script and no style of others."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.notation import number
from pipeline.seal import Seal
from pipeline.seal_words import GROUP, grade, period, ratings, summary

_HERE: Final = Path(__file__).parent
WIDTH: Final = 300
HEIGHT: Final = 200
#: A star begins so far behind its place, is so wide, and the next one's place is so far away.
_INSET, _STAR, _STEP = 1.6, 20.8, 26
#: Widths of letters in shares of the size, as in DejaVu Sans and Verdana: narrow, wide, and all others.
_NARROW, _WIDE, _OTHER = 0.37, 0.97, 0.63
#: What bold letters are wider.
_BOLD = 1.1


def badge(seal: Seal) -> str:
    """The seal as an SVG of 300 by 200 units, with fewer and larger lines where it is shown less than 200 pixels wide.

    Args:
        seal: The seal; without a figure it says that there is too little data.

    Returns:
        A whole document.
    """
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    leading = seal.leading
    group = leading or seal.verified
    beside = seal.other.figure
    return pages.get_template("badge.svg").render(
        summary=summary(seal),
        title=fitted(seal.subject, 268, 15 * _BOLD),
        grade=grade(group.figure.shown),
        filled=filled(group.figure.shown or Decimal(0)),
        issued=leading is not None,
        ratings=ratings(group.figure.ratings),
        group=GROUP[group.name],
        short_group="Kauf bestätigt" if group.name == "verified" else "Kauf nicht geprüft",
        beside=_beside(beside.ratings, grade(beside.shown), GROUP[seal.other.name]) if beside.ratings else "",
        period=period(seal),
        short_period=f"{seal.first:%m/%Y} bis {seal.last:%m/%Y}",
        sources=_sources(len(group.portals)),
        width=WIDTH,
        height=HEIGHT,
        size_for=size_for,
    )


def filled(shown: Decimal) -> float:
    """How far a row of five stars is filled, in its units: 4.4 fills two fifths of the fifth star."""
    whole = int(shown)
    part = float(shown - whole)
    return round(whole * _STEP + (_INSET + part * _STAR if part else 0.0), 2)


def fitted(text: str, width: float, size: float) -> str:
    """A text shortened to a width in units at a size."""
    if _wide(text) * size <= width:
        return text
    kept = text
    while kept and _wide(f"{kept}…") * size > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def size_for(text: str, width: float, largest: float) -> float:
    """The size, at most the largest, at which a line keeps within a width in units."""
    return round(min(largest, width / max(_wide(text), 1.0)), 2)


def _wide(text: str) -> float:
    """How wide a text is at size 1 in the wider ones of the common fonts, so that it fits in the others too."""
    return sum(_NARROW if c in "fijlrtI.,:;|'!()[] " else _WIDE if c in "mwMW@%" else _OTHER for c in text)


def _beside(count: int, shown: str, group: str) -> str:
    return f"daneben {number(count)} {group}" + (f": {shown}" if shown != "–" else "")


def _sources(count: int) -> str:
    return "aus einer Quelle" if count == 1 else f"aus {count} Quellen"
