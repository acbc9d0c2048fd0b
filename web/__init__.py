"""Pages for marketing and product."""

from __future__ import annotations
