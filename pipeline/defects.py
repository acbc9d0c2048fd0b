"""Decide defects: counts from the database, one verdict for all cells of a product, figures back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from math import isfinite
from typing import Final, NamedTuple

from insights.components import canonical
from insights.defects import Course, DefectCounts, DefectVerdict, MonthCount, Standing, judge_product, signal_of
from insights.disproportionality import Stratum
from insights.weeks import WeekCount, observed_until, spread, standardised
from pipeline.defect_additions import Judging, add
from pipeline.parts import judged
from pipeline.remedy_effects import decide_effects, decide_returns
from pipeline.step import Progress
from storage.connect import Connection
from storage.counted import products_naming, remember, take_feedback, whole_products
from storage.defects import CellRow, ExposureRow, FigureRow, count_defects, write_defects
from storage.dirty import Dirty
from storage.part_decisions import DecisionRow, groups_of, keep_ids, part_decisions
from storage.part_names import ComponentRow, count_components, write_aliases
from storage.remedy_offers import write_fixes
from storage.voices import make_voices
from storage.weeks import PeriodRow, PortalRow, SiblingGroup, count_strata, count_weeks, make_named, sibling_groups

#: Products are judged in portions of about so many, and so much feedback, whole groups of siblings together, to keep
#: memory flat.
_PRODUCTS: Final = 200
_REVIEWS: Final = 200_000
#: Weeks that surveillance looks at: three years of baseline, the newest 13 left out of it.
_WEEKS: Final = 169

_Cell = tuple[str, str, str]


class Counted(NamedTuple):
    """Products that were counted as a whole, those that what came was added to, and the defects written for them."""

    whole: list[str]
    added: list[str]
    defects: int


class Evidence(NamedTuple):
    """What is counted beside the cells: exposure by product, weeks and strata by cell."""

    exposure: dict[str, ExposureRow]
    weeks: dict[_Cell, list[WeekCount]]
    strata: dict[_Cell, list[Stratum]]


def decide_defects(
    conn: Connection,
    dirty: Dirty,
    reached: Sequence[int],
    lineage: int,
    min_persons: int,
    closed: date | None,
    *,
    several: Sequence[str],
    everything: bool,
    progress: Progress,
) -> Counted:
    """Bring the defects up to date with what came and changed since the last decide.

    What came in weeks that are still open is added to the figures. Where something changed that was counted already, or
    came late, the product is counted as a whole and judged anew with its siblings; so are all once a week has closed.

    Args:
        conn: Connection; the caller's transaction goes on.
        dirty: What was touched.
        reached: Feedback whose copies were looked at.
        lineage: Lineage whose mentions count.
        min_persons: Persons below which nothing is said of a defect.
        closed: Monday of the last closed week; None without any date.
        several: Sources in which each account is a portal of its own.
        everything: Count all products as a whole.
        progress: Told about products judged.

    Returns:
        The products looked at, and the number of defects written for them.
    """
    judging = Judging(lineage, min_persons, closed, observed_until(closed) if closed else None, several)
    take_feedback(conn, dirty.moved, reached, closed)
    decisions = part_decisions(conn)
    whole = whole_products(conn, dirty.seqs, closed)
    whole += products_naming(conn, lineage, [name for row in decisions for name in (row.one, row.other)])
    groups = sibling_groups(conn, whole, everything=everything)
    counted = [product for group in groups for product in group.products]
    products, written = add(conn, judging, counted)
    done = 0
    for portion in _portions(groups):
        written += _count_whole(conn, portion, judging, decisions)
        done += len(portion)
        progress("Mängel zählen", done, len(counted))
    decide_returns(conn, [*counted, *products], lineage)
    return Counted(counted, products, written)


def _count_whole(conn: Connection, products: Sequence[str], judging: Judging, decisions: Sequence[DecisionRow]) -> int:
    lineage, closed = judging.lineage, judging.closed
    make_voices(conn, products, closed, judging.several)
    write_aliases(conn, _aliases(count_components(conn, lineage), decisions, groups_of(conn, products)))
    keep_ids(conn, products)
    cells, evidence = _count(conn, lineage, closed)
    written = write_defects(conn, lineage, _figures(cells, evidence, judging))
    write_fixes(conn, lineage, products)
    decide_effects(conn, products, evidence.weeks, closed)
    remember(conn, products)
    return written


def _portions(groups: Iterable[SiblingGroup]) -> Iterator[list[str]]:
    portion: list[str] = []
    reviews = 0
    for group in groups:
        portion += group.products
        reviews += group.reviews
        if len(portion) >= _PRODUCTS or reviews >= _REVIEWS:
            yield portion
            portion, reviews = [], 0
    if portion:
        yield portion


def _aliases(
    written: Sequence[ComponentRow], decisions: Sequence[DecisionRow], group_of: Mapping[str, str | None]
) -> Iterator[tuple[str, str, str, str]]:
    """Names that count for another; a name that only open weeks know stands alone unless people decided about it."""
    for product, rows in groupby(written, key=lambda row: row.product):
        decided = judged(decisions, product, group_of.get(product))
        spoken_of = {name for pair in decided.by_pair for name in pair}
        for defect, together in groupby(rows, key=lambda row: row.defect):
            mentions = {row.component: row.settled for row in together if row.settled or row.component in spoken_of}
            names = canonical(mentions, decided.same, decided.different)
            yield from ((product, defect, component, name) for component, name in names.items())


def _count(conn: Connection, lineage: int, closed: date | None) -> tuple[list[CellRow], Evidence]:
    cells, exposure = count_defects(conn, lineage, closed)
    make_named(conn, lineage)
    strata: dict[_Cell, list[Stratum]] = defaultdict(list)
    for row in count_strata(conn):
        strata[row[:3]].append(Stratum(*row[3:]))
    weeks: dict[_Cell, list[WeekCount]] = {}
    if closed:
        counted = count_weeks(conn, closed - timedelta(weeks=_WEEKS - 1), closed + timedelta(weeks=1))
        weeks = weekly_counts([_cell(cell) for cell in cells if cell.settled], *counted)
    return cells, Evidence(exposure, weeks, strata)


def _cell(cell: CellRow) -> _Cell:
    return cell.product, cell.component, cell.defect


def weekly_counts(
    cells: Sequence[_Cell], named: Sequence[PeriodRow], spoke: Sequence[PortalRow]
) -> dict[_Cell, list[WeekCount]]:
    """Weekly counts of each cell over the exposure of its product, which all its cells share."""
    exposure = {
        product: standardised(_in_weeks(portal) for _, portal in groupby(portals, key=lambda row: row.portal))
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


def _figures(cells: Iterable[CellRow], evidence: Evidence, judging: Judging) -> Iterator[FigureRow]:
    for product, rows in groupby(cells, key=lambda cell: cell.product):
        together = list(rows)
        exposure = evidence.exposure[product]
        settled = [cell for cell in together if cell.settled]
        verdicts = judge_product([_counts(cell, exposure, evidence) for cell in settled], observed=judging.observed)
        by_cell = dict(zip(map(_cell, settled), verdicts, strict=True))
        for cell in together:
            yield _figure(cell, exposure, by_cell.get(_cell(cell), DefectVerdict(None)), judging)


def _counts(cell: CellRow, exposure: ExposureRow, evidence: Evidence) -> DefectCounts:
    weeks = evidence.weeks.get(_cell(cell), ())
    return DefectCounts(
        first_seen=cell.settled_since,
        # Looked at only where there are no weeks.
        months=() if weeks else _series(cell.months, exposure.months),
        weeks=weeks,
        strata=evidence.strata.get(_cell(cell), ()),
    )


def _series(named: Sequence[tuple[date, int]], exposed: Sequence[tuple[date, int]]) -> list[MonthCount]:
    persons = dict(named)
    return [MonthCount(month, persons.get(month, 0), count) for month, count in exposed]


def _figure(cell: CellRow, exposure: ExposureRow, verdict: DefectVerdict, judging: Judging) -> FigureRow:
    course = verdict.course or Course("", 0)
    standing = Standing(cell.persons, cell.dated, cell.first_seen, verdict.course, exposure.first_seen)
    signal, needed = signal_of(standing, min_persons=judging.min_persons, observed=judging.observed)
    # Kept also while there are too few persons to say so: with one more, the rise is shown with its begin. Without any
    # count before, there is no factor.
    since = verdict.rising_since
    watch = verdict.watch if verdict.watch and verdict.watch.window else None
    compared = verdict.disproportion
    return FigureRow(
        product=cell.product,
        component=cell.component,
        defect=cell.defect,
        persons=cell.persons,
        mentions=cell.mentions,
        dated=cell.dated,
        signal=signal,
        first_seen=cell.first_seen,
        last_seen=cell.last_seen,
        evidence_needed=needed,
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
        persons_anonymous=cell.anonymous,
        persons_verified=cell.verified,
        persons_incentivised=cell.incentivised,
        copies=cell.copies,
        persons_settled=cell.settled,
        course=course.state or None,
        course_needed=course.needed,
    )
