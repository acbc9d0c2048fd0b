"""LimeSurvey RemoteControl 2, JSON-RPC: a session, one export of everything, the session's end.

Failures come with HTTP 200 as ``{"status": …}`` in the place of the export; "could not get max id" means that
nobody has answered yet. The export is asked for as JSON with codes as headings: CSV needs no less decoding, and its
delimiter and its headings, the questions' wordings, change with the server's and the survey's settings, and two
questions of the same wording would be one. Answers are asked for as labels, since the digits of a code are no score.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from spiders.api import ApiSpider
from spiders.build import built
from spiders.engine import Item
from spiders.files.rows import RowReader
from spiders.paging import PageGuard

_NOBODY: Final = "No Data, could not get max id."
#: What a failure's text begins with, and what is to be done.
_FAILURES: Final[tuple[tuple[str, type[KundenechoError], str], ...]] = (
    ("Invalid user name or password", SettingsError, "Check the variables of user and password"),
    ("No permission", SettingsError, "Give the user the right to export this survey's responses"),
    ("No Data, survey table does not exist", SettingsError, "Check the survey's id in accounts, and activate it"),
    ("Language code not found", SettingsError, "Correct the option language, or leave it out"),
    ("Error: Invalid survey ID", SettingsError, "Check the survey's id in accounts"),
    ("Invalid session key", RetryError, "Try again"),
    ("You have exceeded", RetryError, "The server locks out after failed logins; try later"),
)


class Spider(ApiSpider):
    """Reads one survey; each open answer becomes a record."""

    async def collect(self) -> AsyncIterator[Item]:
        """Open a session, ask for everything, and close the session whatever came of it."""
        survey = self.context.account
        if not survey.isdecimal():
            raise SettingsError("accounts names no survey", where=f"source {self.card.name}", remedy="Write its id")
        user, password = (self.secrets[name] for name in self.card.credentials)
        session, response = await self._call("get_session_key", user, password, known=False)
        if not isinstance(session, str) or not session:
            raise self._failure(session, response)
        try:
            language = self.card.options.get("language") or None
            call = ("export_responses", session, int(survey), "json", language, "all", "code", "long")
            export, response = await self._call(*call)
        finally:
            await self._release(session)
        if isinstance(export, dict) and export.get("status") == _NOBODY:
            return
        if not isinstance(export, str):
            raise self._failure(export, response)
        for item in self.parse(_decoded(export, response), self.envelope(response)):
            yield item

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The records of an export's responses.

        Args:
            payload: The decoded export, ``{"responses": [...]}``.
            page: Envelope of the answer.
        """
        reader, guard = RowReader(self.context, page), PageGuard()
        found = [_plain(response) for response in payload["responses"]]
        if rows := [row for row in found if isinstance(row, dict)]:
            # Every response has all columns of the survey but perhaps a broken one.
            reader.columns.check(max(rows, key=len), "the survey")
        keys = [str(row.get("id") or "") if isinstance(row, dict) else "" for row in found]
        for n in guard.turn(keys, page["url"]):
            row = found[n]
            where = f"{page['url']} ({keys[n][:80] or 'without id'})"
            raw = reader.fragment(row) if isinstance(row, dict) else None
            made = built(where, raw, self.context, lambda row=row: reader.records(row))  # type: ignore[misc]
            yield from made if isinstance(made, list) else [made]

    async def _call(self, method: str, *params: Any, known: bool = True) -> tuple[Any, Response]:
        """The result of a procedure; positions matter.

        Raises:
            DataError: The interface reports an error of its own, or its answer has no result.
        """
        # Sessions may have an address of their own; both are the interface's otherwise.
        where = self.card.address if known or not self.card.token_address else self.card.token_address
        answer, response = await self.ask_json(where, body={"method": method, "params": params, "id": 1})
        if not isinstance(answer, dict) or "result" not in answer or answer.get("error"):
            raise DataError(
                "the answer is none of a remote procedure",
                where=response.url,
                remedy="Check that the address is the interface's and that JSON-RPC is switched on",
            )
        return answer["result"], response

    async def _release(self, session: str) -> None:
        try:
            await self._call("release_session_key", session, known=False)
        except KundenechoError:
            # What was read is good all the same, and the server ends the session by itself.
            return

    @staticmethod
    def _failure(result: Any, response: Response) -> KundenechoError:
        status = result.get("status") if isinstance(result, dict) else None
        if not isinstance(status, str):
            return DataError("the answer is not what is documented", where=response.url, remedy="Check the address")
        for begin, kind, remedy in _FAILURES:
            if status.startswith(begin):
                return kind(f"the survey server says: {begin}", where=response.url, remedy=remedy)
        return DataError("the survey server reports an unknown failure", where=response.url, remedy="Look at its log")


def _decoded(export: str, response: Response) -> Any:
    try:
        payload = json.loads(base64.b64decode("".join(export.split()), validate=True))
        if isinstance(payload["responses"], list):
            return payload
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        pass
    raise RetryError("the export cannot be read, or is cut off", where=response.url, remedy="Try again")


def _plain(response: Any) -> Any:
    """A response of either shape: older servers give each as ``{"17": {…}}``."""
    if isinstance(response, dict) and len(response) == 1:
        [(key, inner)] = response.items()
        return inner if str(key).isdecimal() and isinstance(inner, dict) else response
    return response
