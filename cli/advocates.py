"""Commands about advocates: striking reasons, how much hangs on each weight, the loyalty loop."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cli.console import print_table, settings, trial_secret
from cli.lists import advocates
from kundenecho.errors import BusyError
from pipeline import words
from pipeline.export import as_json

_BY = click.option("--by", default=getpass.getuser, show_default="your login", help="Who decides it.")
_REASON = click.option("--reason", required=True, metavar="R3", help="Number of the reason, as why shows it.")
_JSON = click.option("--json", "machine", is_flag=True, help="For machines.")


@advocates.command()
@click.argument("person", metavar="PERSON")
@_REASON
@_BY
def strike(person: str, reason: str, by: str) -> None:
    """Strike a reason of PERSON (P7) out; it stays struck in every later run."""
    _strike(person, reason, by, undo=False)


@advocates.command()
@click.argument("person", metavar="PERSON")
@_REASON
@_BY
def restore(person: str, reason: str, by: str) -> None:
    """Take back that a reason of PERSON (P7) was struck out."""
    _strike(person, reason, by, undo=True)


def _strike(person: str, reason: str, by: str, *, undo: bool) -> None:
    from pipeline.advocates import strike as decide_reason
    from pipeline.decide import decide
    from pipeline.persons import find_person
    from storage.connect import database

    number = re.fullmatch(r"[Rr]?(\d{1,9})", reason)
    if not number:
        raise click.UsageError(f"--reason {reason} is no number of a reason, such as R3")
    found = settings()
    with database(found) as db, db.connect("kundenecho advocates strike") as conn:
        kind = decide_reason(conn, find_person(conn, person), int(number[1]), by, undo=undo)
    click.echo(f"{person}: „{words.REASON[kind]}“ {'zählt wieder' if undo else 'gestrichen'}")
    trial_secret(found)
    try:
        decide(found)
    except BusyError as error:
        click.echo(f"Wirkt mit dem nächsten decide: {error}")


@advocates.command()
@_JSON
def sensitivity(machine: bool) -> None:
    """Show how many of the first thirty change when a weight is halved."""
    from pipeline.advocates import sensitivity as measure
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho advocates sensitivity") as conn:
        rows = measure(conn)
    if machine:
        click.echo(as_json(rows), nl=False)
        return
    print_table(
        ["Grund", "Punkte ", "von dreißig wechseln "],
        [[words.REASON[str(row["kind"])], f"{row['weight']:+g}", str(row["changed"])] for row in rows],
    )


@click.command()
@_JSON
def loop(machine: bool) -> None:
    """The loyalty loop: where persons stand, which ways they went, who was won back."""
    from storage.connect import database
    from storage.loop import list_recoveries, list_stages, list_transitions, silent_customers

    with database(settings()) as db, db.connect("kundenecho loop") as conn:
        found: dict[str, Any] = {
            "stages": list_stages(conn),
            "transitions": list_transitions(conn),
            "recoveries": list_recoveries(conn),
            "silent_customers": silent_customers(conn),
        }
    if machine:
        click.echo(as_json([found]), nl=False)
        return
    _print_loop(found)


def _print_loop(found: Mapping[str, Any]) -> None:
    stages = {row["stage"]: row for row in found["stages"]}
    most = max((row["persons"] for row in stages.values()), default=0) or 1
    print_table(
        ["Stufe", "Personen jetzt ", "", "jemals "],
        [
            [
                label,
                str(stages.get(stage, {}).get("persons", 0)),
                "█" * round(30 * stages.get(stage, {}).get("persons", 0) / most),
                str(stages.get(stage, {}).get("persons_ever", 0)),
            ]
            for stage, label in words.STAGE.items()
        ],
        title="Treuekreislauf",
    )
    click.echo(f"Dazu {found['silent_customers']} Kunden, die bestellt und sich nie geäußert haben.\n")
    print_table(
        ["von", "nach", "Personen ", "Tage (Median) "],
        [
            [
                words.STAGE[row["from_stage"]],
                words.STAGE[row["to_stage"]],
                str(row["persons"]),
                "–" if row["median_days"] is None else f"{row['median_days']:.0f}",
            ]
            for row in found["transitions"]
        ],
    )
    for row in found["recoveries"]:
        quote = f": „{' '.join(row['quote'].split())}“" if row["quote"] else ""
        click.echo(
            f"\n{row['person_id']} {row['display_name'] or ''}: {words.STAGE[row['before']]} seit "
            f"{words.day(row['unhappy_since'])}, {words.CAUSE[row['cause']]} seit {words.day(row['since'])}{quote}"
        )


def print_person(found: Mapping[str, Any]) -> None:
    """Print what speaks for a person, the sum, and the stages that were passed.

    Args:
        found: The chain of :func:`storage.why.why` for a person.
    """
    figures, evidence = found["figures"], found["evidence"]
    names = ", ".join(figures["names"] or ()) or "ohne Namen"
    click.secho(f"{found['id']} {names} ({', '.join(figures['sources'])})", bold=True)
    if figures["score"] is None:
        click.echo("  Nichts spricht für diese Person.")
    else:
        listed = "auf der Liste" if figures["listed"] else "nicht auf der Liste"
        days = f"{figures['days']} {'Tag' if figures['days'] == 1 else 'Tage'}"
        total = f"{words.points(figures['points_for'])} dafür × {words.points(figures['shrinkage'])} ({days})"
        if figures["points_against"]:
            total += f" {words.points(figures['points_against'], sign=True)} dagegen"
        click.echo(f"  {words.points(figures['score'])} Punkte, {listed}: {total}")
        click.echo(f"  Kontakt: {words.CONTACT[figures['contactable']]} ({figures['contactable_reason']})\n")
        _print_reasons(evidence)
    for step in found["stages"]:
        quote = f": „{' '.join(step['quote'].split())}“" if step["quote"] else ""
        click.echo(f"\n  {words.day(step['since'])} {words.STAGE[step['stage']]}: {words.CAUSE[step['cause']]}{quote}")


def _print_reasons(evidence: Sequence[Mapping[str, Any]]) -> None:
    from insights.advocates import rules

    table, kinds = [], rules().reasons
    for piece in evidence:
        proof = f"„{' '.join(piece['quote'].split())}“" if piece["quote"] else ""
        if piece["value"] is not None:
            proof = " ".join(filter(None, (words.proof(piece["reason"], piece["value"]), proof)))
        points = "gestrichen" if piece["struck"] else words.points(piece["weight"], sign=True)
        most = words.points(kinds[piece["reason"]].cap, sign=True)
        table.append(
            [f"R{piece['rank']}", words.REASON[piece["reason"]], points, most, words.day(piece["day"]), proof,
             piece["url"] or piece["feedback_id"] or "Bestellungen"]
        )  # fmt: skip
    print_table(["Nr.", "Grund", "Punkte ", "höchstens ", "am", "Beleg", "Quelle"], table)


COMMANDS = (loop,)
