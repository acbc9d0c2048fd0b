"""Report: the lists of the moment as files, the report of defects as a page, and both to those who asked for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kundenecho.errors import RetryError, SettingsError
from kundenecho.settings import Settings
from pipeline.defect_report import DefectReport, gather
from pipeline.deliver import deliver
from pipeline.export import SHEET_ROWS, write_xlsx
from pipeline.notify import Message
from pipeline.step import Counts, Progress, silent, step
from pipeline.words import defect_sentence
from storage.advocate_list import AdvocateFilter, advocate_rows, one_snapshot
from storage.connect import database, named_lock
from storage.lists import list_defects

_IN_SUMMARY = 10
_EMAIL_AS = ("html", "pdf", "link")
_FACTS = (
    "defect_id", "product", "component", "defect", "signal", "persons", "persons_exposed", "rate", "rate_low",
    "rate_high", "rising_since",
)  # fmt: skip


class Pages(NamedTuple):
    """How a report becomes a file; given by the caller, as nothing here knows HTML.

    Attributes:
        html: The report as one document.
        pdf: Prints such a document, a file, to another; raises SettingsError without a browser.
    """

    html: Callable[[DefectReport], str]
    pdf: Callable[[Settings, Path, Path], None]


def report(
    settings: Settings, *, pages: Pages | None = None, again: bool = False, progress: Progress = silent
) -> Counts:
    """Write defects and advocates under ``reports/`` of the state directory and send the report of the week.

    Args:
        settings: Where to write, whom to tell (``report.*``, ``alerts.*``).
        pages: Writes the report of defects; without, only the lists are written and the summary is sent.
        again: Send it also to those who have got this week's.
        progress: Told about what is written.

    Returns:
        defects and advocates written, receipts delivered and failed.

    Raises:
        RetryError: An address did not get the report; the files are written all the same, and a repeat sends it only
            to those who are missing.
        SettingsError: ``report.email_as`` is unknown, or wants what is not there.
    """
    with step(settings, "report") as running, named_lock(running.conn, "report"):
        _check(settings)
        folder = settings.home / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        stem = datetime.now(UTC).strftime("kundenecho-%G-W%V")
        # Both lists are of one moment, also while others write.
        with running.database.connect("kundenecho report lists") as reading:
            one_snapshot(reading)
            defects = list_defects(reading, onset=True)
            progress("Bericht schreiben", 1, 3)
            lists = folder / f"{stem}.json"
            advocates = _write_lists(lists, defects, advocate_rows(reading, AdvocateFilter()))
        progress("Bericht schreiben", 2, 3)
        page = _write_page(settings, pages, gather(running.conn, settings, None), folder / stem) if pages else None
        running.conn.rollback()
        progress("Bericht schreiben", 3, 3)
        receipts = deliver(
            running.conn,
            settings,
            _message(settings, stem, page, defects, advocates),
            report=stem,
            digest=hashlib.sha256((page.with_suffix(".html") if page else lists).read_bytes()).hexdigest(),
            again=again,
        )
        failed = [r for r in receipts if not r.delivered]
        running.counts.update(
            defects=len(defects), advocates=advocates, delivered=len(receipts) - len(failed), failed=len(failed)
        )
        if failed:
            raise RetryError(
                "; ".join(sorted({f"the report was not delivered by {r.channel}: {r.detail}" for r in failed})),
                where=str(Path("reports") / stem),
                remedy="Mend the channel; the files are written, and kundenecho report sends to those who are missing",
            )
    return running.counts


def write_defect_report(
    settings: Settings, pages: Pages, *, product: str | None = None, output: Path | None = None, pdf: bool = False
) -> list[Path]:
    """Write the report of defects of this moment.

    Args:
        settings: Where the database is.
        pages: Writes the report.
        product: Only this product; None for all.
        output: The file; by default one under ``reports/`` of the state directory, named by product and day.
        pdf: Print it as well, beside it.

    Returns:
        The files that were written.

    Raises:
        DataError: If there is no such product.
        SettingsError: If it is to be printed and no browser is there, or the file cannot be written.
    """
    with database(settings) as db, db.connect("kundenecho report defects") as conn:
        found = gather(conn, settings, product)
        conn.rollback()
    if output is None:
        name = re.sub(r"[^\w.-]+", "-", f"maengel-{product}" if product else "maengel")
        output = settings.home / "reports" / f"{name}-{found.made:%Y-%m-%d}.html"
    html = output.with_suffix(".html") if output.suffix.lower() == ".pdf" else output
    try:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(pages.html(found), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the report cannot be written: {error.strerror}", where=str(html), remedy="Choose another --output"
        ) from None
    if not pdf:
        return [html]
    pages.pdf(settings, html, html.with_suffix(".pdf"))
    return [html, html.with_suffix(".pdf")]


def _write_lists(file: Path, defects: Sequence[Mapping[str, Any]], advocates: Iterable[Mapping[str, Any]]) -> int:
    """Write both lists as JSON and beside it as a workbook; memory stays flat however many advocates there are.

    Returns:
        How many advocates there are. A workbook has as many of them as a sheet holds, the highest scores first.
    """
    count = 0
    with file.open("w", encoding="utf-8") as out:

        def passing() -> Iterator[Mapping[str, Any]]:
            nonlocal count
            for row in advocates:
                out.write(f"{',' if count else ''}\n{_json(row)}")
                count += 1
                yield row

        out.write(f'[{{"defects": [{",".join(chr(10) + _json(row) for row in defects)}\n],\n"advocates": [')
        rows = passing()
        write_xlsx(file.with_suffix(".xlsx"), {"Mängel": defects, "Fürsprecher": islice(rows, SHEET_ROWS - 1)})
        for _ in rows:
            pass
        out.write("\n]}]\n")
    return count


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)


def _check(settings: Settings) -> None:
    form = settings["report.email_as"]
    if form not in _EMAIL_AS:
        raise SettingsError(f"{form!r} is no form", where="report.email_as", remedy=f"One of {', '.join(_EMAIL_AS)}")
    if form == "link" and not settings["report.link"]:
        raise SettingsError(
            "the report is to be sent as a link, but where it is read is not known",
            where="report.link",
            remedy="Set it to the address under which the folder of reports is served",
        )


def _write_page(settings: Settings, pages: Pages, found: DefectReport, stem: Path) -> Path:
    """Write the page, and print it where it is sent so; returns what is sent."""
    html = stem.parent / f"{stem.name}.html"
    html.write_text(pages.html(found), encoding="utf-8")
    if settings["report.email_as"] != "pdf":
        return html
    pdf = html.with_suffix(".pdf")
    pages.pdf(settings, html, pdf)
    return pdf


def _message(
    settings: Settings, stem: str, page: Path | None, defects: Sequence[Mapping[str, Any]], advocates: int
) -> Message:
    known = [d for d in defects if d["signal"] != "too_little_data"]
    order = ("rising", "new", "falling")
    urgent = sorted((d for d in known if d["signal"] in order), key=lambda d: order.index(d["signal"]))
    first = [*urgent, *(d for d in known if d not in urgent)]
    lines = [f"{settings['company.name']}: Mängel und Fürsprecher", ""]
    lines += [f"- {defect_sentence(d)}" for d in first[:_IN_SUMMARY]] or ["Kein Mangel mit genug Nennungen."]
    lines += ["", f"{advocates} Fürsprecher stehen auf der Liste. Einzelheiten: {stem}.xlsx"]
    facts: dict[str, Any] = {"defects": len(defects), "advocates": advocates}
    facts["urgent"] = [{key: d[key] for key in _FACTS} for d in urgent]
    for item in facts["urgent"]:
        item["rising_since"] = item["rising_since"].isoformat() if item["rising_since"] else None
    attachments = [page] if page and settings["report.email_as"] != "link" else []
    if page and settings["report.link"]:
        facts["link"] = f"{settings['report.link'].rstrip('/')}/{page.name}"
        lines += ["", f"Der ganze Bericht: {facts['link']}"]
    elif page:
        lines += ["", f"Der ganze Bericht hängt an: {page.name}"]
    return Message("report", f"Bericht {stem.removeprefix('kundenecho-')}", "\n".join(lines), facts, attachments)
