"""SurveyMonkey API v3: ``surveys/{id}/details`` once, then ``responses/bulk`` page by page.

Responses hold ids only, which the details translate. Without a sort order the pages come in any order, so that a
mark made of them would lose responses. Weights of an NPS question are no scores. The calls of a day are few: when
they are gone the run ends, and the next goes on there. A partial response changes later under the same id; it is
kept for its words and counts for no NPS. Previews are nobody's answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

from scrapy.http import Response

from kundenecho.errors import DataError, KundenechoError, RetryError, SettingsError
from kundenecho.records import Feedback
from spiders.api import ApiSpider, newest, part
from spiders.build import built, chosen, identity, record
from spiders.engine import Item
from spiders.formats.survey_details import Survey
from spiders.formats.survey_responses import Answers, answers_of, without_contacts
from spiders.paging import PageGuard

#: Responses asked for at once; the documented maximum.
PER_PAGE: Final = 100
_SUBMITTED: Final = {"completed": True, "partial": False, "overquota": False, "disqualified": False}
#: Whether a way of collecting gives real answers.
_MODES: Final = {"default": True, "data_entry": True, "edit": True, "preview": False, "survey_preview": False}
_LEFT: Final = "X-Ratelimit-App-Global-Day-Remaining"
_WRONG_HOST: Final = "1018"


class Spider(ApiSpider):
    """Reads one survey; each open answer becomes a record.

    Attributes:
        left: Calls that are left of the day's, None where no answer has said so yet.
    """

    personal = ("analyze_url", "edit_url", "href", "metadata")
    left: int | None = None

    async def authorisation(self) -> dict[str, str]:
        """The access token."""
        return {"Authorization": f"Bearer {self.secrets[self.card.credentials[0]]}"}

    def refusal(self, response: Response) -> KundenechoError | None:
        """An error by its number; every answer also says how many calls are left."""
        left = (response.headers.get(_LEFT) or b"").decode("latin-1").strip()
        self.left = int(left) if left.isdecimal() else self.left
        answer = self.json_of(response)
        error = answer.get("error") if response.status != 200 and isinstance(answer, dict) else None
        if not isinstance(error, dict):
            return None
        code, where = str(error.get("id"))[:10], response.url.split("?")[0]
        what = f"the API reports error {code} (HTTP {response.status})"
        if code == _WRONG_HOST:
            remedy = "The account is at another data centre: write the access_url of its token as address"
            return SettingsError(what, where=where, remedy=remedy)
        if response.status == 400:
            return DataError(what, where=where, remedy="The interface has changed")
        if response.status in {401, 403, 404, 413}:
            remedy = f"Check {self.card.credentials[0]}, its rights, the plan, and the survey's id in accounts"
            return SettingsError(what, where=where, remedy=remedy)
        return RetryError(what, where=where, remedy="Try later")

    async def collect(self) -> AsyncIterator[Item]:
        """Ask for the details, then for the responses in the order of their last change."""
        survey, since = self.context.account, self.since
        if not survey.isdecimal():
            raise SettingsError("accounts names no survey", where=f"source {self.card.name}", remedy="Write its id")
        details, _ = await self.ask_json(f"surveys/{survey}/details")
        params = {
            "per_page": PER_PAGE,
            "sort_by": "date_modified",
            "sort_order": "ASC",
            "start_modified_at": since.strftime("%Y-%m-%dT%H:%M:%S") if since else None,
        }
        guard, number, following, total, order = PageGuard(), 1, None, 0, [""]
        while True:
            page = await self._page(f"surveys/{survey}/responses/bulk", {**params, "page": number}, order)
            if page is None:
                return
            answer, response = page
            data = part(answer, "data", list, response)
            fresh = guard.turn([_id_of(item) for item in data], response.url, promised=following is not None)
            total = max(total, part(answer, "total", int, response))
            for item in self.parse({"details": details, "data": [data[n] for n in fresh]}, self.envelope(response)):
                yield item
            changed = [str(item.get("date_modified")) for item in data if isinstance(item, dict)]
            order, self.newest = [*order, *changed], newest(changed, self.newest, self.card.time_zone)
            following = guard.cursor(part(answer, "links", dict, response).get("next"), response.url)
            if following is None:
                break
            number += 1
        if reason := guard.short_of(total):
            self.truncate(reason)

    async def _page(self, path: str, params: dict[str, Any], order: list[str]) -> tuple[Any, Response] | None:
        """One page; None where the day's calls are gone and something has been read already."""
        try:
            if self.left != 0:
                return await self.ask_json(path, params)
        except RetryError:
            if self.left != 0:
                raise
        if len(order) == 1:
            raise RetryError("the day's calls are used up", where=path, remedy="They begin anew at midnight GMT")
        self.truncate("the day's calls are used up; the next run goes on where this one ended")
        # Only where the order was kept is everything before the last response read.
        self.resume_at = newest(order[-1:], None, self.card.time_zone) if order == sorted(order) else None
        return None

    def parse(self, payload: Any, page: dict[str, Any]) -> Iterator[Item]:
        """The open answers of some responses.

        Args:
            payload: ``details`` of the survey, and ``data``, a page of its responses.
            page: Envelope of the answer.
        """
        survey = Survey(payload["details"], self.card)
        for response in payload["data"]:
            raw = without_contacts(response, survey)
            where = f"{page['url']} ({_id_of(response)[:80] or 'without id'})"
            make = partial(self._records, response, raw, survey, page)
            made = built(where, raw, self.context, make, self.personal)
            yield from made if isinstance(made, list) else [made]

    def _records(self, response: Any, raw: Any, survey: Survey, page: dict[str, Any]) -> list[Feedback]:
        """The records of one response, made all before one is handed on; none of a preview."""
        key, submitted = identity(response["id"]), chosen(response.get("response_status"), _SUBMITTED, "status")
        if not chosen(response.get("collection_mode"), _MODES, "collection mode"):
            return []
        said = answers_of(response, survey)
        # An unfinished response is kept for its words; finished without a word it has still given its scores.
        words = said.words or ({"rating": ("", None)} if submitted else {})
        status = {} if submitted else {"status": response["response_status"]}
        return [
            record(
                self.context, raw, page,
                native_id=f"{key}/{suffix}",
                text=text,
                created=response["date_created"],
                rating=said.rating,
                scale=said.scale,
                nps_0_10=said.nps if submitted else None,
                response_key=key,
                language=survey.language,
                email=response.get("email_address") or said.email,
                phone=said.phone,
                customer=self._variable(response, "customer_variable"),
                product=self._variable(response, "product_variable"),
                personal=self.personal,
                extra={**_extra(question, said), **status},
            )
            for suffix, (question, text) in words.items()
        ]  # fmt: skip

    def _variable(self, response: Any, option: str) -> str | None:
        """A custom variable that an option of the card names."""
        name = self.card.options.get(option)
        found = (response.get("custom_variables") or {}).get(name) if name else None
        return str(found).strip() or None if found is not None else None


def _extra(question: str, said: Answers) -> dict[str, Any]:
    found = {"question": question, "scores": said.scores, "choices": said.choices}
    return {name: value for name, value in found.items() if value}


def _id_of(item: Any) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    return str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
