"""Commands that answer: defects, advocates, topics, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.console import print_table, settings
from cli.output import FORMAT as _FORMAT
from cli.output import LIMIT as _LIMIT
from cli.output import OUTPUT as _OUTPUT
from cli.output import in_quotes, write
from pipeline import words
from pipeline.export import as_json
from pipeline.remedy_words import STATE as REMEDY

#: Characters from which a quote says something by itself.
_CONVINCING = 30
#: Voices that ``why`` shows on a terminal if not told otherwise.
_VOICES_SHOWN = 10


@click.command()
@_FORMAT
@_OUTPUT
@_LIMIT
@click.option("--product", help="Only this product.")
@click.option("--min-persons", type=click.IntRange(1), default=1, show_default=True, help="Leave out rarer defects.")
def defects(form: str, output: Path | None, limit: int | None, product: str | None, min_persons: int) -> None:
    """Recurring defects: what keeps breaking, how sure it is, what customers say."""
    from pipeline.products import check_product
    from storage.connect import database
    from storage.lists import list_defects

    with database(settings()) as db, db.connect("kundenecho defects") as conn:
        check_product(conn, product)
        rows = list_defects(conn, product=product, limit=limit, min_persons=min_persons, onset=form == "table")
    if form == "table":
        print_defects(rows)
    else:
        write(form, output, "Mängel", rows)


@click.group(invoke_without_command=True)
@_FORMAT
@_OUTPUT
@_LIMIT
@click.option("--product", help="Only those who speak well of this product.")
@click.option(
    "--min-score", type=click.FloatRange(0, 100), default=0, show_default=True, help="Leave out lower scores."
)
@click.option("--stage", type=click.Choice(tuple(words.STAGE)), help="Only this stage of the loyalty loop.")
@click.option("--contactable", type=click.Choice(tuple(words.CONTACT)), help="Only who may be contacted so.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only who spoke on this day or later.")
@click.option("--by", help="Who takes the list out, for the register; the system's user by default.")
@click.pass_context
def advocates(
    context: click.Context, form: str, output: Path | None, limit: int | None, product: str | None, min_score: float,
    stage: str | None, contactable: str | None, since: datetime | None, by: str | None,
) -> None:  # fmt: skip
    """Advocates: who speaks for us, why, and whether they may be contacted."""
    if context.invoked_subcommand:
        return
    from pipeline.products import check_product
    from storage.advocate_list import AdvocateFilter, advocate_rows, one_snapshot
    from storage.connect import database

    wanted = AdvocateFilter(min_score, product, stage, contactable, since)
    with database(settings()) as db, db.connect("kundenecho advocates") as conn:
        one_snapshot(conn)
        check_product(conn, product)
        rows = advocate_rows(conn, wanted, limit=limit)
        if form == "table":
            print_advocates(list(rows))
        else:
            write(form, output, "Fürsprecher", rows)


@click.command()
@_FORMAT
@_OUTPUT
@_LIMIT
@click.option("--product", help="Only topics of this group of products, or of this product's group.")
def topics(form: str, output: Path | None, limit: int | None, product: str | None) -> None:
    """Topics: what recurs in the texts of a group of products, named by its most typical phrase."""
    from pipeline.products import check_product
    from storage.connect import database
    from storage.lists import list_topics

    with database(settings()) as db, db.connect("kundenecho topics") as conn:
        check_product(conn, product, groups=True)
        rows = list_topics(conn, product=product, limit=limit)
    if form == "table":
        print_topics(rows)
    else:
        write(form, output, "Themen", rows)


@click.command()
@click.argument("subject", metavar="ID")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--json", "machine", is_flag=True, help="The same as --format json.")
@click.option("--limit", type=click.IntRange(1), help="At most so many voices; 10 on a terminal, else all.")
def why(subject: str, form: str, machine: bool, limit: int | None) -> None:
    """Show the chain behind ID: a defect (D12), a person (P7) or a feedback (F345)."""
    from storage.connect import database
    from storage.why import why as chain

    with database(settings()) as db, db.connect("kundenecho why") as conn:
        found = chain(conn, subject)
    if machine or form == "json":
        shown = [piece for voice in _voices(found["evidence"])[:limit] for piece in voice]
        click.echo(as_json([{**found, "evidence": shown}]), nl=False)
        return
    if found["kind"] == "person":
        from cli.advocates import print_person

        print_person(found)
        return
    click.secho(f"{found['id']} ({words.SUBJECT[found['kind']]})", bold=True)
    for key, value in found["figures"].items():
        if value is not None:
            label, shown_value = words.figure(key, value)
            click.echo(f"  {label}: {shown_value}")
    voices = _voices(found["evidence"])
    for voice in voices[: limit or _VOICES_SHOWN]:
        if "voice" in voice[0]:
            click.secho(f"\n{words.voice(voice)}", bold=True)
        for piece in voice:
            _print_evidence(piece)
    left = len(voices) - (limit or _VOICES_SHOWN)
    if left > 0:
        click.echo(f"\n… und {left} weitere: --limit {len(voices)}, oder --format json")


def _voices(evidence: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The evidence of one voice together; where no voices are told, each piece alone."""
    told: dict[Any, list[Mapping[str, Any]]] = {}
    for number, piece in enumerate(evidence):
        told.setdefault(piece.get("voice", number), []).append(piece)
    return list(told.values())


