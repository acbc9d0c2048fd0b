"""The seal: what customers' ratings come to, purchase confirmed or not, and the words that may stand beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from insights.seal import Figure, Sums, figure
from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.portals import Portals
from pipeline.products import check_product
from storage.connect import Connection
from storage.products import product_name
from storage.seal import COMPANY, RatingRow, list_testimonials, seal_ratings

#: Ratings below which a single source shows its number, but no figure.
PORTAL_FLOOR: Final = 10
_LONGEST_PERIOD: Final = 60


@dataclass(frozen=True)
class Portal:
    """What one source adds to a group.

    Attributes:
        source: Its name in the settings.
        title: Its name for people.
        figure: Its own figure; None as mean below ten ratings.
    """

    source: str
    title: str
    figure: Figure


@dataclass(frozen=True)
class Group:
    """Ratings whose purchase is confirmed, or is not.

    Attributes:
        name: verified | unverified.
        figure: All of them, each weighing the same.
        star_only: Of these, stars without a text.
        portals: By source, the largest first.
    """

    name: str
    figure: Figure
    star_only: int
    portals: tuple[Portal, ...]


@dataclass(frozen=True)
class LeftOut:
    """Ratings that do not count.

    Attributes:
        reason: again | incentivised | hidden | undated.
        ratings: How many.
        mean: Their mean, cut after one place.
    """

    reason: str
    ratings: int
    mean: Decimal | None


@dataclass(frozen=True)
class Origin:
    """A source that ratings come from.

    Attributes:
        title: Its name for people.
        verification: How it makes sure of a purchase; empty where it does not say.
        confirms: Whether any rating of it is confirmed.
        newest: Day of its newest rating.
    """

    title: str
    verification: str
    confirms: bool
    newest: date


@dataclass(frozen=True)
class Quote:
    """Words that may be published.

    Attributes:
        text: The words, as consented.
        shown_as: Name under which they may stand; None for none.
        given_on: Day of the consent.
        compensation: What the customer got for it; None for nothing.
        bought: Whether the lists of orders know a purchase.
    """

    text: str
    shown_as: str | None
    given_on: date
    compensation: str | None
    bought: bool


@dataclass(frozen=True)
class Seal:
    """A seal, or what is missing for one.

    Attributes:
        company: Name of the company.
        product: Identifier of the product; None for the company.
        subject: Name of what was rated.
        first: First day that counts.
        last: Last day that counts.
        made_on: Day on which it was computed.
        floor: Ratings below which a group shows no figure.
        verified: Ratings with a confirmed purchase.
        unverified: The others.
        left_out: What does not count.
        unassessed: Counted texts of which nobody has read yet whether they were paid for.
        origins: Where the ratings come from.
        quotes: Words that may be published.
        withheld: Words that may not, by reason.
        link: Address of the folder, ending in a slash; empty for relative links.
        number: Number in the register of exports; None for a preview.
        narrowed: Whether only some sources were asked for.
    """

    company: str
    product: str | None
    subject: str
    first: date
    last: date
    made_on: date
    floor: int
    verified: Group
    unverified: Group
    left_out: tuple[LeftOut, ...]
    unassessed: int
    origins: tuple[Origin, ...]
    quotes: tuple[Quote, ...]
    withheld: Mapping[str, int]
    link: str
    number: int | None = None
    narrowed: bool = False

    @property
    def leading(self) -> Group | None:
        """The group whose figure stands first: confirmed purchases where there are enough; None for no seal."""
        return next((g for g in (self.verified, self.unverified) if g.figure.shown is not None), None)

    @property
    def other(self) -> Group:
        """The group beside the leading one."""
        return self.unverified if self.leading is self.verified else self.verified


def gather(
    settings: Settings, conn: Connection, product: str | None, *, sources: Sequence[str] = (),
    last: date | None = None,
) -> tuple[Seal, list[str]]:  # fmt: skip
    """Compute a seal from what is in the database now.

    Args:
        settings: ``company.name`` and ``seal.*``.
        conn: Connection of the pipeline.
        product: A product; None for the company.
        sources: Only these sources; empty for all.
        last: Last day of the period; today without it.

    Returns:
        The seal, and the keys of those whose words it publishes.

    Raises:
        DataError: The product or a source is not known, or the day is in the future.
        SettingsError: ``seal.*`` makes no sense.
    """
    first, last = _period(settings, last)
    about = COMPANY if product is None else product
    check_product(conn, product)
    subject = str(settings["company.name"]) if product is None else product_name(conn, product) or product
    portals = Portals(settings)
    rows = seal_ratings(conn, about, first, last, list(sources) or None)
    if unknown := set(sources) - set(portals.cards) - {row.source for row in rows}:
        raise DataError(f"there is no source {', '.join(sorted(unknown))}", remedy="kundenecho sources lists them")
    words = list_testimonials(conn, about)
    told = [row for row in words if row.answer == "published"]
    counted = [row for row in rows if row.outcome == "counted"]
    seal = Seal(
        company=str(settings["company.name"]),
        product=product,
        subject=subject,
        first=first,
        last=last,
        made_on=datetime.now(UTC).date(),
        floor=settings["seal.min_ratings"],
        verified=_group("verified", [r for r in counted if r.verified_purchase == "yes"], portals, settings),
        unverified=_group("unverified", [r for r in counted if r.verified_purchase != "yes"], portals, settings),
        left_out=tuple(_left_out(rows)),
        unassessed=sum(row.unassessed for row in counted),
        origins=tuple(_origins(counted, portals)),
        quotes=tuple(Quote(r.text, r.shown_as, r.given_at.date(), r.compensation, r.bought) for r in told),
        withheld=Counter(row.answer for row in words if row.answer != "published"),
        link=f"{settings['seal.url'].rstrip('/')}/" if settings["seal.url"] else "",
        narrowed=bool(sources),
    )
    return seal, [row.subject_key for row in told]


def _period(settings: Settings, last: date | None) -> tuple[date, date]:
    months, floor = settings["seal.months"], settings["seal.min_ratings"]
    if not 1 <= months <= _LONGEST_PERIOD:
        raise SettingsError(f"seal.months is {months}", remedy=f"Choose 1 to {_LONGEST_PERIOD}")
    if floor < PORTAL_FLOOR:
        raise SettingsError(f"seal.min_ratings is {floor}", remedy=f"Choose at least {PORTAL_FLOOR}")
    today = datetime.now(UTC).date()
    if last and last > today:
        raise DataError(f"{last:%d.%m.%Y} is in the future", remedy="Choose a day that is over")
    last = last or today
    year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
    for day in range(last.day, last.day - 4, -1):
        try:
            return date(year, month + 1, day) + timedelta(days=1), last
        except ValueError:
            continue
    raise AssertionError("a month has at least 28 days")


def _sums(row: RatingRow) -> Sums:
    return Sums(row.ratings, row.total, row.squares, tuple(row.stars))


def _by_portal(rows: Sequence[RatingRow], portals: Portals) -> dict[tuple[str, str], list[RatingRow]]:
    found: dict[tuple[str, str], list[RatingRow]] = {}
    for row in rows:
        found.setdefault((row.source, row.account if row.source in portals.several else ""), []).append(row)
    return found


def _group(name: str, rows: Sequence[RatingRow], portals: Portals, settings: Settings) -> Group:
    found = [
        Portal(source, portals.title(source, account), figure([_sums(row) for row in mine], PORTAL_FLOOR))
        for (source, account), mine in _by_portal(rows, portals).items()
    ]
    return Group(
        name,
        figure([_sums(row) for row in rows], settings["seal.min_ratings"]),
        sum(row.star_only for row in rows),
        tuple(sorted(found, key=lambda portal: (-portal.figure.ratings, portal.title))),
    )


def _left_out(rows: Sequence[RatingRow]) -> list[LeftOut]:
    found = []
    for reason in ("hidden", "incentivised", "again", "undated"):
        mine = [_sums(row) for row in rows if row.outcome == reason]
        if mine:
            whole = figure(mine, 1)
            found.append(LeftOut(reason, whole.ratings, whole.shown))
    return found


def _origins(rows: Sequence[RatingRow], portals: Portals) -> list[Origin]:
    found = []
    for (source, account), mine in _by_portal(rows, portals).items():
        card = portals.cards.get(source)
        newest = max(row.newest for row in mine if row.newest)
        confirms = any(row.verified_purchase == "yes" for row in mine)
        found.append(Origin(portals.title(source, account), card.verification if card else "", confirms, newest))
    return sorted(found, key=lambda origin: origin.title.casefold())
