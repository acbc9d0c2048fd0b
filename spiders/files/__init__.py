"""Reading files: tables as tools export them, by the columns of a card, and the company's own lists by contract."""

from __future__ import annotations
