"""The loyalty loop: from what a person said and did to the stages that were passed, each with what proves it.

The loop is buy → enjoy → bond → advocate → buy; detours are at_risk, lost and recovered. Definitions: docs/loop.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Final

from insights.statements import (
    OLDEST,
    Order,
    Person,
    Span,
    Statement,
    Unsubscription,
    is_happy,
    is_unhappy,
    leaves,
    recommends,
)

STAGES: Final = ("buy", "enjoy", "bond", "advocate", "at_risk", "lost", "recovered")
#: The way round, in order; who is further stays there until a detour.
LOOP: Final = ("buy", "enjoy", "bond", "advocate")
DETOURS: Final = ("at_risk", "lost")


@dataclass(frozen=True)
class Step:
    """A stage that a person came to.

    Attributes:
        at: When; None where what proves it has no date.
        cause: ordered | ordered_again | spoke | praised | stays | recommended | referred | complained | left |
            unsubscribed | changed_mind | content_again.
        revision_id: The revision that proves it; None for an order or an unsubscription.
        span: The words that prove it.
        order_key: The order that proves it.
    """

    stage: str
    at: datetime | None
    cause: str
    revision_id: int | None = None
    span: Span | None = None
    order_key: str | None = None


_Event = Statement | Order | Unsubscription


def history(person: Person) -> tuple[Step, ...]:
    """The stages that a person passed, the oldest first; two that follow each other always differ.

    Args:
        person: What was said and done.
    """
    steps: list[Step] = []
    ordered = 0
    days = set()
    for event in sorted(_events(person), key=_when):
        if isinstance(event, Order):
            if event.day in days:
                continue
            days.add(event.day)
            ordered += 1
        for step in _steps(event, steps[-1].stage if steps else None, ordered):
            if not steps or step.stage != steps[-1].stage:
                steps.append(step)
    return tuple(steps)


def current_stage(steps: Sequence[Step]) -> str:
    """Where a person stands now; ``buy`` where nothing is known."""
    return steps[-1].stage if steps else "buy"


def transitions(stages: Iterable[Sequence[str]]) -> dict[tuple[str, str], int]:
    """How many persons went from one stage to another, each counted once for each pair.

    Args:
        stages: The stages of each person, the oldest first.
    """
    counted: dict[tuple[str, str], int] = {}
    for passed in stages:
        for pair in set(pairwise(passed)):
            counted[pair] = counted.get(pair, 0) + 1
    return counted


def _events(person: Person) -> Iterator[_Event]:
    yield from person.said
    yield from person.orders
    yield from person.unsubscribed


def _when(event: _Event) -> tuple[datetime, int, int]:
    """Time of an event; on one day an order comes before what is said of it."""
    if isinstance(event, Order):
        return datetime.combine(event.day, time.min, UTC), 0, 0
    if isinstance(event, Unsubscription):
        return event.at, 2, 0
    return event.created_at or OLDEST, 1, event.revision_id


def _steps(event: _Event, stage: str | None, ordered: int) -> Iterator[Step]:
    """The stages that an event leads to, from the one before it."""
    if isinstance(event, Order):
        at = datetime.combine(event.day, time.min, UTC)
        if stage == "lost":
            yield Step("recovered", at, "ordered_again", order_key=event.key)
        elif ordered > 1 and stage not in DETOURS:
            yield from _forward(stage, Step("bond", at, "ordered_again", order_key=event.key))
        elif stage is None:
            yield Step("buy", at, "ordered", order_key=event.key)
    elif isinstance(event, Unsubscription):
        # Leaving one channel tells of the channel, not of the company.
        if event.channel == "all" and stage != "lost":
            yield Step("at_risk", event.at, "unsubscribed")
    elif leaves(event):
        span = event.recommend_at if event.recommend == "no" else event.loyalty_at
        yield Step("lost", event.created_at, "left", event.revision_id, span)
    elif is_unhappy(event):
        # Who has left and complains once more has left all the same.
        if stage != "lost":
            yield Step("at_risk", event.created_at, "complained", event.revision_id)
    else:
        yield from _content(event, stage)


def _content(s: Statement, stage: str | None) -> Iterator[Step]:
    quote = s.praise[0] if s.praise else None
    happy = is_happy(s)
    changed = s.first_rating is not None and s.rating is not None and s.first_rating <= 2.5 and s.rating >= 4
    if happy and changed and stage not in DETOURS:
        # The first version of this very feedback was the complaint.
        yield Step("at_risk", s.created_at, "complained", s.revision_id)
        stage = "at_risk"
    if stage in DETOURS:
        if not happy:
            return
        yield Step("recovered", s.created_at, "changed_mind" if changed else "content_again", s.revision_id, quote)
        stage = "recovered"
    if recommends(s):
        told = s.referral_at if s.recommend != "yes" else None
        cause = "referred" if s.kind == "referral" or told else "recommended"
        span = s.recommend_at if s.recommend == "yes" else told or quote
        yield from _forward(stage, Step("advocate", s.created_at, cause, s.revision_id, span))
    elif s.loyalty == "repeat" and not is_unhappy(s):
        yield from _forward(stage, Step("bond", s.created_at, "stays", s.revision_id, s.loyalty_at))
    elif happy:
        if stage != "recovered":
            yield from _forward(stage, Step("enjoy", s.created_at, "praised", s.revision_id, quote))
    elif stage is None:
        yield Step("buy", s.created_at, "spoke", s.revision_id)


def _forward(stage: str | None, step: Step) -> Iterator[Step]:
    """The step, unless the person is further round the loop already."""
    if stage not in LOOP or LOOP.index(step.stage) > LOOP.index(stage):
        yield step
