"""Reading single values as sources write them: numbers, ratings, dates, yes and no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

_ABSENT: Final = frozenset(
    {"", "-", "–", "n/a", "na", "#n/a", "#nv", "none", "null", "keine angabe", "k.a.", "k. a.", "keine antwort"}
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("januar", "jänner", "jan", "jän"),
            ("februar", "feber", "feb"),
            ("märz", "maerz", "mrz", "mär"),
            ("april", "apr"),
            ("mai",),
            ("juni", "jun"),
            ("juli", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("oktober", "okt"),
            ("november", "nov"),
            ("dezember", "dez"),
        ),
        1,
    )
    for name in names
}
_TIME = r"(?:[ T,]+(?:um )?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(AM|PM|Uhr)?)?"
_GERMAN = re.compile(rf"^(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}}|\d{{2}}){_TIME}$", re.IGNORECASE)
_WORDS = re.compile(rf"^(\d{{1,2}})\.?\s+([A-Za-zäöü]+)\.?\s+(\d{{4}}){_TIME}$", re.IGNORECASE)
_MONTH_WORD = re.compile(r"^([A-Za-zäöü]+)\.?\s+(\d{4})$")
_MONTH = re.compile(r"^(\d{4})-(\d{1,2})$")
_SLASH = re.compile(rf"^(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){_TIME}$", re.IGNORECASE)
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
#: Plain, or with well-formed thousands: "4..5" and "1.2.3" are no numbers.
_NUMBER = re.compile(r"[+-]?(?:\d*[.,]?\d+|\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)")
_PLAIN = re.compile(r"[\d\s.,:/+-]{1,40}")
_OF = re.compile(
    r"^\s*([\d.,]+)\s*(?:/|von|(?:out )?of)\s*([\d.,]+)(?:\s*(?:Sterne|star|Punkte)[ns]?)?\s*$", re.IGNORECASE
)
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True)
class Moment:
    """A time in UTC with the precision that the source gave: second, day or month."""

    at: datetime
    precision: str


def absent(value: Any) -> bool:
    """Whether a cell says nothing: empty, a dash, "Keine Angabe"."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _ABSENT)


def quoted(value: Any) -> str:
    """A value for a message; only numbers and dates are quoted, any other text may name a person."""
    text = str(value)
    return repr(text) if _PLAIN.fullmatch(text) else f"a text of {len(text)} characters"


def number(value: Any) -> float | None:
    """A number with point or decimal comma; None where nothing is said.

    ``4,5`` and ``4.5`` are both four and a half, ``1.234,5`` and ``1,234.5`` both about twelve hundred.

    Raises:
        ValueError: If it is no number.
    """
    if absent(value):
        return None
    if isinstance(value, bool):
        raise ValueError("true or false is no number")
    if isinstance(value, (int, float)):
        return float(value)
    text = "".join(str(value).split())
    if text.isdecimal():
        return float(text)
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(value)} is no number")
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point:
        text = text.replace(".", "").replace(",", ".") if text.count(",") == 1 else text.replace(",", "")
    elif point > comma >= 0:
        text = text.replace(",", "")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    return float(text)


def stars_of(value: Any, worst: Any, best: Any, low: float, high: float) -> tuple[float, float, float] | None:
    """A rating with its scale, as pages write it; None where there is none.

    Zero in a widget of up to five stars means that no star was given, ``4,5 von 5`` and ``9/10``
    bring their own scale.

    Args:
        value: The value, number or text.
        worst: Declared lowest value, None where nothing is declared.
        best: Declared highest value, None where nothing is declared.
        low: Lowest value where none is declared.
        high: Highest value where none is declared.

    Returns:
        Value, lowest and highest value.

    Raises:
        ValueError: If one of them is no number.
    """
    if isinstance(value, str) and (match := _OF.match(value)):
        value, best = match[1], match[2] if best is None else best
    found, floor, top = number(value), number(worst), number(best)
    floor, top = low if floor is None else floor, high if top is None else top
    if found is None or (found == 0 and top == 5):
        return None
    return found, floor, top


