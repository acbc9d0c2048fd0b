"""What all HTTP spiders share: guarded requests, politeness, and how failures are told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, NoReturn

import scrapy
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import CloseSpider, DownloadCancelledError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.logformatter import LogFormatter
from scrapy.settings.default_settings import DOWNLOADER_MIDDLEWARES_BASE
from twisted.python.failure import Failure

from kundenecho import __version__
from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.pages import KnownPage
from kundenecho.records import Feedback
from spiders.card import Card
from spiders.context import Context
from spiders.middlewares import AddressGuard, CircleGuard, Pace, PatientRetry, Refused
from spiders.output import Enough, Output, Reject

#: Largest body that is read, in bytes; a larger one ends the run.
MAX_BODY: Final = 20 * 1024 * 1024
#: Most requests of one run; at one a second the time limit comes first.
MAX_REQUESTS: Final = 20_000
_ROBOTS = "Forbidden by robots.txt"
#: The extensions of Scrapy that a run needs. The others take time to import, and one of them opens a port on which
#: whoever finds its token may run code in a process that holds credentials.
_EXTENSIONS: Final = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
}
#: Imports the list of all domains that are registries, for cookies that nobody keeps.
_COOKIES: Final = "scrapy.downloadermiddlewares.cookies.CookiesMiddleware"
Item = Feedback | Reject | AggregateRating
Callback = Callable[[Any], Iterable[Any]]


class SourceSpider(scrapy.Spider):
    """Base of the sources' spiders.

    A spider defines ``async def start`` and callbacks; each callback yields records, refused rows
    and further requests made by :meth:`get` or :meth:`post`. Records and refused rows are written
    where they are yielded and do not pass through Scrapy's pipelines, which lose what fails in them
    without a trace. An error of ours raised in a callback ends the run and is told to the parent
    with its class.

    Args:
        context: Card, account, keyer and begin of the run.
        secrets: Values of the card's credentials, by variable name.
        watermark: Where the last run ended, None for everything.
        output: Where the items go.
        known: Pages that were read before, so that they are sent only if they have changed.

    Attributes:
        also_retried: Further statuses that this source answers at random.
    """

    name = "source"
    also_retried: ClassVar[frozenset[int]] = frozenset()

    def __init__(
        self,
        context: Context,
        secrets: dict[str, str],
        watermark: str | None,
        output: Output,
        known: Iterable[KnownPage] = (),
    ) -> None:
        super().__init__(name=context.card.name)
        self.context, self.card, self.secrets, self.output = context, context.card, secrets, output
        self.known: dict[str, KnownPage] = {page.url: page for page in known}
        #: Where the next run may begin, once this one has read everything.
        self.newest: str | None = watermark
        #: Where the next run may begin although this one has not; None where there is no such place.
        self.resume_at: str | None = None
        self.incremental = watermark is not None
        #: From when on is read: the last run's end less the card's overlap; None for everything.
        self.since: datetime | None = None
        if watermark:
            self.since = datetime.fromisoformat(watermark) - timedelta(hours=self.card.overlap_hours)
        self.error: KundenechoError | None = None
        #: Why something that should be there could not be read; what is absent is then not gone.
        self.truncations: list[str] = []
        self.asked = 0

    def mark(self) -> str | None:
        """Where the next run may begin; never ahead of this run, whatever date a record bears."""
        begun = self.context.collected_at.astimezone(UTC).isoformat(timespec="milliseconds")
        return min(self.newest, begun) if self.newest else None

    def truncate(self, reason: str) -> None:
        """Note that a part could not be read; what was read is good, and the next run begins where this one did."""
        if reason not in self.truncations:
            self.truncations.append(reason)

    def count_request(self, url: str) -> None:
        """Count a request before it is made.

        Raises:
            DataError: A pager without end.
        """
        self.asked += 1
        if self.asked > MAX_REQUESTS:
            raise DataError(
                f"the source has more than {MAX_REQUESTS} pages, or a pager without end",
                where=url.split("?")[0],
                remedy="Narrow what the card follows",
            )

    def get(self, url: str, callback: Callback, *, optional: bool = False, **options: Any) -> Request:
        """A GET request.

        Args:
            url: Address.
            callback: Gets the response when it is good.
            optional: A page that is gone, or that robots.txt forbids, is noted as refused; else it
                ends the run, as every other failure does.
            options: For Scrapy's request.
        """
        return self._request(url, callback, optional, **options)

    def envelope(self, response: Response) -> dict[str, Any]:
        """Envelope of a page: address, time, status and digest of its bytes."""
        return {
            "url": response.url.split("?")[0] if self.card.credentials else response.url,
            "fetched_at": self.context.clock.now().isoformat(),
            "status": response.status,
            "digest": hashlib.sha256(response.body).hexdigest()[:32],
        }

    def remember(self, response: Response, native_ids: Iterable[str], links: dict[str, str]) -> None:
        """Note what stands on a page, where its server gives validators.

        Args:
            response: The page, read whole and without fault.
            native_ids: Its records.
            links: How the pages it leads to are reached.
        """
        etag, modified = (
            (response.headers.get(name) or b"").decode("latin-1") or None for name in ("ETag", "Last-Modified")
        )
        if (etag or modified) and not response.meta.get("redirect_urls"):
            self.output.know(KnownPage(response.url, etag, modified, tuple(native_ids), links))

    def led_to(self, page: KnownPage) -> Iterator[Request]:
        """The requests for the pages that an unchanged page leads to; a spider of pages defines it."""
        yield from ()

    def fail(self, error: KundenechoError) -> NoReturn:
        """End the run with an error; the first one counts."""
        self.error = self.error or error
        raise CloseSpider("failed")

    def _request(self, url: str, callback: Callback, optional: bool, **options: Any) -> Request:
        self.count_request(url)

        def guarded(response: Response) -> Iterator[Request]:
            try:
                if response.status == 304 and (page := self.known.get(url)):
                    self.output.unchanged(page)
                    yield from self.led_to(page)
                    return
                if optional and response.status in {404, 410}:
                    self._skip(response.url, f"the page is gone (HTTP {response.status})")
                    return
                check(response)
                for item in callback(response):
                    if isinstance(item, Request):
                        yield item
                    else:
                        self.output.take(item)
            except KundenechoError as error:
                self.fail(error)
            except Enough:
                raise CloseSpider("enough") from None

        def failed(failure: Failure) -> None:
            error = failure.value or RuntimeError("no reason")
            if isinstance(error, CloseSpider):
                raise error
            if optional and str(error) == _ROBOTS:
                self._skip(url, "robots.txt forbids the page")
            else:
                self.fail(lost(error, url.split("?")[0]))

        page = self.known.get(url)
        headers = {**(page.headers() if page else {}), **options.pop("headers", {})}
        return Request(url, callback=guarded, errback=failed, headers=headers, **options)

    def _skip(self, url: str, reason: str) -> None:
        self.truncate(reason)
        self.output.take(Reject(url, reason))


def lost(error: BaseException, where: str) -> KundenechoError:
    """What the failure of a request means for the run.

    Args:
        error: What Scrapy or the network raised.
        where: Address, for the message.
    """
    if isinstance(error, Refused):
        return error.error
    if str(error) == _ROBOTS:
        return SettingsError(_ROBOTS, where=where, remedy="Look at the card and the source's robots.txt")
    if isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in str(error):
        what = f"the answer has more than {MAX_BODY} bytes"
        return DataError(what, where=where, remedy="Narrow what the card reads")
    if isinstance(error, IgnoreRequest):
        return DataError(str(error) or "the request was dropped", where=where)
    return RetryError(f"the source did not answer ({type(error).__name__})", where=where, remedy="Try later")


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


def scrapy_settings(card: Card, contact: str, also_retried: frozenset[int] = frozenset()) -> dict[str, Any]:
    """Scrapy's settings for one source: polite, bounded, honest about who asks.

    Args:
        card: Card of the source.
        contact: Address in the user agent, may be empty.
        also_retried: Statuses that are tried again beside those that mean trouble everywhere.
    """
    name = f"Kundenecho/{__version__}"
    return {
        "USER_AGENT": f"{name} ({contact})" if contact else name,
        "ROBOTSTXT_OBEY": card.robots,
        # A private address is a server of one's own; an interface with a documented limit is paced by that.
        "AUTOTHROTTLE_ENABLED": not card.allow_private,
        "DOWNLOAD_DELAY": 0 if card.allow_private or card.requests_per_minute else 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8 if card.allow_private else 1,
        "KUNDENECHO_BACKOFF": 0.1 if card.allow_private else 2,
        "DOWNLOAD_TIMEOUT": 60,
        "DOWNLOAD_MAXSIZE": MAX_BODY,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": 3,
        "RETRY_HTTP_CODES": sorted({408, 429, 500, 502, 503, 504, 522, 524, *also_retried}),
        # Its line shows the whole address, and some interfaces want the password there.
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "REDIRECT_MAX_TIMES": 5,
        "HTTPERROR_ALLOW_ALL": True,
        "COOKIES_ENABLED": False,
        "EXTENSIONS_BASE": _EXTENSIONS,
        # Callbacks hand on nothing but requests, so Scrapy needs no crowd of workers for items for
        # each page, nor to read the source of each callback.
        "CONCURRENT_ITEMS": 1,
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "DOWNLOADER_MIDDLEWARES_BASE": {k: v for k, v in DOWNLOADER_MIDDLEWARES_BASE.items() if k != _COOKIES},
        "DOWNLOADER_MIDDLEWARES": {
            AddressGuard: 10,
            RetryMiddleware: None,
            PatientRetry: 550,
            Pace: 560,
            CircleGuard: 610,
        },
        # Requests hold tokens and responses hold what customers wrote; neither belongs into a log.
        "LOG_LEVEL": "ERROR",
        "LOG_FORMATTER": "spiders.engine.QuietFormatter",
    }


class QuietFormatter(LogFormatter):
    """Log lines without the response, which holds what customers wrote."""

    def spider_error(self, failure: Failure, request: Request, response: Any, spider: Any = None) -> Any:
        """Name the class of the error and the page."""
        arguments = {"kind": type(failure.value).__name__, "url": request.url.split("?")[0]}
        return {"level": 40, "msg": "the spider failed on %(url)s (%(kind)s)", "args": arguments}
