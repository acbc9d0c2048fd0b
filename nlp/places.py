"""Touchpoints and phases of the journey: what ``touchpoints.toml`` says, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, PHASES, TOUCHPOINTS
from nlp.lexicon import fold, load_toml

FILE: Final = "touchpoints.toml"


class Places(NamedTuple):
    """The reviewed table.

    Attributes:
        version: Of the table.
        phases: Phase of each touchpoint.
        aspects: Touchpoint of an aspect, where its words name none.
        defects: Likewise, of a type of defect; it goes before the aspect's.
        visit: Touchpoints that are use where a text tells of a visit.
        words: Folded words of such a text.
        unless: Folded words that such a text has not.
        people: Folded words for those who serve there.
    """

    version: int
    phases: Mapping[str, str]
    aspects: Mapping[str, str]
    defects: Mapping[str, str]
    visit: frozenset[str]
    words: frozenset[str]
    unless: frozenset[str]
    people: frozenset[str]


@cache
def places() -> Places:
    """The table of the package.

    Raises:
        ValueError: A label is unknown or stands twice, or a touchpoint has no phase.
    """
    data = load_toml(FILE)
    phases = _turned(data["phases"], PHASES, TOUCHPOINTS)
    if set(phases) != set(TOUCHPOINTS):
        raise ValueError(f"{FILE}: no phase for {sorted(set(TOUCHPOINTS) - set(phases))}")
    return Places(
        data["version"],
        phases,
        _turned(data["aspects"], TOUCHPOINTS, ASPECTS),
        _turned(data["defects"], TOUCHPOINTS, DEFECT_TYPES),
        frozenset(_turned({"use": data["visit"]["use"]}, TOUCHPOINTS, TOUCHPOINTS)),
        *(frozenset(map(fold, data["visit"][name])) for name in ("words", "unless", "people")),
    )


def _turned(table: Mapping[str, Sequence[str]], keys: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """The key of each label."""
    found: dict[str, str] = {}
    for key, named in table.items():
        for label in named:
            if key not in keys or label not in labels or label in found:
                raise ValueError(f"{FILE}: {key} = {label!r} is unknown or stands twice")
            found[label] = key
    return found
