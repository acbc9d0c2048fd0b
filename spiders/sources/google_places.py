"""Google Places API (New): what Google says of a place as a whole, and nothing else.

The terms forbid keeping user reviews, and at most five are shown in no order one could rely on; the field mask
asks for none. The mask is mandatory.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import KundenechoError, SettingsError
from spiders.api import ApiSpider, part
from spiders.engine import Item
from spiders.formats.google import google_refusal

#: All that is asked for; the terms do not allow more to be kept.
FIELDS: Final = "id,displayName,rating,userRatingCount"
_PLACE: Final = re.compile(r"[A-Za-z0-9_-]+")


class Spider(ApiSpider):
    """Reads rating and number of ratings of one place."""

    async def authorisation(self) -> dict[str, str]:
        """The key of the API, and the fields that are asked for."""
        [name] = self.card.credentials
        return {"X-Goog-Api-Key": self.secrets[name], "X-Goog-FieldMask": FIELDS}

    def refusal(self, response: Response) -> KundenechoError | None:
        """Google's error body."""
        remedy = f"Check {', '.join(self.card.credentials)}, the place id in accounts, and that the API is enabled"
        return google_refusal(self.json_of(response), response.status, response.url.split("?")[0], remedy)

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for the place."""
        place = self.context.account
        if not _PLACE.fullmatch(place):
            raise SettingsError(
                "the account is no place id", where="accounts", remedy='Write "ChIJ..." without places/'
            )
        answer, response = await self.ask_json(f"v1/places/{place}", {"languageCode": "de", "regionCode": "DE"})
        if part(answer, "id", str, response) != place:
            self.truncate("the place has another id by now; write it into accounts")
        part(answer, "displayName", dict, response)
        for item in self.parse(answer, self.envelope(response)):
            yield item

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The figure of one place; the number of ratings holds those without a text."""
        yield from self.aggregate(payload.get("rating"), rating_count=payload.get("userRatingCount"))
