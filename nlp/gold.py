"""Gold files: reviews annotated by people, one JSON object a line, checked before anything is scored.

Fields of a line: ``text, sentiment, recommend, loyalty, mentions[{aspect, polarity, defect, component,
target, start, end, evidence: [start, end]}]``, perhaps ``id``, ``product``, ``category`` and ``rating`` with
``rating_max``. Offsets count Unicode code points of ``text``; the labels are those of
:mod:`kundenecho.analysis`. Who writes by hand gives the evidence as the words themselves, with ``nth`` where
they stand in the text more than once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, LOYALTY, POLARITIES, RECOMMEND, SENTIMENTS
from kundenecho.errors import DataError, SettingsError


@dataclass(frozen=True, slots=True)
class GoldMention:
    """One annotated opinion; ``evidence`` are offsets into the text."""

    aspect: str
    polarity: str
    defect: str | None
    component: str | None
    evidence: tuple[int, int]


@dataclass(frozen=True, slots=True)
class GoldText:
    """One annotated text; ``rating`` is its star rating, from 1 to 5, where it has one."""

    text: str
    product: str | None
    category: str | None
    sentiment: str
    recommend: str
    loyalty: str
    mentions: tuple[GoldMention, ...]
    rating: float | None = None


def read_gold(path: Path) -> list[GoldText]:
    """Read and check a gold file; blank lines are skipped.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is not a valid annotation, naming file and line, and for a
            file without any.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the gold file cannot be read: {error.strerror}", where=str(path), remedy="Correct the path or the rights"
        ) from None
    texts = list(_texts(content.removeprefix(b"\xef\xbb\xbf"), path))
    if not texts:
        raise DataError("the gold file has no texts", where=str(path), remedy="Name a file of annotated JSON lines")
    return texts


def _texts(content: bytes, path: Path) -> Iterator[GoldText]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _text(json.loads(line.decode("utf-8")))
        except json.JSONDecodeError as error:
            fault = f"not JSON: {error.msg} at character {error.pos + 1}"
        except (ValueError, RecursionError) as error:
            fault = str(error) if type(error) is ValueError else "not readable as UTF-8 JSON"
        else:
            continue
        raise DataError(fault, where=f"{path}:{number}", remedy="Correct the annotation")


def _text(row: Any) -> GoldText:
    if not isinstance(row, dict):
        raise ValueError("the line is no JSON object")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the text is missing")
    mentions = row.get("mentions")
    if not isinstance(mentions, list):
        raise ValueError("mentions is no list")
    product, category = row.get("product"), row.get("category")
    return GoldText(
        text=text,
        product=product if isinstance(product, str) else None,
        category=category if isinstance(category, str) else None,
        sentiment=_label(row, "sentiment", SENTIMENTS),
        recommend=_label(row, "recommend", RECOMMEND),
        loyalty=_label(row, "loyalty", LOYALTY),
        mentions=tuple(_numbered_mention(index, mention, text) for index, mention in enumerate(mentions, 1)),
        rating=_rating(row.get("rating"), row.get("rating_max")),
    )


def _rating(rating: Any, most: Any) -> float | None:
    """A star rating on a scale from 1 to 5; without its scale, one above five is one of ten."""
    if type(rating) not in (int, float):
        return None
    top = float(most) if type(most) in (int, float) and most > 1 else 5.0 if rating <= 5 else 10.0
    return 1 + 4 * (float(rating) - 1) / (top - 1)


def _numbered_mention(number: int, mention: Any, text: str) -> GoldMention:
    try:
        return _mention(mention, text)
    except ValueError as error:
        raise ValueError(f"mention {number}: {error}") from None


def _mention(mention: Any, text: str) -> GoldMention:
    if not isinstance(mention, dict):
        raise ValueError("it is no JSON object")
    component = mention.get("component")
    if component is not None and not isinstance(component, str):
        raise ValueError("component is neither text nor null")
    if mention.get("start") is not None or mention.get("end") is not None:
        start, end = _span([mention.get("start"), mention.get("end")], text, "start and end")
        if mention.get("target") != text[start:end]:
            raise ValueError("start and end do not mark the target; offsets count characters")
    return GoldMention(
        aspect=_label(mention, "aspect", ASPECTS),
        polarity=_label(mention, "polarity", POLARITIES),
        defect=_label(mention, "defect", DEFECT_TYPES) if mention.get("defect") is not None else None,
        component=component,
        evidence=_span(_located(mention.get("evidence"), mention.get("nth", 1), text), text, "evidence"),
    )


def _located(evidence: Any, nth: Any, text: str) -> Any:
    """Offsets of evidence that is given as words; anything else as it is."""
    if not isinstance(evidence, str):
        return evidence
    start = -1
    for _ in range(nth if type(nth) is int else 1):
        start = text.find(evidence, start + 1)
    if start < 0 or not evidence:
        raise ValueError("the evidence does not stand in the text")
    return [start, start + len(evidence)]


def _label(row: dict[str, Any], name: str, labels: Collection[str]) -> str:
    value = row.get(name)
    if not isinstance(value, str) or value not in labels:
        raise ValueError(f"{name} {json.dumps(value)[:40]} is none of {', '.join(labels)}")
    return value


def _span(value: Any, text: str, name: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or any(type(offset) is not int for offset in value):
        raise ValueError(f"{name} is no pair of offsets")
    start, end = value
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{name} {start} to {end} is outside the text of {len(text)} characters")
    return start, end
