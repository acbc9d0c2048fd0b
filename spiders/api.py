"""What all spiders of HTTP interfaces share: asking in order, tokens, answers that are what is documented."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import urlencode, urljoin

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.build import aggregate, built
from spiders.engine import Item, SourceSpider, check, lost
from spiders.output import Enough
from spiders.values import moment

#: How often an answer that cannot be read is asked for again.
READ_TRIES: Final = 3
#: Seconds before the end of a token's life at which a new one is asked for.
_TOKEN_MARGIN: Final = 30
_Found = TypeVar("_Found")


class ApiSpider(SourceSpider):
    """Base of the spiders that ask an interface request by request.

    A spider defines :meth:`collect`, which asks and yields, and :meth:`parse`, which turns one answer
    into records without asking anything, so that recorded answers can be tried on it. Scrapy makes
    every request: its retries, limits and guards apply.

    Attributes:
        personal: Names of fields of an item that tell who somebody is, beside those known everywhere.
    """

    personal: ClassVar[Collection[str]] = ()
    _token: tuple[str, float] | None = None

    @abstractmethod
    def collect(self) -> AsyncIterator[Item]:
        """Ask for everything, or for what is new since :attr:`since`, and yield it."""

    @abstractmethod
    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The records and refused rows of one answer.

        Args:
            payload: The answer's JSON, checked by :meth:`ask_json`.
            page: Envelope of the answer.
        """

    async def start(self) -> AsyncIterator[Request]:
        """Scrapy's way in; nothing is handed to its scheduler."""
        try:
            async for item in self.collect():
                self.output.take(item)
        except KundenechoError as error:
            self.error = self.error or error
        except Enough:
            pass
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request  # Scrapy wants an asynchronous generator

    async def authorisation(self) -> dict[str, str]:
        """Headers that say who asks; none by default."""
        return {}

    def refusal(self, response: Response) -> KundenechoError | None:
        """What an answer's body says against us, where the status alone does not; None for nothing."""
        return None

    @staticmethod
    def json_of(response: Response) -> Any:
        """An answer's JSON for :meth:`refusal`; None where it is none."""
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError):
            return None

    async def ask(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        known: bool = True,
    ) -> Response:
        """Ask the interface and give a good answer.

        Args:
            path: Path below the card's address, or a whole URL.
            params: Query; values of None are left out.
            form: Form-encoded body of a POST.
            body: JSON body of a POST.
            headers: Further headers.
            known: Send :meth:`authorisation`; an expired one is renewed once.

        Raises:
            KundenechoError: The answer is not good, by what is to be done about it.
        """
        for renewed in (False, True):
            sent = {**(await self.authorisation() if known else {}), **(headers or {})}
            response = await self._fetch(self._built(path, params, form, body, sent))
            if response.status == 401 and known and self._token and not renewed:
                self._token = None
                continue
            break
        if refused := self.refusal(response):
            raise refused
        check(response)
        return response

    async def ask_json(
        self, path: str, params: Mapping[str, Any] | None = None, *, empty: bool = False, **options: Any
    ) -> tuple[Any, Response]:
        """Ask for JSON; an answer that is none is asked for again before it is refused.

        Args:
            path: As for :meth:`ask`.
            params: As for :meth:`ask`.
            empty: Whether ``{}`` or ``[]`` may be a good answer.
            options: As for :meth:`ask`.

        Returns:
            The JSON and the response.

        Raises:
            KundenechoError: As for :meth:`ask`; RetryError when no answer can be read.
        """
        what = "the answer is no JSON"
        for attempt in range(READ_TRIES):
            if attempt:
                await self.context.clock.sleep(2**attempt * self.context.clock.jitter())
            response = await self.ask(path, params, **options)
            try:
                payload = json.loads(response.body)
            except (ValueError, RecursionError):
                what = "the answer is no JSON" if response.body.strip() else "the answer is empty"
                continue
            if payload or empty:
                return payload, response
            what = "the answer is empty"
        raise RetryError(what, where=response.url.split("?")[0], remedy="Try later; the source may be down")

    async def token(self, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> str:
        """An OAuth 2.0 access token (RFC 6749) from the card's ``token_address``, asked for when it is needed.

        Args:
            form: Fields of the request.
            headers: Further headers, such as Basic credentials.

        Raises:
            SettingsError: The credentials are refused.
            RetryError: The server gives no token now.
        """
        now = self.context.clock.monotonic()
        if self._token is None or self._token[1] <= now:
            where = self.card.token_address
            response = await self._fetch(self._built(where, None, form, None, dict(headers or {})))
            if response.status in {400, 401, 403}:
                remedy = f"Check {', '.join(self.card.credentials)}; a withdrawn consent must be given anew"
                raise SettingsError(f"no token is given (HTTP {response.status})", where=where, remedy=remedy)
            check(response)
            try:
                answer = json.loads(response.body)
                life = max(0.0, float(answer.get("expires_in") or 300) - _TOKEN_MARGIN)
                self._token = str(answer["access_token"]), now + life
            except (ValueError, KeyError, TypeError, AttributeError):
                raise RetryError("the answer holds no token", where=where, remedy="Try later") from None
        return self._token[0]

    def item(self, native_id: Any, raw: Any, page: dict[str, Any], make: Callable[[], Feedback]) -> Item:
        """The record that ``make`` builds, or the refused row where the item is not what is documented."""
        where = f"{page['url']} ({str(native_id)[:80] if isinstance(native_id, (str, int)) else 'without id'})"
        found: Item = built(where, raw, self.context, make, self.personal)
        return found

    def aggregate(self, value: Any, low: float = 1, high: float = 5, **values: Any) -> Iterator[AggregateRating]:
        """The source's own figure, where it is one; see :func:`spiders.build.aggregate`."""
        try:
            found = aggregate(self.context, value, low, high, **values)
        except (DataError, ValueError):
            self.truncate("the source's own rating cannot be read")
            return
        if found:
            yield found

    def _built(
        self,
        path: str,
        params: Mapping[str, Any] | None,
        form: Mapping[str, str] | None,
        body: Any,
        headers: dict[str, str],
    ) -> Request:
        self.count_request(path)
        url = urljoin(self.card.address, path)
        if query := urlencode({k: v for k, v in (params or {}).items() if v is not None}, doseq=True):
            url += ("&" if "?" in url else "?") + query
        data = None
        if form is not None:
            data, headers = urlencode(form), {"Content-Type": "application/x-www-form-urlencoded", **headers}
        elif body is not None:
            data, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        sent = {"Accept": "application/json", **headers}
        return Request(url, method="POST" if data is not None else "GET", body=data, headers=sent, dont_filter=True)

    async def _fetch(self, request: Request) -> Response:
        where = request.url.split("?")[0]
        if self.crawler.engine is None:
            raise RetryError("the crawler has ended", where=where)
        try:
            return await self.crawler.engine.download_async(request)
        except KundenechoError:
            raise
        except (IgnoreRequest, OSError) as error:
            raise lost(error, where) from None
        except Exception as error:  # what Twisted raises has no common class
            raise lost(error, where) from None


def part(payload: Any, key: str, kind: type[_Found], response: Response) -> _Found:
    """One part of an answer, of the documented kind.

    Raises:
        DataError: The answer is not what is documented.
    """
    found = payload.get(key) if isinstance(payload, dict) else None
    if not isinstance(found, kind):
        raise DataError(
            f"the answer has no {key}, or another than documented",
            where=response.url.split("?")[0],
            remedy="The interface has changed, or something else answers at this address",
        )
    return found


def newest(values: Collection[Any], before: str | None, time_zone: str) -> str | None:
    """The latest of some times as ISO 8601 in UTC, and not earlier than the mark before.

    What is no time is passed over: its item is refused by itself.
    """
    marks = [before] if before else []
    for value in values:
        try:
            when = moment(value, time_zone)
        except ValueError:
            continue
        if when:
            marks.append(when.at.isoformat(timespec="milliseconds"))
    return max(marks, default=None)
