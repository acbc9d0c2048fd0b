"""What came of each fault on each kind of source, as a table for people: ``make faults``."""

from __future__ import annotations

import shutil

SHORT = {
    "vollständig": "●",
    "unvollständig, gemeldet": "◐",
    "später wieder": "↻",
    "Einstellungen": "✎",
    "Daten": "✗",
    "Ertrag": "∅",
}
LEGEND = (
    "● vollständig gelesen   ◐ unvollständig und gemeldet, das Gute geladen   ↻ fehlgeschlagen, später wieder   "
    "✎ fehlgeschlagen, Einstellungen ändern   ✗ fehlgeschlagen, Daten ansehen   ∅ fehlgeschlagen, zu wenig Ertrag   "
    "– kommt hier nicht vor"
)


def table() -> str:
    """The outcomes of the tests that have just run; empty where none has."""
    from tests.spiders.test_faults import OUTCOMES
    from tests.spiders.test_file_faults import OUTCOMES as FILE_OUTCOMES

    return "\n\n".join(_table(found) for found in (OUTCOMES, FILE_OUTCOMES) if found) + "\n\n" + LEGEND


def _table(outcomes: dict[tuple[str, str], set[str]]) -> str:
    """One table, cut into blocks that fit the terminal."""
    faults = list(dict.fromkeys(fault for fault, _ in outcomes))
    kinds = sorted({kind for _, kind in outcomes})
    left = max(map(len, faults))
    fit = max(1, (shutil.get_terminal_size((160, 40)).columns - left) // 4)
    blocks = []
    for start in range(0, len(kinds), fit):
        some = kinds[start : start + fit]
        deep = max(map(len, some))
        heads = [" " * left + "".join(f"  {kind.rjust(deep)[n]} " for kind in some) for n in range(deep)]
        rows = []
        for fault in faults:
            cells = [
                "".join(SHORT.get(word, "?") for word in sorted(outcomes.get((fault, kind), ()))) or "–"
                for kind in some
            ]
            rows.append(fault.ljust(left) + "".join(f"{cell:>3} " for cell in cells))
        blocks.append("\n".join([*heads, *rows]))
    return "\n\n".join(blocks)
