"""Commands of cross- and up-selling: what may be offered to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.console import print_table, settings
from cli.output import FORMAT, LIMIT, OUTPUT, in_quotes, write
from kundenecho.company_lists import CHANNELS
from pipeline import offer_words, words

_PERSON = click.argument("person", metavar="PERSON")
_ARTICLE = click.argument("article", metavar="ARTICLE")
_BY = click.option("--by", required=True, help="Who did it; stands in the history.")
_ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day, as 2026-08-12; today without it.")


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        FORMAT,
        OUTPUT,
        LIMIT,
        click.option("--product", help="Only to those who spoke of this product."),
        click.option("--article", help="Only of this article."),
        click.option("--by", help="Who takes the list out, for the register; the system's user by default."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_filters
@click.pass_context
def offers(
    context: click.Context, form: str, output: Path | None, limit: int | None, product: str | None,
    article: str | None, by: str | None,
) -> None:  # fmt: skip
    """Offers: accessories and better models that something a customer said suggests, to whom they may be made."""
    if context.invoked_subcommand:
        return
    from pipeline.contact import apply_limits
    from pipeline.products import check_product
    from storage.connect import database
    from storage.offers import list_offers, offer_figures

    found = settings()
    with database(found) as db, db.connect("kundenecho offers") as conn:
        check_product(conn, product)
        apply_limits(found, conn)
        conn.commit()
        rows = list_offers(conn, product=product, article=article, limit=limit)
        # Counting asks of everybody whether they may be contacted, a page of the list of those whom it shows.
        counted = form == "table" and product is None and limit is None
        figures = [row for row in offer_figures(conn) if article in (None, row["article"])] if counted else []
    if form == "table":
        print_offers(rows)
        if counted:
            _print_withheld(figures)
    else:
        write(form, output, "Angebote", rows)


@offers.command()
@FORMAT
@OUTPUT
def figures(form: str, output: Path | None) -> None:
    """Count for each article whom it suggests itself to, why it is withheld, and what came of the offers made."""
    from storage.connect import database
    from storage.offers import offer_figures

    with database(settings()) as db, db.connect("kundenecho offers figures") as conn:
        rows = offer_figures(conn)
    if form == "table":
        print_table(
            ["Artikel", "Angebot", "Art", "liegt nahe bei ", "möglich ", "nicht, weil", "gemacht"],
            [
                [row["article"], row["offer"], offer_words.KIND[row["kind"]], str(row["suggested"]), str(row["open"]),
                 offer_words.withheld(row) or "–", offer_words.outcome(row)]
                for row in rows
            ],
        )  # fmt: skip
    else:
        write(form, output, "Angebote", rows)


@offers.command()
@_PERSON
@_ARTICLE
@click.option("--channel", type=click.Choice(CHANNELS), required=True, help="How it was made.")
@_ON
@_BY
def made(person: str, article: str, channel: str, on: datetime | None, by: str) -> None:
    """Note that ARTICLE was offered to PERSON (P12); it counts as a contact."""
    from pipeline.offers import make

    against = make(settings(), person, article, channel, by=by, on=on.date() if on else None)
    click.echo(f"{person}: {article} ist angeboten.")
    if against:
        click.echo(f"Es hätte nicht angeboten werden sollen: {offer_words.WITHHELD[against]}.", err=True)


@offers.command()
@_PERSON
@_ARTICLE
@_ON
@_BY
def declined(person: str, article: str, on: datetime | None, by: str) -> None:
    """Note that PERSON (P12) does not want ARTICLE; it is not suggested again."""
    from pipeline.offers import decline

    decline(settings(), person, article, by=by, on=on.date() if on else None)
    click.echo(f"{person}: {article} ist abgelehnt.")


@offers.command()
@_PERSON
@_ARTICLE
@_BY
def undo(person: str, article: str, by: str) -> None:
    """Take back what was noted about ARTICLE and PERSON (P12)."""
    from pipeline.offers import take_back

    take_back(settings(), person, article, by=by)
    click.echo(f"{person}: {article} ist wieder, als wäre nichts vermerkt.")


def print_offers(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print offers as a table, with the sentence that suggests each."""
    table = [
        [row["person_id"], row["display_name"] or "–", words.STAGE[row["stage"]], f"{row['offer']} ({row['article']})",
         row["product"], words.day(row["said_on"]), in_quotes(row["quote"]), offer_words.CHANNEL[row["channel"]]]
        for row in rows
    ]  # fmt: skip
    columns = ["Nr.", "Name", "Stufe", "Angebot", "zu", "gesagt am", "Zitat", "Kontakt"]
    print_table(columns, table, title=f"{len(rows)} Angebote, die jetzt gemacht werden dürfen")


def _print_withheld(figures: Sequence[Mapping[str, Any]]) -> None:
    if not figures:
        click.echo("Es gibt keine Regeln für Angebote: docs/offers.md, Einstellung offers.rules")
    for row in figures:
        if reasons := offer_words.withheld(row):
            click.echo(f"{row['offer']}: weitere {row['suggested'] - row['open']} nicht ({reasons})")


COMMANDS = (offers,)
