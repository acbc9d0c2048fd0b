"""The page of what may be offered, for marketing."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from pipeline import offer_words
from pipeline.products import check_product
from storage.connect import Database
from storage.offers import list_offers, offer_figures

_MOST = 200


def add_offer_page(app: FastAPI, pages: Jinja2Templates, db: Database) -> None:
    """Add the page of offers.

    Args:
        app: The application.
        pages: Its templates.
        db: The open database.
    """

    @app.get("/angebote")
    def offers(request: Request, produkt: str = "", artikel: str = "") -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
            rows = list_offers(conn, product=produkt or None, article=artikel or None, limit=_MOST + 1)
            figures = offer_figures(conn)
        shown = {"rows": rows[:_MOST], "more": len(rows) > _MOST, "figures": figures, "says": offer_words}
        return pages.TemplateResponse(request, "offers.html", {**shown, "product": produkt, "article": artikel})
