"""What the command prints: progress on a terminal, tables, errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from kundenecho.keying import SECRET_VARIABLE, local_secret
from kundenecho.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipeline.step import Progress as Report

_NARROW = 100


def settings() -> Settings:
    """The settings of this call."""
    return load_settings()


def trial_secret(found: Settings) -> None:
    """Give a local trial run its own keying secret, where the environment has none."""
    if not os.environ.get(SECRET_VARIABLE):
        os.environ[SECRET_VARIABLE] = local_secret(found.home)


def fail(message: str) -> None:
    """Print one error line to standard error."""
    click.echo(f"kundenecho: {message}", err=True)


@contextmanager
def progress() -> Iterator[Report]:
    """Progress bars on a terminal, silence elsewhere.

    Yields:
        A function to call with what is being done, how many are done, and how many there are.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
        for task in tasks.values():
            bars.update(task, total=bars.tasks[task].completed)


def print_counts(title: str, counts: Mapping[str, int]) -> None:
    """Print what a step did, one line."""
    click.echo(f"{title}: " + (", ".join(f"{key} {value:,}".replace(",", ".") for key, value in counts.items()) or "–"))


def choose(answers: Mapping[str, str], *, default: str | None = None) -> str:
    """Ask for one of some letters, again until it is one.

    Args:
        answers: What each letter means; ``e`` ends the walk, and so do Ctrl+C and the end of the input.
        default: Letter of an empty answer.
    """
    question = ", ".join(f"{letter} {meaning}" for letter, meaning in answers.items())
    while True:
        try:
            found = click.prompt(f"  {question}", default=default or "", show_default=bool(default)).strip().lower()
        except click.Abort:
            click.echo()
            return "e"
        if found in answers:
            return str(found)
        click.echo(f"  {found!r} ist keine Antwort." if found else "  Bitte einen der Buchstaben.")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """Print a table that fits the terminal, or 160 columns where there is none."""
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, emoji=False, markup=False)
    table = Table(title=title, title_justify="left", show_lines=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column.endswith(" ") else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
