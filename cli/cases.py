"""Commands of the follow-up: which cases there are, and what people do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from cli.console import print_counts, print_table, settings
from cli.output import FORMAT, LIMIT, OUTPUT, write
from kundenecho.cases import KINDS, OUTCOMES_BY_HAND
from pipeline import case_words

_SHORT: Final = 70
_BY = click.option("--by", required=True, help="Who does it; owners are members of a team in the rules.")
_NOTE = click.option("--note", help="Words for whoever reads the case later; may hold names.")
_CASE = click.argument("case", metavar="ID")


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        FORMAT,
        OUTPUT,
        LIMIT,
        click.option("--overdue", is_flag=True, help="Only overdue ones."),
        click.option("--unhappy", is_flag=True, help="Only valuable customers and advocates who are unhappy."),
        click.option("--kind", type=click.Choice(KINDS), help="Only this kind."),
        click.option("--owner", help="Only this owner."),
        click.option("--product", help="Only this product."),
        click.option("--all", "everything", is_flag=True, help="Closed ones too."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_filters
@click.pass_context
def cases(context: click.Context, /, **options: Any) -> None:
    """Cases of the follow-up: who waits for an answer, until when, and who gives it."""
    if context.invoked_subcommand is None:
        _list(**options)


@cases.command("list")
@_filters
def list_(**options: Any) -> None:
    """List the cases that are not closed, overdue ones first."""
    _list(**options)


def _list(form: str, output: Path | None, everything: bool, **wanted: Any) -> None:
    from pipeline.products import check_product
    from storage.case_book import case_numbers, list_cases
    from storage.connect import database

    found = settings()
    states = None if everything else ("open", "waiting", "answered")
    with database(found) as db, db.connect("kundenecho cases") as conn:
        check_product(conn, wanted["product"])
        rows = list_cases(conn, states=states, **wanted)
        numbers = case_numbers(conn)
    if form == "table":
        title = ", ".join(
            f"{numbers[key]} {word}"
            for key, word in (("open", "offen"), ("overdue", "davon überfällig"), ("waiting", "warten auf den Kunden"),
                              ("answered", "beantwortet"), ("closed", "geschlossen"))
        )  # fmt: skip
        print_cases(rows, found["company.time_zone"], title=f"Vorgänge: {title}")
    else:
        write(form, output, "Vorgänge", rows)


@cases.command()
@_CASE
@click.option("--json", "machine", is_flag=True, help="The case for machines.")
def show(case: str, machine: bool) -> None:
    """Show the case ID (such as V12): what was said, what happened, and what may be answered."""
    from pipeline.case_work import suggestions
    from pipeline.export import as_json
    from storage.case_book import show_case
    from storage.connect import database

    found = settings()
    with database(found) as db, db.connect("kundenecho cases") as conn:
        row = show_case(conn, case)
        offered = suggestions(conn, found, row) if row["state"] != "closed" else []
    if machine:
        rows = [{**row, "suggestions": [vars(s) for s in offered]}]
        click.echo(as_json(rows), nl=False)
        return
    _print_case(row, found["company.time_zone"])
    for offer in offered:
        mark = "freigegeben" if offer.approved else "Entwurf, nicht freigegeben"
        click.echo(f"\nVorschlag: {offer.title} ({mark})\n  {offer.text}")


@cases.command()
@_CASE
@_BY
@_NOTE
def take(case: str, by: str, note: str | None) -> None:
    """Take the case ID over."""
    _act(case, "take", by=by, note=note)


@cases.command()
@_CASE
@click.argument("owner", metavar="OWNER")
@_BY
@_NOTE
def assign(case: str, owner: str, by: str, note: str | None) -> None:
    """Give the case ID to OWNER, a member of a team."""
    _act(case, "assign", by=by, owner=owner, note=note)


@cases.command()
@_CASE
@click.argument("text", metavar="TEXT")
@_BY
def note(case: str, text: str, by: str) -> None:
    """Add TEXT to the case ID."""
    _act(case, "note", by=by, note=text)


@cases.command()
@_CASE
@_BY
@_NOTE
def answer(case: str, by: str, note: str | None) -> None:
    """Note that the customer of the case ID was answered; a public reply is found by itself."""
    _act(case, "answer", by=by, note=note)


@cases.command()
@_CASE
@_BY
@_NOTE
def wait(case: str, by: str, note: str | None) -> None:
    """Note that the customer of the case ID has to say something first."""
    _act(case, "wait", by=by, note=note)


@cases.command()
@_CASE
@click.option(
    "--outcome", type=click.Choice(OUTCOMES_BY_HAND), default="solved", show_default=True, help="How it ended."
)
@_BY
@_NOTE
def close(case: str, outcome: str, by: str, note: str | None) -> None:
    """Close the case ID."""
    _act(case, "close", by=by, outcome=outcome, note=note)


@cases.command()
@_CASE
@_BY
@_NOTE
def reopen(case: str, by: str, note: str | None) -> None:
    """Open the case ID again."""
    _act(case, "reopen", by=by, note=note)


@cases.command()
def check() -> None:
    """Escalate what is overdue, and tell of it and of valuable customers who are unhappy, each case once."""
    from pipeline.cases import check_cases

    print_counts("cases", check_cases(settings()))


def _act(case: str, what: str, **more: str | None) -> None:
    from pipeline.case_work import act

    found = settings()
    row = act(found, case, what, by=str(more.pop("by")), **more)
    _print_case(row, found["company.time_zone"], events=1)


def print_cases(rows: Sequence[Mapping[str, Any]], zone: str, *, title: str | None = None) -> None:
    """Print cases as a table, with the words that opened each."""
    columns = ["Nr.", "Art", "Rang", "Frist", "Bei", "Wer", "Produkt", "Quelle", "Was"]
    table = []
    for row in rows:
        said = " ".join(" – ".join(part for part in (row["title"], row["text"]) if part).split())
        shown = f"„{said[:_SHORT]}{'…' if len(said) > _SHORT else ''}“" if said else "–"
        kind = case_words.KIND[row["kind"]] + ("" if row["state"] == "open" else f", {case_words.STATE[row['state']]}")
        table.append(
            [row["case_id"], kind, case_words.PRIORITY[row["priority"]], case_words.deadline(row, zone), row["owner"],
             case_words.who(row), row["product"] or "–", row["channel"], shown]
        )  # fmt: skip
    print_table(columns, table, title=title)


def _print_case(row: Mapping[str, Any], zone: str, *, events: int | None = None) -> None:
    state = case_words.STATE[row["state"]] + (f" ({case_words.OUTCOME[row['outcome']]})" if row["outcome"] else "")
    click.secho(f"{row['case_id']}: {case_words.KIND[row['kind']]}, {state}", bold=True)
    click.echo(f"  {case_words.who(row)} · {row['product'] or 'kein Produkt'} · {row['channel']} · {row['url'] or '–'}")
    click.echo(f"  eingegangen {case_words.moment(row['opened_at'], zone)} · {case_words.deadline(row, zone)}")
    click.echo(f"  Rang {case_words.PRIORITY[row['priority']]} · bei {row['owner']} (Team {row['team']})")
    if row["feedback_id"] and events is None:
        said = " – ".join(part for part in (row["title"], row["text"]) if part) or "ohne Text"
        stars = f"{row['rating']:g} von 5 Sternen: ".replace(".", ",") if row["rating"] is not None else ""
        click.echo(f"  {row['feedback_id']} {stars}„{said}“")
    for event in row["events"][-events if events else 0 :]:
        words = " · ".join(str(part) for part in (event["detail"], event["note"]) if part)
        at = case_words.moment(event["happened_at"], zone)
        act = case_words.ACT[event["act"]]
        click.echo(f"  {at} {act} ({case_words.actor(event['actor'])}){': ' + words if words else ''}")


COMMANDS = (cases,)
