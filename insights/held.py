"""An alarm lasts: a rate that rose and stays up is not forgotten once surveillance takes it for normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from scipy.special import betainc

from insights.alarm_budget import LEAST_PERSONS
from insights.scan import LEFT_OUT
from insights.surveillance import SINCE_WITHIN, Since, Watch, series_of, watch_series
from insights.weeks import WeekCount, every_week

#: One-sided error with which the newest weeks are still above those before the rise.
STILL_UP: Final = 0.025
_WEEK: Final = timedelta(days=7)
#: Sums that are taken in another order differ by less; what is looked at in vain costs time only.
_SLACK: Final = 1e-9


def hold(cells: Sequence[Sequence[WeekCount]], now: Sequence[Watch], last: date) -> list[Watch]:
    """Let the alarms of the last year last as long as the rate is up.

    Past weeks are looked at again as they were closed, so that the answer does not depend on when data came. That
    costs up to 52 looks at a product, only if one of its cells is quiet and would still be up after some rise.

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
        row for row, cell in enumerate(cells) if now[row].state == "quiet" and _may_be_up(every_week(cell, last))
    }
    series = series_of(cells, last) if open_cells else None
    for back in range(1, SINCE_WITHIN + 1):
        if not open_cells or series is None:
            break
        seen = watch_series(series.until(last - back * _WEEK), last - back * _WEEK)
        for row in [row for row in open_cells if seen[row].state in ("rising", "falling")]:
            open_cells.remove(row)
            since = seen[row].since
            if seen[row].state == "rising" and since and still_up(cells[row], since, last):
                answers[row] = replace(now[row], state="rising", needed=0, since=since)
        if all(answer.state == "short" for answer in seen):
            break
    return answers


def _may_be_up(series: Sequence[WeekCount]) -> bool:
    """Whether a series could be :func:`still_up` after a rise that began in any of the weeks that looks reach."""
    persons, exposed = np.array([(0.0, 0.0), *((c.persons, c.exposed) for c in series)]).cumsum(axis=0).T
    begins = np.arange(max(len(series) - 2 * SINCE_WITHIN, 0), len(series))
    newest = np.maximum(begins, len(series) - LEFT_OUT)
    enough = persons[-1] - persons[newest] >= LEAST_PERSONS - _SLACK
    begins, newest = begins[enough], newest[enough]
    share = (exposed[-1] - exposed[newest]) / np.maximum(exposed[-1] - exposed[newest] + exposed[begins], _SLACK)
    p_values = betainc(persons[-1] - persons[newest], persons[begins] + 1, share)
    return bool((p_values <= STILL_UP + _SLACK).any())


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
