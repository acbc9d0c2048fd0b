"""German notation of days, months, numbers and shares in running text."""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.words import MONTHS


def day(value: date) -> str:
    """A day such as ``16.03.2026``."""
    return f"{value:%d.%m.%Y}"


def month(value: date) -> str:
    """A month such as ``März 2026``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def month_of_week(start: date) -> str:
    """The month that most days of a week are in; ``start`` is its Monday."""
    return month(start + timedelta(days=3))


def number(value: int) -> str:
    """A whole number with German separators."""
    return f"{value:,}".replace(",", ".")


def decimal(value: float) -> str:
    """A number with at most one decimal, such as ``3,8``."""
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")


def times(factor: float) -> str:
    """A ratio such as ``4-mal``."""
    return f"{decimal(factor) if factor < 10 else number(round(factor))}-mal"


def share_of(part: int, whole: int) -> str:
    """A part of a whole with its percentage, such as ``3 von 31 (10 %)``; only of none and of all 0 % and 100 %."""
    share = round(100 * part / whole) if whole else 0
    words = "unter 1" if part and not share else "über 99" if part < whole and share == 100 else str(share)
    return f"{number(part)} von {number(whole)}" + (f" ({words} %)" if whole else "")


def persons_in_words(count: int, *, dative: bool = False) -> str:
    """How many persons, such as ``Eine Person``; with ``dative`` as it stands behind *von*."""
    return ("einer Person" if dative else "Eine Person") if count == 1 else f"{number(count)} Personen"


def one_line(text: str) -> str:
    """A text without line breaks and double spaces."""
    return " ".join(text.split())
