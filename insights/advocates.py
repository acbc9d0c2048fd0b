"""From what one person said to reasons, score and stage of an advocate."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

STAGES: Final = ("buy", "enjoy", "bond", "advocate", "at_risk", "lost", "recovered")
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A quote: offsets in characters into a field (``text`` or ``title``) of a revision."""

    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """One feedback of a person in its current revision, as the active lineage understands it.

    Attributes:
        sentiment: positive | mixed | negative, or None (no text, not German).
        first_rating: Rating of the first revision, to see a change of mind; None without one.
        recommend_at: The clause that recommends or advises against.
        loyalty_at: The clause that tells of staying or leaving.
        praise: Evidence spans of positive mentions, the most confident first.
        fixes: Spans that tell what helped.
        counts_nps: False for a further answer of one survey response, whose NPS counts once.
    """

    revision_id: int
    source: str
    created_at: datetime | None = None
    rating: float | None = None
    first_rating: float | None = None
    nps: int | None = None
    counts_nps: bool = True
    would_recommend: bool | None = None
    sentiment: str | None = None
    abstained: bool = False
    recommend: str = "none"
    loyalty: str = "none"
    incentivised: Span | None = None
    recommend_at: Span | None = None
    loyalty_at: Span | None = None
    praise: Sequence[Span] = ()
    fixes: Sequence[Span] = ()


@dataclass(frozen=True)
class Reason:
    """One reason for or against, with the revision and the words that prove it."""

    kind: str
    weight: float
    revision_id: int
    span: Span | None = None


@dataclass(frozen=True)
class Advocacy:
    """Score from 0 to 100 as the capped sum of the reasons, the stage, and whether to list."""

    score: float
    stage: str
    listed: bool
    reasons: tuple[Reason, ...]
    sources: tuple[str, ...]
    last_seen: datetime | None


@dataclass(frozen=True)
class Rule:
    """Weight of one occurrence, how often it counts, whether it can carry a place on the list."""

    weight: float
    cap: int
    strong: bool


@dataclass(frozen=True)
class Rules:
    """The reviewed weights, from ``advocacy.toml``."""

    reasons: dict[str, Rule]
    min_score: float
    min_reasons: int


@functools.cache
def rules() -> Rules:
    """The rules that ship with the package."""
    document = tomllib.loads((Path(__file__).parent / "advocacy.toml").read_text(encoding="utf-8"))
    table = {kind: Rule(r["weight"], r["cap"], r["strong"]) for kind, r in document["reasons"].items()}
    return Rules(table, document["list"]["min_score"], document["list"]["min_reasons"])


def assess(statements: Iterable[Statement], by: Rules | None = None) -> Advocacy:
    """Weigh everything one person said.

    Args:
        statements: The person's feedback, any order; copies of one text given once.
        by: Rules to use instead of the shipped ones.

    Returns:
        The advocacy; the score is reproducible as the sum of the reasons' weights, cut to 0…100.
    """
    table = by or rules()
    said = sorted(statements, key=lambda s: (s.created_at or _OLDEST, s.revision_id))
    reasons = _capped(_reasons(said), table)
    score = max(0.0, min(100.0, sum(r.weight for r in reasons)))
    kinds = {r.kind for r in reasons if r.weight > 0}
    strong = any(table.reasons[kind].strong for kind in kinds)
    listed = strong and len(kinds) >= table.min_reasons and score >= table.min_score
    dates = [s.created_at for s in said if s.created_at]
    sources = tuple(sorted({s.source for s in said}))
    return Advocacy(score, _stage(said, kinds, listed), listed, reasons, sources, max(dates) if dates else None)


def _reasons(said: Sequence[Statement]) -> list[tuple[str, Statement, Span | None]]:
    found: list[tuple[str, Statement, Span | None]] = []
    for s in reversed(said):
        found.extend((kind, s, span) for kind, span in _of_one(s))
    happy = [s for s in said if _is_happy(s)]
    if len({s.source for s in happy}) > 1:
        found.append(("several_portals", happy[-1], _first(happy[-1].praise)))
    if said and _is_unhappy(said[-1]):
        found.append(("complaint", said[-1], None))
    return found


def _of_one(s: Statement) -> list[tuple[str, Span | None]]:
    found: list[tuple[str, Span | None]] = []
    quote = _first(s.praise)
    happy, unhappy = _is_happy(s), _is_unhappy(s)
    if not unhappy and (s.recommend == "yes" or (s.would_recommend and happy)):
        found.append(("recommendation", s.recommend_at if s.recommend == "yes" else None))
    if s.counts_nps and s.nps is not None and s.nps >= 9:
        found.append(("promoter", None))
    if s.loyalty == "repeat" and not unhappy:
        found.append(("repeat_purchase", s.loyalty_at))
    if s.first_rating is not None and s.rating is not None and s.first_rating <= 3 and s.rating >= 4 and not unhappy:
        found.append(("recovered", quote))
    if s.fixes:
        found.append(("fix_contributed", s.fixes[0]))
    if s.sentiment == "positive" and not s.abstained and happy:
        found.extend(("praise", span) for span in s.praise[:2])
        if s.rating is not None and s.rating >= 4.75:
            found.append(("top_rating", None))
    if s.incentivised:
        found.append(("incentivised", s.incentivised))
    if _contradicts(s):
        found.append(("contradiction", None))
    if s.recommend == "no" or s.loyalty == "churn" or (s.counts_nps and s.nps is not None and s.nps <= 6):
        found.append(
            ("detractor", s.recommend_at if s.recommend == "no" else s.loyalty_at if s.loyalty == "churn" else None)
        )
    return found


def _capped(found: Iterable[tuple[str, Statement, Span | None]], table: Rules) -> tuple[Reason, ...]:
    used: Counter[str] = Counter()
    reasons = []
    for kind, statement, span in found:
        rule = table.reasons[kind]
        if used[kind] < rule.cap:
            used[kind] += 1
            reasons.append(Reason(kind, rule.weight, statement.revision_id, span))
    return tuple(sorted(reasons, key=lambda r: (-r.weight, r.kind)))


def _is_happy(s: Statement) -> bool:
    """Stars speak first, then NPS; the text may veto both, and speaks alone where there is neither."""
    if s.sentiment == "negative" and not s.abstained:
        return False
    if s.rating is not None:
        return s.rating >= 4
    if s.nps is not None:
        return s.nps >= 9
    return s.sentiment == "positive" and not s.abstained


def _is_unhappy(s: Statement) -> bool:
    if s.rating is not None:
        return s.rating <= 2.5
    if s.nps is not None:
        return s.nps <= 6
    return s.sentiment == "negative" and not s.abstained


def _contradicts(s: Statement) -> bool:
    if s.rating is None or s.sentiment is None or s.abstained:
        return False
    return (s.rating >= 4.5 and s.sentiment == "negative") or (s.rating <= 1.5 and s.sentiment == "positive")


def _stage(said: Sequence[Statement], kinds: set[str], listed: bool) -> str:
    if not said:
        return "buy"
    newest = said[-1]
    if newest.loyalty == "churn" or newest.recommend == "no":
        return "lost"
    if _is_unhappy(newest):
        return "at_risk"
    if listed and "recommendation" in kinds:
        return "advocate"
    if "recovered" in kinds:
        return "recovered"
    if "repeat_purchase" in kinds:
        return "bond"
    return "enjoy" if _is_happy(newest) else "buy"


def _first(spans: Sequence[Span]) -> Span | None:
    return spans[0] if spans else None
