"""Decide defects: counts from the database, one verdict for all cells of a product, figures back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from math import isfinite
from typing import Final, NamedTuple

from insights.components import canonical
from insights.defects import DefectCounts, DefectVerdict, MonthCount, judge_product
from insights.disproportionality import Stratum
from insights.weeks import WeekCount, last_closed, spread, standardised
from pipeline.parts import judged
from pipeline.remedy_effects import decide_effects
from pipeline.step import Progress
from storage.connect import Connection
from storage.defects import (
    CellRow,
    ComponentRow,
    ExposureRow,
    FigureRow,
    count_components,
    count_defects,
    write_aliases,
    write_defects,
)
from storage.parts import DecisionRow, groups_of, keep_ids, part_decisions
from storage.weeks import PeriodRow, PortalRow, count_strata, count_weeks, make_named, sibling_groups

#: Products are judged in portions of about this size, whole groups of siblings together, to keep memory flat.
_PRODUCTS: Final = 200
#: Weeks that surveillance looks at: three years of baseline, the newest 13 left out of it.
_WEEKS: Final = 169

_Cell = tuple[str, str, str]


class Evidence(NamedTuple):
    """What is counted beside the cells: exposure by product, weeks and strata by cell."""

    exposure: dict[str, ExposureRow]
    weeks: dict[_Cell, list[WeekCount]]
    strata: dict[_Cell, list[Stratum]]


def decide_defects(
    conn: Connection,
    products: Sequence[str],
    lineage: int,
    min_persons: int,
    newest: datetime | None,
    *,
    everything: bool,
    progress: Progress,
) -> tuple[int, int]:
    """Judge the defects of the products that were touched, of their siblings, and of all when a week has closed.

    Args:
        conn: Connection; the caller's transaction goes on.
        products: Products that were touched.
        lineage: Lineage whose mentions count.
        min_persons: Persons below which nothing is said of a defect.
        newest: Time of the newest feedback: the end of the observed time.
        everything: All products instead.
        progress: Told about products judged.

    Returns:
        Products judged, and defects written for them.
    """
    closed = last_closed(newest.date()) if newest else None
    groups = sibling_groups(conn, products, closed, everything=everything)
    decisions = part_decisions(conn)
    total, done, written = sum(map(len, groups)), 0, 0
    for portion in _portions(groups):
        names, groups_known = count_components(conn, portion, lineage), groups_of(conn, portion)
        write_aliases(conn, portion, _aliases(names, decisions, groups_known))
        keep_ids(conn, portion)
        cells, evidence = _count(conn, lineage, closed)
        written += write_defects(conn, portion, lineage, _figures(cells, evidence, min_persons, newest, closed))
        decide_effects(conn, portion, lineage, evidence.weeks, closed)
        done += len(portion)
        progress("Mängel zählen", done, total)
    return done, written


def _portions(groups: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    portion: list[str] = []
    for group in groups:
        portion += group
        if len(portion) >= _PRODUCTS:
            yield portion
            portion = []
    if portion:
        yield portion


def _aliases(
    written: Sequence[ComponentRow], decisions: Sequence[DecisionRow], group_of: Mapping[str, str | None]
) -> Iterator[tuple[str, str, str, str]]:
    for product, rows in groupby(written, key=lambda row: row.product):
        decided = judged(decisions, product, group_of.get(product))
        for defect, together in groupby(rows, key=lambda row: row.defect):
            mentions = {row.component: row.mentions for row in together}
            names = canonical(mentions, decided.same, decided.different)
            yield from ((product, defect, component, name) for component, name in names.items())


def _count(conn: Connection, lineage: int, closed: date | None) -> tuple[list[CellRow], Evidence]:
    cells, exposure = count_defects(conn, lineage)
    make_named(conn, lineage)
    strata: dict[_Cell, list[Stratum]] = defaultdict(list)
    for row in count_strata(conn):
        strata[row[:3]].append(Stratum(*row[3:]))
    weeks: dict[_Cell, list[WeekCount]] = {}
    if closed:
        counted = count_weeks(conn, closed - timedelta(weeks=_WEEKS - 1), closed + timedelta(weeks=1))
        weeks = weekly_counts([_cell(cell) for cell in cells], *counted)
    return cells, Evidence(exposure, weeks, strata)


def _cell(cell: CellRow) -> _Cell:
    return cell.product, cell.component, cell.defect


def weekly_counts(
    cells: Sequence[_Cell], named: Sequence[PeriodRow], spoke: Sequence[PortalRow]
) -> dict[_Cell, list[WeekCount]]:
    """Weekly counts of each cell over the exposure of its product, which all its cells share."""
    exposure = {
        product: standardised(_in_weeks(portal) for _, portal in groupby(portals, key=lambda row: row.source))
        for product, portals in groupby(spoke, key=lambda row: row.product)
    }
    persons: dict[_Cell, dict[date, float]] = {}
    for cell, periods in groupby(named, key=lambda row: row[:3]):
        persons[cell] = defaultdict(float)
        for count in _in_weeks(periods):
            persons[cell][count.week] += count.persons
    return {
        cell: [
            WeekCount(week, persons.get(cell, {}).get(week, 0.0), e) for week, e in exposure.get(cell[0], {}).items()
        ]
        for cell in cells
    }


def _in_weeks(periods: Iterable[PeriodRow | PortalRow]) -> Iterator[WeekCount]:
    for row in periods:
        count = WeekCount(row.start, row.persons, row.exposed if isinstance(row, PortalRow) else row.persons)
        if row.whole_month:
            yield from spread([count])
        else:
            yield count


def _figures(
    cells: Iterable[CellRow], evidence: Evidence, min_persons: int, newest: datetime | None, closed: date | None
) -> Iterator[FigureRow]:
    for product, rows in groupby(cells, key=lambda cell: cell.product):
        together = list(rows)
        counts = [_counts(cell, evidence) for cell in together]
        verdicts = judge_product(counts, min_persons=min_persons, newest=newest)
        exposure = evidence.exposure[product]
        for cell, verdict in zip(together, verdicts, strict=True):
            yield _figure(cell, exposure, verdict, closed)


def _counts(cell: CellRow, evidence: Evidence) -> DefectCounts:
    exposure = evidence.exposure[cell.product]
    return DefectCounts(
        persons=cell.persons,
        persons_exposed=exposure.persons,
        mentions=cell.mentions,
        reviews_of_product=exposure.reviews,
        dated=cell.dated,
        first_seen=cell.first_seen,
        last_seen=cell.last_seen,
        months=_series(cell.months, exposure.months),
        weeks=evidence.weeks.get(_cell(cell), ()),
        strata=evidence.strata.get(_cell(cell), ()),
    )


def _series(named: Sequence[tuple[date, int]], exposed: Sequence[tuple[date, int]]) -> list[MonthCount]:
    persons = dict(named)
    return [MonthCount(month, persons.get(month, 0), count) for month, count in exposed]


def _figure(cell: CellRow, exposure: ExposureRow, verdict: DefectVerdict, closed: date | None) -> FigureRow:
    # What is not shown as rising has no begin; without any count before, there is no factor.
    since = verdict.rising_since if verdict.signal == "rising" else None
    watch = verdict.watch if verdict.watch and verdict.watch.window else None
    compared = verdict.disproportion
    return FigureRow(
        product=cell.product,
        component=cell.component,
        component_name=cell.component_name,
        defect=cell.defect,
        persons=cell.persons,
        persons_exposed=exposure.persons,
        mentions=cell.mentions,
        reviews_of_product=exposure.reviews,
        rate=verdict.rate.value,
        rate_low=verdict.rate.low,
        rate_high=verdict.rate.high,
        signal=verdict.signal,
        first_seen=cell.first_seen,
        last_seen=cell.last_seen,
        evidence_needed=verdict.evidence_needed,
        rising_since=since.week if since else None,
        rising_since_low=since.low if since else None,
        rising_since_high=since.high if since else None,
        rising_factor=since.factor if since and isfinite(since.factor) else None,
        real=verdict.is_real,
        ic=compared.ic if compared else None,
        ic_low=compared.ic_low if compared else None,
        watch_observed=watch.observed if watch else None,
        watch_expected=watch.expected if watch else None,
        watch_window=watch.window if watch else None,
        closed_week=closed,
        exposed_star_only=exposure.star_only,
        exposed_anonymous=exposure.anonymous,
        persons_anonymous=cell.anonymous,
        persons_verified=cell.verified,
        persons_incentivised=cell.incentivised,
        copies=cell.copies,
        units_sold=exposure.units_sold,
        return_months=exposure.return_months,
    )
