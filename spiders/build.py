"""From one item of an API's answer to a record: what is the same for every source."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from html import unescape
from typing import Any, Final

from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError
from kundenecho.records import Feedback
from spiders.context import Context
from spiders.output import Reject
from spiders.personal import without_personal
from spiders.values import Moment, moment, number, quoted, rating_1_5

_BREAK: Final = re.compile(r"<(?:br|/p|/div|/li)\b[^>]{0,200}>[ \t]*\n?", re.IGNORECASE)
_NO_TEXT: Final = re.compile(r"<(script|style)\b.{0,2000}?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
#: What an item of the wrong shape raises when it is read.
ODD: Final = (DataError, ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError)


def record(
    context: Context,
    raw: Any,
    page: dict[str, Any],
    *,
    native_id: Any,
    created: Any = None,
    rating: Any = None,
    scale: tuple[float, float] | None = None,
    author: Any = None,
    author_name: Any = None,
    email: Any = None,
    phone: Any = None,
    customer: Any = None,
    order: Any = None,
    experienced: Any = None,
    reply_at: Any = None,
    personal: Collection[str] = (),
    **values: Any,
) -> Feedback:
    """One item as a record: identifiers keyed, times in UTC, the rating on both scales.

    Args:
        context: Card, account, keyer and begin of the run.
        raw: The item as it came, for the fragment.
        page: Envelope of its page.
        native_id: The source's own id.
        created: When it was written, as the source writes times.
        rating: The rating as given; None or 0 below the scale's end for none.
        scale: Lowest and highest value; that of the card where it is left out.
        author: Id or handle of the account; its display name serves within one product where there is none.
        author_name: Public display name.
        email: E-mail address, keyed here.
        phone: Telephone number, keyed here.
        customer: Customer number, keyed here.
        order: Order number, keyed here.
        experienced: When it was experienced.
        reply_at: When the reply was written.
        personal: Names of fields in ``raw`` that tell who somebody is, beside those that are always left out.
        values: Further fields of the record, as they are.

    Raises:
        ValueError: The item has no id, or a value is not what is documented.
        DataError: The record is not allowed.
    """
    card, keyer = context.card, context.keyer
    key = identity(native_id)
    when, name = _moment(created, context), text(author_name)
    low, high = scale or (card.rating_min, card.rating_max)
    value = number(rating)
    keys: dict[str, Any] = {
        "email_key": keyer.email(text(email)),
        "customer_key": keyer.customer(_plain(customer)),
        "phone_key": keyer.phone(text(phone)),
        "order_key": keyer.order(_plain(order)),
    }
    product = values["product"] = context.product(values.get("product"))
    alone = keyer.account(card.name, f"{name}\x1f{product or ''}" if name else None)
    return Feedback(
        source=card.name,
        account=context.account,
        native_id=key,
        kind=values.pop("kind", card.feedback_kind),
        created_at=when.at if when else None,
        created_precision=when.precision if when else "unknown",
        experienced_at=_at(experienced, context),
        reply_at=_at(reply_at, context),
        collected_at=context.collected_at,
        raw_value=value,
        raw_min=low if value is not None else None,
        raw_max=high if value is not None else None,
        rating_1_5=rating_1_5(value, low, high, card.rating_best) if value is not None else None,
        author_key=keyer.account(card.name, _plain(author)) or keys["email_key"] or keys["customer_key"] or alone,
        author_name=name,
        raw=without_personal(raw, keyer, personal) if card.keep_raw else None,
        page=page,
        **keys,
        **values,
    )


def aggregate(context: Context, value: Any, low: float = 1, high: float = 5, **values: Any) -> AggregateRating | None:
    """A source's own figure; None where it says that there are no ratings.

    Args:
        context: Card, account and begin of the run.
        value: The figure; "0.0" with a count of 0 is no rating (schema.org pages write that).
        low: Lowest value of its scale.
        high: Highest value of its scale.
        values: ``product``, ``rating_count``, ``review_count``, ``recommendation_rate``, as numbers or texts.

    Raises:
        ValueError: A figure is no number.
        DataError: A figure is outside its scale.
    """
    counts = {k: None if (n := number(values.get(k))) is None else int(n) for k in ("rating_count", "review_count")}
    found = number(value)
    if not found and not any(counts.values()):
        return None
    return AggregateRating(
        source=context.card.name,
        account=context.account,
        product=text(values.get("product")) or "",
        observed_at=context.collected_at,
        rating_value=found,
        worst_rating=low,
        best_rating=high,
        recommendation_rate=number(values.get("recommendation_rate")),
        **counts,
    )


def built(where: str, raw: Any, context: Context, make: Callable[[], Any], personal: Collection[str] = ()) -> Any:
    """What ``make`` builds, or the refused row where the item is not what is documented.

    Args:
        where: Page and id, for the refused row.
        raw: The item as it came.
        context: Card and keyer.
        make: Builds the record, or the list of all records of the item.
        personal: As for :func:`record`.
    """
    try:
        return make()
    except ODD as error:
        # What is no object has no fields that could be told apart.
        kept = without_personal(raw, context.keyer, personal) if isinstance(raw, dict) else None
        return Reject(where, reason_of(error), kept)


def reason_of(error: Exception) -> str:
    """Why an item was refused; what a customer wrote is not quoted."""
    if isinstance(error, DataError):
        return error.what
    if isinstance(error, KeyError):
        return f"the item has no {error.args[0]}"
    if type(error) is ValueError:
        return str(error)
    return f"the item is not of the documented shape ({type(error).__name__})"


def identity(value: Any) -> str:
    """An item's own id as text.

    Raises:
        ValueError: There is none.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        raise ValueError("the item has no id")
    return str(value).strip()


def text(value: Any) -> str | None:
    """A text, None for an empty one.

    Raises:
        ValueError: It is something else.
    """
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{quoted(value)} stands where a text should")
    return value if value and value.strip() else None


def html_text(value: Any) -> str | None:
    """The text of an HTML fragment: breaks as line breaks, no tags or scripts, entities decoded once.

    Raises:
        ValueError: It is no text.
    """
    found = text(value)
    if found is None:
        return None
    plain = _TAG.sub("", _BREAK.sub("\n", _NO_TEXT.sub("", found))) if "<" in found else found
    return unescape(plain).strip() or None


def chosen(value: Any, known: Mapping[str, Any], what: str) -> Any:
    """What a documented word stands for.

    Raises:
        ValueError: The word is not documented.
    """
    if value not in known:
        raise ValueError(f"unknown {what} {str(value)[:30]!r}")
    return known[value]


def _plain(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def _moment(value: Any, context: Context) -> Moment | None:
    return moment(value, context.card.time_zone, context.card.date_order)


def _at(value: Any, context: Context) -> Any:
    when = _moment(value, context)
    return when.at if when else None
