"""Referrals, our own contract: who recommended the company to whom, and what came of it.

A referral is a recommendation in deed, where a rating or an NPS only states one. Referrer and referee are keyed
like every other person; the referee is somebody else, so only the key is kept, in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from spiders.build import chosen
from spiders.context import Context
from spiders.files.columns import folded
from spiders.values import moment, number

#: What a referral may have come to, by the words that exports use.
STATUSES: Final[Mapping[str, str]] = {
    word: status
    for status, words in {
        "invited": ("invited", "eingeladen", "offen"),
        "clicked": ("clicked", "geklickt", "angeklickt"),
        "signed_up": ("signed_up", "signed up", "angemeldet", "registriert"),
        "purchased": ("purchased", "gekauft", "bestellt", "abgeschlossen"),
        "rewarded": ("rewarded", "prämiert", "vergütet", "prämie ausgezahlt"),
        "rejected": ("rejected", "abgelehnt", "storniert"),
    }.items()
    for word in words
}
_CURRENCY: Final = re.compile(r"€|EUR|CHF|Fr\.", re.IGNORECASE)
_SIGNS: Final = {"€": "EUR", "EUR": "EUR", "CHF": "CHF", "FR.": "CHF"}
_LONGEST: Final = 60


def referral(cell: Callable[[str], Any], context: Context) -> dict[str, Any]:
    """What a row says beside what every export says.

    Args:
        cell: The value of a field, None for nothing.
        context: Card and keyer.

    Returns:
        Values for ``Feedback.extra``.

    Raises:
        ValueError: The status is an unknown word, or an amount or time is none.
    """
    status, when = cell("status"), moment(cell("status_at"), context.card.time_zone, context.card.date_order)
    value, sign = _amount(cell("order_value"))
    reward, other = _amount(cell("reward_value"))
    found = {
        "status": None if status is None else chosen(folded(str(status)), STATUSES, "status"),
        "status_at": when.at.isoformat() if when else None,
        "program": _short(cell("program")),
        "channel": _short(cell("channel")),
        "order_value": value,
        "reward_value": reward,
        "currency": _short(cell("currency")) or sign or other,
        "referee_key": person_key(cell("referee"), context),
    }
    return {name: said for name, said in found.items() if said is not None}


def is_email(value: Any) -> bool:
    """Whether somebody is named by an e-mail address."""
    return isinstance(value, str) and "@" in value


def person_key(value: Any, context: Context) -> str | None:
    """Key of a referrer or referee, by e-mail address or by the program's own name for them."""
    text = None if value is None else str(value).strip()
    return context.keyer.email(text) if is_email(text) else context.keyer.account(context.card.name, text)


def _amount(value: Any) -> tuple[float | None, str | None]:
    """An amount such as ``1.234,56 €``, and its currency where a sign stands there."""
    if not isinstance(value, str):
        return number(value), None
    sign = _CURRENCY.search(value)
    return number(_CURRENCY.sub("", value)), _SIGNS[sign[0].upper()] if sign else None


def _short(value: Any) -> str | None:
    return None if value is None else str(value).strip()[:_LONGEST]
