"""From what one person said and did to reasons, and from reasons to the score of an advocate."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

from insights.loop import current_stage, history
from insights.statements import (
    Person,
    Span,
    Statement,
    contradicts,
    is_happy,
    is_unhappy,
    leaves,
    recoveries,
)

#: Reasons that make an explicit recommendation, and those of them that a customer put in words or deeds.
_EXPLICIT: Final = frozenset(("recommendation", "ticked", "referral"))
_UNASKED: Final = _EXPLICIT - {"ticked"}
#: Answers to the question whether one would recommend: two of one feedback are one.
_ASKED: Final = frozenset(("ticked", "promoter"))
#: Reasons that words prove; the words quoted for the others only illustrate them.
_WORDED: Final = frozenset(("recommendation", "referral", "loyal", "fix_contributed", "praise"))
#: Stages in which nobody speaks for us, whatever was said before.
_AWAY: Final = frozenset(("at_risk", "lost"))
_TOP_RATING: Final = 4.75


@dataclass(frozen=True)
class Reason:
    """One reason for or against, with what proves it.

    Attributes:
        weight: Points that count; 0 for a struck reason.
        revision_id: The revision that proves it; None where an order does.
        span: The words that prove it; None where it is a number.
        day: Its day, None without a date.
        feedback_id: The feedback whose reason this is; None for one of the person as a whole.
        value: The number that proves it: NPS, stars, likes, orders, sources, statements.
        struck: A person has struck it out.
    """

    kind: str
    weight: float
    revision_id: int | None = None
    span: Span | None = None
    day: date | None = None
    feedback_id: int | None = None
    value: float | None = None
    struck: bool = False


@dataclass(frozen=True)
class Advocacy:
    """What speaks for a person, and how much.

    Attributes:
        score: ``shrinkage × points_for + points_against``, cut to 0…100 and rounded to a tenth.
        days: Days on which something independent speaks for the person; what has no date counts as one.
        shrinkage: ``days / (days + thin)``, 0 to 1.
        listed: Whether the person stands on the list.
    """

    score: float
    stage: str
    listed: bool
    reasons: tuple[Reason, ...]
    sources: tuple[str, ...]
    last_seen: datetime | None
    points_for: float = 0.0
    points_against: float = 0.0
    days: int = 0
    shrinkage: float = 0.0


@dataclass(frozen=True)
class Rule:
    """Points of the first occurrence and of each further one, how many count, and whether it carries a place.

    Attributes:
        supports: Carries a place only beside a recommendation in words or a referral.
    """

    weight: float
    again: float
    most: int
    independent: bool
    supports: bool = False

    @property
    def cap(self) -> float:
        """All points that the reason can give."""
        return self.weight + (self.most - 1) * self.again


@dataclass(frozen=True)
class Rules:
    """The reviewed weights, from ``advocacy.toml``."""

    reasons: Mapping[str, Rule]
    thin: float
    recent_months: int
    reach_likes: int
    burst_statements: int
    burst_days: int
    min_score: float

    def halved(self, kind: str) -> Rules:
        """The same rules with half the points of one reason."""
        rule = self.reasons[kind]
        half = replace(rule, weight=rule.weight / 2, again=rule.again / 2)
        return replace(self, reasons={**self.reasons, kind: half})


@functools.cache
def rules() -> Rules:
    """The rules that ship with the package."""
    document = tomllib.loads((Path(__file__).parent / "advocacy.toml").read_text(encoding="utf-8"))
    table = {kind: Rule(**rule) for kind, rule in document["reasons"].items()}
    return Rules(table, **document["score"], **document["list"])


def score(reasons: Iterable[Reason], by: Rules | None = None) -> tuple[float, float, float, int, float]:
    """The score as a function of the reasons alone.

    Args:
        reasons: Reasons with their points.
        by: Rules to use instead of the shipped ones.

    Returns:
        Score 0 to 100, points for, points against, days, shrinkage; see :class:`Advocacy`.
    """
    table, kept = by or rules(), list(reasons)
    points_for = sum(r.weight for r in kept if r.weight > 0)
    points_against = sum(r.weight for r in kept if r.weight < 0)
    days = len({r.day for r in kept if r.weight > 0 and table.reasons[r.kind].independent})
    shrinkage = days / (days + table.thin)
    total = max(0.0, min(100.0, shrinkage * points_for + points_against))
    return round(total, 1), points_for, points_against, days, shrinkage


def assess(
    person: Person,
    *,
    reference: date | None = None,
    struck: Collection[tuple[str, int | None]] = (),
    by: Rules | None = None,
) -> Advocacy:
    """Weigh everything one person said and did.

    Args:
        person: The person.
        reference: First day of the month of the newest feedback of all, from which "recent" is counted.
        struck: Reasons that people struck out, as kind and feedback (None: of the person as a whole).
        by: Rules to use instead of the shipped ones.
    """
    table, said = by or rules(), person.in_order()
    reasons = _weighed(_reasons(said, person, reference, table), struck, table)
    total, points_for, points_against, days, shrinkage = score(reasons, table)
    stage = current_stage(history(person))
    dates = [s.created_at for s in said if s.created_at]
    return Advocacy(
        score=total,
        stage=stage,
        listed=stage not in _AWAY and total >= table.min_score and _carries(reasons, table),
        reasons=reasons,
        sources=tuple(sorted({s.source for s in said})),
        last_seen=max(dates) if dates else None,
        points_for=points_for,
        points_against=points_against,
        days=days,
        shrinkage=shrinkage,
    )


def _carries(reasons: Iterable[Reason], table: Rules) -> bool:
    """Whether two reasons that have nothing to do with each other carry a place on the list."""
    carrying = [r for r in reasons if r.weight > 0 and table.reasons[r.kind].independent]
    return any(_carry(one, other, table) for one, other in combinations(carrying, 2))


def _carry(one: Reason, other: Reason, table: Rules) -> bool:
    kinds = {one.kind, other.kind}
    if len(kinds) < 2 or _is_one_word(one, other, sentences=True):
        return False
    if one.feedback_id is not None and one.feedback_id == other.feedback_id and kinds <= _ASKED:
        return False
    if any(table.reasons[kind].supports for kind in kinds):
        return not kinds.isdisjoint(_UNASKED)
    dated = one.day is not None and other.day is not None
    return not kinds.isdisjoint(_EXPLICIT) or (dated and one.day != other.day)


def _is_one_word(one: Reason, other: Reason, *, sentences: bool = False) -> bool:
    """Whether two reasons rest on the same words: on one clause, or on clauses of one sentence."""
    a, b = one.span, other.span
    if a is None or b is None or one.revision_id != other.revision_id or not {one.kind, other.kind} <= _WORDED:
        return False
    return a.field == b.field and (a.meets(b) or (sentences and a.sentence is not None and a.sentence == b.sentence))


def _reasons(said: Sequence[Statement], person: Person, reference: date | None, table: Rules) -> list[Reason]:
    """All reasons, the newest first, without points."""
    found: list[Reason] = []
    for s in reversed(said):
        found.extend(_of_one(s, table))
    found.extend(_of(s, "recovered", s.praise[0] if s.praise else None) for s in reversed(recoveries(said)))
    found.extend(_of_person(said, person, reference, table))
    if said and is_unhappy(said[-1]):
        found.append(_of(said[-1], "complaint"))
    return found


def _of(s: Statement, kind: str, span: Span | None = None, value: float | None = None) -> Reason:
    return Reason(kind, 0.0, s.revision_id, span, s.day, s.feedback_id, value)


def _of_one(s: Statement, table: Rules) -> Iterable[Reason]:
    quote = s.praise[0] if s.praise else None
    happy, unhappy = is_happy(s), is_unhappy(s)
    if s.kind == "referral":
        if s.converted:
            yield _of(s, "referral")
    elif s.recommend == "yes" and not unhappy:
        yield _of(s, "recommendation", s.recommend_at)
    elif s.would_recommend and happy:
        yield _of(s, "ticked", quote)
    if s.kind != "referral" and s.referral_at and not unhappy:
        yield _of(s, "referral", s.referral_at)
    if s.counts_nps and s.nps is not None and s.nps >= 9:
        yield _of(s, "promoter", quote, s.nps)
    if s.loyalty == "repeat" and not unhappy:
        yield _of(s, "loyal", s.loyalty_at)
    if s.fixes:
        yield _of(s, "fix_contributed", s.fixes[0])
    if happy and s.sentiment == "positive" and not s.abstained:
        yield from (_of(s, "praise", span) for span in s.praise)
        if s.rating is not None and s.rating >= _TOP_RATING:
            yield _of(s, "top_rating", value=s.rating)
    if happy and s.likes >= table.reach_likes:
        yield _of(s, "reach", quote, s.likes)
    if s.incentivised:
        yield _of(s, "incentivised", s.incentivised)
    if contradicts(s):
        yield _of(s, "contradiction", value=s.rating)
    if s.copied:
        yield _of(s, "duplicate")
    if leaves(s):
        yield _of(s, "detractor", s.recommend_at if s.recommend == "no" else s.loyalty_at)
    elif s.counts_nps and s.nps is not None and s.nps <= 6:
        yield _of(s, "detractor", value=s.nps)


def _of_person(said: Sequence[Statement], person: Person, reference: date | None, table: Rules) -> Iterable[Reason]:
    happy = [s for s in said if is_happy(s)]
    days = sorted({order.day for order in person.orders})
    if len(days) > 1:
        yield Reason("repeat_purchase", 0.0, day=days[-1], value=len(days))
    if not happy:
        return
    newest = happy[-1]
    sources = {s.source for s in happy}
    if len(sources) > 1:
        yield Reason("several_portals", 0.0, newest.revision_id, day=newest.day, value=len(sources))
    if reference and newest.day and newest.day >= months_before(reference, table.recent_months):
        yield Reason("recent", 0.0, newest.revision_id, day=newest.day)
    dated = [s.created_at for s in happy if s.created_at and s.counts_nps]
    if len(dated) >= table.burst_statements and dated[-1] - dated[0] <= timedelta(days=table.burst_days):
        yield Reason("burst", 0.0, newest.revision_id, day=newest.day, value=len(dated))


def months_before(day: date, months: int) -> date:
    """First day of the month that lies so many months before that of a day."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _weighed(found: Iterable[Reason], struck: Collection[tuple[str, int | None]], table: Rules) -> tuple[Reason, ...]:
    """The reasons that count, with their points, and those that were struck; the weightiest first."""
    used: Counter[str] = Counter()
    kept: list[Reason] = []
    for reason in _once(list(found), struck, table):
        rule = table.reasons[reason.kind]
        if (reason.kind, reason.feedback_id) in struck:
            kept.append(replace(reason, struck=True))
        elif used[reason.kind] < rule.most:
            kept.append(replace(reason, weight=float(rule.again if used[reason.kind] else rule.weight)))
            used[reason.kind] += 1
    return tuple(sorted(kept, key=lambda r: (r.struck, -r.weight, r.kind)))


def _once(found: Sequence[Reason], struck: Collection[tuple[str, int | None]], table: Rules) -> list[Reason]:
    """One clause proves one reason, the weightiest that is not struck out; in the order in which they were found."""
    worded: dict[int | None, list[Reason]] = {}
    for reason in found:
        if reason.kind in _WORDED and reason.span and (reason.kind, reason.feedback_id) not in struck:
            worded.setdefault(reason.revision_id, []).append(reason)

    def outweighed(reason: Reason) -> bool:
        weight = table.reasons[reason.kind].weight
        return any(
            table.reasons[other.kind].weight > weight and _is_one_word(reason, other)
            for other in worded.get(reason.revision_id, ())
        )

    return [r for r in found if (r.kind, r.feedback_id) in struck or not outweighed(r)]
