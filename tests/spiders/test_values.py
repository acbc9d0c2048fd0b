from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.values import absent, moment, number, rating_1_5, yes_no


@pytest.mark.parametrize(
    ("written", "meant"),
    [("4,5", 4.5), ("4.5", 4.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5), (" 5 ", 5.0), (3, 3.0),
     ("1.234.567", 1234567.0),     ("", None), ("-", None), ("Keine Angabe", None), (None, None)],
)  # fmt: skip
def test_numbers(written: object, meant: float | None) -> None:
    assert number(written) == meant


@pytest.mark.parametrize("written", ["vier", "4,5 Sterne", True, "4..", "--3"])
def test_no_numbers(written: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number(written)


@given(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
def test_german_and_english_spelling_agree(value: float) -> None:
    english = f"{value:,.3f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert number(english) == number(german) == pytest.approx(value)


@pytest.mark.parametrize(
    ("value", "low", "high", "best", "stars"),
    [(1, 1, 6, "low", 5), (6, 1, 6, "low", 1), (2, 1, 6, "low", 4.2), (10, 1, 10, "high", 5), (8, 0, 10, "high", 4.2),
     (4, 0, 5, "high", 4), (100, 0, 100, "high", 5), (4.8391919191919195, 1, 5, "high", 4.8391919191919195)],
)  # fmt: skip
def test_ratings_on_the_common_scale(value: float, low: float, high: float, best: str, stars: float) -> None:
    assert rating_1_5(value, low, high, best) == pytest.approx(stars)


@given(st.floats(1, 6), st.floats(1, 6))
def test_schulnote_is_turned_round(a: float, b: float) -> None:
    better, worse = min(a, b), max(a, b)
    assert 1 <= rating_1_5(worse, 1, 6, "low") <= rating_1_5(better, 1, 6, "low") <= 5


@pytest.mark.parametrize(("value", "low", "high"), [(7, 1, 6), (0, 1, 5), (3, 3, 3)])
def test_rating_outside_its_scale(value: float, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="outside its scale"):
        rating_1_5(value, low, high)


@pytest.mark.parametrize(
    ("written", "at", "precision"),
    [
        ("2026-03-14T19:22:00+01:00", datetime(2026, 3, 14, 18, 22, tzinfo=UTC), "second"),
        ("2026-03-02T09:14:51.123456789Z", datetime(2026, 3, 2, 9, 14, 51, 123456, tzinfo=UTC), "second"),
        ("2026-07-01 10:00:00", datetime(2026, 7, 1, 8, tzinfo=UTC), "second"),
        ("24.12.2025 18:30", datetime(2025, 12, 24, 17, 30, tzinfo=UTC), "second"),
        ("24.12.25", datetime(2025, 12, 24, 12, tzinfo=UTC), "day"),
        ("2026-05-04", datetime(2026, 5, 4, 12, tzinfo=UTC), "day"),
        ("7. Januar 2026", datetime(2026, 1, 7, 12, tzinfo=UTC), "day"),
        ("3. Jänner 2026 um 08:15 Uhr", datetime(2026, 1, 3, 7, 15, tzinfo=UTC), "second"),
        ("2022-05", datetime(2022, 5, 1, 12, tzinfo=UTC), "month"),
        ("März 2024", datetime(2024, 3, 1, 12, tzinfo=UTC), "month"),
        (1771601749, datetime(2026, 2, 20, 15, 35, 49, tzinfo=UTC), "second"),
        (datetime(2026, 1, 5), datetime(2026, 1, 5, 12, tzinfo=UTC), "day"),  # noqa: DTZ001  as a workbook gives it
    ],
)
def test_times(written: object, at: datetime, precision: str) -> None:
    found = moment(written, "Europe/Berlin")
    assert found is not None
    assert (found.at, found.precision) == (at, precision)


def test_american_dates_are_declared() -> None:
    found = moment("04/02/2026 05:01:22 PM", "Europe/Berlin", "mdy")
    assert found is not None
    assert found.at == datetime(2026, 4, 2, 15, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["31.02.2026", "gestern", "1980-01-01 00:00:00", "2026-13", "0000-00-00", "99.99.9999"]
)
def test_no_times(written: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        moment(written, "Europe/Berlin")


@given(st.datetimes(datetime(1996, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_iso_times_come_back(at: datetime) -> None:
    found = moment(at.isoformat(), "Europe/Berlin")
    assert found is not None
    assert found.at == at


def test_yes_and_no() -> None:
    assert [yes_no(v) for v in ("Ja", "nein", 1, "0", "k.A.", None, True)] == [
        True,
        False,
        True,
        False,
        None,
        None,
        True,
    ]
    with pytest.raises(ValueError, match="neither"):
        yes_no("vielleicht")
    assert absent(" n/a ")
