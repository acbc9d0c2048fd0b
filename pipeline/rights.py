"""People's rights: erase a person, hand out what is held, note an objection."""

from __future__ import annotations

from dataclasses import dataclass, field

from kundenecho.errors import BusyError, DataError
from kundenecho.keying import Keyer, keyer_from_env
from kundenecho.settings import Settings
from pipeline.contact import person_number
from pipeline.decide import decide
from pipeline.step import log, step
from pipeline.traces import Needles, clean_files
from spiders.card import Card, load_cards
from storage.blocks import blocks_of, feedback_key, wait_for_loads
from storage.connect import Connection
from storage.contact import mark_keys, object_to, open_objections, settle_contact, take_back_objections
from storage.erase import erase, exports_with, held, identities, keep_receipt, running_collects, words_of
from storage.subject import Named, Subject, find_subject, known_accounts, known_products

#: What no erasure of this program reaches; every receipt names it.
OUT_OF_REACH = (
    "Sicherungen der Datenbank, bis sie ablaufen",
    "Protokolldateien (WAL) und freier Platz in den Dateien der Datenbank, bis PostgreSQL sie überschreibt",
    "die Quellen selbst",
    "die Systeme, aus denen die Listen der Firma kommen; dort liegen auch Nachweise nach § 7a UWG",
    "verschickte Berichte und Meldungen",
    "Texte anderer, die die Person nennen; Namen darin sind maskiert",
    "Texte der Firma, etwa von Abhilfen, die Worte der Person übernommen haben",
)


@dataclass(frozen=True)
class Choice:
    """How somebody names a person; one of the fields is given.

    Attributes:
        person: Number as the lists show it, such as ``P12``.
        account: ``SOURCE:ID`` with the portal's own id or handle.
        email: E-mail address in clear; it is keyed at once.
        customer: Customer number in clear; it is keyed at once.
        url: Address of a feedback at its source.
    """

    person: str | None = None
    account: str | None = None
    email: str | None = None
    customer: str | None = None
    url: str | None = None

    def named(self, keyer: Keyer) -> Named:
        """The choice without personal data.

        Raises:
            DataError: The person's number or the account is malformed, or not exactly one field is given.
        """
        given = {name: value for name, value in vars(self).items() if value}
        if len(given) != 1:
            raise DataError("name the person by exactly one of person, account, email, customer, url")
        if self.person:
            return Named("person", person_id=person_number(self.person))
        if self.url:
            return Named("url", url=self.url)
        if self.account:
            source, colon, native = self.account.partition(":")
            if not colon or not source or not native:
                raise DataError("the account is not SOURCE:ID", remedy="Name the source as in kundenecho.toml")
            # Some sources know their authors by an address or a customer number only.
            found = (keyer.account(source, native), keyer.email(native), keyer.customer(native))
            return Named("account", keys=tuple(key for key in found if key))
        key = keyer.email(self.email) if self.email else keyer.customer(self.customer)
        return Named("email" if self.email else "customer", keys=(str(key),))


def name_person(conn: Connection, settings: Settings, choice: Choice) -> Named:
    """How a person was named, by keys alone.

    A shop page shows nothing but a name, so its accounts are known by name and product (spiders/formats/schemaorg.py);
    where no account has the id that was given, it is looked for as such a name.

    Args:
        conn: Connection; the caller's transaction goes on.
        settings: The installation's settings.
        choice: Who.

    Raises:
        DataError: The choice is malformed, or several persons of the source go by that name.
        SettingsError: The keying secret is missing.
    """
    keyer = keyer_from_env()
    named = choice.named(keyer)
    if not choice.account or known_accounts(conn, named.keys):
        return named
    source, _, name = choice.account.partition(":")
    card = load_cards(settings).get(source)
    products = {"", *known_products(conn), *(card.products if isinstance(card, Card) else ())}
    keys = [key for product in sorted(products) if (key := keyer.account(source, f"{name.strip()}\x1f{product}"))]
    found = known_accounts(conn, keys)
    # An account that was not decided yet has no person.
    if len({person or key for key, person in found.items()}) > 1:
        numbers = ", ".join(f"P{person}" for person in sorted({person for person in found.values() if person}))
        raise DataError(
            "several accounts of this source go by that name, and may be several people",
            where=source,
            remedy=f"Name one by --person{f' ({numbers})' if numbers else ''} or by --url, where it wrote",
        )
    return Named(named.by, keys=(*named.keys, *found))


@dataclass(frozen=True)
class Erasure:
    """What an erasure did, or would do.

    Attributes:
        number: Number of the receipt, 0 for a dry run.
        counts: Rows by table, and lines and files by folder.
        unreached: What could not be reached, in German.
        blocked: Number of keys that are not taken in again.
    """

    number: int
    counts: dict[str, int]
    unreached: list[str]
    blocked: int
    notes: list[str] = field(default_factory=list)


