"""Commands that bring feedback in: collect, import, and the sources themselves."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import fail, print_counts, print_table, progress, settings, trial_secret
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
@click.option("--source", required=True, help="Source of kind file whose card describes the columns.")
def import_(file: Path, source: str) -> None:
    """Load one export FILE (CSV, XLSX, JSON lines) through a source's card."""
    from pipeline.collect import import_file

    found = settings()
    trial_secret(found)
    with progress() as report:
        counts = import_file(found, source, file, progress=report)
    print_counts(f"{file.name} → {source}", counts)


@click.command()
def sources() -> None:
    """List the configured sources, their schedules and what is unverified about them."""
    from spiders.card import BrokenCard, load_cards

    rows = []
    for card in load_cards(settings()).values():
        if isinstance(card, BrokenCard):
            rows.append([card.name, "fehlerhaft", "", str(card.error), ""])
        else:
            least = f"{card.min_yield}–{'∞' if card.max_yield is None else card.max_yield}"
            rows.append([card.name, card.kind, card.schedule or "–", least, "; ".join(card.unverified) or "–"])
    print_table(["Quelle", "Art", "Zeitplan", "Ertrag", "Ungeprüft"], rows)


COMMANDS = (collect, import_, sources)
