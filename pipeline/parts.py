"""Decisions of people about names of parts: these two are one, these two are not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from insights.components import chain, likely
from kundenecho.errors import DataError
from pipeline.products import check_product
from storage.connect import Connection
from storage.part_decisions import (
    DecisionRow,
    add_decision,
    groups_of,
    part_decisions,
    part_names,
    take_back,
)
from storage.products import knows_group

#: The narrower a scope, the more a decision counts.
_NARROW_FIRST: Final = ("product", "group", "everywhere")


class Scope(NamedTuple):
    """Where a decision holds: product | group | everywhere, and which one."""

    kind: str = "everywhere"
    name: str = ""


class Judged(NamedTuple):
    """The decisions that count for one product: pairs that are one, and pairs that are not."""

    same: list[tuple[str, str]]
    different: list[tuple[str, str]]
    by_pair: dict[tuple[str, str], DecisionRow]


class LikelyPair(NamedTuple):
    """Two names of a product that may be one part: their mentions, and whether they count as one now."""

    product: str
    product_group: str | None
    one: str
    other: str
    mentions: tuple[int, int]
    merged: bool


def judged(decisions: Sequence[DecisionRow], product: str | None, group: str | None) -> Judged:
    """The decisions that count for a product; of two about one pair, that of the narrower scope.

    Args:
        decisions: Decisions that stand.
        product: The product.
        group: Its group, where one is known.
    """
    names = {"product": product, "group": group, "everywhere": ""}
    found: dict[tuple[str, str], DecisionRow] = {}
    for scope in _NARROW_FIRST:
        for row in decisions:
            if row.scope == scope and row.scope_name == names[scope]:
                found.setdefault((row.one, row.other), row)
    return Judged(
        [pair for pair, row in found.items() if row.same], [pair for pair, row in found.items() if not row.same], found
    )


def decide_part(conn: Connection, names: tuple[str, str], *, same: bool, scope: Scope, by: str) -> int:
    """Decide that two names of parts are one, or that they are not.

    Args:
        conn: Connection; committed.
        names: The names, as written.
        same: Whether they are one part.
        scope: Where that holds.
        by: Who decides.

    Returns:
        Number of the decision.

    Raises:
        DataError: The names are equal or empty, the product or group is not known, or the decision contradicts others;
            the message names them.
    """
    one, other = sorted(" ".join(name.lower().split()) for name in names)
    if not one or one == other:
        raise DataError(f"{names[0]!r} and {names[1]!r} are not two names", remedy="Give two names of parts")
    _check_scope(conn, scope)
    standing = part_decisions(conn)
    for row in standing:
        if (row.scope, row.scope_name, row.one, row.other, row.same) == (*scope, one, other, same):
            return row.decision_id
    kept = [row for row in standing if (row.scope, row.scope_name, row.one, row.other) != (*scope, one, other)]
    added = add_decision(conn, scope=scope.kind, scope_name=scope.name, pair=(one, other), same=same, decided_by=by)
    [fresh] = [row for row in part_decisions(conn) if row.decision_id == added]
    try:
        _refuse_contradiction(conn, [*kept, fresh])
    except DataError:
        conn.rollback()
        raise
    conn.commit()
    return added


def undo_part(conn: Connection, decision_id: int, *, by: str) -> None:
    """Take a decision back.

    Args:
        conn: Connection; committed.
        decision_id: Its number.
        by: Who takes it back.

    Raises:
        DataError: There is no such decision, it was taken back already, or others contradict each other without it.
    """
    if not take_back(conn, decision_id, by):
        conn.rollback()
        raise DataError(
            f"no decision {decision_id} stands", remedy="kundenecho parts list shows the decisions with their numbers"
        )
    try:
        _refuse_contradiction(conn, part_decisions(conn))
    except DataError:
        conn.rollback()
        raise
    conn.commit()


def likely_pairs(conn: Connection, *, product: str | None = None, group: str | None = None) -> list[LikelyPair]:
    """Pairs of names that may be one part and of which nobody has decided, those of most mentions first.

    Args:
        conn: Connection.
        product: Only of this product.
        group: Only of the products of this group.

    Raises:
        DataError: There is no such product or group.
    """
    _check_scope(conn, Scope("product", product) if product else Scope("group", group) if group else Scope())
    decisions = part_decisions(conn)
    pairs = []
    for (name, product_group), rows in groupby(
        part_names(conn, product=product, group=group), key=lambda row: (row.product, row.product_group)
    ):
        known = {row.component: row for row in rows}
        mentions = {component: row.mentions for component, row in known.items()}
        decided = judged(decisions, name, product_group).by_pair
        for one, other in likely(mentions):
            if (one, other) not in decided:
                merged = bool({*known[one].parts} & {*known[other].parts})
                pairs.append(LikelyPair(name, product_group, one, other, (mentions[one], mentions[other]), merged))
    return sorted(pairs, key=lambda pair: (-min(pair.mentions), pair.product, pair.one, pair.other))


def _check_scope(conn: Connection, scope: Scope) -> None:
    if scope.kind == "product":
        check_product(conn, scope.name)
    elif scope.kind == "group" and not knows_group(conn, scope.name):
        raise DataError(f"the group {scope.name!r} is not known", remedy="kundenecho topics shows the groups")


def _refuse_contradiction(conn: Connection, decisions: Sequence[DecisionRow]) -> None:
    """Refuse decisions by which two names would be one that are decided to be two, wherever they meet."""
    groups = groups_of(conn, [row.scope_name for row in decisions if row.scope == "product"])
    places: set[tuple[str | None, str | None]] = {(None, None), *groups.items()}
    places |= {(None, row.scope_name) for row in decisions if row.scope == "group"}
    for product, group in sorted(places, key=str):
        found = judged(decisions, product, group)
        for one, other in found.different:
            if links := chain(one, other, found.same):
                numbers = ", ".join(str(found.by_pair[pair].decision_id) for pair in links)
                steps = ", ".join(f"{a} = {b}" for a, b in links)
                raise DataError(
                    f"{one} and {other} would be one ({steps}: decision {numbers}) and are not"
                    f" (decision {found.by_pair[one, other].decision_id})",
                    where=f"parts of {product or group or 'all products'}",
                    remedy="Take one of them back first: kundenecho parts undo NUMBER",
                )
