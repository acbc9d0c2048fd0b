"""How a list leaves the command: its format, its file, its length."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import settings
from pipeline.export import csv_pieces, json_pieces, write_file

if TYPE_CHECKING:
    from storage.exports import Export

FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "xlsx"]), default="table", show_default=True
)
OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; needed for xlsx, else the terminal.",
)
LIMIT = click.option("--limit", type=click.IntRange(1), help="At most so many.")


def write(form: str, output: Path | None, title: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as csv, json or xlsx, and note in the register of exports who took them, and how they were narrowed.

    Args:
        form: The format.
        output: File to write; None for the terminal, which takes no xlsx.
        title: Of the sheet.
        rows: The rows; they may come one after the other, from a connection of their own.
    """
    from storage.connect import database
    from storage.exports import registered

    if form == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs --output FILE")
    with database(settings()) as db, db.connect("kundenecho export") as conn:
        save(form, output, title, registered(conn, _export(form), rows))


def save(form: str, output: Path | None, title: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows that are registered already; an address that a file has is for its owner alone.

    Args:
        form: csv | json | xlsx.
        output: File to write; None for the terminal.
        title: Of the sheet.
        rows: The rows.
    """
    if output is None:
        sys.stdout.writelines(json_pieces(rows) if form == "json" else csv_pieces(rows))
        return
    output.touch(mode=0o600)
    write_file(form, output, title, rows)


def in_quotes(text: str) -> str:
    """A text in German quotation marks, on one line."""
    return f"„{' '.join(text.split())}“"


def _export(form: str) -> Export:
    from storage.exports import Export

    context = click.get_current_context()
    path = context.command_path.split()[1:]
    filters = {name: _plain(value) for name, value in context.params.items() if name not in {"form", "output"}}
    # Where --by chooses from a list, it groups the rows and tells of nobody.
    names = any(option.name == "by" and option.type is click.STRING for option in context.command.params)
    by = filters.pop("by", None) if names else None
    return Export("-".join(path), str(by or user()), form, 0, filters=filters)


def user() -> str:
    """Who runs the command, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number without a name.
        return "unbekannt"


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
