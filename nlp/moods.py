"""Moods: how a moment was felt, from the verdict, the feeling and the expectation that its clause tells."""

from __future__ import annotations

from typing import Final

#: Which way a feeling and an expectation point.
_EMOTION: Final = {"joy": 1, "trust": 1, "surprise": 0, "disappointment": -1, "anger": -1, "worry": -1}
_EXPECTATION: Final = {"exceeded": 1, "met": 0, "disappointed": -1}


def mood_of(said: int, emotion: str | None = None, expectation: str | None = None) -> int:
    """How a moment was felt, in five steps: a feeling makes it strong, unless it contradicts the verdict.

    Args:
        said: The verdict: 1 good, -1 bad, 0 for none.
        emotion: One of :data:`kundenecho.analysis.EMOTIONS`, None for none.
        expectation: One of :data:`kundenecho.analysis.EXPECTATIONS`, None for none.

    Returns:
        -2 for very negative to 2 for very positive; 0 for what is told without a verdict.
    """
    direction = felt(emotion, expectation)
    if direction:
        return said if said == -direction else 2 * direction
    if emotion == "surprise":
        return 2 * said
    return said or int(expectation == "met")


def felt(emotion: str | None, expectation: str | None) -> int:
    """Which way a clause feels: 1, -1, or 0 for neither; arguments as in :func:`mood_of`."""
    return _EMOTION.get(emotion or "", 0) or _EXPECTATION.get(expectation or "", 0)
