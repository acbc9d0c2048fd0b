"""Touchpoints and phases of the journey: what ``touchpoints.toml`` and ``visits.toml`` say, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, PHASES, TOUCHPOINTS
from nlp.lexicon import fold, load_toml
from nlp.visits import Visits

FILE: Final = "touchpoints.toml"
VISITS: Final = "visits.toml"


class Places(NamedTuple):
    """The reviewed table.

    Attributes:
        version: Of the table.
        phases: Phase of each touchpoint.
        aspects: Touchpoint of an aspect, where its words name none.
        defects: Likewise, of a type of defect; it goes before the aspect's.
        greetings: Folded words of a greeting.
        visits: What tells of a visit, and what is use there.
    """

    version: int
    phases: Mapping[str, str]
    aspects: Mapping[str, str]
    defects: Mapping[str, str]
    greetings: frozenset[str]
    visits: Visits


@cache
def places() -> Places:
    """The table of the package.

    Raises:
        ValueError: A label is unknown or stands twice, or a touchpoint has no phase.
    """
    data = load_toml(FILE)
    visits = Visits(load_toml(VISITS))
    if unknown := visits.use - set(TOUCHPOINTS):
        raise ValueError(f"{VISITS}: {sorted(unknown)} are no touchpoints")
    phases = _turned(data["phases"], PHASES, TOUCHPOINTS)
    if set(phases) != set(TOUCHPOINTS):
        raise ValueError(f"{FILE}: no phase for {sorted(set(TOUCHPOINTS) - set(phases))}")
    return Places(
        data["version"],
        phases,
        _turned(data["aspects"], TOUCHPOINTS, ASPECTS),
        _turned(data["defects"], TOUCHPOINTS, DEFECT_TYPES),
        frozenset(map(fold, data["greetings"])),
        visits,
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
