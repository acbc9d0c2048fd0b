"""The page of the follow-up, for support."""

from __future__ import annotations

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from kundenecho.cases import KINDS
from kundenecho.settings import Settings
from pipeline import case_words
from pipeline.case_work import suggestions
from pipeline.products import check_product
from storage.case_book import case_numbers, list_cases, show_case
from storage.connect import Database

_MOST = 200


def add_case_pages(app: FastAPI, pages: Jinja2Templates, settings: Settings, db: Database) -> None:
    """Add the list of cases and the page of each.

    Texts are masked, and notes of people stay away: the pages have no login of their own.

    Args:
        app: The application.
        pages: Its templates.
        settings: Time zone, snippets.
        db: The open database.
    """
    zone = settings["company.time_zone"]

    @app.get("/vorgaenge")
    def cases(
        request: Request,
        art: str = "",
        bei: str = "",
        produkt: str = "",
        nur: str = Query("", pattern="^(|ueberfaellig|wichtig|alle)$"),
    ) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
            rows = list_cases(
                conn,
                states=None if nur == "alle" else ("open", "waiting", "answered"),
                overdue=nur == "ueberfaellig",
                unhappy=nur == "wichtig",
                kind=art or None,
                owner=bei or None,
                product=produkt or None,
                limit=_MOST + 1,
            )
            numbers = case_numbers(conn)
        shown = {"rows": rows[:_MOST], "more": len(rows) > _MOST, "numbers": numbers, "kinds": KINDS, "zone": zone}
        chosen = {"kind": art, "owner": bei, "product": produkt, "only": nur}
        return pages.TemplateResponse(request, "cases.html", {**shown, **chosen, "says": case_words})

    @app.get("/vorgaenge/{case}")
    def case_page(request: Request, case: str) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            found = show_case(conn, case)
            offered = suggestions(conn, settings, found) if found["state"] != "closed" else []
        shown = {"row": found, "offered": offered, "zone": zone, "says": case_words}
        return pages.TemplateResponse(request, "case.html", shown)
