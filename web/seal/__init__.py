"""The seal for people and machines: an SVG, schema.org's JSON-LD, the page of its method, lines to put into a page."""

from __future__ import annotations

from pipeline.seal_files import Pages
from web.seal.badge import badge
from web.seal.markup import markup
from web.seal.page import page, snippet

__all__ = ["PAGES"]

PAGES = Pages(badge=badge, markup=markup, page=page, snippet=snippet)
