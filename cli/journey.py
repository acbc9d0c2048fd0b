"""The commands of the journey map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cli.console import print_table, settings
from cli.output import FORMAT, LIMIT, OUTPUT, in_quotes, write
from kundenecho.analysis import EXPECTATIONS, TOUCHPOINTS
from kundenecho.journey import MOODS, OVERALL
from pipeline.words import per_hundred

_PRODUCT = click.option("--product", help="Only what is said of this product.")
_COMPANY = click.option("--company", is_flag=True, help="Only what is said of the company: feedback without a product.")


@click.group(invoke_without_command=True)
@FORMAT
@OUTPUT
@_PRODUCT
@_COMPANY
@click.pass_context
def journey(context: click.Context, form: str, output: Path | None, product: str | None, company: bool) -> None:
    """Journey map: touchpoints before, during and after, how persons felt there, and how much it matters."""
    if context.invoked_subcommand:
        return
    _one_of(product, company)
    from pipeline.journey import complete, scope_words
    from pipeline.products import check_product
    from storage.connect import database
    from storage.journey import list_journey

    with database(settings()) as db, db.connect("kundenecho journey") as conn:
        check_product(conn, product)
        rows = list_journey(conn, product=product, company=company)
    if form != "table":
        write(form, output, "Kundenreise", rows)
        return
    _print_map(complete(rows), f"Kundenreise: {scope_words(product, company)}")


@journey.command()
@FORMAT
@OUTPUT
@LIMIT
@_PRODUCT
@_COMPANY
def transitions(form: str, output: Path | None, limit: int | None, product: str | None, company: bool) -> None:
    """Which touchpoint persons tell of after which, and where their mood turned."""
    _one_of(product, company)
    from pipeline.journey import TOUCHPOINT, scope_words
    from pipeline.products import check_product
    from storage.connect import database
    from storage.journey import list_journey_transitions

    with database(settings()) as db, db.connect("kundenecho journey transitions") as conn:
        check_product(conn, product)
        rows = list_journey_transitions(conn, product=product, company=company, limit=limit)
    if form != "table":
        write(form, output, "Übergänge", rows)
        return
    columns = ["erst", "dann", "Personen ", "von gut zu schlecht ", "von schlecht zu gut ", "in getrennten Beiträgen "]
    table = [
        [
            TOUCHPOINT[row["from_touchpoint"]],
            TOUCHPOINT[row["to_touchpoint"]],
            *(str(row[name]) for name in ("persons", "turned_bad", "turned_good", "apart")),
        ]
        for row in rows
    ]
    print_table(columns, table, title=f"Übergänge: {scope_words(product, company)}")


@journey.command()
@click.argument("touchpoint", type=click.Choice((*TOUCHPOINTS, OVERALL)), metavar="TOUCHPOINT")
@FORMAT
@OUTPUT
@LIMIT
@click.option("--mood", type=click.Choice(MOODS), help="Only the persons of this cell.")
@click.option("--expectation", type=click.Choice(EXPECTATIONS), help="Only quotes that tell of an expectation so.")
@_PRODUCT
@_COMPANY
def quotes(
    touchpoint: str, form: str, output: Path | None, limit: int | None, mood: str | None, expectation: str | None,
    product: str | None, company: bool,
) -> None:  # fmt: skip
    """What stands behind a cell of TOUCHPOINT (such as delivery), masked: up to twenty quotes for each mood."""
    _one_of(product, company)
    from pipeline.journey import EMOTION, EXPECTATION, MOOD, TOUCHPOINT, sureness
    from pipeline.products import check_product
    from storage.connect import database
    from storage.journey import list_journey_quotes

    with database(settings()) as db, db.connect("kundenecho journey quotes") as conn:
        check_product(conn, product)
        rows = list_journey_quotes(
            conn, touchpoint=touchpoint, mood=mood, expectation=expectation, product=product, company=company,
            limit=limit,
        )  # fmt: skip
    if form != "table":
        write(form, output, "Zitate", rows)
        return
    table = [
        [
            row["feedback_id"],
            MOOD[row["mood"]],
            EMOTION.get(row["emotion"], ""),
            EXPECTATION.get(row["expectation"], ""),
            sureness(row),
            in_quotes(row["text"]),
        ]
        for row in rows
    ]
    print_table(["Nr.", "Stimmung", "Gefühl", "Erwartung", "sicher ", "Zitat"], table, title=TOUCHPOINT[touchpoint])


def _one_of(product: str | None, company: bool) -> None:
    if product and company:
        raise click.UsageError("--product and --company exclude each other: a product, or what names none")


def _print_map(rows: Sequence[Mapping[str, Any]], title: str) -> None:
    from pipeline.journey import EXPECTATION, MOOD, PHASE, TOUCHPOINT, emotions, too_few

    columns = ["Berührungspunkt", "Personen ", *(f"{word} " for word in MOOD.values())]
    columns += ["negativ je 100 ", "Wichtigkeit je 100 ", "Erwartung, Gefühle"]
    table, phase = [], None
    for row in rows:
        if row["phase"] != phase:
            phase = row["phase"]
            table.append([f"— {PHASE.get(phase or '', 'ohne Berührungspunkt')}", *[""] * (len(columns) - 1)])
        if not row["persons"]:
            table.append([TOUCHPOINT[row["touchpoint"]], "0", *[""] * (len(columns) - 2)])
            continue
        expected = [f"{EXPECTATION[name]} {row[name]}" for name in EXPECTATION if row[name]]
        table.append(
            [
                TOUCHPOINT[row["touchpoint"]],
                str(row["persons"]),
                *(str(row[mood] or "") for mood in MOOD),
                too_few(row["needed"]) if row["needed"] else _share(row, "negative_share", "negative"),
                _share(row, "importance", "importance"),
                ", ".join(filter(None, (*expected, emotions(row)))),
            ]
        )
    print_table(columns, table, title=title)


def _share(row: Mapping[str, Any], name: str, ends: str) -> str:
    if row[name] is None:
        return "–"
    low, high = (per_hundred(row[f"{ends}_{end}"]) for end in ("low", "high"))
    return f"{per_hundred(row[name])} ({low}–{high})"


COMMANDS = (journey,)
