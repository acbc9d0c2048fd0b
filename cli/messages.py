"""Commands of the routine messages: texts from draft to approval, and sending what is approved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.console import print_counts, print_table, progress, settings
from cli.output import FORMAT, OUTPUT, write
from kundenecho.messages import KINDS
from pipeline.case_words import KIND

_BY = click.option("--by", required=True, help="Who does this; stands in the history.")
_MESSAGE = click.argument("message", metavar="MESSAGE")
_STATE = {"draft": "Entwurf", "approved": "freigegeben", "withdrawn": "zurückgezogen"}


@click.group()
def messages() -> None:
    """Routine messages: texts for thanks, welcome and unsubscribing, sent by rule once somebody approved them."""


def _wording(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Text file instead of --text."
        ),
        click.option("--text", help="The text; {firma} and {service} are filled in."),
        click.option("--subject", help="Subject of the e-mail."),
    ):
        command = option(command)
    return command


def _read(text: str | None, file: Path | None) -> str | None:
    if file is None:
        return text
    if text:
        raise click.UsageError("Give either --file or --text.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name} is no UTF-8 text.") from None


@messages.command("list")
@FORMAT
@OUTPUT
def list_(form: str, output: Path | None) -> None:
    """List the texts: what they answer, who approved them, and how often they were sent."""
    from storage.connect import database
    from storage.messages import list_messages

    with database(settings()) as db, db.connect("kundenecho messages") as conn:
        rows = list_messages(conn)
    if form != "table":
        write(form, output, "Nachrichten", rows)
        return
    if not rows:
        click.echo("Noch kein Text. Entwerfen: kundenecho messages draft welcome --by NAME")
        return
    table = [
        [row["message_id"], KIND[row["kind"]], row["subject"], _STATE[row["state"]], row["approved_by"] or "–",
         str(row["sent"]), str(row["not_sent"])]
        for row in rows
    ]  # fmt: skip
    print_table(["Nr.", "Für", "Betreff", "Stand", "Freigegeben von", "verschickt ", "nicht zugestellt "], table)


@messages.command()
@_MESSAGE
def show(message: str) -> None:
    """Show MESSAGE (M3) as customers would get it."""
    from pipeline.messages import show as read

    found = read(settings(), message)
    click.secho(f"{found['message_id']}  {KIND[found['kind']]}  [{_STATE[found['state']]}]", bold=True)
    click.echo(f"Betreff: {found['subject']}\n\n{found['as_sent']}")


@messages.command()
@click.argument("kind", type=click.Choice(KINDS))
@_wording
@_BY
def draft(kind: str, subject: str | None, text: str | None, file: Path | None, by: str) -> None:
    """Draft a text for KIND; without words, the snippet of that kind."""
    from pipeline.messages import draft as act

    message = act(settings(), kind, by=by, subject=subject, body=_read(text, file))
    click.echo(f"{message} ist entworfen. Ansehen: kundenecho messages show {message}")


@messages.command()
@_MESSAGE
@_wording
@_BY
def edit(message: str, subject: str | None, text: str | None, file: Path | None, by: str) -> None:
    """Change what the draft MESSAGE says; what is not given stays."""
    from pipeline.messages import edit as act

    act(settings(), message, by=by, subject=subject, body=_read(text, file))
    click.echo(f"{message} ist geändert.")


def _moving(action: str, text: str, done: str) -> Any:
    @messages.command(action, help=text)
    @_MESSAGE
    @_BY
    def command(message: str, by: str) -> None:
        from pipeline.messages import move

        move(settings(), message, action, by=by)
        click.echo(f"{message} {done}")

    return command


_moving(
    "approve", "Approve the draft MESSAGE; from then on it is sent by rule.", "ist freigegeben und wird verschickt."
)
_moving("revise", "Take the approval of MESSAGE back; it is a draft again.", "ist wieder ein Entwurf.")
_moving("withdraw", "Withdraw MESSAGE; it is not sent any more.", "ist zurückgezogen.")
_moving("reopen", "Make the withdrawn MESSAGE a draft again.", "ist wieder ein Entwurf.")


@messages.command()
def send() -> None:
    """Send the approved texts to the customers who may be written to, each once, and close their cases."""
    from pipeline.send_messages import send_messages

    with progress() as shown:
        counts = send_messages(settings(), progress=shown)
    print_counts("messages", counts)


COMMANDS = (messages,)
