"""Reading the company's own lists: a file's rows as typed rows of :mod:`kundenecho.company_lists`.

The file's dialect is found out as for any export; the columns are those of :mod:`spiders.files.list_contracts`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from kundenecho.company_lists import (
    ALL_CHANNELS,
    LISTS,
    OTHER_CHANNEL,
    Consent,
    Contact,
    Customer,
    ListRow,
    Order,
    Sale,
    Testimonial,
    Unsubscribe,
)
from kundenecho.errors import DataError, SettingsError
from kundenecho.keying import Keyer
from spiders.card import Card
from spiders.files.dialect import Row, read_table
from spiders.files.list_cells import MAX_NAME_CHARS, Cells
from spiders.files.list_contracts import CONTRACTS, mapped
from spiders.output import Reject
from spiders.personal import scrubbed

_T = TypeVar("_T")
_SUFFIXES: Final = (".csv", ".txt", ".tsv", ".xlsx")
_HOME_COUNTRY: Final = "DE"
#: Longest testimonial, in characters.
_LONGEST_TESTIMONIAL: Final = 2000
#: Column of the contract that fills a field of the row, where the two differ.
_COLUMN_OF: Final = {
    "customer_key": "customer_no",
    "order_key": "order_no",
    "email_key": "email",
    "phone_key": "phone",
}


class CompanyList:
    """A list that is open for reading; its header has been checked.

    Iterating gives a typed row, or a :class:`Reject` with file, line and reason, for each row of the file.

    Attributes:
        unknown: Headers that the contract does not know; their cells are not read.
        unsaid: Fields of the rows that no column of the file fills, so that the file says nothing about them.
        digest: Digest of the file's bytes.
    """

    def __init__(
        self, file: Path, kind: str, rows: Iterator[Row], columns: Mapping[str, tuple[str, ...]],
        unknown: list[str], keyer: Keyer, time_zone: str,
    ) -> None:  # fmt: skip
        with file.open("rb") as content:
            self.digest = hashlib.file_digest(content, "sha256").hexdigest()[:32]
        self.unknown = unknown
        self.unsaid = frozenset(f for f in LISTS[kind].column_names() if _COLUMN_OF.get(f, f) not in columns)
        self._file, self._contract, self._make = file, CONTRACTS[kind], _MAKERS[kind]
        self._rows, self._columns, self._keyer, self._zone = rows, columns, keyer, time_zone

    def __iter__(self) -> Iterator[ListRow | Reject]:
        for row in self._rows:
            where = f"{self._file.name}:{row.number}"
            if row.fault:
                yield Reject(where, row.fault)
                continue
            try:
                yield self._row(Cells(row.cells, self._columns, self._keyer, self._zone))
            except (ValueError, DataError) as error:
                yield Reject(where, error.what if isinstance(error, DataError) else str(error))

    def _row(self, cells: Cells) -> ListRow:
        for column in self._contract.columns:
            if column.required and not cells.says(column.name):
                raise ValueError(f"{column.name} is empty")
        if self._contract.one_of and not any(map(cells.says, self._contract.one_of)):
            raise ValueError(f"{' and '.join(self._contract.one_of)} are both empty")
        return self._make(cells)


def open_list(file: Path, kind: str, keyer: Keyer, time_zone: str) -> CompanyList:
    """Open one of the company's own lists.

    Args:
        file: CSV (also ``.txt``, ``.tsv``) or XLSX.
        kind: One of :data:`kundenecho.company_lists.LISTS`.
        keyer: Keys customer and order numbers, e-mail addresses and telephone numbers.
        time_zone: Zone of times that come without one.

    Raises:
        DataError: The file is missing, empty, damaged, or has no rows.
        SettingsError: The file is of another kind, or a required column is missing.
    """
    if file.is_file() and file.suffix.lower() not in _SUFFIXES:
        raise SettingsError(
            f"a list cannot be read from files of kind {file.suffix or 'without ending'}",
            where=file.name,
            remedy="Export it as CSV or XLSX",
        )
    rows = read_table(file, Card(name=kind, kind="file"))
    first: list[Row] = []
    for row in rows:
        first.append(row)
        if not row.fault:
            break
    if not first:
        raise DataError("the list has no rows", where=file.name, remedy="Export it again")
    # The cells of a faulty row may be fewer than the header's columns; where all are faulty, all are refused.
    headers = [] if first[-1].fault else [name for name in first[-1].cells if name]
    columns = mapped(CONTRACTS[kind], headers)
    used = {header for several in columns.values() for header in several}
    if headers:
        _check(file, kind, columns, [scrubbed(header, keyer) for header in headers])
    unknown = [scrubbed(header, keyer) for header in headers if header not in used]
    return CompanyList(file, kind, chain(first, rows), columns, unknown, keyer, time_zone)


def _check(file: Path, kind: str, columns: Mapping[str, tuple[str, ...]], headers: list[str]) -> None:
    contract = CONTRACTS[kind]
    missing = [column.name for column in contract.columns if column.required and column.name not in columns]
    if contract.one_of and not any(name in columns for name in contract.one_of):
        missing.append(" or ".join(contract.one_of))
    if not missing:
        return
    # Where no column is known, the first row is hardly a header: it may hold a customer.
    has = f"The file has: {', '.join(headers)}" if columns else "No column of the first row is known: is it the header?"
    raise SettingsError(
        f"a list of {kind} needs the column {', '.join(missing)}",
        where=file.name,
        remedy=f"{has}. docs/company-lists.md has the columns and their German names",
    )


def _customer(cells: Cells) -> Customer:
    country = cells.country() or _HOME_COUNTRY
    return Customer(
        customer_key=_said(cells.customer_key()),
        email_key=cells.email_key(),
        phone_key=cells.phone_key(country),
        name=cells.text("name"),
        email=cells.email(),
        phone=cells.text("phone"),
        city=cells.text("city"),
        postcode=cells.postcode(country),
        country=country,
        segment=cells.note("segment"),
        language=cells.language(),
        value_eur=cells.euros("value_eur"),
        customer_since=cells.day("customer_since", month_will_do=True),
    )


def _order(cells: Cells) -> Order:
    quantity = cells.whole("quantity")
    return Order(
        order_key=_said(cells.order_key()),
        customer_key=cells.customer_key(),
        email_key=cells.email_key(),
        product=_said(cells.product()),
        quantity=1 if quantity is None else quantity,
        ordered_on=_said(cells.day("ordered_on")),
        amount_eur=cells.euros("amount_eur"),
        channel=cells.note("channel"),
        state=cells.note("state"),
    )


def _consent(cells: Cells) -> Consent:
    return Consent(
        customer_key=cells.customer_key(),
        email_key=cells.email_key(),
        channel=_said(cells.channel({})),
        given_at=_said(cells.time("given_at")),
        confirmed_at=cells.time("confirmed_at"),
        withdrawn_at=cells.time("withdrawn_at"),
        wording=cells.note("wording"),
        proof=cells.note("proof"),
        source_ref=cells.reference("source_ref"),
    )


def _contact(cells: Cells) -> Contact:
    return Contact(
        customer_key=cells.customer_key(),
        email_key=cells.email_key(),
        channel=cells.channel({"": OTHER_CHANNEL}) or "",
        contacted_on=_said(cells.day("contacted_on")),
        occasion=cells.note("occasion", MAX_NAME_CHARS) or "",
        outcome=cells.note("outcome"),
    )


def _sale(cells: Cells) -> Sale:
    return Sale(
        product=_said(cells.product()),
        month=_said(cells.month("month")),
        units=_said(cells.whole("units")),
        country=cells.country() or "",
        channel=cells.note("channel", MAX_NAME_CHARS) or "",
    )


def _unsubscribe(cells: Cells) -> Unsubscribe:
    everything = dict.fromkeys(("all", "alle", "allekanaele", "alles"), ALL_CHANNELS)
    return Unsubscribe(
        customer_key=cells.customer_key(),
        email_key=cells.email_key(),
        channel=cells.channel(everything) or ALL_CHANNELS,
        unsubscribed_at=_said(cells.time("unsubscribed_at")),
        reason=cells.note("reason"),
    )


def _testimonial(cells: Cells) -> Testimonial:
    return Testimonial(
        customer_key=cells.customer_key(),
        email_key=cells.email_key(),
        product=cells.product() or "",
        text=_said(cells.public("text", _LONGEST_TESTIMONIAL)),
        shown_as=cells.public("shown_as", MAX_NAME_CHARS),
        given_at=_said(cells.time("given_at")),
        withdrawn_at=cells.time("withdrawn_at"),
        wording=cells.note("wording"),
        proof=cells.note("proof"),
        compensation=cells.public("compensation", MAX_NAME_CHARS),
        source_ref=cells.reference("source_ref"),
    )


def _said(value: _T | None) -> _T:
    """A required cell's value; that it is there was checked before."""
    if value is None:
        raise ValueError("a required column is empty")
    return value


_MAKERS: Final[Mapping[str, Callable[[Cells], ListRow]]] = {
    "customers": _customer,
    "orders": _order,
    "consents": _consent,
    "contacts": _contact,
    "sales": _sale,
    "unsubscribes": _unsubscribe,
    "testimonials": _testimonial,
}
