"""The report as one HTML file: no address, no script, styles and charts inside."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.defect_report import DefectReport
from pipeline.notation import day
from web.report.chart import draw

_HERE: Final = Path(__file__).parent
#: Entries of one kind on the first page; the others follow inside.
_ON_FIRST_PAGE: Final = 3


def render(report: DefectReport) -> str:
    """The report as HTML.

    Args:
        report: What to show.

    Returns:
        A whole document; the same report gives the same text.
    """
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.globals.update(day=day, draw=draw, safe_link=_safe_link, most=_ON_FIRST_PAGE)
    style = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704  our own file
    return pages.get_template("page.html").render(report=report, style=style)


def _safe_link(url: str | None) -> str | None:
    """The address where it may stand in a link; a source could send ``javascript:``."""
    return url if url and url.startswith(("http://", "https://")) else None
