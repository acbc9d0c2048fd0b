"""The interval of a share that the lists compute."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from storage.connect import Connection
from tests.conftest import rows


def test_the_interval_is_wilsons(conn: Connection) -> None:
    counts = [(hits, trials) for trials in (1, 2, 3, 10, 40, 977, 2_000_000) for hits in {0, 1, trials // 3, trials}]
    for hits, trials in counts:
        [(low, high)] = rows(
            conn, "SELECT lists.share_low(%s, %s), lists.share_high(%s, %s)", hits, trials, hits, trials
        )
        expected = binomtest(hits, trials).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
        assert 0 <= low <= hits / trials <= high <= 1


def test_of_nobody_any_share_is_possible(conn: Connection) -> None:
    assert rows(conn, "SELECT lists.share_low(0, 0), lists.share_high(0, 0)") == [(0.0, 1.0)]
