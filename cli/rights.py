"""Commands for people's rights: erase, subject, object; and the export for the newsletter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.console import settings, trial_secret
from pipeline import rights_words

_F = Callable[..., Any]


def _who(command: _F) -> _F:
    """The options that name a person; exactly one of them is wanted."""
    for option in (
        click.option("--url", help="Address of what the person wrote, at its source."),
        click.option("--customer", help="Customer number."),
        click.option("--email", help="E-mail address; it is keyed at once and never stored."),
        click.option("--account", metavar="SOURCE:ID", help="Account at a source, by the portal's own id or handle."),
        click.option("--person", help="Number of the lists, such as P12."),
    ):
        command = option(command)
    return command


_BY = click.option("--by", required=True, help="Who does it, for the record.")


@click.command()
@_who
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@click.option("--by", help="Who does it, for the receipt; needed unless --dry-run.")
def erase(
    person: str | None, account: str | None, email: str | None, customer: str | None, url: str | None, dry_run: bool,
    by: str | None,
) -> None:  # fmt: skip
    """Erase everything held on a person (Art. 17 GDPR), leave a receipt, and keep it from coming back."""
    from pipeline.rights import Choice, erase_person

    if not dry_run and not by:
        raise click.UsageError("Name who does it with --by, or look first with --dry-run.")
    found = settings()
    trial_secret(found)
    done = erase_person(found, Choice(person, account, email, customer, url), by or "", dry_run=dry_run)
    title = "Das würde gelöscht:" if dry_run else f"Gelöscht, Beleg {done.number}:"
    click.secho(title, bold=True)
    for table, count in done.counts.items():
        click.echo(f"  {rights_words.HELD.get(table, table)}: {count}")
    if not done.counts:
        click.echo("  nichts; zu dieser Person ist nichts gespeichert")
    click.echo(f"  {'zu sperren' if dry_run else 'gesperrt'}: {done.blocked} Schlüssel")
    for note in done.notes:
        click.echo(f"  {note}")
    click.secho("Nicht erreichbar:", bold=True)
    for place in done.unreached:
        click.echo(f"  {place}")


@click.command()
@_who
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to.")
@_BY
def subject(
    person: str | None, account: str | None, email: str | None, customer: str | None, url: str | None, output: Path,
    by: str,
) -> None:  # fmt: skip
    """Hand out what is held on a person (Art. 15 GDPR): auskunft.json and a page to read."""
    from pipeline.rights import Choice
    from pipeline.subject import subject_access
    from web.subject_page import subject_page

    found = settings()
    trial_secret(found)
    access = subject_access(found, Choice(person, account, email, customer, url), by, output)
    page = output / "auskunft.html"
    page.write_text(subject_page(access.held, company=found["company.name"]), encoding="utf-8")
    page.chmod(0o600)
    click.echo(f"{access.file}\n{page}\nAusfuhr {access.export}")


@click.command("object")
@_who
@click.option("--take-back", is_flag=True, help="The person takes earlier objections back.")
@_BY
def object_(
    person: str | None, account: str | None, email: str | None, customer: str | None, url: str | None, take_back: bool,
    by: str,
) -> None:  # fmt: skip
    """Note an objection (Art. 21 GDPR): the person leaves advocates and contacts, and still counts for defects."""
    from pipeline.rights import Choice, object_person

    found = settings()
    trial_secret(found)
    numbers = object_person(found, Choice(person, account, email, customer, url), by, take_back=take_back)
    done = "zurückgenommen" if take_back else "vermerkt"
    click.echo(f"Widerspruch {', '.join(map(str, numbers))} {done}")


COMMANDS = (erase, subject, object_)
