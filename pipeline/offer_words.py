"""German words of the offers, the same in terminal and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

KIND: Final = {"accessory": "Zubehör", "supply": "Verbrauchsmaterial", "model": "besseres Modell"}
CHANNEL: Final = {"email": "E-Mail", "phone": "Telefon", "sms": "SMS", "post": "Post"}
#: Why an offer is not made, by what ``offer_answer`` says.
WITHHELD: Final = {
    "no_quote": "Zitat nicht mehr verfügbar",
    "too_old": "zu lange her",
    "bought": "schon gekauft",
    "declined": "abgelehnt",
    "made": "schon angeboten",
    "stage": "zurzeit nicht zufrieden",
    "open_case": "mit offenem Vorgang",
    "not_contactable": "nicht kontaktierbar",
}
_COLUMNS: Final = (
    ("not_contactable", "not_contactable"),
    ("open_case", "open_case"),
    ("stage", "not_content"),
    ("bought", "bought_already"),
    ("too_old", "too_old"),
    ("no_quote", "no_quote"),
)


def withheld(row: Mapping[str, Any]) -> str:
    """How many are not offered a thing, and why, of a row of ``lists.offer_figures``; empty for nobody."""
    return ", ".join(f"{row[column]} {WITHHELD[why]}" for why, column in _COLUMNS if row[column])


def outcome(row: Mapping[str, Any]) -> str:
    """What came of the offers that were made, of a row of ``lists.offer_figures``."""
    if not row["made"]:
        return "noch keins"
    share = f" ({100 * row['share_sold']:.0f} %)" if row["made"] else ""
    declined = f", {row['declined']} abgelehnt" if row["declined"] else ""
    return f"{row['made']}, danach gekauft {row['sold']}{share}{declined}"
