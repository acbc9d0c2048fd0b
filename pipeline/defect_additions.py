"""Add what came to the figures of defects, where nothing changed that was counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from insights.components import canonical, families
from insights.defects import Course, Standing, signal_of
from pipeline.parts import Judged, judged
from storage.additions import TouchedRow, add_counts, write_signals
from storage.connect import Connection
from storage.counted import AddedName, CountedName, added_names, counted_names, take_fresh
from storage.part_names import NameRow
from storage.parts import groups_of, part_decisions


class Judging(NamedTuple):
    """By what is judged: lineage, persons below which nothing is said, last closed week, end of the observed time."""

    lineage: int
    min_persons: int
    closed: date | None
    observed: datetime | None


def named(conn: Connection, lineage: int, whole: Sequence[str]) -> tuple[list[str], list[NameRow]]:
    """What names the parts have with the feedback that came.

    Args:
        conn: Connection; :func:`storage.counted.take_feedback` ran in the same transaction.
        lineage: Lineage whose mentions count.
        whole: Products that are counted as a whole, and left out here.

    Returns:
        Products of which a part that was counted has another name now; new names of the others, and names whose family
        has grown by them.
    """
    came: dict[tuple[str, str], dict[str, AddedName]] = defaultdict(dict)
    for name in added_names(conn, lineage, whole):
        came[name.product, name.defect][name.component] = name
    anew = [cell for cell, names in came.items() if not all(name.known for name in names.values())]
    grown = [(*cell, name.related) for cell, names in came.items() for name in names.values() if name.related]
    counted = {
        cell: {row.component: row for row in rows}
        for cell, rows in groupby(counted_names(conn, anew, grown), key=lambda row: row[:2])
    }
    decisions, group_of = part_decisions(conn), groups_of(conn, sorted({product for product, _ in came}))
    changed: set[str] = set()
    found: list[NameRow] = []
    for (product, defect), names in came.items():
        decided = judged(decisions, product, group_of.get(product))
        rows = _name(names, counted.get((product, defect), {}), decided)
        if rows is None:
            changed.add(product)
        else:
            found += [NameRow(product, defect, *row) for row in rows]
    return sorted(changed), [row for row in found if row.product not in changed]


def _name(
    came: Mapping[str, AddedName], counted: Mapping[str, CountedName], decided: Judged
) -> list[tuple[str, str, str | None]] | None:
    """Names with what they count for and their family; None where one that was counted counts for another now."""
    mentions = {name: row.mentions for name, row in counted.items()}
    for name, row in came.items():
        mentions[name] = mentions.get(name, 0) + row.mentions
    family_of = families(mentions, [*decided.same, *decided.different])
    touched = {family_of[name] for name in came if name in family_of}
    relatives = {name: count for name, count in mentions.items() if family_of.get(name) in touched}
    meant = canonical(relatives, decided.same, decided.different)
    if any(meant.get(name, name) != counted[name].canonical for name in relatives if name in counted):
        return None
    return [(name, meant.get(name, name), family_of[name]) for name in sorted(relatives)]


def add(conn: Connection, judging: Judging, whole: Sequence[str], names: Iterable[NameRow]) -> tuple[list[str], int]:
    """Add what came to the figures.

    Args:
        conn: Connection; :func:`storage.counted.take_feedback` ran in the same transaction.
        judging: By what is judged.
        whole: Products that are counted as a whole, and left out here.
        names: From :func:`named`, of the products that are left.

    Returns:
        The products that something was added to, and the number of their defects.
    """
    products = take_fresh(conn, whole, judging.closed)
    if not products:
        return [], 0
    touched = add_counts(conn, judging.lineage, names)
    written = write_signals(conn, [(row.defect_id, *_signal(row, judging)) for row in touched])
    return products, written


def _signal(row: TouchedRow, judging: Judging) -> tuple[str, int]:
    course = Course(row.course, row.course_needed) if row.course else None
    standing = Standing(row.persons, row.dated, row.first_seen, course, row.observed_since)
    return signal_of(standing, min_persons=judging.min_persons, observed=judging.observed)
