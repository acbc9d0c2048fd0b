"""What all HTTP spiders share: guarded requests, politeness, counting, and how failures are told."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.logformatter import LogFormatter
from twisted.python.failure import Failure

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from spiders.card import Card
from spiders.output import Output, Reject

#: Largest body that is read, in bytes; a larger one ends the run.
MAX_BODY: Final = 20 * 1024 * 1024
Item = Feedback | Reject
Callback = Callable[[Any], Iterable[Any]]


class SourceSpider(scrapy.Spider):
    """Base of the sources' spiders.

    A spider defines ``async def start`` and callbacks; each callback yields records, refused rows
    and further requests made by :meth:`get` or :meth:`post`. An error of ours raised in a callback
    ends the run and is told to the parent with its class.

    Args:
        card: Card of the source.
        account: Account that is collected.
        keyer: Keys personal fields.
        secrets: Values of the card's credentials, by variable name.
        watermark: Where the last run ended, None for everything.
        output: Where the items go.
    """

    name = "source"

    def __init__(
        self,
        card: Card,
        account: str,
        keyer: Keyer,
        secrets: dict[str, str],
        watermark: str | None,
        output: Output,
    ) -> None:
        super().__init__(name=card.name)
        self.card, self.account, self.keyer, self.secrets, self.mark = card, account, keyer, secrets, watermark
        self.output = output
        self.newest: str | None = watermark
        self.error: KundenechoError | None = None
        self.seen: set[str] = set()
        self.collected_at = datetime.now(UTC)

    def get(self, url: str, callback: Callback, **options: Any) -> Request:
        """A GET request whose failures end the run."""
        return self._request(Request, url, callback, **options)

    def post(self, url: str, form: dict[str, str], callback: Callback, **options: Any) -> Request:
        """A form-encoded POST request whose failures end the run."""
        return self._request(scrapy.FormRequest, url, callback, formdata=form, dont_filter=True, **options)

    def envelope(self, response: Response) -> dict[str, Any]:
        """Envelope of a page: address, time, status and digest of its bytes."""
        return {
            "url": response.url.split("?")[0] if self.card.credentials else response.url,
            "fetched_at": datetime.now(UTC).isoformat(),
            "status": response.status,
            "digest": hashlib.sha256(response.body).hexdigest()[:32],
        }

    def fail(self, error: KundenechoError) -> NoReturn:
        """End the run with an error."""
        self.error = self.error or error
        raise CloseSpider("failed")

    def _request(self, kind: type[Request], url: str, callback: Callback, **options: Any) -> Request:
        def guarded(response: Response) -> Iterator[Any]:
            try:
                check(response)
                yield from callback(response)
            except KundenechoError as error:
                self.fail(error)

        return kind(url, callback=guarded, errback=self._lost, **options)

    def _lost(self, failure: Failure) -> None:
        if isinstance(failure.value, KundenechoError):
            self.fail(failure.value)
        if isinstance(failure.value, CloseSpider):
            raise failure.value
        url = failure.request.url.split("?")[0] if hasattr(failure, "request") else self.card.address
        if isinstance(failure.value, IgnoreRequest):
            reason = str(failure.value) or "the request was dropped"
            self.fail(SettingsError(reason, where=url, remedy="Look at the card and the source's robots.txt"))
        self.fail(
            RetryError(f"the source did not answer ({type(failure.value).__name__})", where=url, remedy="Try later")
        )


def check(response: Response) -> None:
    """Refuse an answer that is not 200, by what is to be done about it.

    Raises:
        SettingsError: 401 or 403, the credentials or rights are wrong.
        RetryError: 429 or 5xx, after the retries.
        DataError: Any other status; the page is gone or moved.
    """
    where = response.url.split("?")[0]
    if response.status in {401, 403}:
        raise SettingsError(
            f"the source refuses access (HTTP {response.status})",
            where=where,
            remedy="Check the credentials' variables",
        )
    if response.status == 429 or response.status >= 500:
        raise RetryError(
            f"the source is overloaded or broken (HTTP {response.status})", where=where, remedy="Try later"
        )
    if response.status != 200:
        raise DataError(f"the page is not there (HTTP {response.status})", where=where, remedy="Correct the address")


class AddressGuard:
    """Downloader middleware: only http(s), and private addresses only where the card allows them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._known: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressGuard:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse a request that a page had no business to cause."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise IgnoreRequest(f"addresses of kind {parts.scheme}: are not followed")
        card: Card = getattr(self.crawler.spider, "card")  # noqa: B009  the base class does not declare it
        if not card.allow_private and self._is_private(parts.hostname or ""):
            raise IgnoreRequest(f"{parts.hostname} is a private address and the card does not say allow_private")

    def _is_private(self, host: str) -> bool:
        if host not in self._known:
            try:
                found = {ipaddress.ip_address(info[4][0]) for info in socket.getaddrinfo(host, None)}
            except (OSError, ValueError):
                found = set()
            self._known[host] = any(not address.is_global for address in found)
        return self._known[host]


class Counting:
    """Spider middleware: counts what the callbacks yield, so that nothing can get lost unseen."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Counting:
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass everything on and count the items."""
        async for item in result:
            if isinstance(item, (Feedback, Reject)):
                self.crawler.stats.inc_value("kundenecho/yielded")
            yield item


class Writer:
    """Item pipeline: writes each item to the run's files."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Writer:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_item(self, item: Item) -> Item:
        """Write one item."""
        output: Output = getattr(self.crawler.spider, "output")  # noqa: B009  the base class does not declare it
        output.write(item)
        return item


def scrapy_settings(card: Card, contact: str) -> dict[str, Any]:
    """Scrapy's settings for one source: polite, bounded, honest about who asks.

    Args:
        card: Card of the source.
        contact: Address in the user agent, may be empty.
    """
    return {
        "USER_AGENT": f"Kundenecho/0.1 ({contact})" if contact else "Kundenecho/0.1",
        "ROBOTSTXT_OBEY": card.robots,
        "AUTOTHROTTLE_ENABLED": not card.allow_private,
        "DOWNLOAD_DELAY": 0 if card.allow_private else 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8 if card.allow_private else 1,
        "DOWNLOAD_TIMEOUT": 60,
        "DOWNLOAD_MAXSIZE": MAX_BODY,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": 3,
        "REDIRECT_MAX_TIMES": 5,
        "HTTPERROR_ALLOW_ALL": True,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOADER_MIDDLEWARES": {AddressGuard: 10},
        "SPIDER_MIDDLEWARES": {Counting: 10},
        "ITEM_PIPELINES": {Writer: 100},
        # Requests hold tokens and items hold what customers wrote; neither belongs into a log.
        "LOG_LEVEL": "ERROR",
        "LOG_FORMATTER": "spiders.engine.QuietFormatter",
    }


class QuietFormatter(LogFormatter):
    """Log lines without the item or the response, which hold what customers wrote."""

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Any = None) -> Any:
        """Name the class of the error only."""
        return {
            "level": 40,
            "msg": "an item could not be written (%(kind)s)",
            "args": {"kind": type(exception).__name__},
        }

    def spider_error(self, failure: Failure, request: Request, response: Any, spider: Any = None) -> Any:
        """Name the class of the error and the page."""
        arguments = {"kind": type(failure.value).__name__, "url": request.url.split("?")[0]}
        return {"level": 40, "msg": "the spider failed on %(url)s (%(kind)s)", "args": arguments}
