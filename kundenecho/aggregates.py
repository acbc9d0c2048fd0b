"""What a portal or shop says of itself: schema.org's AggregateRating, observed at a moment.

It is kept apart from feedback and never added up: portals count each other's reviews.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kundenecho.errors import DataError


@dataclass(frozen=True, slots=True)
class AggregateRating:
    """One observation of a source's own figure.

    Attributes:
        source: Name of the source.
        observed_at: When it was read, aware UTC.
        account: Account of the source.
        product: Product it is about; empty for the whole account.
        rating_value: The figure as given, None where there is no rating yet.
        worst_rating: Lowest value of its scale.
        best_rating: Highest value of its scale.
        rating_count: Ratings it stands on, those without a text included.
        review_count: Reviews it stands on.
        recommendation_rate: Percent who recommend, 0 to 100.

    Raises:
        DataError: A figure is none, negative, or outside its scale.
    """

    source: str
    observed_at: datetime
    account: str = ""
    product: str = ""
    rating_value: float | None = None
    worst_rating: float | None = None
    best_rating: float | None = None
    rating_count: int | None = None
    review_count: int | None = None
    recommendation_rate: float | None = None

    def __post_init__(self) -> None:
        faults = []
        for name in ("rating_value", "worst_rating", "best_rating", "recommendation_rate"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and math.isfinite(value)):
                faults.append(f"{name} is no finite number")
        for name in ("rating_count", "review_count"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 0):
                faults.append(f"{name} is no count")
        if not faults and None not in (self.rating_value, self.worst_rating, self.best_rating):
            low, value, high = self.worst_rating, self.rating_value, self.best_rating
            if not low <= value <= high:  # type: ignore[operator]  # none of them is None here
                faults.append(f"rating {value:g} is outside its scale {low:g} to {high:g}")
        if not faults and self.recommendation_rate is not None and not 0 <= self.recommendation_rate <= 100:
            faults.append("recommendation_rate is outside 0 to 100")
        if self.observed_at.utcoffset() is None:
            faults.append("observed_at must be a time with a zone")
        if faults:
            raise DataError("; ".join(faults), where=f"{self.source} {self.account}".strip())

    def to_dict(self) -> dict[str, Any]:
        """The observation as a JSON-serialisable mapping."""
        return {**dataclasses.asdict(self), "observed_at": self.observed_at.astimezone(UTC).isoformat()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> AggregateRating:
        """Rebuild an observation from :meth:`to_dict`.

        Raises:
            DataError: A field is missing, unknown or wrong.
        """
        try:
            return cls(**{**data, "observed_at": datetime.fromisoformat(data["observed_at"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"the aggregate rating cannot be read ({type(error).__name__})") from None


#: The table's columns, in the order of the record.
COLUMNS: Final = tuple(f.name for f in dataclasses.fields(AggregateRating))
