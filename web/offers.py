"""The page of what may be offered, for marketing."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from pipeline import offer_words
from pipeline.products import check_product
from storage.connect import Database
from storage.offers import list_offers, offer_figures, offered_articles

_MOST = 50


def add_offer_page(app: FastAPI, pages: Jinja2Templates, db: Database) -> None:
    """Add the page of offers.

    Args:
        app: The application.
        pages: Its templates.
        db: The open database.
    """

    @app.get("/angebote")
    def offers(request: Request, produkt: str = "", artikel: str = "", zahlen: str = "") -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
            rows = list_offers(conn, product=produkt or None, article=artikel or None, limit=_MOST + 1)
            articles = offered_articles(conn)
            # Counting asks of everybody whether they may be contacted, the list of those whom it shows.
            figures = offer_figures(conn) if zahlen else []
        shown = {"rows": rows[:_MOST], "more": len(rows) > _MOST, "figures": figures, "articles": articles}
        return pages.TemplateResponse(
            request, "offers.html", {**shown, "says": offer_words, "product": produkt, "article": artikel}
        )
