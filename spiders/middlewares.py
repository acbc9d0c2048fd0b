"""Scrapy middlewares of every source: which addresses may be asked, and how patiently."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.card import Card

#: Longest time that a source may make us wait between two requests, in seconds.
MAX_WAIT: Final = 120.0


class Refused(IgnoreRequest):
    """A request that must not be made, with the error that the run ends with."""

    def __init__(self, error: KundenechoError) -> None:
        super().__init__(error.what)
        self.error = error


def _private(url: str) -> Refused:
    what = f"{urlsplit(url).hostname} is a private address and the card does not say allow_private"
    return Refused(SettingsError(what, where=url.split("?")[0], remedy="Look at the card's address"))


def _spider(crawler: Crawler) -> Any:
    # The base class declares neither card nor error.
    return crawler.spider


class AddressGuard:
    """Downloader middleware: only http(s), and private addresses only where the card allows them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._known: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressGuard:
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Refuse a request before anything is sent."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise Refused(
                DataError(f"addresses of kind {parts.scheme}: are not followed", where=request.url.split("?")[0][:200])
            )
        spider = _spider(self.crawler)
        if spider.error:
            raise Refused(spider.error)
        card: Card = spider.card
        if not card.allow_private and await self._is_private(parts.hostname or ""):
            raise _private(request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        """Refuse what came from a private address all the same, and a robots.txt that cannot be had."""
        spider, address = _spider(self.crawler), response.ip_address
        if address is not None and not spider.card.allow_private and not address.is_global:
            raise _private(request.url)
        if urlsplit(request.url).path == "/robots.txt" and response.status >= 500 and spider.card.robots:
            # RFC 9309, section 2.3.1.4: what cannot be asked must be taken for forbidden.
            spider.error = spider.error or RetryError(
                f"robots.txt cannot be read (HTTP {response.status})", where=request.url, remedy="Try later"
            )
        return response

    async def _is_private(self, host: str) -> bool:
        if host not in self._known:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
                addresses = {ipaddress.ip_address(info[4][0]) for info in found}
            except (OSError, ValueError):
                addresses = set()
            self._known[host] = any(not address.is_global for address in addresses)
        return self._known[host]


class CircleGuard:
    """Downloader middleware: a page that redirects to itself is no page.

    Scrapy would drop the second request as a duplicate, and nobody would hear of it.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Refuse a redirect to an address that led here."""
        location = (response.headers.get("Location") or b"").decode("latin-1")
        if 300 <= response.status < 400 and location:
            target = urljoin(request.url, location)
            if target in {request.url, *request.meta.get("redirect_urls", ())}:
                raise Refused(DataError("the page redirects to itself", where=request.url.split("?")[0]))
        return response


class Pace:
    """Downloader middleware: keeps the pause that a host's robots.txt or the card's rate asks for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._pause: dict[str, float] = {}
        self._free_at: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Pace:
        """Scrapy's constructor."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.robots_parsed, signals.robots_parsed)
        return middleware

    def robots_parsed(self, robotparser: Any, request: Request) -> None:
        """Remember the pause of a host."""
        wanted = robotparser.crawl_delay(self.crawler.settings["USER_AGENT"])
        if wanted:
            self._pause[urlsplit(request.url).netloc] = min(float(wanted), MAX_WAIT)

    async def process_request(self, request: Request) -> None:
        """Wait for the request's turn."""
        host, spider = urlsplit(request.url).netloc, _spider(self.crawler)
        rate = spider.card.requests_per_minute
        pause = max(self._pause.get(host, 0.0), 60 / rate if rate else 0.0)
        if pause:
            now = spider.context.clock.monotonic()
            turn = max(now, self._free_at.get(host, now))
            self._free_at[host] = turn + pause
            await spider.context.clock.sleep(turn - now)


class PatientRetry:
    """Scrapy's retries, as late as the source asks (``Retry-After``), else twice as late each time, with jitter."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.retry = RetryMiddleware.from_crawler(crawler)
        self.backoff = crawler.settings.getfloat("KUNDENECHO_BACKOFF")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatientRetry:
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Wait and retry a status that may pass."""
        wanted = retry_after(response, _spider(self.crawler).context.clock.now())
        if wanted is not None and wanted > MAX_WAIT:
            return response
        found = self.retry.process_response(request, response)
        if isinstance(found, Request):
            await self._wait(found, wanted)
        return found

    async def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:
        """Wait and retry after a failure of the network."""
        found = self.retry.process_exception(request, exception)
        if isinstance(found, Request):
            await self._wait(found, None)
        return found

    async def _wait(self, request: Request, wanted: float | None) -> None:
        tries, clock = request.meta.get("retry_times", 1), _spider(self.crawler).context.clock
        backoff = self.backoff * 2 ** (tries - 1) * clock.jitter()
        await clock.sleep(min(MAX_WAIT, backoff if wanted is None else wanted))


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds that a 429 or 503 asks us to wait (RFC 9110, section 10.2.3), None where it does not say."""
    header = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if response.status not in {429, 503} or not header:
        return None
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now.timestamp())
    except (ValueError, TypeError):
        return None
