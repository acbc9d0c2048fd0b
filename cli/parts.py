"""Commands about names of parts: which are one, which are not."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

import click

from cli.console import choose, print_table, settings
from kundenecho.errors import DataError
from pipeline import words

if TYPE_CHECKING:
    from pipeline.parts import LikelyPair, Scope
    from storage.connect import Connection

_PRODUCT = click.option("--product", help="Only this product.")
_GROUP = click.option("--group", "product_group", help="Only the products of this group.")
_BY = click.option("--by", default=getpass.getuser, show_default="your login", help="Who decides.")
_REVIEWED_AT_ONCE = 20
_COUNTED_LATER = "Gezählt wird beim nächsten kundenecho decide."


@click.group()
def parts() -> None:
    """Names of parts: decide which are one and which are not; decide counts accordingly."""


@parts.command("list")
@click.option("--all", "taken_back", is_flag=True, help="Also decisions that were taken back.")
def list_(taken_back: bool) -> None:
    """Show the decisions with their numbers."""
    from storage.connect import database
    from storage.part_decisions import part_decisions

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        rows = part_decisions(conn, taken_back=taken_back)
    if not rows:
        click.echo("Noch nichts entschieden. Was zu entscheiden ist, zeigt kundenecho parts review.")
        return
    print_table(
        ["Nr. ", "Name", "und", "sind", "gilt für", "von", "am", "zurückgenommen"],
        [
            [
                str(row.decision_id), row.one, row.other, words.SAME[row.same], words.scope(row.scope, row.scope_name),
                row.decided_by, f"{row.decided_at:%d.%m.%Y}",
                f"{row.taken_back_at:%d.%m.%Y}" if row.taken_back_at else "",
            ]
            for row in rows
        ],
    )  # fmt: skip


@parts.command()
@click.argument("one")
@click.argument("other")
@_PRODUCT
@_GROUP
@_BY
def same(one: str, other: str, product: str | None, product_group: str | None, by: str) -> None:
    """ONE and OTHER are one part; everywhere, if no product or group is given."""
    _decide((one, other), True, _scope(product, product_group), by)


@parts.command()
@click.argument("one")
@click.argument("other")
@_PRODUCT
@_GROUP
@_BY
def different(one: str, other: str, product: str | None, product_group: str | None, by: str) -> None:
    """ONE and OTHER are two parts; everywhere, if no product or group is given."""
    _decide((one, other), False, _scope(product, product_group), by)


@parts.command()
@click.argument("number", type=click.IntRange(1))
@_BY
def undo(number: int, by: str) -> None:
    """Take the decision NUMBER back."""
    from pipeline.parts import undo_part
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        undo_part(conn, number, by=by)
    click.echo(f"Entscheidung {number} ist zurückgenommen. {_COUNTED_LATER}")


@parts.command()
@_PRODUCT
@_GROUP
@_BY
@click.option("--limit", type=click.IntRange(1), default=_REVIEWED_AT_ONCE, show_default=True, help="At most so many.")
def review(product: str | None, product_group: str | None, by: str, limit: int) -> None:
    """Walk through pairs that may be one part and are undecided; without a terminal, show them."""
    from pipeline.parts import likely_pairs
    from storage.connect import database

    _scope(product, product_group)
    decided = 0
    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        pairs = likely_pairs(conn, product=product, group=product_group)
        # Nothing is held open while somebody reads.
        conn.rollback()
        if not pairs:
            click.echo("Nichts zu entscheiden.")
        elif not sys.stdin.isatty():
            _show(pairs[:limit], len(pairs))
        else:
            for number, pair in enumerate(pairs[:limit], 1):
                _present(conn, pair, f"{number} von {min(limit, len(pairs))}")
                answer = choose({"g": "gleich", "v": "verschieden", "w": "weiter", "e": "Ende"}, default="w")
                if answer == "e":
                    break
                if answer in "gv":
                    decided += _judge(conn, pair, answer == "g", by)
    if decided:
        click.echo(f"\n{_COUNTED_LATER} Zurücknehmen: kundenecho parts undo NUMMER")


def _present(conn: Connection, pair: LikelyPair, place: str) -> None:
    """Show a pair, each name with what somebody says of it."""
    from storage.part_decisions import name_glimpse

    click.secho(f"\n{place}, {pair.product}: {pair.one} und {pair.other}, bisher {words.SAME[pair.merged]}", bold=True)
    for name, mentions in zip((pair.one, pair.other), pair.mentions, strict=True):
        found = name_glimpse(conn, pair.product, name)
        quote = f": „{' '.join(found.quote.split())}“" if found.quote else ""
        click.echo(f"  {found.written}, {mentions} {'Nennung' if mentions == 1 else 'Nennungen'}{quote}")
    conn.rollback()


def _judge(conn: Connection, pair: LikelyPair, same: bool, by: str) -> int:
    """Decide about one pair; a contradiction is told, and the walk goes on."""
    from pipeline.parts import Scope, decide_part

    scope = Scope("product", pair.product)
    try:
        number = decide_part(conn, (pair.one, pair.other), same=same, scope=scope, by=by)
    except DataError as error:
        click.echo(f"  {error}")
        return 0
    click.echo(f"  Entscheidung {number}: {words.SAME[same]}, {words.scope(*scope)}")
    return 1


def _show(pairs: list[LikelyPair], total: int) -> None:
    print_table(
        ["Produkt", "Name", "Nennungen ", "Name", "Nennungen ", "bisher"],
        [
            [p.product, p.one, str(p.mentions[0]), p.other, str(p.mentions[1]), words.SAME[p.merged]]
            for p in pairs
        ],
    )  # fmt: skip
    if total > len(pairs):
        click.echo(f"… und {total - len(pairs)} weitere: --limit {total}")


def _scope(product: str | None, product_group: str | None) -> Scope:
    from pipeline.parts import Scope

    if product and product_group:
        raise click.UsageError("give --product or --group, not both")
    if product:
        return Scope("product", product)
    return Scope("group", product_group) if product_group else Scope()


def _decide(names: tuple[str, str], same: bool, scope: Scope, by: str) -> None:
    from pipeline.parts import decide_part
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        number = decide_part(conn, names, same=same, scope=scope, by=by)
    click.echo(f"Entscheidung {number}: {names[0]} und {names[1]} sind {words.SAME[same]}, {words.scope(*scope)}.")
    click.echo(_COUNTED_LATER)


COMMANDS = (parts,)
