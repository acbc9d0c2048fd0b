"""What turning a source's values into records needs to know of the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kundenecho.keying import Keyer
from spiders.card import Card
from spiders.clock import Clock


@dataclass(frozen=True)
class Context:
    """One run over one account.

    Attributes:
        card: Card of the source.
        account: Account that is collected, empty for the only one.
        keyer: Keys personal fields.
        collected_at: When the run began, aware UTC.
        clock: Tells the time and waits; a test brings its own.
    """

    card: Card
    account: str
    keyer: Keyer
    collected_at: datetime
    clock: Clock = field(default_factory=Clock)

    def product(self, given: str | None) -> str | None:
        """The product as the company calls it, so that what is said of it in two places is counted together.

        Args:
            given: What the source calls it; None where the record names none.
        """
        return self.card.products.get(given or self.account, given)
