"""The seal as files for the company's web server: written, registered, and taken away when it no longer holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.seal import Group, Seal, gather
from pipeline.seal_words import method
from pipeline.step import Counts, step
from storage.exports import Export, register_export

DOCUMENT: Final = "siegel.json"
PAGE: Final = "siegel.html"


class NoSealError(DataError):
    """There are too few ratings for a seal."""


class Pages(NamedTuple):
    """How a seal becomes files; given by the caller, as nothing here knows HTML. Each takes a :class:`Seal`.

    Attributes:
        badge: The picture, an SVG.
        markup: schema.org's JSON-LD.
        page: The page that tells the method.
        snippet: The lines that put picture and markup into a page of the company.
    """

    badge: Callable[[Seal], str]
    markup: Callable[[Seal], str]
    page: Callable[[Seal], str]
    snippet: Callable[[Seal], str]


def issue(
    settings: Settings, product: str | None, folder: Path, pages: Pages, *, by: str,
    sources: Sequence[str] = (), last: date | None = None, below: str = "",
) -> tuple[Seal, list[Path], Counts]:  # fmt: skip
    """Write a seal for the company's web server and register that.

    Where no seal can be issued any more, the files of an earlier one go, and the document says why.

    Args:
        settings: See :func:`gather`.
        product: A product; None for the company.
        folder: Where the files go; made if it is missing. One folder for each seal.
        pages: Write the files.
        by: Who takes it out, for the register.
        sources: Only these sources; empty for all.
        last: Last day of the period; today without it.
        below: Where the folder is served below ``seal.url``; empty: there.

    Returns:
        The seal, its files, and the counts of the run.

    Raises:
        DataError: See :func:`gather`.
        NoSealError: There are too few ratings.
        SettingsError: See :func:`gather`; or the folder cannot be written.
    """
    with step(settings, "seal", source=product or "") as running:
        seal, keys = gather(settings, running.conn, product, sources=sources, last=last)
        if below and seal.link:
            seal = replace(seal, link=f"{seal.link}{below}/")
        if seal.leading is None:
            _withdraw(folder, seal)
            most = max(seal.verified.figure, seal.unverified.figure, key=lambda found: found.ratings)
            raise NoSealError(
                f"too little data: {seal.verified.figure.ratings} ratings with a confirmed purchase and"
                f" {seal.unverified.figure.ratings} without; {most.missing} more are needed",
                where=product or "company",
                remedy="No seal is issued, and the files of an earlier one were taken away",
            )
        filters = {"product": product, "sources": ", ".join(sources) or None, "last": str(last) if last else None}
        export = Export("seal", by, "html", 1 + len(seal.quotes), filters=filters)
        number = register_export(running.conn, export, keys=keys)
        seal = replace(seal, number=number)
        files = _write(folder, seal, pages)
        running.conn.commit()
        running.counts.update(
            verified=seal.verified.figure.ratings,
            unverified=seal.unverified.figure.ratings,
            left_out=sum(found.ratings for found in seal.left_out),
            testimonials=len(seal.quotes),
        )
    return seal, files, running.counts


def document(seal: Seal) -> dict[str, Any]:
    """The seal as JSON for programs of the company.

    Args:
        seal: The seal.

    Returns:
        What docs/seal.md describes.
    """
    return {
        "issued": seal.leading is not None,
        "number": seal.number,
        "company": seal.company,
        "product": seal.product,
        "subject": seal.subject,
        "made_on": seal.made_on.isoformat(),
        "period": {"first": seal.first.isoformat(), "last": seal.last.isoformat()},
        "scale": {"worst": 1, "best": 5},
        "min_ratings": seal.floor,
        "leading": seal.leading.name if seal.leading else None,
        "verified": _group_json(seal.verified),
        "unverified": _group_json(seal.unverified),
        "left_out": {found.reason: {"ratings": found.ratings, "mean": _number(found.mean)} for found in seal.left_out},
        "unassessed": seal.unassessed,
        "method": method(seal),
        "method_url": f"{seal.link}{PAGE}",
        "testimonials": [
            {"text": q.text, "shown_as": q.shown_as, "consent_given_on": q.given_on.isoformat(),
             "compensation": q.compensation, "purchase_confirmed": q.bought}
            for q in seal.quotes
        ],
    }  # fmt: skip


def _group_json(group: Group) -> dict[str, Any]:
    found = group.figure
    return {
        "rating": _number(found.shown),
        "ratings": found.ratings,
        "missing": found.missing,
        "with_text": found.ratings - group.star_only,
        "interval_95": [round(found.low, 2), round(found.high, 2)]
        if found.low is not None and found.high is not None
        else None,
        "stars": {str(number): count for number, count in enumerate(found.stars, 1)},
        "portals": [
            {"source": p.source, "title": p.title, "rating": _number(p.figure.shown), "ratings": p.figure.ratings}
            for p in group.portals
        ],
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _write(folder: Path, seal: Seal, pages: Pages) -> list[Path]:
    contents = {
        "siegel.svg": pages.badge(seal),
        "siegel.jsonld": pages.markup(seal),
        PAGE: pages.page(seal),
        "einbinden.html": pages.snippet(seal),
        DOCUMENT: _json(document(seal)),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_replace(folder / name, text) for name, text in contents.items()]
    except OSError as error:
        raise SettingsError(
            f"the seal cannot be written: {error.strerror}",
            where=str(folder),
            remedy="Choose another folder by --output",
        ) from None


def _withdraw(folder: Path, seal: Seal) -> None:
    """Take the files of an earlier seal away; a folder without one is left as it is."""
    if not (folder / DOCUMENT).is_file():
        return
    for name in ("siegel.svg", "siegel.jsonld", PAGE, "einbinden.html"):
        (folder / name).unlink(missing_ok=True)
    # Words leave the house only where that is registered.
    _replace(folder / DOCUMENT, _json(document(replace(seal, quotes=()))))


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _replace(file: Path, text: str) -> Path:
    """Write a file that a web server may be reading, so that it is either the old one or the new one."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, encoding="utf-8")
    return fresh.replace(file)
