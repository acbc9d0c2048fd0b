"""The star rating that a text itself states: "daher nur 2 Sterne", "ein Stern Abzug", "volle Punktzahl".

Who writes so weighs praise and criticism for the reader. The learned layers cannot tell, since to them all digits are
alike.
"""

from __future__ import annotations

import re
from typing import Final

_FULL: Final = 5.0
_NUMBERS: Final = {
    **{str(value): float(value) for value in range(6)},
    **dict.fromkeys(("kein", "keinen", "keine", "null"), 0.0),
    **dict.fromkeys(("ein", "eine", "einen", "einem", "eins"), 1.0),
    **{"zwei": 2.0, "drei": 3.0, "vier": 4.0, "fünf": 5.0, "fuenf": 5.0},
}
_NUMBER: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_STAR: Final = r"(?:stern(?:e|en|chen)?\b|⭐|★)"
#: Cheap to look for; a text without any of these states nothing.
_HINT: Final = re.compile(r"stern|⭐|★|punktzahl|abzug", re.IGNORECASE)
#: Behind a number of stars: it is that of a house.
_HOUSE: Final = r"\s*[-–]?\s*(?:hotel|haus|häuser|restaurant|niveau|kategorie|standard|superior|plus\b|s\b)"
#: Before it: that many are taken away, or it is the number of a comparison.
_BEFORE: Final = (
    r"\b(?:abzug|zieh\w*|statt|anstatt|keine|nicht|weder|als|der|die|fehl\w*|um|minus|kostet)\s+"
    r"(?:von\s+|ich\s+|daher\s+|deshalb\s+|also\s+|nur\s+|noch\s+)*"
)
#: Behind it: that many are taken away.
_BEHIND: Final = (
    r"(?:\s+\w+){0,2}?\s+"
    r"(?:abzug|abgezogen|abzuziehen|abzieh\w*|zieh\w*|behalt\w*|ab\b|weniger|verlor\w*|runter|gekostet)"
    r"|\s*[-–]?\s*abzug"
)
_OUT_OF: Final = r"(?:von|/)\s*(?:5|fünf|möglichen)\s*(?:möglichen\s*)?"
_STATED: Final = re.compile(
    rf"""
    (?P<before>(?:{_BEFORE})?)
    (?<![\w,./-])(?P<number>{_NUMBER})(?:[,.]5)?\s*(?:{_OUT_OF})?[-–]?\s*{_STAR}(?!{_HOUSE})
    (?P<behind>{_BEHIND})?
  | (?P<deducted>\b(?:punkt|stern)(?:e?s)?-?abzug\b)
  | (?<!nicht[ ])(?<!nicht[ ]die[ ])
    (?P<full>\bvoll\w*\s+punktzahl\b|\b(?:alle|volle)\s+(?:5\s+|fünf\s+)?sterne\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: Characters around stars that may tell that they are no verdict of this text.
_NEAR: Final = 30
_WISH: Final = re.compile(r"\b(?:würd\w*|wär\w*|hätt\w*|hotel\w*|verdien\w*|gebucht|könnt\w*)\b", re.IGNORECASE)
_TAKEN: Final = ("abzug", "zieh", "fehl", "um", "minus", "kostet")
_OTHER: Final = ("statt", "anstatt", "keine", "nicht", "weder", "als", "die")


def stated_rating(text: str) -> float | None:
    """The rating from 0 to 5 that a text states last, None where it states none."""
    if not _HINT.search(text):
        return None
    found = None
    for match in _STATED.finditer(text):
        rating = _rating(match)
        if rating is not None and not _is_wish(text, match):
            found = rating
    return found


def _is_wish(text: str, match: re.Match[str]) -> bool:
    """Whether the stars are those that a text would have given or hoped for."""
    around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    return bool(_WISH.search(around))


def _rating(match: re.Match[str]) -> float | None:
    if match["deducted"]:
        return _FULL - 1
    if match["full"]:
        return _FULL
    before, value = match["before"].lower(), _NUMBERS[match["number"].lower()]
    if match["behind"] or before.startswith(_TAKEN):
        return _FULL - value if 0 < value < _FULL else None
    return None if before.startswith(_OTHER) and value > 1 else value


def stated_inputs(rating: float | None) -> list[float]:
    """What the sentiment of a text learns from: whether a poor, a middling, a fair or a full rating is stated."""
    if rating is None:
        return [0.0, 0.0, 0.0, 0.0]
    return [float(rating < 2.6), float(2.6 <= rating < 3.7), float(3.7 <= rating < _FULL), float(rating >= _FULL)]