def rating_1_5(value: float, low: float, high: float, best: str = "high") -> float:
    """A rating on the common scale, 1 worst and 5 best, by linear interpolation.

    schema.org's ``r = 1 + 4 (x - worst) / (best - worst)``. German shops often declare 0 to 5 for a
    widget of one to five stars; such a value is taken as stars.

    Args:
        value: The value as given.
        low: Lowest value of the scale.
        high: Highest value of the scale.
        best: ``high``, or ``low`` where the lowest value is the best (Schulnote).

    Raises:
        ValueError: If the value is outside its scale.
    """
    if not low <= value <= high or low == high:
        raise ValueError(f"the rating {value:g} is outside its scale {low:g} to {high:g}")
    if best == "high" and high == 5 and low in (0, 1) and value >= 1:
        return value
    share = (value - low) / (high - low)
    return round(1 + 4 * (share if best == "high" else 1 - share), 6)


def yes_no(value: Any) -> bool | None:
    """Yes or no in the usual spellings; None where nothing is said.

    Raises:
        ValueError: If it is neither.
    """
    if isinstance(value, bool):
        return value
    if absent(value):
        return None
    text = str(value).strip().casefold()
    if text in {"ja", "yes", "true", "wahr", "1", "1.0", "x", "j", "y"}:
        return True
    if text in {"nein", "no", "false", "falsch", "0", "0.0", "n"}:
        return False
    raise ValueError(f"{quoted(text)} is neither yes nor no")


def moment(value: Any, time_zone: str, date_order: str = "dmy") -> Moment | None:
    """A time as sources write it; None where nothing is said.

    Understands ISO 8601 (also with nanoseconds, also only a month), ``24.12.2025 18:30``,
    ``7. Januar 2026``, ``März 2026``, ``04/02/2026 05:01 PM``, Unix seconds as a number, and
    spreadsheet dates. A day or month without a time keeps its precision and becomes noon UTC, so
    that no zone moves it to another day.

    Args:
        value: Text, number, date or datetime.
        time_zone: Zone of a time without one.
        date_order: ``dmy`` or ``mdy`` for dates with slashes.

    Raises:
        ValueError: If it is no time, or not between the years 1995 and 2100.
    """
    if absent(value):
        return None
    try:
        found = _parse(value, ZoneInfo(time_zone), date_order)
    except ValueError:  # the calendar's own: a 31 February
        found = None
    if found is None or not 1995 <= found.at.year <= 2100:
        raise ValueError(f"{quoted(value)} is no date")
    return found


def _parse(value: Any, zone: ZoneInfo, date_order: str) -> Moment | None:
    if isinstance(value, datetime):
        midnight = value.tzinfo is None and (value.hour, value.minute, value.second) == (0, 0, 0)
        return _noon(value.year, value.month, value.day, "day") if midnight else _aware(value, zone)
    if isinstance(value, date):
        return _noon(value.year, value.month, value.day, "day")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Moment(datetime.fromtimestamp(value, UTC), "second") if 0 < value < 4e9 else None
    text = str(value).strip()
    if match := _MONTH.match(text):
        return _noon(int(match[1]), int(match[2]), 1, "month")
    if match := _MONTH_WORD.match(text):
        month = _MONTHS.get(match[1].casefold())
        return _noon(int(match[2]), month, 1, "month") if month else None
    if _DAY.match(text):
        return _noon(*(int(part) for part in text.split("-")), "day")  # type: ignore[call-arg,arg-type]
    if match := _GERMAN.match(text):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        return _with_time(year, int(match[2]), int(match[1]), match.groups()[3:], zone)
    if match := _WORDS.match(text):
        month = _MONTHS.get(match[2].casefold())
        return _with_time(int(match[3]), month, int(match[1]), match.groups()[3:], zone) if month else None
    if match := _SLASH.match(text):
        first, second = int(match[1]), int(match[2])
        day, month = (first, second) if date_order == "dmy" else (second, first)
        return _with_time(int(match[3]), month, day, match.groups()[3:], zone)
    try:
        return _aware(datetime.fromisoformat(_FRACTION.sub(r"\1", text)), zone)
    except ValueError:
        return None


def _with_time(year: int, month: int, day: int, clock: tuple[Any, ...], zone: ZoneInfo) -> Moment:
    hour, minute, second, half = clock
    if hour is None:
        return _noon(year, month, day, "day")
    hours = int(hour)
    if half and half.upper() in {"AM", "PM"}:
        hours = hours % 12 + (12 if half.upper() == "PM" else 0)
    return _aware(datetime(year, month, day, hours, int(minute), int(second or 0), tzinfo=zone), zone)


def _aware(value: datetime, zone: ZoneInfo) -> Moment:
    return Moment((value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC), "second")


def _noon(year: int, month: int, day: int, precision: str) -> Moment:
    return Moment(datetime(year, month, day, 12, tzinfo=UTC), precision)
