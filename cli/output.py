"""How a list leaves the command: its format, its file, its length."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

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
    """Write rows as csv, json or xlsx.

    Args:
        form: The format.
        output: File to write; None for the terminal, which takes no xlsx.
        title: Of the sheet.
        rows: The rows.
    """
    if form == "xlsx":
        if output is None:
            raise click.UsageError("--format xlsx needs --output FILE")
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
