from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.values import absent, moment, number, rating_1_5, stars_of, yes_no


@pytest.mark.parametrize(
    ("written", "meant"),
    [("4,5", 4.5), ("4.5", 4.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5), (" 5 ", 5.0), (3, 3.0),
     ("1.234.567", 1234567.0),     ("", None), ("-", None), ("Keine Angabe", None), (None, None)],
)  # fmt: skip
def test_numbers(written: object, meant: float | None) -> None:
    assert number(written) == meant


@pytest.mark.parametrize("written", ["vier", "4,5 Sterne", True, "4..", "--3", "4..5", "1.2.3", "1,23,4", "nan", "1e5"])
def test_no_numbers(written: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number(written)


def test_messages_quote_numbers_and_dates_only() -> None:
    with pytest.raises(ValueError, match=r"'31\.02\.2026' is no date"):
        moment("31.02.2026", "Europe/Berlin")
    for reader in (number, yes_no, lambda v: moment(v, "Europe/Berlin")):
        with pytest.raises(ValueError, match="a text of 15 characters") as caught:
            reader("Ina Beispiel 12")
        assert "Ina" not in str(caught.value)


@given(st.text() | st.binary().map(str) | st.floats().map(str))
def test_a_number_is_finite_or_refused(written: str) -> None:
    try:
        found = number(written)
    except ValueError:
        return
    assert found is None or math.isfinite(found)


@given(st.text(max_size=30) | st.integers(-(10**12), 10**12) | st.floats())
def test_a_time_is_aware_or_refused(written: object) -> None:
    try:
        found = moment(written, "Europe/Berlin")
    except ValueError:
        return
    assert found is None or (found.at.utcoffset() is not None and 1995 <= found.at.year <= 2100)


@given(st.dates(date(1996, 1, 1), date(2099, 12, 31)))
def test_german_days_come_back(day: date) -> None:
    names = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ]
    for written in (
        f"{day:%d.%m.%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day}. {names[day.month - 1]} {day.year}",
    ):
        found = moment(written, "Europe/Vienna")
        assert found is not None
        assert (found.at.date(), found.precision) == (day, "day")


@pytest.mark.parametrize(
    ("written", "worst", "best", "found"),
    [("5", "1", "5", (5, 1, 5)), ("4,5", None, None, (4.5, 1, 5)), ("4,95 von 5 Sternen", None, None, (4.95, 1, 5)),
     ("9/10", None, None, (9, 1, 10)), (45, "10", "50", (45, 10, 50)), ("0", "0", "5", None), ("0.0", None, None, None),
     (0, 0, 10, (0, 0, 10)), (None, "1", "5", None), ("", None, "5", None), ("4 out of 5", "0", "5", (4, 0, 5))],
)  # fmt: skip
def test_ratings_as_pages_write_them(
    written: object, worst: object, best: object, found: tuple[float, float, float] | None
) -> None:
    assert stars_of(written, worst, best, 1, 5) == found


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
