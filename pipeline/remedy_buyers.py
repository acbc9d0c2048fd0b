"""The buyers who may be told of a remedy: how many, the list for a channel, and that they have been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from kundenecho.company_lists import CHANNELS
from kundenecho.errors import DataError
from kundenecho.remedies import next_state
from kundenecho.settings import Settings
from pipeline.contact import apply_limits
from pipeline.remedies import connection, id_number, locked, name_of
from storage.exports import Export
from storage.remedies import write_remedy
from storage.remedy_buyers import Reach, count_reach, find_export, mark_told, reachable_buyers, register_buyers


def reach(settings: Settings, remedy: str, channel: str) -> Reach:
    """How many buyers of a remedy's product are known, told already, and may be told on a channel.

    Raises:
        DataError: The remedy or the channel is not known.
    """
    _check(channel, remedy)
    with connection(settings) as conn:
        apply_limits(settings, conn)
        found = locked(conn, id_number("R", remedy))
        return count_reach(conn, found.remedy_id, found.cell.product, channel)


def hand_out(settings: Settings, remedy: str, channel: str, form: str, *, by: str) -> tuple[str, list[dict[str, Any]]]:
    """The buyers who may be told of a remedy on a channel and have not been told; the hand-out is registered.

    Args:
        settings: Where the database is, and the company's limits.
        remedy: Id of the remedy, which must be approved or published.
        channel: email, phone, post or sms.
        form: How the list leaves: csv, json or xlsx.
        by: Who takes it.

    Returns:
        Id of the export, and the rows: personal data in clear.

    Raises:
        DataError: The remedy is not known or not approved, or the channel does not exist.
    """
    _check(channel, remedy)
    with connection(settings) as conn:
        apply_limits(settings, conn)
        found = locked(conn, id_number("R", remedy))
        state = next_state("export", found.state, remedy=remedy)
        rows = reachable_buyers(conn, found.remedy_id, found.cell.product, channel)
        keys = [row.pop("customer_key") for row in rows]
        product = found.cell.product
        filters = {"remedy": f"R{found.remedy_id}", "product": product, "channel": channel}
        entry = Export("remedies-buyers", name_of(by), form, len(rows), filters=filters)
        export = register_buyers(conn, found.remedy_id, channel, entry, keys)
        note = f"E{export} {channel} {len(rows)}"
        write_remedy(conn, replace(found, state=state), "export", name_of(by), note=note)
    return f"E{export}", rows


def told(settings: Settings, remedy: str, export: str, *, by: str, on: date | None = None) -> int:
    """Note that the buyers on a list have been told.

    Returns:
        How many had not been told on that channel before; 0, and nothing changed, when it is said twice.

    Raises:
        DataError: The list is none of this remedy's, the remedy is not published, or the day is in the future.
    """
    today = datetime.now(UTC).date()
    day = on or today
    if day > today:
        raise DataError(f"{day:%d.%m.%Y} is in the future", where=remedy, remedy="Note it once they have been told")
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        number = id_number("E", export)
        handed = find_export(conn, found.remedy_id, number)
        if handed is None:
            raise DataError(f"{export} is no list of {remedy}", remedy="kundenecho remedies buyers prints its number")
        state = next_state("tell", found.state, remedy=remedy)
        count = mark_told(conn, handed.export_id, day, name_of(by))
        if count:
            note = f"E{number} {handed.channel} {count}"
            write_remedy(conn, replace(found, state=state), "tell", name_of(by), note=note)
    return count


def _check(channel: str, remedy: str) -> None:
    if channel not in CHANNELS:
        raise DataError(f"there is no channel {channel}", where=remedy, remedy=f"One of {', '.join(CHANNELS)}")
