"""The pages as an application: two lists with their quotes, and the chain behind each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from kundenecho.errors import DataError, KundenechoError, UnknownProductError
from kundenecho.settings import Settings
from pipeline import remedy_words, words
from pipeline.export import as_csv, as_json, write_xlsx
from pipeline.products import check_product
from storage.connect import Connection, Database
from storage.exports import Export, register_export
from storage.journey import list_journey
from storage.lists import list_defects
from storage.loop import list_recoveries, list_stages, list_transitions, silent_customers
from storage.offers import list_offers
from storage.why import why
from web import loop_chart
from web.advocates import add_advocate_pages
from web.cases import add_case_pages
from web.journey import add_journey_pages
from web.kpis import add_kpi_pages
from web.offers import add_offer_page
from web.seal_page import add_seal_page

_HERE = Path(__file__).parent
_RECOVERIES = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: Lists to download: kind in the register of exports, title of the sheet, and where the rows come from.
_EXPORTS: Final[dict[str, tuple[str, str, Callable[[Connection], list[dict[str, Any]]]]]] = {
    "maengel": ("defects", "Mängel", list_defects),
    "angebote": ("offers", "Angebote", list_offers),
    "reise": ("journey", "Kundenreise", list_journey),
}


def build(settings: Settings, db: Database) -> FastAPI:
    """The application over one database.

    Args:
        settings: Name of the company and the like.
        db: The open database; each request takes a connection of its own.
    """
    app = FastAPI(title="Kundenecho", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    pages = Jinja2Templates(directory=_HERE / "templates")
    pages.env.filters.update(hundred=words.per_hundred, day=_day)
    pages.env.globals.update(words=words, remedies=remedy_words, company=settings["company.name"], safe_link=_safe_link)

    @app.middleware("http")
    async def harden(request: Request, call_next: Any) -> Any:
        answer = await call_next(request)
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.exception_handler(KundenechoError)
    def explain(request: Request, error: Exception) -> HTMLResponse:
        status = 404 if isinstance(error, DataError) else 503
        return pages.TemplateResponse(request, "error.html", {"error": error}, status_code=status)

    @app.exception_handler(UnknownProductError)
    def suggest(request: Request, error: UnknownProductError) -> HTMLResponse:
        # Relative, as a proxy in front of the pages may speak another protocol.
        path, asked = request.url.path, dict(request.query_params)
        meant = [(name or one, f"{path}?{urlencode({**asked, 'produkt': one})}") for one, name in error.near]
        shown = {"product": error.product, "meant": meant, "whole": path}
        return pages.TemplateResponse(request, "unknown_product.html", shown, status_code=404)

    @app.get("/")
    def home() -> RedirectResponse:
        return RedirectResponse("/maengel")

    @app.get("/health")
    def health() -> PlainTextResponse:
        with db.connect("kundenecho web") as conn, conn.cursor() as cursor:
            cursor.execute("SELECT 1")
        return PlainTextResponse("ok")

    @app.get("/maengel")
    def defects(request: Request, produkt: str | None = None, ab: int = Query(1, ge=1, le=1000)) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
            rows = list_defects(conn, product=produkt or None, min_persons=ab, onset=True)
        return pages.TemplateResponse(request, "defects.html", {"rows": rows, "product": produkt, "least": ab})

    add_advocate_pages(app, pages, db)
    add_case_pages(app, pages, settings, db)
    add_kpi_pages(app, pages, settings, db)
    add_offer_page(app, pages, db)
    add_seal_page(app, pages, settings, db)
    add_journey_pages(app, pages, db)

    @app.get("/treue")
    def loop(request: Request) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            stages, transitions = list_stages(conn), list_transitions(conn)
            recoveries, silent = list_recoveries(conn, limit=_RECOVERIES), silent_customers(conn)
        found = {
            "boxes": loop_chart.boxes(stages) if stages else [],
            "arrows": loop_chart.arrows(transitions),
            "transitions": transitions,
            "recoveries": recoveries,
            "silent": silent,
            "total": sum(row["persons"] for row in stages),
            "width": loop_chart.WIDTH,
            "height": loop_chart.HEIGHT,
            "box_width": loop_chart.BOX[0],
            "box_height": loop_chart.BOX[1],
        }
        return pages.TemplateResponse(request, "loop.html", found)

    @app.get("/warum/{subject}")
    def chain(request: Request, subject: str) -> HTMLResponse:
        with db.connect("kundenecho web") as conn:
            found = why(conn, subject)
        return pages.TemplateResponse(request, "why.html", {"found": found})

    @app.get("/export/{name}.{form}")
    def export(request: Request, name: str, form: str) -> Response:
        if name not in _EXPORTS or form not in {"csv", "json", "xlsx"}:
            raise DataError(
                f"there is no export {name}.{form}",
                remedy=f"{', '.join((*_EXPORTS, 'fuersprecher'))}; csv, json or xlsx",
            )
        kind, _, read = _EXPORTS[name]
        with db.connect("kundenecho web") as conn:
            rows = read(conn)
            # Who it was, where a proxy in front of the pages says so.
            by = request.headers.get("X-Forwarded-User") or "Seiten"
            persons = [int(row["person_id"][1:]) for row in rows if "person_id" in row]
            register_export(conn, Export(kind, by[:100], form, len(rows), way="page"), persons=persons)
            conn.commit()
        return _download(name, form, rows)

    return app


def _download(name: str, form: str, rows: list[dict[str, Any]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "json":
        return Response(as_json(rows), media_type="application/json", headers=headers)
    if form == "csv":
        return Response(as_csv(rows).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)
    with NamedTemporaryFile(suffix=".xlsx") as file:
        write_xlsx(Path(file.name), {_EXPORTS[name][1]: rows})
        return Response(Path(file.name).read_bytes(), media_type=_XLSX, headers=headers)


def _day(value: Any) -> str:
    """A day in German notation from a time or an ISO 8601 text."""
    text = value if isinstance(value, str) else value.isoformat() if value else ""
    return f"{text[8:10]}.{text[5:7]}.{text[:4]}" if text else "ohne Datum"


def _safe_link(url: str | None) -> str | None:
    """The address where it may stand in a link; a source could send ``javascript:``."""
    return url if url and url.startswith(("http://", "https://")) else None
