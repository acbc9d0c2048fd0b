"""Add what came to the figures of defects, where nothing changed that was counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from insights.defects import Course, Standing, signal_of
from storage.additions import TouchedRow, add_counts, write_signals
from storage.connect import Connection
from storage.counted import take_fresh


class Judging(NamedTuple):
    """By what is judged.

    Attributes:
        lineage: Lineage whose mentions count.
        min_persons: Persons below which nothing is said of a defect.
        closed: Monday of the last closed week; None without any date.
        observed: End of the observed time; None without any date.
        several: Sources in which each account is a portal of its own.
    """

    lineage: int
    min_persons: int
    closed: date | None
    observed: datetime | None
    several: Sequence[str]


def add(conn: Connection, judging: Judging, whole: Sequence[str]) -> tuple[list[str], int]:
    """Add what came to the figures.

    Args:
        conn: Connection; :func:`storage.counted.take_feedback` ran in the same transaction.
        judging: By what is judged.
        whole: Products that are counted as a whole, and left out here.

    Returns:
        The products that something was added to, and the number of their defects.
    """
    products = take_fresh(conn, whole, judging.closed)
    if not products:
        return [], 0
    touched = add_counts(conn, judging.lineage)
    written = write_signals(conn, [(row.defect_id, *_signal(row, judging)) for row in touched])
    return products, written


def _signal(row: TouchedRow, judging: Judging) -> tuple[str, int]:
    course = Course(row.course, row.course_needed) if row.course else None
    standing = Standing(row.persons, row.dated, row.first_seen, course, row.observed_since)
    return signal_of(standing, min_persons=judging.min_persons, observed=judging.observed)
