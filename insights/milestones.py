"""Milestones: what a key figure shall reach by when, and whether it has."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import SettingsError

SHIPPED: Final = Path(__file__).parent / "milestones.toml"
#: The key figures of ``lists.kpis``.
KPIS: Final = (
    "response_median", "response_p90", "answered_in_time", "recovered", "nps", "conversion", "churn", "actions",
    "customer_value", "customer_value_first_year", "advocates_gained", "advocates_lost", "customers_lost",
    "customers_won_back",
)  # fmt: skip
#: What a figure must stand on before it counts as reached or not.
FLOOR: Final = 10


@dataclass(frozen=True)
class Milestone:
    """A goal: ``target`` is a least value or a most value, in the figure's unit."""

    kpi: str
    target: float
    at_least: bool
    by: date
    product: str | None = None
    channel: str | None = None

    def judge(self, value: float | None, n: int, today: date) -> str:
        """Whether the goal is reached.

        Args:
            value: The figure, None for a time within which too few are answered so far.
            n: What it stands on.
            today: Day of the judgement.

        Returns:
            ``reached``, ``missed`` (not reached, and the day is past), ``not_yet``, or ``too_little_data``.
        """
        if n < FLOOR:
            return "too_little_data"
        # A time that is not known yet is longer than anybody has waited so far.
        if value is not None and (value >= self.target if self.at_least else value <= self.target):
            return "reached"
        return "missed" if today > self.by else "not_yet"


def read_milestones(file: Path | None = None) -> tuple[Milestone, ...]:
    """Read the milestones.

    Args:
        file: A company's own file; None for the shipped one.

    Raises:
        SettingsError: The file is missing or broken, or names what there is not.
    """
    path = file or SHIPPED
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("milestones", [])
        return tuple(_milestone(number, row) for number, row in enumerate(rows, 1))
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise SettingsError(
            f"the milestones cannot be read: {what}", where=str(path), remedy="Correct it; docs/kpis.md"
        ) from None


def _milestone(number: int, row: dict[str, Any]) -> Milestone:
    if row["kpi"] not in KPIS:
        raise ValueError(f"milestone {number}: {row['kpi']!r} is no key figure; they are {', '.join(KPIS)}")
    if ("at_least" in row) == ("at_most" in row):
        raise ValueError(f"milestone {number} needs exactly one of at_least and at_most")
    target = row.get("at_least", row.get("at_most"))
    if isinstance(target, bool) or not isinstance(target, (int, float)):
        raise ValueError(f"milestone {number}: {target!r} is no number")
    by = row["by"] if isinstance(row["by"], date) else date.fromisoformat(row["by"])
    return Milestone(row["kpi"], float(target), "at_least" in row, by, row.get("product"), row.get("channel"))
