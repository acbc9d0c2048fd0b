"""The vocabulary of the journey map, beside the touchpoints of :data:`kundenecho.analysis.TOUCHPOINTS`."""

from __future__ import annotations

from typing import Final

#: What is said of the whole.
OVERALL: Final = "overall"
#: Moods of a person at a touchpoint, and who tells of it without a verdict.
MOODS: Final = ("very_negative", "negative", "mixed", "positive", "very_positive", "unjudged")
