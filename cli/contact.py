"""Commands about contacting people: who may be written to, and why."""

from __future__ import annotations

import click

from cli.console import settings
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


COMMANDS = (contact,)
