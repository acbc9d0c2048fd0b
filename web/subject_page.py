"""What is held on a person as a page that the person can read without us: one file, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline import rights_words

_TEMPLATES = Path(__file__).parent / "templates"


def subject_page(held: Mapping[str, Any], *, company: str) -> str:
    """The page.

    Args:
        held: What :func:`pipeline.subject.subject_access` gave.
        company: Name of the company.

    Returns:
        HTML with its style inside; every value is escaped.
    """
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    pages.filters["shown"] = _shown
    lists = [(rights_words.HELD.get(name, name), rows) for name, rows in held.items() if _is_table(rows)]
    return pages.get_template("subject.html").render(held=held, lists=lists, company=company)


def _is_table(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], dict)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(part)}" for key, part in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "–"
    return str(value)
