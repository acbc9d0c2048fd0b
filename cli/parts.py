"""Commands about names of parts: which are one, which are not."""

from __future__ import annotations

import getpass
import sys

import click

from cli.console import print_table, settings
from pipeline import words
from pipeline.parts import LikelyPair, Scope, decide_part, likely_pairs, undo_part

_PRODUCT = click.option("--product", help="Only this product.")
_GROUP = click.option("--group", "product_group", help="Only the products of this group.")
_BY = click.option("--by", default=getpass.getuser, show_default="your login", help="Who decides.")
_REVIEWED_AT_ONCE = 20


@click.group()
def parts() -> None:
    """Names of parts: decide which are one and which are not; decide counts accordingly."""


@parts.command("list")
@click.option("--all", "taken_back", is_flag=True, help="Also decisions that were taken back.")
def list_(taken_back: bool) -> None:
    """Show the decisions with their numbers."""
    from storage.connect import database
    from storage.parts import part_decisions

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        rows = part_decisions(conn, taken_back=taken_back)
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
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        undo_part(conn, number, by=by)
    click.echo(f"Entscheidung {number} ist zurückgenommen. Gezählt wird beim nächsten kundenecho decide.")


@parts.command()
@_PRODUCT
@_GROUP
@_BY
@click.option("--limit", type=click.IntRange(1), default=_REVIEWED_AT_ONCE, show_default=True, help="At most so many.")
def review(product: str | None, product_group: str | None, by: str, limit: int) -> None:
    """Walk through pairs that may be one part and are undecided; without a terminal, show them."""
    from storage.connect import database

    _scope(product, product_group)
    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        pairs = likely_pairs(conn, product=product, group=product_group)
        conn.rollback()
        if not sys.stdin.isatty():
            _show(pairs[:limit], len(pairs))
            return
        for pair in pairs[:limit]:
            click.secho(f"\n{pair.product}: {_names(pair)}", bold=True)
            click.echo(f"  Bisher {words.SAME[pair.merged]}.")
            answer = click.prompt(
                "  [g]leich, [v]erschieden, [w]eiter, [e]nde", type=click.Choice(["g", "v", "w", "e"]), default="w",
                show_choices=False,
            )  # fmt: skip
            if answer == "e":
                break
            if answer in "gv":
                scope = Scope("product", pair.product)
                decide_part(conn, (pair.one, pair.other), same=answer == "g", scope=scope, by=by)


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


def _names(pair: LikelyPair) -> str:
    return f"{pair.one} ({pair.mentions[0]}) und {pair.other} ({pair.mentions[1]})"


def _scope(product: str | None, product_group: str | None) -> Scope:
    if product and product_group:
        raise click.UsageError("give --product or --group, not both")
    if product:
        return Scope("product", product)
    return Scope("group", product_group) if product_group else Scope()


def _decide(names: tuple[str, str], same: bool, scope: Scope, by: str) -> None:
    from storage.connect import database

    with database(settings()) as db, db.connect("kundenecho parts") as conn:
        number = decide_part(conn, names, same=same, scope=scope, by=by)
    click.echo(
        f"Entscheidung {number}: {names[0]} und {names[1]} sind {words.SAME[same]}, {words.scope(*scope)}."
        " Gezählt wird beim nächsten kundenecho decide."
    )


COMMANDS = (parts,)
