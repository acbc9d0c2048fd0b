"""The words of an approved remedy for each channel where it is published, drafted from templates."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kundenecho.errors import DataError
from kundenecho.remedies import CHANNELS

_TEMPLATES: Final = Path(__file__).parent / "templates" / "remedies"
#: Seconds of a video for the beginning and end, and for each step.
_FRAME, _STEP = 35, 15


def channel_text(
    remedy: Mapping[str, Any], channel: str, *, company: str, contact: str = "", day: date | None = None
) -> str:
    """Draft the words of a remedy for a channel, in German, for a person to read over.

    Args:
        remedy: A row of ``lists.remedies``, approved or published.
        channel: One of :data:`kundenecho.remedies.CHANNELS`.
        company: Name of the company.
        contact: Where customers may turn to; "" for none.
        day: Date that it bears, today without one.

    Raises:
        DataError: The channel does not exist, or the remedy is not approved.
    """
    if channel not in CHANNELS:
        raise DataError(f"there is no channel {channel}", remedy=f"One of {', '.join(CHANNELS)}")
    if remedy["state"] not in {"approved", "published"}:
        name = remedy["remedy_id"]
        raise DataError(
            f"its state is {remedy['state']}, so there are no words for publication yet",
            where=name,
            remedy=f"Approve it first: kundenecho remedies approve {name}",
        )
    steps = [_sentence(step) for step in remedy["steps"]]
    filled = (
        _environment()
        .get_template(f"{channel}.txt")
        .render(
            title=remedy["title"].replace(": ", " "),
            product=remedy["product_name"] or remedy["product"],
            text=_sentence(remedy["text"]),
            steps=steps,
            company=company,
            contact=contact,
            day=f"{day or date.today():%d.%m.%Y}",  # noqa: DTZ011  the date at the desk of whoever reads it
            minutes=_minutes(_FRAME + _STEP * len(steps)),
        )
    )
    return re.sub(r"\n{3,}", "\n\n", filled).strip() + "\n"


def _minutes(seconds: int) -> str:
    halves = max(1, round(seconds / 30))
    if halves == 1:
        return "eine halbe Minute"
    whole = "eine Minute" if halves == 2 else f"{halves / 2:g} Minuten".replace(".", ",")
    return "anderthalb Minuten" if halves == 3 else whole


def _sentence(text: str) -> str:
    """The text with a full stop where it ends without any mark."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?", ":", "…", "“")) else f"{stripped}."


@functools.cache
def _environment() -> Environment:
    # Plain text for people, who read it over: nothing is escaped, and a name that a template does not know is an error.
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
