"""Commands about the buyers who may be told of a remedy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from cli.console import settings
from cli.output import FORMAT, OUTPUT, save
from kundenecho.company_lists import CHANNELS as CONTACT


@click.command()
@click.argument("remedy")
@click.option("--channel", type=click.Choice(CONTACT), required=True, help="How they would be told.")
@FORMAT
@OUTPUT
@click.option("--by", help="Who takes the list; needed for a list, which is registered.")
def buyers(remedy: str, channel: str, form: str, output: Path | None, by: str | None) -> None:
    """Count the buyers who may be told of REMEDY on a channel, or hand their list out as csv, json or xlsx."""
    from pipeline.remedy_buyers import hand_out, reach

    found = settings()
    if form == "table":
        counts = reach(found, remedy, channel)
        click.echo(
            f"{counts.known} Kunden sind als Käufer bekannt: {counts.told} sind schon informiert, {counts.allowed} "
            f"dürfen auf diesem Weg ({channel}) informiert werden, {counts.not_allowed} nicht."
        )
        return
    if not by:
        raise click.UsageError("A list is registered: give --by NAME.")
    if form == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs --output FILE")
    export, rows = hand_out(found, remedy, channel, form, by=by)
    save(form, output, "Käufer", rows)
    after = f"kundenecho remedies told {remedy} --list {export}"
    click.echo(f"{export}: {len(rows)} Käufer. Wenn sie informiert sind: {after}", err=True)


@click.command()
@click.argument("remedy")
@click.option("--list", "export", metavar="E5", required=True, help="The list that remedies buyers handed out.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day, as 2026-08-12; today without it.")
@click.option("--by", required=True, help="Who does this; stands in the history.")
def told(remedy: str, export: str, on: datetime | None, by: str) -> None:
    """Note that the buyers on a list have been told of REMEDY."""
    from pipeline.remedy_buyers import told as act

    count = act(settings(), remedy, export, by=by, on=on.date() if on else None)
    click.echo(f"{count} Käufer sind jetzt informiert." if count else "Sie waren schon informiert; nichts geändert.")
