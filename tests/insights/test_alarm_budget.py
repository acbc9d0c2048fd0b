from __future__ import annotations

import pytest

from insights.alarm_budget import LEAST_CELLS, OVERLAP, SHARES, AlarmBudget


def test_shares_make_up_the_budget() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert list(SHARES) == sorted(SHARES)


def test_the_budget_by_hand() -> None:
    # 0.1 a year over 52 looks and 20 cells.
    assert AlarmBudget(20).probability == pytest.approx(OVERLAP * 9.6154e-5, rel=1e-4)


def test_more_cells_spend_less_each() -> None:
    assert AlarmBudget(200).probability == pytest.approx(AlarmBudget(20).probability / 10)
    assert AlarmBudget(200).score == pytest.approx(AlarmBudget(20).score + 1)


def test_few_cells_are_not_louder() -> None:
    assert AlarmBudget(1).probability == AlarmBudget(LEAST_CELLS).probability
