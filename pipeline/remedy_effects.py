"""Decide what came of the remedies that are published: a part of decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from insights.remedy_effect import Effect, effect
from insights.weeks import WeekCount, monday
from storage.connect import Connection
from storage.remedy_effects import EffectRow, PublicationRow, publications, write_effects, write_returns

#: Weekly counts by product, part and type of defect.
Weeks = Mapping[tuple[str, str, str], Sequence[WeekCount]]


def decide_effects(conn: Connection, products: Sequence[str], weeks: Weeks, closed: date | None) -> None:
    """Compute the effects of the remedies of some products anew.

    Args:
        conn: Connection; the counts of the same products were made in the same transaction.
        products: The products.
        weeks: Weekly counts of all their defects.
        closed: Monday of the last closed week; None without any date.
    """
    published = publications(conn, products)
    rows = list(_effects(published, weeks, closed)) if closed else []
    write_effects(conn, products, rows)


def decide_returns(conn: Connection, products: Sequence[str], lineage: int) -> None:
    """Find the persons who came back content after a remedy of some products.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products that something was said of, or that were counted.
        lineage: Lineage whose mentions count.
    """
    write_returns(conn, products, lineage)


def _effects(published: Sequence[PublicationRow], weeks: Weeks, closed: date) -> Iterator[EffectRow]:
    for remedy_id, rows in groupby(published, key=lambda row: row.remedy_id):
        channels = list(rows)
        cells = _cells(channels[0], weeks)
        days = sorted({row.published_on for row in channels})
        whole = effect(cells, days[0], closed)
        if whole is None:
            continue
        yield _row(remedy_id, 0, [row.channel for row in channels], whole)
        # From one publication to the next, where they differ; a week in which one falls belongs to neither.
        for part, (day, after) in enumerate(zip(days, [*days[1:], None], strict=True), 1) if len(days) > 1 else ():
            last = min(closed, monday(after) - timedelta(weeks=1)) if after else closed
            found = effect(cells, days[0], last, since=day)
            if found:
                yield _row(remedy_id, part, [r.channel for r in channels if r.published_on <= day], found)


def _cells(row: PublicationRow, weeks: Weeks) -> list[Sequence[WeekCount]]:
    """Counts of the defect first, then those of the product's others; zeros where nobody names it any more."""
    own = (row.product, row.component, row.defect)
    others = [counts for cell, counts in weeks.items() if cell[0] == row.product and cell != own]
    if own in weeks:
        return [weeks[own], *others]
    silent = [WeekCount(count.week, 0.0, count.exposed) for count in others[0]] if others else []
    return [silent, *others] if silent else []


def _row(remedy_id: int, part: int, channels: list[str], found: Effect) -> EffectRow:
    return EffectRow(
        remedy_id,
        part,
        channels,
        found.first,
        found.last,
        found.weeks,
        found.observed,
        found.expected,
        found.expected_low,
        found.expected_high,
        found.ratio,
        found.ratio_low,
        found.ratio_high,
        found.verdict,
        found.weeks_needed,
        found.level_since,
    )
