"""Cross- and up-selling: what suggests an offer is decided, who may be made one is read, what people did is noted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

from insights.offers import Occasion, OfferRules, Said, occasions, read_offers
from kundenecho.company_lists import CHANNELS
from kundenecho.errors import DataError
from kundenecho.settings import Settings
from nlp.quotes import convincing
from pipeline.contact import person_number
from pipeline.remedies import name_of
from pipeline.step import Progress, silent
from storage.connect import Connection, database
from storage.offers import (
    OccasionRow,
    RuleRow,
    SaidRow,
    apply_rules,
    forget_occasions,
    known_customers,
    note_offer,
    owned_by,
    product_groups,
    said_by,
    standing_of,
    write_occasions,
)
from storage.statements import texts

_PERSONS: Final = 5000


def offer_rules(settings: Settings) -> OfferRules:
    """The rules that ``offers.rules`` names; without a file there are none, and nothing is offered.

    Raises:
        SettingsError: The file is missing or broken.
    """
    named = settings["offers.rules"]
    return read_offers(settings.path.parent / named) if named else OfferRules()


def decide_offers(
    conn: Connection,
    settings: Settings,
    touched: Sequence[int],
    lineage: int,
    *,
    everything: bool = False,
    progress: Progress = silent,
) -> int:
    """Find what suggests an offer to the persons that were touched; to all where the rules have changed.

    Args:
        conn: Connection; the caller's transaction goes on.
        settings: ``offers.rules``.
        touched: Persons that were touched.
        lineage: Lineage whose labels count.
        everything: All persons.
        progress: Told about persons looked at.

    Returns:
        Occasions written.
    """
    rules = offer_rules(settings)
    rows = [
        RuleRow(o.article, n, o.name, o.kind, o.link, list(o.unless_bought), o.similar_goods)
        for n, o in enumerate(rules.offers, 1)
    ]
    # A product that comes to another group may fit another rule, whoever spoke of it.
    groups = product_groups(conn) if any(o.groups for o in rules.offers) else []
    digest = hashlib.sha256(f"{rules.digest} {groups}".encode()).hexdigest()
    persons, found = touched, 0
    if apply_rules(conn, rows, rules.days, digest) or everything:
        forget_occasions(conn)
        persons = known_customers(conn) if rules.offers else ()
    for start in range(0, len(persons), _PERSONS):
        portion = persons[start : start + _PERSONS]
        found += write_occasions(conn, portion, _occasions(conn, portion, lineage, rules) if rules.offers else ())
        progress("Angebote", start + len(portion), len(persons))
    return found


def _occasions(conn: Connection, persons: Sequence[int], lineage: int, rules: OfferRules) -> Iterable[OccasionRow]:
    known = known_customers(conn, persons)
    said, owned = said_by(conn, known, lineage), owned_by(conn, known)
    found = [
        (person, occasion)
        for person in known
        for occasion in occasions(map(_said, said.get(person, ())), owned.get(person, ()), rules)
    ]
    read = texts(conn, sorted({occasion.place[0] for _, occasion in found}))
    return [_row(person, occasion, read) for person, occasion in found]


def _said(row: SaidRow) -> Said:
    return Said(
        product=row.product,
        group=row.product_group,
        aspect=row.aspect,
        polarity=row.polarity,
        defect=row.defect,
        expectation=row.expectation,
        wished=row.wished,
        nouns=tuple(row.nouns),
        said_on=row.said_on,
        place=(row.revision_id, row.field, row.start, row.end),
    )


def _row(person: int, occasion: Occasion, read: dict[tuple[int, str], str]) -> OccasionRow:
    revision, field, start, end = occasion.place
    text = read.get((revision, field))
    if text:
        start, end = convincing(text, start, end)
    return OccasionRow(person, occasion.article, occasion.product, revision, field, start, end, occasion.said_on)


def make(settings: Settings, person: str, article: str, channel: str, *, by: str, on: date | None = None) -> str | None:
    """Note that an offer was made; it counts as a contact, also where it should not have been made.

    Args:
        settings: Where the database is.
        person: ``P…``.
        article: What was offered.
        channel: email | phone | post | sms.
        by: Who made it.
        on: Day, today without one.

    Returns:
        What speaks against it now, as ``offer_answer`` says; None for nothing.

    Raises:
        DataError: Nothing suggests it to this person, it was made or declined already, or the day is in the future.
    """
    if channel not in CHANNELS:
        raise DataError(f"there is no channel {channel}", where=person, remedy=f"One of {', '.join(CHANNELS)}")
    return _note(settings, person, article, "made", by, on, channel)


def decline(settings: Settings, person: str, article: str, *, by: str, on: date | None = None) -> None:
    """Note that a person does not want an offer; it is not suggested again.

    Raises:
        DataError: Nothing suggests it to this person, it was declined already, or the day is in the future.
    """
    _note(settings, person, article, "declined", by, on)


def take_back(settings: Settings, person: str, article: str, *, by: str) -> None:
    """Take back what was noted about an offer.

    Raises:
        DataError: Nothing was noted.
    """
    _note(settings, person, article, "taken_back", by, None)


#: What may be noted after what; None is nothing.
_AFTER: Final = {"made": (None,), "declined": (None, "made"), "taken_back": ("made", "declined")}


def _note(
    settings: Settings, person: str, article: str, act: str, by: str, on: date | None, channel: str | None = None
) -> str | None:
    today = datetime.now(UTC).date()
    day = on or today
    if day > today:
        raise DataError(f"{day:%d.%m.%Y} is in the future", where=person, remedy="Note it once it has happened")
    with database(settings) as db, db.connect("kundenecho offers") as conn:
        found = standing_of(conn, person_number(person), article)
        if found is None:
            raise DataError(f"nothing suggests {article} to {person}", remedy="What may be offered: kundenecho offers")
        if found.act not in _AFTER[act]:
            before = f"is {found.act} already" if found.act else "has nothing noted"
            raise DataError(f"the offer of {article} {before}", where=person, remedy=_ADVICE.get((act, found.act), ""))
        note_offer(conn, article, found.customer_key, act, day, name_of(by), channel)
        conn.commit()
    return found.withheld


_ADVICE: Final[dict[tuple[str, str | None], str]] = {
    ("made", "made"): "Nobody is offered a thing twice; kundenecho offers undo takes it back",
    ("made", "declined"): "Who declined is not asked again; kundenecho offers undo takes it back",
    ("declined", "declined"): "kundenecho offers undo takes it back",
}
