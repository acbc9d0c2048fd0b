"""Commands about the sources themselves: how they stand, whether they answer, what kinds there are."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cli.console import print_table, settings, trial_secret
from kundenecho.settings import Settings

if TYPE_CHECKING:
    from pipeline.sources import SourceState
    from spiders.card import Card

_OUTCOMES = {"done": "gut", "failed": "fehlgeschlagen", "running": "läuft"}


@click.group(invoke_without_command=True)
@click.pass_context
def sources(context: click.Context) -> None:
    """List the configured sources: state, last run, yield, next run, terms, and what is unverified."""
    if context.invoked_subcommand is not None:
        return
    from pipeline.sources import overview
    from spiders.card import Card

    found = settings()
    states = overview(found)
    rows = [_row(found, state) for state in states]
    if not rows:
        click.echo(f"In {found.path} steht keine Quelle. Welche Arten es gibt: kundenecho sources kinds")
        return
    print_table(["Quelle", "Art", "Zustand", "Letzter Lauf", "Ertrag", "Nächster Lauf"], rows)
    _print_terms({state.card.kind: state.card for state in states if isinstance(state.card, Card)})


def _print_terms(cards: dict[str, Card]) -> None:
    """Under which terms each kind is read, and what about it nobody has tried against the live service."""
    click.echo("\nBedingungen, und was nicht gegen den echten Dienst geprüft ist:")
    for kind, card in cards.items():
        for line in textwrap.wrap(f"{kind}: {card.terms}", 110, initial_indent="  ", subsequent_indent="    "):
            click.echo(line)
        for point in card.unverified:
            click.echo(textwrap.fill(point, 110, initial_indent="    - ", subsequent_indent="      "))


def _row(found: Settings, state: SourceState) -> list[str]:
    from spiders.card import BrokenCard

    name = f"{state.name} {state.account}".strip()
    if isinstance(state.card, BrokenCard):
        return [name, "–", f"Karte fehlerhaft: {state.card.error}", "–", "–", "–"]
    zone = ZoneInfo(found["company.time_zone"])
    card, last = state.card, state.last
    told, when, items = "noch nie gelaufen", "–", "–"
    if last:
        told = "unvollständig" if last.outcome == "done" and last.truncated else _OUTCOMES[last.outcome]
        reason = last.error or last.note
        told += f": {reason}" if reason else ""
        when = _time(last.started_at, zone)
        items = str(last.counts.get("items", "–"))
    least = f"{items} (erwartet {card.min_yield}–{'∞' if card.max_yield is None else card.max_yield})"
    following = _time(state.next_run, zone) if state.next_run else "von Hand"
    return [name, card.kind, told, when, least, following]


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}"


@sources.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
def check(names: tuple[str, ...]) -> None:
    """Try the credentials and one page of the named SOURCEs, or of all; nothing is loaded.

    Prints one line for each; the exit code is 1 when one of them is not good.
    """
    from pipeline.sources import check_sources

    found = settings()
    trial_secret(found)
    bad = 0
    for result in check_sources(found, names):
        bad += not result.good
        name = f"{result.source} {result.account}".strip()
        line = result.line.removeprefix(f"source {result.source}, ").removeprefix(f"source {result.source}: ")
        click.echo(f"{'ok  ' if result.good else 'FAIL'} {name}: {line}")
    if bad:
        raise SystemExit(1)


@sources.command("kinds")
def list_kinds() -> None:
    """List the kinds of sources that a card can name."""
    from spiders.catalogue import catalogue

    rows = [[kind.name, kind.title, kind.reads, ", ".join(kind.credentials) or "–"] for kind in catalogue()]
    print_table(["Art", "Quelle", "Was gelesen wird", "Zugangsdaten"], rows)


COMMANDS = (sources,)