def erase_person(
    settings: Settings, choice: Choice, by: str, *, dry_run: bool = False, recount: bool = True
) -> Erasure:
    """Erase everything that is held on a person (Art. 17 GDPR) and keep it from coming back.

    Loads in progress are waited for, so that what they bring is erased too; those that begin later find the block.

    Args:
        settings: The installation's settings.
        choice: Who.
        by: Who does it, for the receipt.
        dry_run: Only tell what would go.
        recount: Recompute at once what the person was counted in; else the next decide does it.

    Returns:
        What went. Somebody of whom nothing is held is blocked all the same where a key was given.

    Raises:
        DataError: The person's number or address is unknown, so there is nothing to block either.
        SettingsError: The keying secret is missing.
        RetryError: The database went away or a load takes too long; nothing was erased.
    """
    keyer = keyer_from_env()
    choice.named(keyer)
    with step(settings, "erase") as running:
        conn = running.conn
        if not dry_run:
            wait_for_loads(conn)
        named = name_person(conn, settings, choice)
        subject = find_subject(conn, named)
        if subject.empty and not named.keys:
            raise DataError("nobody is known by that", remedy="Ids stand in the lists, addresses in kundenecho why")
        words = words_of(conn, subject)
        records = identities(conn, subject)
        needles = Needles.of([*subject.keys, *words], keys=subject.keys, records=records)
        blocks = [*blocks_of(subject), *(("feedback", feedback_key(keyer, *f)) for f in records)]
        unreached = _unreached(conn, subject)
        if dry_run:
            counts = {**held(conn, subject), **clean_files(settings.home, needles, only_count=True)}
            conn.rollback()
            return Erasure(0, counts, unreached, len(blocks), _notes(subject))
        counts = erase(conn, subject, blocks, words)
        # Files before the commit: if they cannot be cleaned, nothing is called erased.
        counts.update(clean_files(settings.home, needles))
        number = keep_receipt(conn, named.by, by, counts, unreached)
        conn.commit()
        running.counts.update(rows=sum(counts.values()), blocked=len(blocks))
    if recount:
        _decide_anew(settings)
    return Erasure(number, counts, unreached, len(blocks), _notes(subject))


def object_person(settings: Settings, choice: Choice, by: str, *, take_back: bool = False) -> list[int]:
    """Note that a person objects to advertising and evaluation (Art. 21 GDPR), or takes that back.

    What the person said still counts for defects; the person leaves the advocates and is contacted no more.

    Args:
        settings: The installation's settings.
        choice: Who.
        by: Who notes it.
        take_back: The person takes earlier objections back.

    Returns:
        Numbers of the objections.

    Raises:
        DataError: Nobody is known by that, or there is no objection to take back.
    """
    with step(settings, "object") as running:
        conn = running.conn
        named = name_person(conn, settings, choice)
        subject = find_subject(conn, named)
        if subject.empty and not named.keys:
            raise DataError("nobody is known by that", remedy="Ids stand in the lists, addresses in kundenecho why")
        known = open_objections(conn, list(subject.keys))
        if take_back:
            if not known:
                raise DataError("this person has not objected")
            take_back_objections(conn, known, by)
            numbers = known
        else:
            numbers = known or [object_to(conn, [(kind, key) for key, kind in subject.keys.items()], by)]
        mark_keys(conn, list(subject.keys))
        settle_contact(conn, subject.persons)
        conn.commit()
        running.counts.update(objections=len(numbers), persons=len(subject.persons))
    _decide_anew(settings)
    return numbers


def _unreached(conn: Connection, subject: Subject) -> list[str]:
    handed_out = [
        f"Ausfuhr {number} vom {made_at:%d.%m.%Y} ({kind}, {made_by})"
        for number, kind, made_by, made_at in exports_with(conn, subject)
    ]
    busy = [
        f"laufender Abruf von {source}; seine Dateien gehen, wenn er geladen ist" for source in running_collects(conn)
    ]
    return [*OUT_OF_REACH, *handed_out, *busy]


def _notes(subject: Subject) -> list[str]:
    if not subject.shared:
        return []
    return ["Die E-Mail-Adresse gehört auch zu einem anderen Kunden; sie wird nicht gesperrt, dessen Daten bleiben."]


def _decide_anew(settings: Settings) -> None:
    """Recompute what was touched; where another decide runs, the next one does it."""
    try:
        decide(settings)
    except BusyError as error:
        log.warning("figures are recomputed by the next decide: %s", error)
