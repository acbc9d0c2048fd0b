"""Formats of sources that take more than a page of code: schema.org, feeds, comments, surveys."""

from __future__ import annotations
