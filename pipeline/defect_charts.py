"""The charts of the report of defects as plain data: persons by week or month beside what was to be expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final

from insights.course import Expected, course
from insights.weeks import WeekCount, monday
from pipeline import report_words as say
from pipeline.defects import weekly_counts
from storage.connect import Connection
from storage.report_facts import CountRow, ProductFacts, Series, count_series
from storage.weeks import count_weeks, make_named

#: Weeks are drawn where so many persons speak of the product in a usual week, else months.
_BUSY_WEEK: Final = 20
_WEEKS_DRAWN, _MONTHS_DRAWN, _WEEKS_LEARNT = 52, 36, 169
_WEEK: Final = timedelta(days=7)
_Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Bar:
    """One week or month of a chart: persons with the defect, persons who spoke, and what was to be expected."""

    start: date
    label: str
    persons: int
    spoke: int
    expected: Expected | None
    open: bool


@dataclass(frozen=True)
class Chart:
    """The course of one defect.

    Attributes:
        weekly: Bars are weeks; else months.
        bars: Without gaps, oldest first.
        since: Begin of the rise with the ends of its interval; None where it does not rise.
        published: First day on which a remedy was published; None without one.
        description: What it shows, in words, for those who do not see it.
    """

    weekly: bool
    bars: Sequence[Bar]
    since: tuple[date, date, date] | None
    description: str
    published: date | None = None


def charts(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    products: Mapping[str, ProductFacts],
    lineage: int,
    newest: datetime | None,
    closed: date | None,
) -> dict[str, Chart]:
    """The charts of some defects.

    Args:
        conn: Connection; ``voice`` and ``said`` were made in the same transaction.
        rows: Rows of ``lists.defects`` with ``cell``.
        products: The products they belong to.
        lineage: Lineage whose mentions count.
        newest: Time of the newest feedback; without one nothing is drawn.
        closed: Monday of the last closed week.

    Returns:
        Charts by defect, of those of which some naming has a date.
    """
    if newest is None or closed is None or not rows:
        return {}
    first = closed - timedelta(weeks=_WEEKS_LEARNT - 1)
    make_named(conn, lineage)
    named, spoke = count_weeks(conn, first, closed + _WEEK)
    cells = sorted({row[:3] for row in named} | {_cell(row) for row in rows})
    weeks = weekly_counts(cells, named, spoke)
    series = count_series(conn, first.replace(day=1))
    found: dict[str, Chart] = {}
    for product in products:
        mine = [row for row in rows if row["product"] == product]
        together = [cell for cell in cells if cell[0] == product]
        found |= _of_product(mine, together, weeks, series, newest.date(), closed)
    return found


def _cell(row: Mapping[str, Any]) -> _Cell:
    return row["product"], row["cell"], row["defect"]


def _of_product(
    rows: Sequence[Mapping[str, Any]],
    cells: Sequence[_Cell],
    weeks: Mapping[_Cell, Sequence[WeekCount]],
    series: Series,
    newest: date,
    closed: date,
) -> dict[str, Chart]:
    if not rows:
        return {}
    product = rows[0]["product"]
    by_week = _counts(series.product_weeks, product)
    weekly = _is_busy(by_week, closed)
    spoke = by_week if weekly else _counts(series.product_months, product)
    periods = _periods(spoke, newest, weekly)
    known = series.defect_weeks if weekly else series.defect_months
    charts = {}
    known_courses: dict[date | None, list[list[Expected | None]]] = {}
    for row in rows:
        persons = _counts(known, row["defect_id"])
        if not persons or not periods:
            continue
        # Cells are fitted together; one that rises is measured by the time before.
        before = row["rising_since"]
        if before not in known_courses:
            known_courses[before] = course([weeks.get(c, ()) for c in cells], closed, periods, before=before)
        bars = [
            Bar(
                start,
                say.period(start, weekly=weekly),
                persons.get(start, 0),
                spoke.get(start, 0),
                expectation,
                end > closed + _WEEK,
            )
            for (start, end), expectation in zip(periods, known_courses[before][cells.index(_cell(row))], strict=True)
        ]
        since = (row["rising_since"], row["rising_since_low"], row["rising_since_high"])
        charts[row["defect_id"]] = Chart(
            weekly, bars, since if row["rising_since"] else None, say.chart_description(row, bars, weekly=weekly)
        )
    return charts


def _counts(rows: Iterable[CountRow], key: str) -> dict[date, int]:
    return {row.start: row.persons for row in rows if row.key == key}


def _is_busy(spoke: Mapping[date, int], closed: date) -> bool:
    return median(spoke.get(closed - n * _WEEK, 0) for n in range(_WEEKS_DRAWN)) >= _BUSY_WEEK


def _periods(spoke: Mapping[date, int], newest: date, weekly: bool) -> list[tuple[date, date]]:
    """Weeks or months without gaps from the first in which somebody spoke to the newest."""
    if not spoke:
        return []
    start, found = min(spoke), []
    end = monday(newest) if weekly else newest.replace(day=1)
    while start <= end:
        after = start + _WEEK if weekly else date(start.year + start.month // 12, start.month % 12 + 1, 1)
        found.append((start, after))
        start = after
    return found[-(_WEEKS_DRAWN if weekly else _MONTHS_DRAWN) :]
