"""Which columns the company's own lists have, and the names under which files bring them.

``docs/company-lists.md`` is checked against this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

_NOT_NAME = re.compile(r"[^a-z0-9+]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class Column:
    """One column of a list.

    Attributes:
        name: Name in the contract; a file may use it as a header.
        headers: Other headers, the likelier first; case, spaces, hyphens and dots do not matter. Two
            joined by ``+`` are read as one text.
        required: The file must have the column, and each row a value in it.
    """

    name: str
    headers: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Contract:
    """The columns of one kind of list.

    Attributes:
        columns: The columns, in the order of the documentation.
        one_of: Columns of which each row needs at least one.
    """

    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()


_CUSTOMER_HEADERS = (
    "Kundennummer", "Kunden-Nr.", "Kundennr.", "Kd-Nr.", "Kunden-ID", "Debitor", "Debitorennummer", "customer number",
    "customer id",
)  # fmt: skip
_CUSTOMER: Final = Column("customer_no", _CUSTOMER_HEADERS)
_EMAIL: Final = Column("email", ("E-Mail", "E-Mail-Adresse", "Mail", "Mailadresse", "email address"))
_PRODUCT: Final = Column(
    "product",
    ("Artikelnummer", "Artikel-Nr.", "Artikelnr.", "Produktnummer", "Produkt", "Artikel", "SKU", "product number"),
    required=True,
)
_CHANNEL: Final = Column("channel", ("Kanal", "Kontaktkanal", "Kontaktweg"))
_SALES_CHANNEL: Final = Column("channel", ("Kanal", "Vertriebskanal", "Verkaufskanal", "sales channel"))
_COUNTRY: Final = Column("country", ("Land", "Ländercode", "Länderkennzeichen", "country code"))
_UNITS: Final = ("Menge", "Stückzahl", "Stück", "Anzahl", "Absatz", "verkauft", "qty")

_GIVEN: Final = Column(
    "given_at",
    ("Einwilligung erteilt am", "erteilt am", "Einwilligung am", "Einwilligung vom", "Opt-in am", "Opt-in"),
    required=True,
)
_WITHDRAWN: Final = Column("withdrawn_at", ("widerrufen am", "Widerruf am", "Einwilligung widerrufen am", "Opt-out am"))
_PROOF: Final = Column("proof", ("Nachweis", "Beleg"))
_SOURCE_REF: Final = Column("source_ref", ("Quelle", "Herkunft", "Fundstelle"))

#: The contract of each kind of list.
CONTRACTS: Final[Mapping[str, Contract]] = {
    "customers": Contract(
        (
            Column("customer_no", _CUSTOMER_HEADERS, required=True),
            _EMAIL,
            Column("name", ("Kundenname", "Vor- und Nachname", "Vorname + Nachname", "first name + last name")),
            Column("phone", ("Telefon", "Telefonnummer", "Tel.", "Mobil", "Mobilnummer", "Handy", "phone number")),
            Column("city", ("Ort", "Stadt", "Wohnort")),
            Column("postcode", ("PLZ", "Postleitzahl", "postal code", "zip")),
            _COUNTRY,
            Column("segment", ("Kundengruppe", "Kundensegment", "Kundenklasse")),
            Column("language", ("Sprache",)),
            Column("value_eur", ("Kundenwert", "Umsatz", "Umsatz in EUR", "Umsatz (EUR)")),
            Column("customer_since", ("Kunde seit", "Kundin seit", "angelegt am", "Erstkauf", "created at")),
        )
    ),
    "orders": Contract(
        (
            Column(
                "order_no",
                (
                    "Bestellnummer",
                    "Bestell-Nr.",
                    "Bestellnr.",
                    "Auftragsnummer",
                    "Auftrags-Nr.",
                    "order number",
                    "order id",
                ),
                required=True,
            ),
            _CUSTOMER,
            _EMAIL,
            _PRODUCT,
            Column("quantity", _UNITS),
            Column(
                "ordered_on", ("Bestelldatum", "Auftragsdatum", "bestellt am", "Datum", "order date"), required=True
            ),
            Column("amount_eur", ("Betrag", "Betrag in EUR", "Betrag (EUR)", "Gesamtbetrag", "Summe", "amount")),
            _SALES_CHANNEL,
            Column("state", ("Status", "Bestellstatus", "Auftragsstatus")),
        )
    ),
    "consents": Contract(
        (
            _CUSTOMER,
            _EMAIL,
            Column("channel", _CHANNEL.headers, required=True),
            _GIVEN,
            Column("confirmed_at", ("bestätigt am", "Einwilligung bestätigt am", "Double-Opt-in am", "DOI am")),
            _WITHDRAWN,
            Column("wording", ("Wortlaut", "Einwilligungstext", "Text der Einwilligung")),
            _PROOF,
            _SOURCE_REF,
        ),
        one_of=("customer_no", "email"),
    ),
    "contacts": Contract(
        (
            _CUSTOMER,
            _EMAIL,
            _CHANNEL,
            Column("contacted_on", ("Kontakt am", "kontaktiert am", "Kontaktdatum", "Datum"), required=True),
            Column("occasion", ("Anlass", "Betreff", "Kampagne")),
            Column("outcome", ("Ergebnis", "Reaktion")),
        ),
        one_of=("customer_no", "email"),
    ),
    "sales": Contract(
        (
            _PRODUCT,
            Column("month", ("Monat", "Verkaufsmonat", "Datum", "date"), required=True),
            Column("units", _UNITS, required=True),
            _COUNTRY,
            _SALES_CHANNEL,
        )
    ),
    "unsubscribes": Contract(
        (
            _CUSTOMER,
            _EMAIL,
            _CHANNEL,
            Column(
                "unsubscribed_at",
                ("abgemeldet am", "Abmeldung am", "Abmeldedatum", "Widerspruch am", "Datum", "unsubscribed on"),
                required=True,
            ),
            Column("reason", ("Grund", "Abmeldegrund")),
        ),
        one_of=("customer_no", "email"),
    ),
    "testimonials": Contract(
        (
            _CUSTOMER,
            _EMAIL,
            replace(_PRODUCT, required=False),
            Column("text", ("Zitat", "Aussage", "Kundenstimme", "Referenz", "quote"), required=True),
            Column("shown_as", ("veröffentlicht als", "Anzeigename", "Namensangabe", "shown name")),
            _GIVEN,
            _WITHDRAWN,
            Column("wording", ("Wortlaut der Einwilligung", "Wortlaut", "Einwilligungstext", "Text der Einwilligung")),
            _PROOF,
            Column("compensation", ("Gegenleistung", "Vergütung", "Dankeschön")),
            _SOURCE_REF,
        ),
        one_of=("customer_no", "email"),
    ),
}


def folded(header: str) -> str:
    """A header without what does not matter: case, spaces, hyphens, dots, the spelling of umlauts."""
    text = unicodedata.normalize("NFKC", header).casefold().translate(_UMLAUTS)
    return _NOT_NAME.sub("", text)


def mapped(contract: Contract, headers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Which headers of a file fill which columns.

    Args:
        contract: The contract.
        headers: The file's headers; of two with the same meaning the likelier counts.

    Returns:
        Headers by column, mostly one; columns that the file does not have are left out.
    """
    found: dict[str, str] = {}
    for header in headers:
        found.setdefault(folded(header), header)
    chosen: dict[str, tuple[str, ...]] = {}
    for column in contract.columns:
        for name in (column.name, *column.headers):
            parts = [part for part in folded(name).split("+") if part]
            if all(part in found for part in parts):
                chosen[column.name] = tuple(found[part] for part in parts)
                break
    return chosen
