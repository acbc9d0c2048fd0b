"""The loyalty loop as a flow chart: where the boxes stand, and how the arrows run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

WIDTH, HEIGHT = 720, 430
#: Middle of each box: the loop clockwise, the detours inside and below.
PLACES: Final = {
    "buy": (110, 70),
    "enjoy": (360, 70),
    "bond": (610, 70),
    "advocate": (610, 215),
    "recovered": (360, 215),
    "at_risk": (110, 360),
    "lost": (470, 360),
}
BOX: Final = (136, 56)
_THICKEST: Final = 11.0
#: How far an arrow bends from the straight way, as a share of its length: over the boxes between, not behind them.
_BEND: Final = 0.18


@dataclass(frozen=True)
class Box:
    """A stage: its left upper corner, and persons who stand there now."""

    stage: str
    x: float
    y: float
    persons: int


@dataclass(frozen=True)
class Arrow:
    """Persons who went from one stage to another: the curve, its thickness, and where its number stands."""

    from_stage: str
    to_stage: str
    path: str
    thickness: float
    persons: int
    x: float
    y: float


def boxes(stages: Iterable[Mapping[str, Any]]) -> list[Box]:
    """A box for every stage, also for those where nobody stands.

    Args:
        stages: Rows with ``stage`` and ``persons``.
    """
    persons = {row["stage"]: row["persons"] for row in stages}
    wide, high = BOX
    return [Box(stage, x - wide / 2, y - high / 2, persons.get(stage, 0)) for stage, (x, y) in PLACES.items()]


def arrows(transitions: Iterable[Mapping[str, Any]]) -> list[Arrow]:
    """An arrow for every way that somebody went, the more persons the thicker.

    Args:
        transitions: Rows with ``from_stage``, ``to_stage`` and ``persons``.
    """
    rows = list(transitions)
    most = max((row["persons"] for row in rows), default=1)
    return [_arrow(row["from_stage"], row["to_stage"], row["persons"], most) for row in rows]


def _arrow(start: str, end: str, persons: int, most: int) -> Arrow:
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    # Bent to the left of its way, so that the way back runs beside it.
    bend_x, bend_y = (y2 - y1) * _BEND, -(x2 - x1) * _BEND
    middle = ((x1 + x2) / 2 + bend_x, (y1 + y2) / 2 + bend_y)
    (a, b), (c, d) = _edge((x1, y1), middle), _edge((x2, y2), middle)
    path = f"M{a:.0f} {b:.0f}Q{middle[0]:.0f} {middle[1]:.0f} {c:.0f} {d:.0f}"
    x, y = (a + 2 * middle[0] + c) / 4, (b + 2 * middle[1] + d) / 4
    return Arrow(start, end, path, 1.2 + (_THICKEST - 1.2) * persons / most, persons, x, y)


def _edge(box: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    """Where a line from the middle of a box leaves it."""
    across, down = towards[0] - box[0], towards[1] - box[1]
    scale = min(
        (BOX[0] / 2 + 6) / abs(across) if across else float("inf"),
        (BOX[1] / 2 + 6) / abs(down) if down else float("inf"),
    )
    return box[0] + across * min(scale, 1), box[1] + down * min(scale, 1)
