"""Commands about remedies: what is on offer, and the way from a draft to what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from cli.console import print_table, settings
from cli.output import FORMAT, LIMIT, OUTPUT, in_quotes, write
from cli.remedy_buyers import buyers, told
from kundenecho.remedies import CHANNELS, STATES
from pipeline import remedy_words as words
from pipeline.words import DEFECT, defect_name

_BY = click.option("--by", required=True, help="Who does this; stands in the history.")
_NOTE = click.option("--note", help="Reason, for the history.")
_CHANNEL = click.option("--channel", type=click.Choice(CHANNELS), required=True, help="Where it is published.")


@click.group()
def remedies() -> None:
    """Known fixes of defects: drafts from customers, approval, words for each channel, effect."""


@remedies.command("list")
@FORMAT
@OUTPUT
@LIMIT
@click.option("--product", help="Only this product.")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
def list_(form: str, output: Path | None, limit: int | None, product: str | None, state: str | None) -> None:
    """List the remedies: state, where they are published, what came of them."""
    from pipeline.products import check_product
    from storage.connect import database
    from storage.lists import remedy_of
    from storage.remedies import list_remedies

    with database(settings()) as db, db.connect("kundenecho remedies") as conn:
        check_product(conn, product)
        rows = list_remedies(conn, product=product, state=state, limit=limit)
    if form != "table":
        write(form, output, "Lösungen", rows)
        return
    if not rows:
        click.echo("Noch keine Lösung. Was Kunden vorschlagen: kundenecho remedies offer")
        return
    table = [
        [
            row["remedy_id"],
            row["product"],
            row["title"],
            words.STATE[row["state"]],
            words.channels(row["channels"]),
            words.told_words(row),
            words.effect_sentence(remedy_of(row)["effect"]) if row["state"] == "published" else "–",
        ]
        for row in rows
    ]
    print_table(["Nr.", "Produkt", "Lösung für", "Stand", "Wo", "Käufer", "Wirkung"], table)


@remedies.command()
@click.argument("defect", required=False)
@FORMAT
@OUTPUT
@click.option("--product", help="Only this product.")
@click.option("--min-persons", type=click.IntRange(1), default=1, show_default=True, help="Leave out what fewer tell.")
def offer(form: str, output: Path | None, defect: str | None, product: str | None, min_persons: int) -> None:
    """Show what customers say helped, against DEFECT (D12) or all: drafts on offer, each with its quotes."""
    from pipeline.products import check_product
    from pipeline.remedies import id_number
    from storage.connect import database
    from storage.remedies import list_offers

    name = f"D{id_number('D', defect)}" if defect else None
    with database(settings()) as db, db.connect("kundenecho remedies") as conn:
        check_product(conn, product)
        rows = list_offers(conn, defect=name, product=product, min_persons=min_persons)
    if form != "table":
        write(form, output, "Lösungen auf Vorschlag", rows)
        return
    if not rows:
        click.echo("Kein Kunde schreibt, was hilft.")
    for _, offers in groupby(rows, key=lambda row: row["defect_id"]):
        _print_offers(list(offers))


def _print_offers(rows: Sequence[Mapping[str, Any]]) -> None:
    first = rows[0]
    click.secho(
        f"{first['defect_id']}  {first['product']}, {defect_name(first)} ({first['persons_with_defect']} Personen)",
        bold=True,
    )
    for means, offers in groupby(rows, key=lambda row: row["means"]):
        together = list(offers)
        if means:
            told, named = together[0]["persons"], together[0]["named_by"]
            tellers = "1 Person erzählt" if told == 1 else f"{told} Personen erzählen"
            click.echo(f"  {means}: {tellers}, dass es damit ging; {named} nennen das Wort")
        else:
            click.echo("  ohne genanntes Mittel:")
        for row in together:
            click.echo(f"    {row['feedback_id']:>6}  {in_quotes(row['quote'])}")
    click.echo(f"  Entwerfen: kundenecho remedies draft {first['defect_id']} --from-fix {first['feedback_id']}\n")


@remedies.command()
@click.argument("remedy")
@click.option("--json", "machine", is_flag=True, help="All of it for machines.")
def show(remedy: str, machine: bool) -> None:
    """Show REMEDY (R3) with its quotes, its history and what came of it."""
    from pipeline.export import as_json
    from pipeline.remedies import show as read
    from storage.lists import remedy_of

    found = read(settings(), remedy)
    if machine:
        click.echo(as_json([found]), nl=False)
        return
    click.secho(f"{found['remedy_id']}  {found['title']}  [{words.STATE[found['state']]}]", bold=True)
    part = found["component"] or "ganzes Produkt"
    defect = found["defect_id"] or "zurzeit von niemandem genannt"
    click.echo(f"  {found['product_name'] or found['product']}, {part}: {DEFECT[found['defect']]} ({defect})")
    click.echo(f"  {found['text'] if found['own_words'] else in_quotes(found['text']) + ' (Worte eines Kunden)'}")
    for number, step in enumerate(found["steps"], 1):
        click.echo(f"    {number}. {step}")
    _print_outcome(found, remedy_of(found)["effect"])
    for title, rows in (("Worte der Kunden", found["quotes"]), ("Kamen zufrieden zurück", found["returns"])):
        if rows:
            click.echo(f"\n  {title}")
        for row in rows:
            said = in_quotes(row["quote"]) if row["quote"] else f"{row['rating']:g} Sterne"
            click.echo(f"    {row['feedback_id']:>6}  {said}")
    click.echo("\n  Verlauf")
    for event in found["events"]:
        note = f" ({event['note']})" if event["note"] else ""
        click.echo(
            f"    {event['done_at']:%d.%m.%Y %H:%M}  {words.ACTION[event['action']]} von {event['done_by']}{note}"
        )


def _print_outcome(found: Mapping[str, Any], effect: Mapping[str, Any] | None) -> None:
    click.echo(f"  Käufer: {words.told_words(found)}")
    if found["state"] != "published":
        return
    click.echo(f"  Veröffentlicht seit {found['published_on']:%d.%m.%Y}: {words.channels(found['channels'])}")
    click.echo(f"  Wirkung: {words.effect_sentence(effect)}")
    for part in found["effects"][1:]:
        span = f"{part['first_week']:%d.%m.%Y} an, {words.channels(part['channels'])}"
        click.echo(f"    vom {span}: {words.effect_sentence(part)}")


def _wording(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a remedy says."""
    for option in (
        click.option("--step", "steps", multiple=True, help="What to do; once for each step, in order."),
        click.option(
            "--file",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Text file instead; lines that begin with a number or a dash are steps.",
        ),
        click.option("--text", help="What helps, in the company's words."),
        click.option("--title", help="What it is about, in a few words."),
    ):
        command = option(command)
    return command


