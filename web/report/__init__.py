"""The report of defects as one file: HTML that needs nothing else, and its print."""

from __future__ import annotations

from pipeline.report import Pages
from web.report.pdf import print_pdf
from web.report.render import render

__all__ = ["PAGES"]

PAGES = Pages(html=render, pdf=print_pdf)
