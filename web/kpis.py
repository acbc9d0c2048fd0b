"""The page of the key figures, with a small chart of the weeks for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from kundenecho.settings import Settings
from pipeline import kpis as words
from storage.connect import Database
from storage.kpis import list_kpis

_WEEKS: Final = 26
WIDTH, HEIGHT, _MARGIN = 240, 48, 3
#: What a week must stand on to be drawn: one answer of ten would be a peak.
LEAST: Final = 5


def add_kpi_pages(app: FastAPI, pages: Jinja2Templates, settings: Settings, db: Database) -> None:
    """Add the page of the key figures.

    Args:
        app: The application.
        pages: Its templates.
        settings: The milestones.
        db: The open database.
    """

    @app.get("/kennzahlen")
    def kpis(request: Request, je: str = Query("", pattern="^(|product|channel)$")) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            rows = list_kpis(conn, by=je or None)
            weekly = list_kpis(conn, by="week", weeks=_WEEKS)
            goals = words.milestones(conn, settings)
        by_kpi: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in weekly:
            by_kpi[row["kpi"]].append(row)
        charts = {kpi: chart(found) for kpi, found in by_kpi.items()}
        shown = {"rows": rows, "charts": charts, "goals": goals, "by": je, "k": words}
        return pages.TemplateResponse(request, "kpis.html", {**shown, "width": WIDTH, "height": HEIGHT, "least": LEAST})


def chart(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A weekly figure as points of a small picture.

    Args:
        rows: Rows of one figure in order of their weeks.

    Returns:
        None for fewer than two weeks that are known and stand on enough; else ``points`` as (x, y) in a picture of
        :data:`WIDTH` by :data:`HEIGHT`, ``line`` for an SVG polyline, ``first`` and ``last`` week,
        ``low`` and ``high``, the ends of the scale.
    """
    known = [(row["week"], float(row["value"])) for row in rows if row["value"] is not None and row["n"] >= LEAST]
    if len(known) < 2:
        return None
    weeks, values = [week for week, _ in known], [value for _, value in known]
    low, high = min(0.0, *values), max(values)
    span = (weeks[-1] - weeks[0]).days

    def place(week: date, value: float) -> tuple[float, float]:
        x = _MARGIN + (WIDTH - 2 * _MARGIN) * (week - weeks[0]).days / span
        y = HEIGHT - _MARGIN - (HEIGHT - 2 * _MARGIN) * ((value - low) / (high - low) if high > low else 0)
        return round(x, 1), round(y, 1)

    points = [place(week, value) for week, value in known]
    line = " ".join(f"{x},{y}" for x, y in points)
    return {"points": points, "line": line, "first": weeks[0], "last": weeks[-1], "low": low, "high": high}
