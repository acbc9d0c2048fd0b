"""The page that tells how a seal was counted, and the lines that put the seal into a page of the company."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline import seal_words
from pipeline.notation import day
from pipeline.seal import Seal
from pipeline.seal_files import PAGE
from web.seal.badge import HEIGHT, WIDTH, badge
from web.seal.markup import markup

_HERE: Final = Path(__file__).parent


def page(seal: Seal) -> str:
    """One HTML file that needs nothing else; every value is escaped."""
    return _pages().get_template("page.html").render(seal=seal, picture=Markup(badge(seal)))  # noqa: S704  our own, escaped


def snippet(seal: Seal) -> str:
    """Lines of HTML for a page of the company: the picture with a link to the method, and the markup."""
    # JSON whose angle brackets are escaped may stand in a script as it is.
    script = Markup(markup(seal))  # noqa: S704
    pages = _pages()
    return pages.get_template("snippet.html").render(seal=seal, markup=script, page=PAGE, width=WIDTH, height=HEIGHT)


def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.globals.update(w=seal_words, day=day)
    return pages
