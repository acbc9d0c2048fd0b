"""An alarm lasts: a rate that rose and stays up is not forgotten once surveillance takes it for normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from scipy.special import betainc

from insights.alarm_budget import LEAST_PERSONS
from insights.scan import LEFT_OUT
from insights.surveillance import SINCE_WITHIN, Since, Watch, watch
from insights.weeks import WeekCount, every_week

#: One-sided error with which the newest weeks are still above those before the rise.
STILL_UP: Final = 0.025
_WEEK: Final = timedelta(days=7)


def hold(cells: Sequence[Sequence[WeekCount]], now: Sequence[Watch], last: date) -> list[Watch]:
    """Let the alarms of the last year last as long as the rate is up.

    Past weeks are looked at again as they were closed, so that the answer does not depend on when data came. That
    costs up to 52 looks at a product, only if one of its cells is quiet and has three persons in the newest weeks.

    Args:
        cells: Weekly counts, one series a defect, all of one product.
        now: What :func:`insights.surveillance.watch` says of the last closed week.
        last: Monday of the last closed week.

    Returns:
        The same answers, rising where the latest alarm of a quiet cell was one and the newest 13 weeks are still
        above the weeks before its begin.
    """
    answers = list(now)
    open_cells = {
        row for row, cell in enumerate(cells) if now[row].state == "quiet" and _newest(cell, last) >= LEAST_PERSONS
    }
    for back in range(1, SINCE_WITHIN + 1):
        if not open_cells:
            break
        seen = watch(cells, last - back * _WEEK)
        for row in [row for row in open_cells if seen[row].state in ("rising", "falling")]:
            open_cells.remove(row)
            since = seen[row].since
            if seen[row].state == "rising" and since and still_up(cells[row], since, last):
                answers[row] = replace(now[row], state="rising", needed=0, since=since)
        if all(answer.state == "short" for answer in seen):
            break
    return answers


def _newest(cell: Sequence[WeekCount], last: date) -> float:
    return sum(count.persons for count in every_week(cell, last)[-LEFT_OUT:])


def still_up(cell: Sequence[WeekCount], since: Since, last: date) -> bool:
    """Whether the newest weeks of a series are still above those before a rise.

    Conditional test of two Poisson rates (Przyborowski and Wilenski, Biometrika 31, 1940), one-sided.

    Args:
        cell: Weekly counts of one defect.
        since: Begin of the rise.
        last: Monday of the last closed week.
    """
    series = every_week(cell, last)
    before = [count for count in series if count.week < since.week]
    newest = [count for count in series[-LEFT_OUT:] if count.week >= since.week]
    persons, past = sum(c.persons for c in newest), sum(c.persons for c in before)
    exposed, over = sum(c.exposed for c in newest), sum(c.exposed for c in before)
    if persons < LEAST_PERSONS or not over:
        return False
    return bool(betainc(persons, past + 1, exposed / (exposed + over)) <= STILL_UP)
