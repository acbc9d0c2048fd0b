"""What one lineage says of one text: the Analysis record and its mentions.

The labels are those of the annotation codebook; offsets count Unicode code
points of the original field (``title`` or ``text``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

SENTIMENTS: Final = ("positive", "mixed", "negative")
RECOMMEND: Final = ("yes", "no", "none")
LOYALTY: Final = ("repeat", "churn", "none")
ASPECTS: Final = (
    "quality", "function", "usability", "design", "cleaning", "smell_taste",
    "price", "packaging", "delivery", "service", "description", "overall",
)  # fmt: skip
POLARITIES: Final = ("pos", "neg", "neu")
DEFECT_TYPES: Final = (
    "leak", "breakage", "detachment", "corrosion", "blockage", "malfunction", "underperformance",
    "odour_taste", "noise", "residue", "hygiene", "damaged_on_arrival", "missing_part", "wrong_item",
    "safety", "other_defect",
)  # fmt: skip
TOUCHPOINTS: Final = (
    "advertising", "advice", "order", "delivery", "packaging", "first_use",
    "use", "cleaning", "support", "returns", "repurchase",
)  # fmt: skip
#: What each touchpoint belongs to; which to which is a judgement of ``nlp/``.
PHASES: Final = ("before", "during", "after")
EMOTIONS: Final = ("joy", "trust", "surprise", "disappointment", "anger", "worry")
EXPECTATIONS: Final = ("met", "disappointed", "exceeded")
PERSONAL_KINDS: Final = ("name", "phone", "email", "iban", "number", "address", "plate", "handle")


@dataclass(slots=True)
class Sentiment:
    """Overall verdict: label, score from -1 to 1, calibrated probability of the label."""

    label: str
    score: float
    confidence: float


@dataclass(slots=True)
class Mention:
    """One opinion about one aspect, with the words that carry it.

    Attributes:
        field: The field the offsets point into, ``text`` or ``title``.
        target: The words that name the thing, None when only implied.
        start: Offset of the target's first character, None when implied.
        end: Offset behind the target's last character, None when implied.
        component: The smallest part named, canonical form, None for the whole product.
        evidence: Offsets of the clause that carries the opinion.
    """

    field: str
    aspect: str
    polarity: str
    evidence: tuple[int, int]
    target: str | None = None
    start: int | None = None
    end: int | None = None
    component: str | None = None
    defect: str | None = None
    confidence: float = 0.5
    touchpoint: str | None = None
    emotion: str | None = None
    expectation: str | None = None


@dataclass(slots=True)
class FieldSpan:
    """A stretch of ``field`` (``text`` or ``title``), offsets in characters."""

    field: str
    start: int
    end: int


@dataclass(slots=True)
class PersonalSpan:
    """Personal data in ``field`` (``text`` or ``title``), offsets in characters; one of :data:`PERSONAL_KINDS`."""

    field: str
    start: int
    end: int
    kind: str


@dataclass(slots=True)
class Term:
    """A noun that the text talks of, with one thing that the same clause says of it.

    Attributes:
        field: The field the offsets point into, ``text`` or ``title``.
        start: Offset of the noun's first character.
        end: Offset behind its last character.
        evidence: Offsets of the clause.
        key: What the noun counts under: its singular, folded, without hyphens.
        written: The noun as it is written, beginning with a capital.
        head: Key of the last member of a compound; None for a simple word.
        construction: Key of what is said of it, None for nothing.
        phrase: The noun with what is said of it, as a name; None for nothing.
        known: The word, or both members of the compound, stand in the dictionary.
        whole: The text means the whole product by it.
        common: It stands with an article or an adjective, as names of persons and brands seldom do.
        wished: The clause wishes for something: the noun is perhaps what its author would like to have.
    """

    field: str
    start: int
    end: int
    evidence: tuple[int, int]
    key: str
    written: str
    head: str | None = None
    construction: str | None = None
    phrase: str | None = None
    known: bool = True
    whole: bool = False
    common: bool = False
    wished: bool = False


@dataclass(slots=True)
class Moment:
    """What a clause tells of the customer's journey.

    Attributes:
        field: The field the offsets point into, ``text`` or ``title``.
        evidence: Offsets of the clause.
        quote: Offsets of what a reader understands by itself: the sentence, or the clause of an endless one.
        phase: One of :data:`PHASES`; None where the touchpoint is.
        touchpoint: One of :data:`TOUCHPOINTS`; None for the journey as a whole.
        mood: How it was felt: -2 very negative, -1 negative, 0 without a verdict, 1 positive, 2 very positive.
        emotion: One of :data:`EMOTIONS`, None where the words show none.
        expectation: One of :data:`EXPECTATIONS`, None where they tell of none.
        confidence: Probability, 0 to 1, that a reader would see the mood so.
    """

    field: str
    evidence: tuple[int, int]
    quote: tuple[int, int]
    phase: str | None
    touchpoint: str | None
    mood: int
    emotion: str | None = None
    expectation: str | None = None
    confidence: float = 0.5


@dataclass(slots=True)
class Analysis:
    """What one lineage says of one text.

    Attributes:
        language: ISO 639-1 code, ``und`` where it cannot be told.
        abstained: Downstream should not count on the sentiment; the label stays the best guess.
        sentiment: None for a text that is not German.
        question: The customer asks something.
        incentivised: Where the text says that it was paid for or given free, None otherwise.
        fixes: Where the customer tells what helped.
        recommend_at: The clause that recommends or advises against, None for none.
        loyalty_at: The clause that tells of staying or leaving, None for none.
        referral_at: The clause that tells of others who bought through this customer, None for none; not part of the
            output line.
        terms: What the text talks of; not part of the output line.
        personal: Where it names or numbers persons; not part of the output line.
        moments: What it tells of the customer's journey; not part of the output line.
    """

    language: str
    sentiment: Sentiment | None = None
    abstained: bool = False
    recommend: str = "none"
    loyalty: str = "none"
    question: bool = False
    incentivised: FieldSpan | None = None
    fixes: list[FieldSpan] = field(default_factory=list)
    recommend_at: FieldSpan | None = None
    loyalty_at: FieldSpan | None = None
    referral_at: FieldSpan | None = None
    mentions: list[Mention] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    personal: list[PersonalSpan] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    def to_contract(self, text_id: str, lineage: str) -> dict[str, Any]:
        """The output line of ``kundenecho analyse --output`` as a mapping.

        ``incentivised`` and ``fix`` are present only where something was found.
        """
        line: dict[str, Any] = {
            "id": text_id,
            "lineage": lineage,
            "language": self.language,
            "abstained": self.abstained,
            "sentiment": _row(self.sentiment, _SENTIMENT) if self.sentiment else None,
            "recommend": self.recommend,
            "loyalty": self.loyalty,
            "question": self.question,
            "mentions": [_row(mention, _MENTION_ORDER) for mention in self.mentions],
        }
        if self.incentivised:
            line["incentivised"] = _row(self.incentivised, _SPAN)
        if self.fixes:
            line["fix"] = [_row(span, _SPAN) for span in self.fixes]
        return line


def _row(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Fields of a record as a mapping; ``asdict`` would copy each value, and takes ten times as long."""
    row = {name: getattr(record, name) for name in names}
    if "evidence" in row:
        row["evidence"] = list(row["evidence"])
    return row


_SENTIMENT: Final = ("label", "score", "confidence")
_SPAN: Final = ("field", "start", "end")
_MENTION_ORDER: Final = (
    "field", "aspect", "target", "start", "end", "component", "polarity", "defect", "evidence",
    "confidence", "touchpoint", "emotion", "expectation",
)  # fmt: skip
