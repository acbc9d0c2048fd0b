"""Which sources bring several portals, told apart by their accounts, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping

from kundenecho.settings import Settings
from spiders.card import Card, load_cards


class Portals:
    """The portals behind the configured sources.

    A source is a portal, but for export files with a column for the account: there each account is one. Accounts of
    other sources, such as a portal's locations, have no names to show and are one portal together.

    Args:
        settings: The sources.

    Attributes:
        several: Sources in which each account is a portal.
        cards: The cards that are not broken, by source.
    """

    def __init__(self, settings: Settings) -> None:
        self.cards: Mapping[str, Card] = {n: c for n, c in load_cards(settings).items() if isinstance(c, Card)}
        self.several = sorted(n for n, c in self.cards.items() if c.reader == "file" and "account" in c.columns)

    def title(self, source: str, account: str = "") -> str:
        """Name of a portal for people, such as ``Trustpilot`` or ``Hotelbewertungen (booking)``.

        Args:
            source: The source.
            account: The account, empty where the source is one portal.
        """
        name = (self.cards[source].title if source in self.cards else "") or source
        return f"{name} ({account})" if account else name
