"""Commands that bring feedback in: collect and import."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import fail, print_counts, progress, settings, trial_secret
from kundenecho.company_lists import LISTS
from kundenecho.errors import KundenechoError
from kundenecho.settings import Settings


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--full", is_flag=True, help="Read everything again instead of what is new.")
def collect(sources: tuple[str, ...], full: bool) -> None:
    """Collect the named SOURCEs, or all that have a schedule, and load what they gave.

    One failing source does not stop the others; the exit code is that of the first failure.
    """
    found = settings()
    trial_secret(found)
    collect_all(found, sources, full=full)


def collect_all(found: Settings, sources: tuple[str, ...], *, full: bool = False) -> None:
    """Collect sources one after the other; raise the first failure at the end."""
    from pipeline.collect import card_of
    from pipeline.collect import collect as step
    from spiders.card import BrokenCard, load_cards

    cards = load_cards(found)
    names = sources or tuple(n for n, c in cards.items() if isinstance(c, BrokenCard) or c.schedule)
    first: KundenechoError | None = None
    with progress() as report:
        for name in names:
            try:
                for account in card_of(found, name).accounts:
                    print_counts(f"{name} {account}".strip(), step(found, name, account, full=full, progress=report))
            except KundenechoError as error:
                fail(str(error))
                first = first or error
    if first:
        raise SystemExit(first.exit_code)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="Source of kind file whose card describes the columns.")
@click.option(
    "--kind", type=click.Choice(tuple(LISTS)), help="One of the company's own lists, with columns of its own."
)
def import_(file: Path, source: str | None, kind: str | None) -> None:
    """Load one export FILE: feedback through a source's card (--source), or a list of the company (--kind)."""
    if (source is None) == (kind is None):
        raise click.UsageError("Name either --source, for feedback, or --kind, for one of the company's own lists.")
    from pipeline.collect import import_file
    from pipeline.company_lists import import_list

    found = settings()
    trial_secret(found)
    with progress() as report:
        if source is not None:
            counts = import_file(found, source, file, progress=report)
        else:
            counts = import_list(found, str(kind), file, progress=report)
    print_counts(f"{file.name} → {source or kind}", counts)


COMMANDS = (collect, import_)
