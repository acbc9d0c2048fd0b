"""Commands about persons: which accounts are one, judged by people."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.console import choose, print_table, settings, trial_secret
from kundenecho.errors import BusyError, DataError
from kundenecho.settings import Settings
from pipeline import words
from pipeline.export import as_json

if TYPE_CHECKING:
    from storage.connect import Connection

_BY = click.option("--by", default=getpass.getuser, show_default="your login", help="Who judges.")
_JSON = click.option("--json", "machine", is_flag=True, help="For machines.")
_ANSWERS = {"g": "same", "v": "not_same", "u": "undecided"}
_LETTERS = {"g": "gleich", "v": "verschieden", "u": "unentschieden", "w": "weiter", "e": "Ende"}


@click.group()
def persons() -> None:
    """Persons: which accounts on portals and in surveys are one person."""


@persons.command("list")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--judgements", is_flag=True, help="The judgements that hold, instead of the persons.")
@_JSON
def list_command(limit: int | None, judgements: bool, machine: bool) -> None:
    """List the persons of several accounts, or what people judged."""
    from storage.connect import database
    from storage.person_lists import list_judgements, list_persons

    with database(settings()) as db, db.connect("kundenecho persons list") as conn:
        rows = list_judgements(conn)[:limit] if judgements else list_persons(conn, limit=limit)
    if machine:
        click.echo(as_json(rows), nl=False)
    elif judgements:
        _print_judgements(rows)
    else:
        print_table(
            ["Nr.", "Konten ", "Namen", "Quellen", "Beiträge ", "Zuletzt"],
            [
                [row["person_id"], str(row["accounts"]), ", ".join(row["names"]) or "–", ", ".join(row["sources"]),
                 str(row["feedback"]), words.day(row["last_seen"])]
                for row in rows
            ],
        )  # fmt: skip


@persons.command()
@click.argument("person", metavar="PERSON")
def show(person: str) -> None:
    """Show the accounts of PERSON (P7), what joins them, and what people judged of them."""
    from pipeline.persons import find_person
    from storage.connect import database
    from storage.judgements import judgements_of
    from storage.person_lists import list_candidates
    from storage.persons import person_accounts

    with database(settings()) as db, db.connect("kundenecho persons show") as conn:
        number = find_person(conn, person)
        accounts = person_accounts(conn, number)
        judged = judgements_of(conn, number)
        offered = list_candidates(conn, undecided=True, person=f"P{number}")
    if f"P{number}" != person.strip().upper():
        click.echo(f"{person} gehört jetzt zu P{number}.")
    print_table(
        ["Konto", "Quelle", "Name", "Beiträge ", "Zuletzt", "verbunden durch"],
        [
            [a["account_id"], a["source"], a["display_name"] or "–", str(a["feedback"]), words.day(a["last_seen"]),
             ", ".join(words.IDENTIFIER[kind] for kind in a["identifiers"]) or "–"]
            for a in accounts
        ],
        title=f"P{number}",
    )  # fmt: skip
    if judged:
        click.echo()
        _print_judgements(judged)
    for pair in offered:
        click.echo(f"\nVielleicht dieselbe Person: {_pair(pair)}")


@persons.command()
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--again", is_flag=True, help="Also those that somebody left undecided.")
@_BY
@_JSON
def review(limit: int | None, again: bool, by: str, machine: bool) -> None:
    """Walk through pairs of persons that may be one; without a terminal only list them."""
    from pipeline.persons import judge_accounts
    from storage.connect import database
    from storage.person_lists import account_glimpse, list_candidates

    found = settings()
    judged = 0
    with database(found) as db, db.connect("kundenecho persons review") as conn:
        pairs = list_candidates(conn, limit=limit, undecided=again)
        # Nothing is held open while somebody reads.
        conn.rollback()
        if machine:
            click.echo(as_json(pairs), nl=False)
            return
        if not pairs:
            click.echo("Nichts zu entscheiden.")
        if not sys.stdin.isatty():
            for pair in pairs:
                click.echo(_pair(pair))
            return
        for number, pair in enumerate(pairs, 1):
            click.secho(f"\n{number} von {len(pairs)}: {_pair(pair)}", bold=True)
            for account in (pair["account_a"], pair["account_b"]):
                click.echo(f"  {_glimpse(account, account_glimpse(conn, account))}")
            conn.rollback()
            answer = choose(_LETTERS)
            if answer == "e":
                break
            if answer in _ANSWERS:
                judged += _judge(conn, judge_accounts, pair, _ANSWERS[answer], by)
    if judged:
        _decide(found)
        click.echo("\nZurücknehmen: kundenecho persons undo J…")


def _judge(conn: Connection, judge_accounts: Any, pair: Mapping[str, Any], verdict: str, by: str) -> int:
    """Judge one pair; a contradiction is told, and the walk goes on."""
    try:
        number = judge_accounts(conn, pair["account_a"], pair["account_b"], verdict, by)
    except DataError as error:
        conn.rollback()
        click.echo(f"  {error}")
        return 0
    click.echo(f"  J{number}: {words.VERDICT[verdict]}")
    return 1


@persons.command()
@click.argument("one")
@click.argument("other")
@_BY
def same(one: str, other: str, by: str) -> None:
    """Judge ONE and OTHER (persons P7 or accounts A12) to be one person."""
    _judge_now(one, other, "same", by)


@persons.command()
@click.argument("one")
@click.argument("other")
@_BY
def different(one: str, other: str, by: str) -> None:
    """Judge ONE and OTHER (persons P7 or accounts A12) to be two persons, whatever joins them."""
    _judge_now(one, other, "not_same", by)


@persons.command()
@click.argument("judgement", metavar="JUDGEMENT")
@_BY
def undo(judgement: str, by: str) -> None:
    """Take a JUDGEMENT (J3) back; what it joined is parted again."""
    from pipeline.persons import undo_judgement
    from storage.connect import database

    found = settings()
    with database(found) as db, db.connect("kundenecho persons undo") as conn:
        undo_judgement(conn, judgement, by)
        click.echo(f"{judgement} zurückgenommen")
    _decide(found)


def _judge_now(one: str, other: str, verdict: str, by: str) -> None:
    from pipeline.persons import judge_accounts
    from storage.connect import database

    found = settings()
    with database(found) as db, db.connect("kundenecho persons judge") as conn:
        number = judge_accounts(conn, one, other, verdict, by)
        click.echo(f"J{number}: {one} und {other} sind {words.VERDICT[verdict]}")
    _decide(found)


def _decide(found: Settings) -> None:
    """Let a judgement take effect at once, unless another decide runs, which the next one makes up for."""
    from pipeline.decide import decide

    trial_secret(found)
    try:
        decide(found)
    except BusyError as error:
        click.echo(f"Wirkt mit dem nächsten decide: {error}")


def _print_judgements(rows: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        ["Nr.", "Konten", "Urteil", "von", "am", "Hinweis"],
        [
            [row["judgement_id"], f"{row['account_a']}, {row['account_b']}", words.VERDICT[row["verdict"]],
             row["judged_by"], words.day(row["judged_at"]), _remark(row)]
            for row in rows
        ],
    )  # fmt: skip


def _remark(row: Mapping[str, Any]) -> str:
    if row.get("taken_back_at"):
        return f"zurückgenommen am {words.day(row['taken_back_at'])}"
    shared = ", ".join(words.IDENTIFIER[kind] for kind in row.get("against") or ())
    return f"dagegen spricht: {shared}" if shared else ""


def _pair(pair: Mapping[str, Any]) -> str:
    names = [
        f"{pair[f'person_{side}']} {pair[f'name_{side}'] or '(Name aus der Kundenliste)'} ({pair[f'source_{side}']})"
        for side in "ab"
    ]
    why = [words.LIKENESS[pair["evidence"]]]
    why += ["dasselbe Produkt"] * bool(pair["same_product"]) + ["derselbe Ort"] * bool(pair["same_place"])
    others = pair["alike"] - 2
    if others:
        why.append(f"{others} weitere Person{'en' * (others > 1)} ebenso")
    return f"{names[0]} und {names[1]}: {', '.join(why)} ({100 * pair['score']:.0f} %)"


def _glimpse(account: str, seen: Mapping[str, Any]) -> str:
    count, last = seen["feedback"], words.day(seen["last_seen"])
    parts = [
        account,
        seen["source"],
        seen["display_name"] or "ohne Anzeigenamen",
        f"1 Beitrag vom {last}" if count == 1 else f"{count} Beiträge bis {last}",
        ", ".join(seen["products"]),
    ]
    text = f"\n    „{' '.join(seen['text'].split())}“" if seen["text"] else ""
    return " · ".join(part for part in parts if part) + text


COMMANDS = (persons,)
