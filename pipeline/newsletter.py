"""The list for a newsletter: only who may be written to now, with what proves it."""

from __future__ import annotations

from typing import Any, Final

from kundenecho.settings import Settings
from pipeline.contact import apply_limits
from pipeline.products import check_product
from storage.connect import Connection
from storage.contact import contactable
from storage.exports import Export, register_export

#: Address of each channel among the columns of a row.
_ADDRESS: Final = {"email": ("email",), "phone": ("phone",), "sms": ("phone",), "post": ("postcode", "city")}


def newsletter(
    settings: Settings, conn: Connection, *, channel: str, product: str | None, by: str, form: str
) -> list[dict[str, Any]]:
    """Take the list out, and register that.

    Args:
        settings: The installation's settings.
        conn: Connection of the pipeline; committed before anything is returned.
        channel: email | phone | sms | post.
        product: Product that the message is about: buyers of similar goods may be told of it.
        by: Who takes the list, for the register.
        form: csv | xlsx | json.

    Returns:
        One row for each address; who shares a mailbox gets one message.

    Raises:
        UnknownProductError: There is no such product.
    """
    check_product(conn, product)
    apply_limits(settings, conn)
    rows: list[dict[str, Any]] = []
    keys: list[str] = []
    seen: set[tuple[Any, ...]] = set()
    for found in contactable(conn, channel, about=product):
        address = tuple(found[name] for name in _ADDRESS[channel])
        keys.append(found["customer_key"])
        if channel == "post" or address not in seen:
            seen.add(address)
            rows.append(_row(found, channel))
    filters = {"channel": channel, "product": product}
    register_export(conn, Export("newsletter", by, form, len(rows), filters=filters), keys=keys)
    conn.commit()
    return rows


def _row(found: dict[str, Any], channel: str) -> dict[str, Any]:
    return {
        **{name: found[name] for name in _ADDRESS[channel]},
        "name": found["name"],
        "language": found["language"],
        "country": found["country"],
        "person_id": found["person_id"],
        "reason": found["reason"],
        "legal_basis": found["legal_basis"],
        "consent_given_at": _time(found["consent_given_at"]),
        "consent_confirmed_at": _time(found["consent_confirmed_at"]),
        "consent_wording": found["consent_wording"],
        "consent_proof": found["consent_proof"],
        "consent_source": found["consent_source_ref"],
    }


def _time(value: Any) -> str | None:
    return value.isoformat() if value else None
