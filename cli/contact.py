"""Commands about contacting people: who may be written to, and why."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import settings, trial_secret
from cli.output import OUTPUT, save
from pipeline.export import as_json


@click.command()
@click.argument("person", metavar="PERSON")
@click.option("--json", "machine", is_flag=True, help="For machines.")
def contact(person: str, machine: bool) -> None:
    """Show whether PERSON (P12) may be contacted: every condition of every channel, with the paragraph."""
    from pipeline.contact import CHANNEL, explain_contact
    from storage.connect import database

    found = settings()
    with database(found) as db, db.connect("kundenecho contact") as conn:
        answer = explain_contact(found, conn, person)
    if machine:
        click.echo(as_json([answer]), nl=False)
        return
    law = f" ({answer['legal_basis']})" if answer["legal_basis"] else ""
    click.secho(f"{answer['person_id']}: {answer['answer']}", bold=True)
    click.echo(f"  {answer['reason']}{law}")
    for channel in answer["channels"]:
        shown = "ja" if channel["allowed"] else "nein"
        click.secho(f"\n{CHANNEL[channel['channel']]}: {shown}, {channel['reason']}", bold=True)
        click.echo(f"  {channel['legal_basis']}")
        for words, value in channel["conditions"].items():
            click.echo(f"  {words}: {value}")
    if not answer["channels"]:
        click.echo("  Die Listen der Firma kennen diese Person nicht.")


@click.command()
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), default="csv", show_default=True)
@OUTPUT
@click.option("--channel", type=click.Choice(["email", "phone", "sms", "post"]), default="email", show_default=True)
@click.option("--product", help="Product that the message is about: buyers of similar goods may be told of it.")
@click.option("--by", required=True, help="Who takes the list out, for the register.")
def newsletter(form: str, output: Path | None, channel: str, product: str | None, by: str) -> None:
    """Take out the addresses that may be written to now, each with the consent that proves it."""
    from pipeline.newsletter import newsletter as take_out
    from storage.connect import database

    if form == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs --output FILE")
    found = settings()
    trial_secret(found)
    with database(found) as db, db.connect("kundenecho newsletter") as conn:
        rows = take_out(found, conn, channel=channel, product=product, by=by, form=form)
    save(form, output, "Newsletter", rows)


COMMANDS = (contact, newsletter)
