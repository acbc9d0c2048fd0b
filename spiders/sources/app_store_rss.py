"""Apple's public review feed: the newest reviews of one app in one country, fifty a page, ten pages at most.

The feed is a courtesy of Apple's and asked gently. A feed without entries means that there are no reviews, or
that too much was asked, and nothing tells which. A single entry is an object instead of a list, an entry may
describe the app (it has no rating), dates may be missing, and at times the answer is XML. Pages are cut by
number, so a review deleted meanwhile pulls another one over the border: the first page is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urljoin

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.pages import KnownPage
from kundenecho.records import Feedback
from spiders.api import READ_TRIES, ApiSpider, newest
from spiders.build import record, text
from spiders.engine import Item
from spiders.formats.apple_feed import RATING, about_app, entries_of, feed_of, label
from spiders.paging import PageGuard
from spiders.values import number

#: Pages that the feed has at most, and entries of a full one.
PAGES: Final = 10
PAGE_SIZE: Final = 50
_MOVED: Final = "the feed moved while it was read; a review may be missing"


class UnchangedError(KundenechoError):
    """The page is as it was."""

    def __init__(self, page: KnownPage) -> None:
        super().__init__("the page has not changed", where=page.url)
        self.page = page


class Spider(ApiSpider):
    """Reads the newest reviews of one app, back to the last run's end or to the feed's."""

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for page after page until one is empty, older than the last run, or the last there is."""
        since, guard, first, full, last = self.since, PageGuard(), list[str](), False, False
        for nth in range(1, PAGES + 1):
            try:
                entries, response = await self._entries(nth, changed=since is not None and nth == 1)
            except UnchangedError as same:
                self.output.unchanged(same.page)
                return
            if not entries:
                self._ended(nth, full, response)
                break
            reviews = [entry for entry in entries if not about_app(entry)]
            ids = [_id(entry) for entry in reviews]
            fresh = guard.turn(ids, response.url)
            full = len(entries) >= PAGE_SIZE
            last = full and nth == PAGES
            if nth == 1:
                first, top_page = ids, response
            for item in self.parse({"feed": {"entry": [reviews[n] for n in fresh]}}, self.envelope(response)):
                yield item
            dates = [label(entry, "updated") for entry in reviews]
            self.newest = newest(dates, self.newest, self.card.time_zone)
            top = newest(dates, None, self.card.time_zone)
            if since and top and datetime.fromisoformat(top) < since:
                break
        if since is None and len(guard.seen) > len(first):
            await self._look_again(first, guard.seen)
        if not self.truncations and not self.output.rejected:
            # What is behind the first page was read too, so nothing is new as long as that one stays.
            self.remember(top_page, [found for found in first if found], {})
        if last:
            self._ceiling()

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The reviews of one feed."""
        for entry in entries_of(payload):
            if not about_app(entry):
                yield self.item(_id(entry) or None, entry, page, partial(self._review, entry, page))

    def refusal(self, response: Response) -> KundenechoError | None:
        """A page that has not changed since it was read, where only a changed one was asked for."""
        page = self.known.get(response.url)
        return UnchangedError(page) if response.status == 304 and page else None

    async def _entries(self, page: int, *, changed: bool = False) -> tuple[list[Any], Response]:
        """The entries of one page; an answer that is no feed is asked for again before it is refused.

        Args:
            page: Number of the page.
            changed: Only if it has changed since it was read last.
        """
        app, country = self.context.account, self.card.options["country"].lower()
        if not re.fullmatch(r"\d{1,20}", app) or not re.fullmatch(r"[a-z]{2}", country):
            remedy = 'accounts holds Apple IDs, which are numbers; country is two letters such as "de"'
            raise SettingsError("the app or the country is none", where=self.card.name, remedy=remedy)
        path = f"{country}/rss/customerreviews/page={page}/id={app}/sortBy=mostRecent/json"
        before = self.known.get(urljoin(self.card.address, path)) if changed else None
        for attempt in range(READ_TRIES):
            if attempt:
                await self.context.clock.sleep(2**attempt * self.context.clock.jitter())
            response = await self.ask(path, headers=before.headers() if before else None)
            if feed := feed_of(response.body):
                try:
                    return entries_of(feed), response
                except ValueError as error:
                    raise DataError(str(error), where=response.url, remedy="The feed has changed") from None
        raise RetryError("the answer is no feed", where=response.url, remedy="Try later; the source may be down")

    def _ended(self, page: int, full: bool, response: Response) -> None:
        if page == 1:
            what = "the feed is empty: there are no reviews, or too much was asked"
            raise RetryError(what, where=response.url, remedy="Try later; look whether the app has reviews there")
        if full:
            self.truncate(f"page {page} is empty and the one before was full: the end, or too much was asked")

    async def _look_again(self, first: list[str], seen: set[str]) -> None:
        """Note it where the first page is not what it was, but for reviews that have come on top."""
        entries, _ = await self._entries(1)
        again = [_id(entry) for entry in entries if not about_app(entry)]
        known = [found for found in again if found in first]
        pulled_up = any(found in seen and found not in first for found in again)
        if not again or pulled_up or known != first[: len(known)]:
            self.truncate(_MOVED)

    def _ceiling(self) -> None:
        """More cannot be had, now or later, so the next run may begin where this one did."""
        whole = not self.truncations and not self.output.rejected
        self.truncate(f"the feed shows the newest {PAGES * PAGE_SIZE} reviews of a country only")
        self.resume_at = self.newest if whole else None

    def _review(self, entry: Any, page: dict[str, Any]) -> Feedback:
        if label(entry, RATING) is None:
            raise ValueError("the entry has no rating")
        votes = number(label(entry, "im:voteSum"))
        extra = {"app_version": text(label(entry, "im:version")), "country": self.card.options["country"].lower()}
        return record(
            self.context, entry, page,
            native_id=label(entry, "id"),
            title=text(label(entry, "title")),
            text=text(label(entry, "content")),
            created=label(entry, "updated"),
            rating=label(entry, RATING),
            author=label(entry, "author", "uri"),
            author_name=label(entry, "author", "name"),
            product=self.context.account or None,
            likes=int(votes) if votes is not None else None,
            extra={name: value for name, value in extra.items() if value},
        )  # fmt: skip


def _id(entry: Any) -> str:
    found = label(entry, "id")
    return found if isinstance(found, str) else ""
