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
            conn, "SELECT lists.wilson(%s, %s, false), lists.wilson(%s, %s, true)", hits, trials, hits, trials
        )
        expected = binomtest(hits, trials).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
        assert 0 <= low <= hits / trials <= high <= 1


def test_of_nobody_there_is_no_share(conn: Connection) -> None:
    assert rows(conn, "SELECT lists.wilson(0, 0, false), lists.wilson(0, 0, true)") == [(None, None)]
