"""The page of the advocates: narrowed, page by page, and taken out as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from fastapi.templating import Jinja2Templates
from starlette.background import BackgroundTask

from kundenecho.errors import DataError
from pipeline import words
from pipeline.export import csv_pieces, json_pieces, write_file
from pipeline.products import check_product
from storage.advocate_list import AdvocateFilter, advocate_rows, one_snapshot
from storage.connect import Database
from storage.exports import Export, registered

_PAGE: Final = 25
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "xlsx": _XLSX}


def add_advocate_pages(app: FastAPI, pages: Jinja2Templates, db: Database) -> None:
    """Add the list and its downloads.

    Args:
        app: The application.
        pages: Its templates.
        db: The open database; each request takes connections of its own.
    """

    @app.get("/fuersprecher")
    def advocates(
        request: Request,
        produkt: str = "",
        stufe: str = "",
        kontakt: str = "",
        ab: Annotated[float, Query(ge=0, le=100)] = 0,
        seit: str = "",
        nach: str = "",
    ) -> HTMLResponse:
        asked = {"produkt": produkt, "stufe": stufe, "kontakt": kontakt, "ab": f"{ab:g}" if ab else "", "seit": seit}
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
            # One more than is shown tells whether there is a next page.
            rows = list(advocate_rows(conn, _filter(asked), limit=_PAGE + 1, after=nach or None))
        narrowed = urlencode(_given(asked))
        found = {
            "rows": rows[:_PAGE],
            "asked": asked,
            "narrowed": narrowed,
            "next": urlencode({**_given(asked), "nach": rows[_PAGE - 1]["person_id"]}) if len(rows) > _PAGE else None,
            "first": not nach,
        }
        return pages.TemplateResponse(request, "advocates.html", found)

    @app.get("/export/fuersprecher.{form}")
    def export(
        request: Request,
        form: str,
        produkt: str = "",
        stufe: str = "",
        kontakt: str = "",
        ab: Annotated[float, Query(ge=0, le=100)] = 0,
        seit: str = "",
    ) -> Response:
        if form not in _TYPES:
            raise DataError(f"there is no export fuersprecher.{form}", remedy="csv, json or xlsx")
        asked = {"produkt": produkt, "stufe": stufe, "kontakt": kontakt, "ab": f"{ab:g}" if ab else "", "seit": seit}
        wanted = _filter(asked)
        with db.connect("kundenecho web") as conn:
            check_product(conn, produkt or None)
        # Who it was, where a proxy in front of the pages says so.
        by = request.headers.get("X-Forwarded-User") or "Seiten"
        rows = _leaving(db, wanted, Export("advocates", by[:100], form, 0, way="page", filters=_given(asked)))
        return _download(form, rows)


def _given(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}


def _filter(asked: Mapping[str, str]) -> AdvocateFilter:
    stage, contact = asked["stufe"] or None, asked["kontakt"] or None
    if stage not in {None, *words.STAGE}:
        raise DataError(f"there is no stage {stage}", remedy=", ".join(words.STAGE))
    if contact not in {None, *words.CONTACT}:
        raise DataError(f"there is no answer {contact}", remedy=", ".join(words.CONTACT))
    try:
        since = datetime.combine(date.fromisoformat(asked["seit"]), time()) if asked["seit"] else None
    except ValueError:
        raise DataError(f"{asked['seit']!r} is no day", remedy="Give it as 2026-01-31") from None
    return AdvocateFilter(float(asked["ab"] or 0), asked["produkt"] or None, stage, contact, since)


def _leaving(db: Database, wanted: AdvocateFilter, export: Export) -> Iterator[Mapping[str, Any]]:
    """Rows of one moment, each registered before it leaves; the connections live as long as they are read."""
    with db.connect("kundenecho web") as conn, db.connect("kundenecho export") as register:
        one_snapshot(conn)
        yield from registered(register, export, advocate_rows(conn, wanted))


def _download(form: str, rows: Iterator[Mapping[str, Any]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="fuersprecher.{form}"'}
    if form == "xlsx":
        with NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
            path = Path(file.name)
        try:
            write_file(form, path, "Fürsprecher", rows)
        except BaseException:
            path.unlink()
            raise
        return FileResponse(path, media_type=_XLSX, headers=headers, background=BackgroundTask(path.unlink))
    pieces = csv_pieces(rows) if form == "csv" else json_pieces(rows)
    return StreamingResponse(_encoded(form, pieces), media_type=_TYPES[form], headers=headers)


def _encoded(form: str, pieces: Iterator[str]) -> Iterator[bytes]:
    # Excel takes a CSV for UTF-8 only with a byte order mark.
    if form == "csv":
        yield "\ufeff".encode()
    for piece in pieces:
        yield piece.encode()
