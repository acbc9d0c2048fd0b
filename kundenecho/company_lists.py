"""Rows of the company's own lists: customers, orders, consents, contacts, sales, unsubscribes,
testimonials.

Spiders read them from files (the contracts are in ``spiders/files/list_contracts.py``), the storage keeps them.
Personal identifiers are already keyed when a row exists; only :class:`Customer` also holds name, e-mail and
telephone in clear, and :class:`Testimonial` the words and the name that are to be published.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final

from kundenecho.errors import DataError
from kundenecho.records import KEY_PATTERN

#: Ways to reach a person that a consent is given for.
CHANNELS: Final = ("email", "phone", "post", "sms")
#: Channel of an unsubscribe that holds for all of them.
ALL_CHANNELS: Final = "all"
#: Channel of a contact that none of :data:`CHANNELS` names, such as a visit or a fair.
OTHER_CHANNEL: Final = "other"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of one list.

    Attributes:
        NATURAL_KEY: What names the row; a second row with the same key is a newer version of the first.
    """

    NATURAL_KEY: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse a row whose identifiers are not keyed.

        Raises:
            DataError: Naming the column; the value is not told.
        """
        for name in self.column_names():
            value = getattr(self, name)
            if name.endswith("_key") and value is not None and not KEY_PATTERN.match(value):
                raise DataError(f"{name} is not keyed")

    @classmethod
    def column_names(cls) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field.name for field in dataclasses.fields(cls))


@dataclass(frozen=True, slots=True)
class PersonRow(ListRow):
    """A row about somebody who is known by customer number, e-mail address, or both."""

    customer_key: str | None
    email_key: str | None

    @property
    def subject_key(self) -> str | None:
        """Whom the row is about: the customer, else the address."""
        return self.customer_key or self.email_key


@dataclass(frozen=True, slots=True)
class Customer(ListRow):
    """A customer as the company knows her; the only row with personal data in clear."""

    NATURAL_KEY: ClassVar = ("customer_key",)

    customer_key: str
    email_key: str | None
    phone_key: str | None
    name: str | None
    email: str | None
    phone: str | None
    city: str | None
    postcode: str | None
    country: str
    segment: str | None
    language: str | None
    value_eur: Decimal | None
    customer_since: date | None


@dataclass(frozen=True, slots=True)
class Order(ListRow):
    """One product of one order; without customer and address the buyer is known by the order only."""

    NATURAL_KEY: ClassVar = ("order_key", "product")

    order_key: str
    customer_key: str | None
    email_key: str | None
    product: str
    quantity: int
    ordered_on: date
    amount_eur: Decimal | None
    channel: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Consent(PersonRow):
    """A consent to be contacted on one channel, with its confirmation (double opt-in) and its withdrawal."""

    NATURAL_KEY: ClassVar = ("subject_key", "channel", "given_at")

    channel: str
    given_at: datetime
    confirmed_at: datetime | None
    withdrawn_at: datetime | None
    wording: str | None
    proof: str | None
    source_ref: str | None


@dataclass(frozen=True, slots=True)
class Contact(PersonRow):
    """The company contacted somebody; channel and occasion are empty where the list does not say."""

    NATURAL_KEY: ClassVar = ("subject_key", "contacted_on", "channel", "occasion")

    channel: str
    contacted_on: date
    occasion: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Sale(ListRow):
    """Units of a product sold in one month; country and channel are empty where the list does not say."""

    NATURAL_KEY: ClassVar = ("product", "month", "country", "channel")

    product: str
    month: date
    units: int
    country: str
    channel: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(PersonRow):
    """Somebody wants no more messages on a channel, or on none (:data:`ALL_CHANNELS`)."""

    NATURAL_KEY: ClassVar = ("subject_key", "channel", "unsubscribed_at")

    channel: str
    unsubscribed_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Testimonial(PersonRow):
    """Words that somebody lets the company publish, as consented; ``product`` is empty for words about the company."""

    NATURAL_KEY: ClassVar = ("subject_key", "product", "given_at")

    product: str
    text: str
    shown_as: str | None
    given_at: datetime
    withdrawn_at: datetime | None
    wording: str | None
    proof: str | None
    compensation: str | None
    source_ref: str | None


#: The kinds of lists in the order in which a folder of them is imported.
LISTS: Final[dict[str, type[ListRow]]] = {
    "customers": Customer,
    "orders": Order,
    "consents": Consent,
    "contacts": Contact,
    "sales": Sale,
    "unsubscribes": Unsubscribe,
    "testimonials": Testimonial,
}
