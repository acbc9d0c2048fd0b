"""How a list leaves the command: its format, its file, its length."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cli.console import settings
from pipeline.export import as_csv, as_json, write_xlsx

FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "xlsx"]), default="table", show_default=True
)
OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; needed for xlsx, else the terminal.",
)
LIMIT = click.option("--limit", type=click.IntRange(1), help="At most so many.")


def write(form: str, output: Path | None, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as csv, json or xlsx, and note in the register of exports who took them, and how they were narrowed.

    Args:
        form: The format.
        output: File to write; None for the terminal, which takes no xlsx.
        title: Of the sheet.
        rows: The rows.
    """
    if form == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs --output FILE")
    _register(form, rows)
    save(form, output, title, rows)


def save(form: str, output: Path | None, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that are registered already; an address that a file has is for its owner alone.

    Args:
        form: csv | json | xlsx.
        output: File to write; None for the terminal.
        title: Of the sheet.
        rows: The rows.
    """
    if output is not None:
        output.touch(mode=0o600)
    if form == "xlsx" and output is not None:
        write_xlsx(output, {title: rows})
        return
    text = as_json(rows) if form == "json" else as_csv(rows)
    if output is None:
        sys.stdout.write(text)
    else:
        # Excel takes a CSV for UTF-8 only with a byte order mark.
        output.write_text(text, encoding="utf-8-sig" if form == "csv" else "utf-8", newline="")


def in_quotes(text: str) -> str:
    """A text in German quotation marks, on one line."""
    return f"„{' '.join(text.split())}“"


def _register(form: str, rows: Sequence[Mapping[str, Any]]) -> None:
    from storage.connect import database
    from storage.exports import Export, register_export

    context = click.get_current_context()
    path = context.command_path.split()[1:]
    filters = {name: _plain(value) for name, value in context.params.items() if name not in {"form", "output"}}
    # Where --by chooses from a list, it groups the rows and tells of nobody.
    names = any(option.name == "by" and option.type is click.STRING for option in context.command.params)
    by = filters.pop("by", None) if names else None
    export = Export("-".join(path), str(by or user()), form, len(rows), filters=filters)
    persons = [int(row["person_id"][1:]) for row in rows if str(row.get("person_id") or "").startswith("P")]
    with database(settings()) as db, db.connect("kundenecho export") as conn:
        register_export(conn, export, persons=persons)
        conn.commit()


def user() -> str:
    """Who runs the command, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number without a name.
        return "unbekannt"


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
