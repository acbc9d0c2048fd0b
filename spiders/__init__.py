"""Sources and their formats: one card and one short spider each, giving Feedback records in a file."""

from __future__ import annotations
