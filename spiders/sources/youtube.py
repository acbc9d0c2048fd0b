"""YouTube Data API v3: the comments below a video, thread by thread, with all their replies.

A thread's ``replies`` are a few of them only; the rest is asked for thread by thread (``comments.list``,
which knows no videos). A used-up quota is HTTP 403 like a missing right; only the body's reason tells them
apart. Texts are HTML unless plain text is asked for. Nothing can be asked by time of change and a deleted
comment just vanishes, so every run reads everything. What the channel itself writes is the company's answer
to the thread, no customer's comment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, part
from spiders.build import chosen, record
from spiders.engine import Item
from spiders.formats.youtube_comments import Replies, answers, at, inline, key_of, likes_of, plain, whole
from spiders.paging import PageGuard

#: Items of a page, the highest documented value.
LIMIT: Final = 100
_STATES: Final = {"published": "published", "heldForReview": "hidden", "likelySpam": "hidden", "rejected": "hidden"}
_SPENT: Final = {"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"}
_LATER: Final = {"invalidPageToken", "processingFailure", "commentNotFound"}
_KEY: Final = {"keyInvalid", "API_KEY_INVALID"}


class QuotaSpentError(RetryError):
    """No more may be asked today; what was read before is good."""


class Spider(ApiSpider):
    """Reads every comment below one video."""

    async def authorisation(self) -> dict[str, str]:
        """The API key, in a header and not in the address, which is logged."""
        return {"X-Goog-Api-Key": self.secrets[self.card.credentials[0]]}

    def refusal(self, response: Response) -> KundenechoError | None:
        """What the reasons in an error's body mean; they are more than its status."""
        error = at(self.json_of(response), "error") if response.status != 200 else None
        lists = [found for name in ("errors", "details") if isinstance(found := at(error, name), list)]
        reasons = {str(reason) for entries in lists for entry in entries if (reason := at(entry, "reason"))}
        video, where = self.context.account, response.url.split("?")[0]
        if reasons & _SPENT:
            return QuotaSpentError("the quota is used up", where=where, remedy="It is renewed at midnight Pacific time")
        if "commentsDisabled" in reasons:
            what, remedy = f"comments are disabled below the video {video}", "Take it out of accounts"
            return SettingsError(what, where=where, remedy=remedy)
        if "videoNotFound" in reasons:
            what, remedy = f"there is no public video {video}", "Correct it in accounts, or take it out"
            return SettingsError(what, where=where, remedy=remedy)
        if reasons & _KEY:
            return SettingsError("the API key is not valid", where=where, remedy=f"Check {self.card.credentials[0]}")
        if reasons & _LATER:
            return RetryError("the list moved while it was read", where=where, remedy="Try again")
        return None

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for the threads page by page, and for the replies that they do not hold."""
        if not self.context.account:
            raise SettingsError("the card names no video", where=self.card.name, remedy="Write ids into accounts")
        try:
            async for item in self._threads():
                yield item
        except QuotaSpentError as spent:
            if not self.output.yielded:
                raise
            self.truncate(f"{spent.what}; the rest of the comments was not read")

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The comments of a list of threads, with the replies that these hold themselves."""
        for thread in payload:
            yield from self._thread(thread, [(reply, page) for reply in inline(thread)], page)

    async def _threads(self) -> AsyncIterator[Item]:
        spent: QuotaSpentError | None = None
        wanted = {"part": "snippet,replies", "videoId": self.context.account, "order": "time"}
        async for threads, page in self._pages(PageGuard(), "commentThreads", wanted):
            for thread in threads:
                replies: Replies = [(reply, page) for reply in inline(thread)]
                if not whole(thread):
                    # A thread without its replies would look as if they were gone; it waits for the next run.
                    if spent:
                        continue
                    try:
                        replies = await self._replies(thread)
                    except QuotaSpentError as error:
                        spent = error
                        continue
                for item in self._thread(thread, replies, page):
                    yield item
            if spent:
                raise spent

    async def _replies(self, thread: Any) -> Replies:
        guard, found = PageGuard(), list[tuple[Any, dict[str, Any]]]()
        wanted = {"part": "snippet", "parentId": key_of(thread)}
        async for comments, page in self._pages(guard, "comments", wanted):
            found += [(comment, page) for comment in comments]
        total = at(thread, "snippet", "totalReplyCount")
        if isinstance(total, int) and guard.short_of(total):
            self.truncate("a thread has fewer replies than the source says")
        return found

    async def _pages(
        self, guard: PageGuard, path: str, wanted: dict[str, str]
    ) -> AsyncIterator[tuple[list[Any], dict[str, Any]]]:
        token: str | None = None
        while True:
            self._check_budget()
            params = {**wanted, "maxResults": LIMIT, "textFormat": "plainText", "pageToken": token}
            answer, response = await self.ask_json(path, params)
            items, where = part(answer, "items", list, response), response.url.split("?")[0]
            if token and not items:
                self.truncate("the source promised a further page and gave an empty one")
            fresh = guard.turn([key_of(item) for item in items], where)
            yield [items[n] for n in fresh], self.envelope(response)
            token = guard.cursor(answer.get("nextPageToken"), where)
            if token is None:
                return

    def _check_budget(self) -> None:
        """A list call costs one unit; the accounts of a card share the day's."""
        try:
            units = int(self.card.options["units_per_day"])
        except ValueError:
            what = "units_per_day is no whole number"
            raise SettingsError(what, where=self.card.name, remedy='For example "10000"') from None
        if self.asked >= max(1, units // len(self.card.accounts)):
            what = f"the account's share of {units} units a day is used up"
            raise QuotaSpentError(what, where=self.card.name, remedy="Raise units_per_day, or follow fewer videos")

    def _thread(self, thread: Any, replies: Replies, page: dict[str, Any]) -> Iterator[Item]:
        top, own = at(thread, "snippet", "topLevelComment"), self.card.options.get("own_channel")
        own = own or at(thread, "snippet", "channelId")
        theirs, ours = answers(replies, own)
        if not own or at(top, "snippet", "authorChannelId", "value") != own:
            yield self.item(at(top, "id"), top, page, partial(self._comment, top, page, ours=ours))
        for reply, found in theirs:
            make = partial(self._comment, reply, found, parent=key_of(thread))
            yield self.item(at(reply, "id"), reply, found, make)

    def _comment(
        self, comment: Any, page: dict[str, Any], *, parent: str | None = None, ours: tuple[Any, ...] = ()
    ) -> Feedback:
        snippet = comment["snippet"]
        if snippet.get("publishedAt") is None:
            raise ValueError("the comment has no time")
        edited = snippet.get("updatedAt") not in (None, snippet["publishedAt"])
        video, key = self.context.account or at(snippet, "videoId"), comment.get("id")
        return record(
            self.context, comment, page,
            native_id=key,
            parent_id=parent or None,
            state=chosen(snippet.get("moderationStatus", "published"), _STATES, "moderation status"),
            text=plain(snippet.get("textDisplay")),
            created=snippet["publishedAt"],
            author=at(snippet, "authorChannelId", "value"),
            author_name=snippet.get("authorDisplayName"),
            likes=likes_of(snippet),
            url=f"https://www.youtube.com/watch?v={video}&lc={key}" if video else None,
            reply="\n\n".join(filter(None, (plain(answer["textDisplay"]) for answer in ours))) or None,
            reply_at=ours[0].get("publishedAt") if ours else None,
            extra={"edited_at": snippet["updatedAt"]} if edited else {},
        )  # fmt: skip
