"""The command ``seal``: what customers' ratings come to, and its files for the company's web server."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import print_counts, progress, settings
from cli.output import user

if TYPE_CHECKING:
    from pipeline.seal import Seal


@click.command()
@click.option("--product", help="Seal of this product: reviews of it count.")
@click.option("--company", is_flag=True, help="Seal of the company: ratings of the shop or company count.")
@click.option("--source", "sources", multiple=True, help="Only ratings of this source; may be given several times.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts; today without it.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to; without it a preview."
)
@click.option("--by", help="Who takes it out, for the register; the system's user by default.")
@click.option("--renew", is_flag=True, help="Write the seals of seal.renew anew, as the DAG does every morning.")
def seal(
    product: str | None, company: bool, sources: tuple[str, ...], until: datetime | None, output: Path | None,
    by: str | None, renew: bool,
) -> None:  # fmt: skip
    """Show or write the seal: ratings with and without a confirmed purchase, as SVG, JSON-LD, page and JSON."""
    if product and company:
        raise click.UsageError("Choose one: --product or --company.")
    if renew:
        if product or company or sources or until or output:
            raise click.UsageError("--renew takes what seal.renew and seal.folder say; only --by goes with it.")
        _renew(by or user())
        return
    if not product and not company:
        if output:
            raise click.UsageError("Say what the seal is about: --product P or --company.")
        _list_products()
        return
    last = until.date() if until else None
    if output is None:
        _preview(product, sources, last)
        return
    from pipeline.seal_files import issue
    from web.seal import PAGES

    made, files, _ = issue(settings(), product, output, PAGES, by=by or user(), sources=sources, last=last)
    _print(made)
    for file in files:
        click.echo(file)
    click.echo(f"Siegel Nr. {made.number}")


def _renew(by: str) -> None:
    from pipeline.seal_renewal import configured, renew_seals
    from web.seal import PAGES

    found = settings()
    if not configured(found):
        raise click.UsageError("seal.renew names no seal: docs/seal.md.")
    with progress() as shown:
        counts = renew_seals(found, pages=PAGES, by=by, progress=shown)
    print_counts(f"seal → {found['seal.folder']}", counts)


def _preview(product: str | None, sources: tuple[str, ...], last: date | None) -> None:
    from pipeline.seal import gather
    from storage.connect import database

    found = settings()
    with database(found) as db, db.connect("kundenecho seal") as conn:
        made, _ = gather(found, conn, product, sources=sources, last=last)
    _print(made)


def _print(made: Seal) -> None:
    from pipeline import seal_words as words

    click.secho(f"{made.subject}, {words.period(made)}", bold=True)
    for group in (made.verified, made.unverified):
        click.echo(f"  {words.group_line(group)}")
        for portal in group.portals:
            click.echo(f"    {words.portal_line(portal)}")
    for found in made.left_out:
        click.echo(f"  nicht gezählt: {words.left_out_line(found)}")
    if made.unassessed:
        click.echo(f"  {words.ratings(made.unassessed)} noch nicht auf Gegenleistungen gelesen: kundenecho analyse")
    click.echo(f"  Kundenstimmen: {len(made.quotes)}")
    for reason, count in made.withheld.items():
        click.echo(f"    {count} nicht veröffentlicht: {words.WITHHELD[reason]}")
    for advice in words.advice(made):
        click.echo(f"  {advice}")


def _list_products() -> None:
    from storage.connect import database
    from storage.seal import rated_products

    with database(settings()) as db, db.connect("kundenecho seal") as conn:
        products = rated_products(conn)
    click.echo("Ein Siegel gibt es für die Firma (--company) oder ein Produkt (--product):")
    for product, name in products:
        click.echo(f"  {product}  {name}")


COMMANDS = (seal,)
