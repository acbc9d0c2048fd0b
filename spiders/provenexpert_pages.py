"""Spider: ProvenExpert API v1, rating/get, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin

from scrapy.http import Request, Response
from w3lib.http import basic_auth_header

from kundenecho.errors import DataError
from spiders.engine import Item, SourceSpider
from spiders.output import Reject
from spiders.paging import OverlapPaging
from spiders.provenexpert import fragment, read_ratings, to_feedback

#: Ratings asked for at once; the highest value that has been seen to work.
LIMIT = 100


class ProvenExpertSpider(SourceSpider):
    """Reads every rating of the profile."""

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page."""
        self.paging = OverlapPaging()
        yield self._page()

    def _page(self) -> Request:
        user, key = (self.secrets[name] for name in self.card.credentials)
        return self.post(
            urljoin(self.card.address, "rating/get"),
            {"limit": str(LIMIT), "offset": str(self.paging.offset)},
            self.parse_page,
            headers={"Authorization": basic_auth_header(user, key)},
        )

    def parse_page(self, response: Response) -> Iterator[Item | Request]:
        """Yield the new ratings of a page, and the next page while there is one."""
        ratings = read_ratings(response.body, response.url)
        new = self.paging.turn(list(ratings), response.url)
        page = self.envelope(response)
        for native_id in new:
            yield self._item(native_id, ratings[native_id], page)
        if self.paging.more:
            yield self._page()

    def _item(self, native_id: str, rating: Any, page: dict[str, Any]) -> Item:
        try:
            return to_feedback(self.context, native_id, rating, page)
        except (DataError, ValueError, OverflowError) as error:
            reason = error.what if isinstance(error, DataError) else str(error)
            return Reject(f"{page['url']} ({native_id})", reason, fragment(self.context, rating))
