"""Milestones: reached, missed, not yet, or not to be said; and what is wrong with a broken file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from insights.milestones import FLOOR, Milestone, read_milestones
from kundenecho.errors import SettingsError

BY = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("at_least", "value", "n", "day", "verdict"),
    [
        (True, 0.8, FLOOR, BY, "reached"),
        (True, 0.79, FLOOR, BY, "not_yet"),
        (True, 0.79, FLOOR, date(2027, 1, 1), "missed"),
        (False, 0.8, FLOOR, BY, "reached"),
        (False, 0.81, FLOOR, BY, "not_yet"),
        (True, 0.9, FLOOR - 1, BY, "too_little_data"),
        # Most wait still: no time is known, and the goal is not reached.
        (False, None, FLOOR, BY, "not_yet"),
        (False, None, 0, BY, "too_little_data"),
    ],
)
def test_verdicts(at_least: bool, value: float | None, n: int, day: date, verdict: str) -> None:
    assert Milestone("recovered", 0.8, at_least, BY).judge(value, n, day) == verdict


def test_the_shipped_ones_are_readable() -> None:
    assert {m.kpi for m in read_milestones()} == {"response_median", "answered_in_time", "nps", "recovered", "churn"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('kpi = "luck"\nat_least = 1\nby = "2026-12-31"', "'luck' is no key figure"),
        ('kpi = "nps"\nby = "2026-12-31"', "exactly one"),
        ('kpi = "nps"\nat_least = 1\nat_most = 2\nby = "2026-12-31"', "exactly one"),
        ('kpi = "nps"\nat_least = "much"\nby = "2026-12-31"', "'much' is no number"),
        ('kpi = "nps"\nat_least = 1\nby = "soon"', "soon"),
        ('kpi = "nps"\nat_least = 1', "by is missing"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "milestones.toml"
    file.write_text(f"[[milestones]]\n{line}\n")
    with pytest.raises(SettingsError, match=r"milestones\.toml") as caught:
        read_milestones(file)
    assert says in str(caught.value)
