"""Counting, testing, scoring: plain functions over aggregates, without texts or sources."""

from __future__ import annotations