def print_defects(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> None:
    """Print defects as a table with one quote each."""
    columns = ["Nr.", "Produkt", "Mangel", "Personen ", "je 100 Bewertungen ", "Signal", "Zitat"]
    table = []
    for row in rows:
        rate, low, high = (words.per_hundred(row[key]) for key in ("rate", "rate_low", "rate_high"))
        share = f"{rate} ({low}–{high})"
        quote = in_quotes(row["quotes"][0]["text"]) if row["quotes"] else "–"
        if row["remedy"]:
            quote += f"\n{_remedy(row['remedy'])}"
        persons = f"{row['persons']} von {row['persons_exposed']}"
        table.append(
            [row["defect_id"], row["product"], words.defect_name(row), persons, share, words.verdict(row), quote]
        )
    print_table(columns, table, title=title)


def print_advocates(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> None:
    """Print advocates as a table with their reasons and one quote each."""
    columns = ["Nr.", "Name", "Punkte ", "Stufe", "Kontakt", "Gründe", "Zitat"]
    table = []
    for row in rows:
        reasons = ", ".join(f"{words.REASON[r['kind']]} {words.points(r['weight'], sign=True)}" for r in row["reasons"])
        quote = _best_quote(row["reasons"])
        contact = words.CONTACT[row["contactable"]]
        name = row["display_name"] or "–"
        table.append(
            [row["person_id"], name, words.points(row["score"]), words.STAGE[row["stage"]], contact, reasons, quote]
        )
    print_table(columns, table, title=title)


def _best_quote(reasons: Sequence[Mapping[str, Any]]) -> str:
    """The quote of the weightiest reason that is long enough to convince, else the longest."""
    quotes = [reason["quote"] for reason in reasons if reason["quote"]]
    if not quotes:
        return "–"
    return in_quotes(next((quote for quote in quotes if len(quote) >= _CONVINCING), max(quotes, key=len)))


def print_topics(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> None:
    """Print topics as a table with their terms and one quote each."""
    columns = ["Nr.", "Produkt", "Thema", "Personen ", "je 100 ", "Wörter", "Zitat"]
    table = [
        [
            row["topic"],
            row["product"],
            row["label"],
            str(row["persons"]),
            words.per_hundred(row["share"]),
            ", ".join(row["terms"]),
            in_quotes(row["quotes"][0]["text"]) if row["quotes"] else "–",
        ]
        for row in rows
    ]
    print_table(columns, table, title=title)


def _remedy(remedy: Mapping[str, Any]) -> str:
    known = REMEDY[remedy["state"]]
    if remedy["state"] == "suggested":
        return f"{known}: {in_quotes(remedy['text'])}"
    return f"Lösung {remedy['remedy_id']} ({known}): {' '.join(remedy['text'].split())}"


def _print_evidence(piece: Mapping[str, Any]) -> None:
    head = " · ".join(
        str(part)
        for part in (
            piece["feedback_id"],
            piece["source"],
            f"{piece['created_at']:%d.%m.%Y}" if piece["created_at"] else "ohne Datum",
            words.REASON.get(piece.get("reason") or "")
            or words.DEFECT.get(piece.get("defect") or "")
            or piece.get("aspect"),
            "Gegenleistung erhalten" if piece.get("incentivised") else None,
        )
        if part
    )
    click.echo(f"\n{head}")
    if piece["quote"]:
        place = f"[{'Titel' if piece['field'] == 'title' else 'Text'}, Zeichen {piece['start']}–{piece['end']}]"
        click.echo(f"  {in_quotes(piece['quote'])}  {place}")
    if piece.get("counts_as"):
        click.echo(f"  {words.copy(piece)}")
    fragment = piece["fragment_digest"] or "nicht aufbewahrt"
    click.echo(f"  Fassung {piece['revision_number']} · Ladung {piece['load_id']} · Fragment {fragment}")
    click.echo(f"  Quelle: {piece['url'] or piece['page_url'] or '–'}")


COMMANDS = (defects, advocates, topics, why)
