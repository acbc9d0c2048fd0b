"""Trustpilot Business API v1, the public list: the same reviews without referral fields, asked with a key alone.

Nothing says that this list can be cut by time, so a run that reads what is new stops by itself, and beyond
100,000 reviews the reading is reported as cut.
"""

from __future__ import annotations

from spiders.sources import trustpilot


class Spider(trustpilot.Spider):
    """Reads the public reviews of a business unit."""

    path = "business-units/{}/reviews"
    windows = False

    async def authorisation(self) -> dict[str, str]:
        """The API key as a header; in the query it would stand in logs."""
        return {"apikey": self.secrets[self.card.credentials[0]]}
