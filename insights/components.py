"""Which names of parts mean one part: a compound and its head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Shortest head that may stand for a compound, in characters: "Tab" says too little.
MIN_HEAD: Final = 4
#: Shortest modifier of a compound, in characters.
MIN_MODIFIER: Final = 3
#: Share of the compounds' mentions that one needs for the bare head to mean it.
DOMINANT: Final = 2 / 3


def canonical(mentions: Mapping[str, int]) -> dict[str, str]:
    """Assign each bare head to the compound that it means.

    German names the part by the last member of a compound: whoever writes "Düse" of a machine whose
    "Auslaufdüse" is spoken of means that one, unless several such compounds compete. Two different
    compounds are never made one.

    Args:
        mentions: Mentions by name, lower case, of one product and one type of defect.

    Returns:
        The canonical name of each name that has another one than itself.
    """
    aliases = {}
    for head in mentions:
        if len(head) < MIN_HEAD:
            continue
        compounds = {
            name: count
            for name, count in mentions.items()
            if name.endswith(head) and len(name) >= len(head) + MIN_MODIFIER
        }
        if not compounds:
            continue
        best = max(compounds, key=lambda name: (compounds[name], name))
        if compounds[best] >= DOMINANT * sum(compounds.values()):
            aliases[head] = best
    return {name: _end(name, aliases) for name in aliases}


def _end(name: str, aliases: Mapping[str, str]) -> str:
    """The last name of a chain: Düse → Auslaufdüse → Kaffeeauslaufdüse."""
    while name in aliases:
        name = aliases[name]
    return name
