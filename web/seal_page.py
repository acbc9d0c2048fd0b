"""The page of the seal: a preview of what would be issued now, and why."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from kundenecho.settings import Settings
from pipeline import seal_words
from pipeline.seal import gather
from storage.connect import Database
from storage.seal import rated_products
from web.seal.badge import badge

#: The picture brings its own style, which the policy of the pages would take away.
_PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def add_seal_page(app: FastAPI, pages: Jinja2Templates, settings: Settings, db: Database) -> None:
    """Add the page of the seal, and the picture that it shows.

    Args:
        app: The application.
        pages: Its templates.
        settings: ``company.name`` and ``seal.*``.
        db: The open database.
    """

    @app.get("/siegel")
    def seal(request: Request, produkt: str | None = None) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            found, _ = gather(settings, conn, produkt or None)
            products = rated_products(conn)
        shown = {"seal": found, "products": products, "product": produkt or "", "w": seal_words}
        return pages.TemplateResponse(request, "seal.html", shown)

    @app.get("/siegel.svg")
    def picture(produkt: str | None = None) -> Response:
        with db.connect("kundenecho web") as conn:
            found, _ = gather(settings, conn, produkt or None)
        headers = {"Content-Security-Policy": _PICTURE_POLICY, "Cache-Control": "no-store"}
        return Response(badge(found), media_type="image/svg+xml", headers=headers)