def _read(text: str | None, file: Path | None, steps: Sequence[str]) -> tuple[str | None, list[str] | None]:
    from pipeline.remedies import words_of_file

    if file is None:
        return text, list(steps) or None
    if text or steps:
        raise click.UsageError("Give either --file, or --text and --step.")
    try:
        return words_of_file(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name} is no UTF-8 text.") from None


@remedies.command()
@click.argument("defect")
@click.option("--from-fix", metavar="F12", help="Take up what this feedback says helped.")
@_wording
@_BY
def draft(
    defect: str,
    from_fix: str | None,
    title: str | None,
    text: str | None,
    file: Path | None,
    steps: tuple[str, ...],
    by: str,
) -> None:
    """Draft a remedy for DEFECT (D12), from a customer's fix, from words of your own, or both."""
    from pipeline.remedies import draft as act

    said, todo = _read(text, file, steps)
    remedy = act(settings(), defect, by=by, from_fix=from_fix, title=title, text=said, steps=todo or ())
    click.echo(f"{remedy} ist entworfen. Ansehen: kundenecho remedies show {remedy}")


@remedies.command()
@click.argument("remedy")
@_wording
@_BY
def edit(remedy: str, title: str | None, text: str | None, file: Path | None, steps: tuple[str, ...], by: str) -> None:
    """Change what the draft REMEDY says; what is not given stays."""
    from pipeline.remedies import edit as act

    said, todo = _read(text, file, steps)
    act(settings(), remedy, by=by, title=title, text=said, steps=todo)
    click.echo(f"{remedy} ist geändert.")


@remedies.command()
@click.argument("remedy")
@_BY
@_NOTE
def approve(remedy: str, by: str, note: str | None) -> None:
    """Approve the draft REMEDY; it must have words of the company's own."""
    from pipeline.remedies import approve as act

    act(settings(), remedy, by=by, note=note)
    click.echo(f"{remedy} ist freigegeben. Texte: kundenecho remedies words {remedy} --channel support")


@remedies.command()
@click.argument("remedy")
@_BY
@_NOTE
def revise(remedy: str, by: str, note: str | None) -> None:
    """Take the approval of REMEDY back; it is a draft again."""
    from pipeline.remedies import revise as act

    act(settings(), remedy, by=by, note=note)
    click.echo(f"{remedy} ist wieder ein Entwurf.")


@remedies.command()
@click.argument("remedy")
@_CHANNEL
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="First day, as 2026-08-12; today without it.")
@_BY
def publish(remedy: str, channel: str, on: datetime | None, by: str) -> None:
    """Note that REMEDY is published on a channel; from then on its effect is measured."""
    from pipeline.remedies import publish as act

    before = act(settings(), remedy, channel, by=by, on=on.date() if on else None)
    name = words.CHANNEL[channel]
    if before:
        click.echo(f"{remedy} ist dort schon seit {before:%d.%m.%Y} veröffentlicht ({name}); nichts geändert.")
    else:
        click.echo(f"{remedy} ist veröffentlicht: {name}. Die Wirkung rechnet kundenecho decide.")


@remedies.command()
@click.argument("remedy")
@click.option("--channel", type=click.Choice(CHANNELS), help="Only this publication; all of it without one.")
@_BY
@_NOTE
def withdraw(remedy: str, channel: str | None, by: str, note: str | None) -> None:
    """Withdraw REMEDY, or take one publication of it back."""
    from pipeline.remedies import unpublish
    from pipeline.remedies import withdraw as act

    if channel:
        unpublish(settings(), remedy, channel, by=by, note=note)
        click.echo(f"{remedy} ist dort nicht mehr veröffentlicht ({words.CHANNEL[channel]}).")
    else:
        act(settings(), remedy, by=by, note=note)
        click.echo(f"{remedy} ist zurückgezogen.")


@remedies.command()
@click.argument("remedy")
@_BY
@_NOTE
def reopen(remedy: str, by: str, note: str | None) -> None:
    """Make the withdrawn REMEDY a draft again."""
    from pipeline.remedies import reopen as act

    act(settings(), remedy, by=by, note=note)
    click.echo(f"{remedy} ist wieder ein Entwurf.")


@remedies.command("words")
@click.argument("remedy")
@_CHANNEL
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write, else the terminal.")
def words_(remedy: str, channel: str, output: Path | None) -> None:
    """Draft the words of the approved REMEDY for a channel, for somebody to read over."""
    from pipeline.remedies import show as read
    from web.remedy_texts import channel_text

    found = settings()
    text = channel_text(read(found, remedy), channel, company=found["company.name"], contact=found["company.service"])
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


for command in (buyers, told):
    remedies.add_command(command)

COMMANDS = (remedies,)
