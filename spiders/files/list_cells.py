"""The cells of one row of a company's list, read as what their column should hold.

Every fault is told by the column's name alone: whatever stands in a wrong column may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from kundenecho.company_lists import CHANNELS
from kundenecho.keying import Keyer
from kundenecho.text import storable
from spiders.files.list_contracts import folded
from spiders.personal import scrubbed
from spiders.values import Moment, absent, moment, number

#: Longest text of a cell, in characters; the wording of a consent is kept whole up to here.
MAX_CHARS: Final = 10_000
#: Longest text that names a row; the database's index holds it.
MAX_NAME_CHARS: Final = 200
_EMAIL = re.compile(r"(?:mailto:)?\s*[^\s@<>;,]+@[^\s@<>;,]+\.[^\s@<>;,.]+", re.IGNORECASE)
#: "1.200" is twelve hundred to one export and a little more than one to the next.
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_CURRENCY = re.compile(r"^(?:€|EUR)\s*|\s*(?:€|EUR)$", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"(\d{1,2})[./](\d{4})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LARGEST_NUMBER: Final = 10**12
_CHANNELS: Final = {
    "email": "email", "mail": "email", "newsletter": "email", "elektronischepost": "email",
    "phone": "phone", "telefon": "phone", "telefonisch": "phone", "anruf": "phone", "call": "phone",
    "post": "post", "brief": "post", "postalisch": "post", "briefpost": "post", "letter": "post",
    "sms": "sms", "textnachricht": "sms",
}  # fmt: skip
_COUNTRIES: Final = {
    "deutschland": "DE", "germany": "DE", "d": "DE", "deu": "DE", "brd": "DE", "oesterreich": "AT", "austria": "AT",
    "a": "AT", "aut": "AT", "schweiz": "CH", "switzerland": "CH", "suisse": "CH", "che": "CH", "liechtenstein": "LI",
    "luxemburg": "LU", "luxembourg": "LU",
}  # fmt: skip
_LANGUAGES: Final = {"deutsch": "de", "german": "de", "englisch": "en", "english": "en", "franzoesisch": "fr"}
_DIALLING: Final = {"DE": "49", "AT": "43", "CH": "41", "LI": "423", "LU": "352"}


class Cells:
    """One row's cells by the columns of the contract.

    All readers give None for an empty cell and for a column that the file does not have, and raise a
    ``ValueError`` that names the column where the cell holds something else than it should.

    Args:
        cells: The row as it came.
        columns: Headers by column, see :func:`spiders.files.list_contracts.mapped`.
        keyer: Keys identifiers.
        time_zone: Zone of times without one.
    """

    def __init__(
        self, cells: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]], keyer: Keyer, time_zone: str
    ) -> None:
        self._cells, self._columns, self._keyer, self._zone = cells, columns, keyer, time_zone

    def says(self, column: str) -> bool:
        """Whether the cell says anything."""
        return self._raw(column) is not None

    def text(self, column: str, longest: int = MAX_CHARS) -> str | None:
        """The text, whole numbers of a workbook without their ``.0``."""
        value = self._raw(column)
        if value is None:
            return None
        whole = isinstance(value, float) and value.is_integer()
        text = storable(str(int(value) if whole else value)).strip()
        if len(text) > longest:
            raise ValueError(f"{column} has more than {longest} characters")
        return text

    def note(self, column: str, longest: int = MAX_CHARS) -> str | None:
        """A text in which e-mail addresses and telephone numbers are replaced by their keys."""
        text = self.text(column, longest)
        return None if text is None else str(scrubbed(text, self._keyer))

    def public(self, column: str, longest: int = MAX_CHARS) -> str | None:
        """A text that will be published; an e-mail address or a telephone number in it is none that may be."""
        text = self.text(column, longest)
        if text is not None and scrubbed(text, self._keyer) != text:
            raise ValueError(f"{column} holds an e-mail address or a telephone number")
        return text

    def product(self) -> str | None:
        """The product; an address in its place means that the row's cells have slipped."""
        text = self.text("product", MAX_NAME_CHARS)
        if text and "@" in text:
            raise ValueError("product is an e-mail address")
        return text

    def customer_key(self) -> str | None:
        """The keyed customer number."""
        return self._key("customer_no", self._keyer.customer(self.text("customer_no")))

    def order_key(self) -> str | None:
        """The keyed order number."""
        return self._key("order_no", self._keyer.order(self.text("order_no")))

    def reference(self, column: str) -> str | None:
        """A reference into another system; keyed where it is an e-mail address."""
        text = self.text(column)
        return self._keyer.key(column, text) if text and "@" in text else text

    def email(self) -> str | None:
        """The e-mail address in clear."""
        text = self.text("email")
        if text is not None and not _EMAIL.fullmatch(text):
            raise ValueError("email is no e-mail address")
        return text

    def email_key(self) -> str | None:
        """The keyed e-mail address."""
        return self._keyer.email(self.email())

    def phone_key(self, country: str) -> str | None:
        """The keyed telephone number; without a country code it is one of the given country."""
        return self._key("phone", self._keyer.phone(self.text("phone"), _DIALLING.get(country, "49")))

    def country(self) -> str | None:
        """Two letters, from those or from a German or English name."""
        text = self.text("country")
        if text is None:
            return None
        code = _COUNTRIES.get(folded(text), text.upper())
        if not _COUNTRY.fullmatch(code):
            raise ValueError("country is no country code of two letters")
        return code

    def postcode(self, country: str) -> str | None:
        """The postcode; a German one gets back the zero that a spreadsheet took from its front."""
        text = self.text("postcode")
        return text.zfill(5) if text and country == "DE" and text.isdecimal() else text

    def language(self) -> str | None:
        """The language, ``de`` for German however it is written."""
        text = self.text("language")
        return None if text is None else _LANGUAGES.get(folded(text), text.lower())

    def channel(self, others: Mapping[str, str]) -> str | None:
        """One of :data:`kundenecho.company_lists.CHANNELS`.

        Args:
            others: Further names by their folded spelling; under the empty name, what any other text means.
        """
        text = self.text("channel")
        if text is None:
            return None
        name = folded(text)
        found = _CHANNELS.get(name) or others.get(name) or others.get("")
        if found is None:
            raise ValueError(f"channel is none of {', '.join(CHANNELS)}")
        return found

    def whole(self, column: str) -> int | None:
        """A whole number."""
        found = self._number(column)
        if found is not None and not found.is_integer():
            raise ValueError(f"{column} is no whole number")
        return None if found is None else int(found)

    def euros(self, column: str) -> Decimal | None:
        """An amount of money, rounded to cents."""
        found = self._number(column)
        return None if found is None else Decimal(str(found)).quantize(Decimal("0.01"))

    def time(self, column: str) -> datetime | None:
        """A time in UTC; a day without a time is its noon."""
        found = self._moment(column)
        if found is not None and found.precision == "month":
            raise ValueError(f"{column} is no day")
        return found.at if found else None

    def day(self, column: str, *, month_will_do: bool = False) -> date | None:
        """A day, in the company's time zone; of a month its first where ``month_will_do``."""
        found = self._moment(column)
        if found is None:
            return None
        if found.precision == "month" and not month_will_do:
            raise ValueError(f"{column} is no day")
        return found.at.astimezone(ZoneInfo(self._zone)).date() if found.precision == "second" else found.at.date()

    def month(self, column: str) -> date | None:
        """The first day of a month, from the month or any day of it."""
        day = self.day(column, month_will_do=True)
        return day.replace(day=1) if day else None

    def _raw(self, column: str) -> Any:
        headers = self._columns.get(column, ())
        values = [value for value in map(self._cells.get, headers) if not absent(value)]
        if len(headers) > 1:
            return " ".join(str(value).strip() for value in values) or None
        return values[0] if values else None

    def _key(self, column: str, key: str | None) -> str | None:
        if key is None and self.says(column):
            raise ValueError(f"{column} holds nothing that could be keyed")
        return key

    def _number(self, column: str) -> float | None:
        value = self._raw(column)
        if isinstance(value, str):
            value = _CURRENCY.sub("", value.strip())
            if _AMBIGUOUS.fullmatch(value):
                raise ValueError(f"{column} can be read as thousands or as decimals; write it without a separator")
        try:
            found = number(value)
        except ValueError:
            raise ValueError(f"{column} is no number") from None
        if found is not None and not abs(found) < _LARGEST_NUMBER:
            raise ValueError(f"{column} is too large")
        return found

    def _moment(self, column: str) -> Moment | None:
        value = self._raw(column)
        if isinstance(value, str) and (match := _MONTH_FIRST.fullmatch(value.strip())):
            value = f"{match[2]}-{match[1]}"
        try:
            return moment(value, self._zone)
        except ValueError:
            raise ValueError(f"{column} is no date") from None
