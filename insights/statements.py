"""What a person said and did, as facts without any text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

OLDEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A quote: offsets in characters into a field (``text`` or ``title``) of a revision.

    Attributes:
        sentence: Offsets of the sentence that it stands in; None where it stands for itself.
    """

    field: str
    start: int
    end: int
    sentence: tuple[int, int] | None = None

    def meets(self, other: Span) -> bool:
        """Whether two quotes of one revision have characters in common."""
        return self.field == other.field and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Statement:
    """One feedback of a person in its current revision, as the active lineage understands it.

    Attributes:
        feedback_id: Identity of the feedback; 0 where it does not matter.
        kind: review | shop_rating | survey_answer | comment | referral.
        sentiment: positive | mixed | negative, or None (no text, not German).
        first_rating: Rating of the first revision, to see a change of mind; None without one.
        recommend_at: The clause that recommends or advises against.
        loyalty_at: The clause that tells of staying or leaving.
        referral_at: The clause that tells of others who came through this customer.
        praise: Evidence spans of what is praised, one for each component, the most confident first.
        fixes: Spans that tell what helped.
        counts_nps: False for a further answer of one survey response, whose NPS counts once.
        likes: Likes or helpful votes; 0 where the source gives none.
        copied: An older feedback of another person has the same text.
        converted: The referral came to something: signed up, purchased or rewarded.
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
    referral_at: Span | None = None
    praise: Sequence[Span] = ()
    fixes: Sequence[Span] = ()
    feedback_id: int = 0
    kind: str = "review"
    likes: int = 0
    copied: bool = False
    converted: bool = False

    @property
    def day(self) -> date | None:
        """Day of the feedback, None without a date."""
        return self.created_at.date() if self.created_at else None


@dataclass(frozen=True)
class Order:
    """An order of a person by its key, and the day it was placed."""

    key: str
    day: date


@dataclass(frozen=True)
class Unsubscription:
    """When a person withdrew from a channel, or from ``all``."""

    channel: str
    at: datetime


@dataclass(frozen=True)
class Person:
    """All that is known of a person; what was said in any order, copies of one text once."""

    said: Sequence[Statement] = ()
    orders: Sequence[Order] = ()
    unsubscribed: Sequence[Unsubscription] = ()

    def in_order(self) -> list[Statement]:
        """What was said, the oldest first, what has no date before it."""
        return sorted(self.said, key=lambda s: (s.created_at or OLDEST, s.revision_id))


def is_happy(s: Statement) -> bool:
    """Stars speak first, then NPS; the text may veto both, and speaks alone where there is neither.

    A verdict vetoes nothing where the words themselves recommend, or tell of staying: one of the two is misread.
    """
    if s.sentiment == "negative" and not s.abstained and not _is_won(s):
        return False
    if s.rating is not None:
        return s.rating >= 4
    if s.nps is not None:
        return s.nps >= 9
    return s.sentiment == "positive" and not s.abstained


def _is_won(s: Statement) -> bool:
    """Whether its words recommend, or tell of staying."""
    return s.recommend == "yes" or s.loyalty == "repeat"


def is_unhappy(s: Statement) -> bool:
    """Likewise: at most two and a half stars, NPS at most 6, or a negative text without either."""
    if s.rating is not None:
        return s.rating <= 2.5
    if s.nps is not None:
        return s.nps <= 6
    return s.sentiment == "negative" and not s.abstained


def leaves(s: Statement) -> bool:
    """Whether it tells of leaving, or advises others against."""
    return s.loyalty == "churn" or s.recommend == "no"


def recommends(s: Statement) -> bool:
    """Whether it recommends: in words, in deed, or by the portal's own field while content."""
    if is_unhappy(s):
        return False
    deed = s.kind == "referral" or s.referral_at is not None
    return s.recommend == "yes" or deed or bool(s.would_recommend and is_happy(s))


def contradicts(s: Statement) -> bool:
    """Whether stars and text say the contrary of each other."""
    if s.rating is None or s.sentiment is None or s.abstained or (s.rating >= 4.5 and _is_won(s)):
        return False
    return (s.rating >= 4.5 and s.sentiment == "negative") or (s.rating <= 1.5 and s.sentiment == "positive")


def recoveries(said: Sequence[Statement]) -> list[Statement]:
    """Statements by which an unhappy person is content again, the oldest first.

    Args:
        said: What was said, the oldest first.

    Returns:
        Those whose first version had at most three stars and whose current one has at least four, and the first
        happy one on a later day than an unhappy one.
    """
    found, unhappy = [], None
    for s in said:
        if is_happy(s):
            changed = s.first_rating is not None and s.rating is not None and s.first_rating <= 3 and s.rating >= 4
            later = unhappy is not None and unhappy.day is not None and s.day is not None and s.day > unhappy.day
            if changed or later:
                found.append(s)
            unhappy = None
        elif is_unhappy(s) or leaves(s):
            unhappy = s
    return found
