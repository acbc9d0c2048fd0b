"""The page of the journey map, and the quotes behind each of its cells."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from kundenecho.analysis import EXPECTATIONS, TOUCHPOINTS
from kundenecho.errors import DataError
from kundenecho.journey import MOODS, OVERALL
from pipeline import journey as says
from pipeline.products import check_product
from storage.connect import Database
from storage.journey import (
    journey_products,
    list_journey,
    list_journey_quotes,
    list_journey_transitions,
)

_WAYS = 15
#: What the choice of products says for feedback that names none.
COMPANY = "-"


def add_journey_pages(app: FastAPI, pages: Jinja2Templates, db: Database) -> None:
    """Add the map and the page of quotes; texts are masked.

    Args:
        app: The application.
        pages: Its templates.
        db: The open database.
    """

    @app.get("/reise")
    def journey(request: Request, produkt: str = "") -> HTMLResponse:
        product, company = _scope(produkt)
        with db.connect("kundenecho web") as conn:
            check_product(conn, product)
            rows = list_journey(conn, product=product, company=company)
            ways = list_journey_transitions(conn, product=product, company=company, limit=_WAYS)
            products = journey_products(conn)
        shown = {"rows": says.complete(rows) if rows else [], "ways": ways, "products": products, "chosen": produkt}
        asked = rows[0] if rows else None
        return pages.TemplateResponse(
            request,
            "journey.html",
            {**shown, "says": says, "moods": list(says.MOOD), "asked": asked, "company_only": COMPANY},
        )

    @app.get("/reise/{touchpoint}")
    def quotes(
        request: Request, touchpoint: str, produkt: str = "", stimmung: str = "", erwartung: str = ""
    ) -> HTMLResponse:
        if (
            touchpoint not in (*TOUCHPOINTS, OVERALL)
            or stimmung not in ("", *MOODS)
            or erwartung not in ("", *EXPECTATIONS)
        ):
            raise DataError("there is no such cell of the journey", remedy="Follow a link of the page /reise")
        product, company = _scope(produkt)
        with db.connect("kundenecho web") as conn:
            check_product(conn, product)
            rows = list_journey_quotes(
                conn,
                touchpoint=touchpoint,
                mood=stimmung or None,
                expectation=erwartung or None,
                product=product,
                company=company,
            )
        shown = {"rows": rows, "touchpoint": touchpoint, "mood": stimmung, "expectation": erwartung}
        scope = says.scope_words(product, company)
        return pages.TemplateResponse(
            request, "journey_quotes.html", {**shown, "says": says, "scope": scope, "chosen": produkt}
        )


def _scope(chosen: str) -> tuple[str | None, bool]:
    """Product, and whether only what names none; from the choice on the page."""
    return (None, True) if chosen == COMPANY else (chosen or None, False)
