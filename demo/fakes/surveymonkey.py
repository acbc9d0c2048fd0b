"""A SurveyMonkey API v3 as documented: one survey of the company, its details and its responses.

Answers hold ids of questions, rows and choices only. The NPS question carries the weights -100, 0 and 100. Every
answer tells how many calls are left of the minute's and the day's. The live service answers in any order where no
sort is asked for; this one refuses, so that nobody relies on an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, Stage, bearer, opaque

TOKEN = "demo-key"  # noqa: S105  of the demo
SURVEY = "520411337"
MAX_PER_PAGE = 100
MINUTE_LIMIT, DAY_LIMIT = 120, 500
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_FILTERS = {"page", "per_page", "sort_by", "sort_order", "start_modified_at", "end_modified_at",
            "start_created_at", "end_created_at", "status", "simple"}  # fmt: skip
_STATUSES = ("completed", "partial", "overquota", "disqualified")
_HEARD = ("Empfehlung", "Werbung", "Internet", "Fachhandel")
_SCORES = ("sehr schlecht", "schlecht", "mittel", "gut", "sehr gut")
_OPEN = {"gut": "Was hat Ihnen <em>gefallen</em>?", "besser": "Was k&ouml;nnen wir besser machen?"}
_ERRORS = {
    "1003": (400, "Bad Request", "Invalid URL parameters."),
    "1010": (401, "Authorization Error", "The authorization token was not provided."),
    "1011": (401, "Authorization Error", "The authorization token provided was invalid."),
    "1014": (403, "Permission Error", "Permission has not been granted by the user to make this request."),
    "1018": (403, "Permission Error", "The host is not that of the account's data centre."),
    "1020": (404, "Resource Not Found", "There was an error retrieving the requested resource."),
    "1040": (429, "Rate limit reached", "Too many requests were made, try again later."),
}

Shown = tuple[Voice, Mapping[str, Any]]


class SurveyMonkey(Fake):
    """One survey; ``calls`` are those of the day.

    Attributes:
        calls: Calls made today.
        day_limit: Calls that a day allows.
        data_centre: Where the account is; the address is that of the first, ``us``.
    """

    kind = "surveymonkey"
    secrets = {"SURVEYMONKEY_TOKEN": TOKEN}  # noqa: RUF012
    data = r"responses/bulk$"
    enum_path = ("response_status",)
    accounts = (SURVEY,)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.calls, self.day_limit, self.data_centre = 0, DAY_LIMIT, "us"

    def routes(self) -> list[BaseRoute]:
        """``surveys/{id}/details`` and ``surveys/{id}/responses/bulk``."""
        return [
            Route("/surveys/{survey}/details", self._details, methods=_METHODS),
            Route("/surveys/{survey}/responses/bulk", self._bulk, methods=_METHODS),
        ]

    def items(self, payload: Any) -> list[Any]:
        """The responses."""
        found: list[Any] = payload.get("data", []) if isinstance(payload, dict) else []
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Every open answer, or one without a text where a finished response has none; no previews."""
        for voice, shown in self.voices():
            finished = _status(shown) == "completed"
            if _mode(shown) == "preview":
                continue
            words = {question_id(key): text for key, text in (shown.get("answers") or {}).items() if text}
            if shown.get("source_heard") and shown["source_heard"] not in _HEARD:
                words[question_id("heard")] = shown["source_heard"]
            for key, text in words.items() or ([("rating", None)] if finished else []):
                yield Said(
                    f"{response_id(voice)}/{key}",
                    text=text,
                    created_at=voice.date.replace(microsecond=0),
                    nps_0_10=shown.get("nps") if finished else None,
                )

    def forbidden(self) -> Response:
        """A token without the scope."""
        return self._error("1014")

    def quota(self) -> Response:
        """Too many calls."""
        return self._error("1040")

    def _refused(self, request: Request, known: set[str]) -> Response | None:
        self.calls += 1
        if request.method != "GET":
            return self._error("1020")
        if "authorization" not in request.headers:
            return self._error("1010")
        if not bearer(request, TOKEN):
            return self._error("1011")
        if self.data_centre != "us":
            return self._error("1018")
        if self.calls > self.day_limit:
            return self._error("1040")
        if request.path_params["survey"] != SURVEY:
            return self._error("1020")
        return None if request.query_params.keys() <= known else self._error("1003")

    async def _details(self, request: Request) -> Response:
        return self._refused(request, set()) or self._answer(
            {
                "id": SURVEY, "title": "Nach der Reparatur", "language": "de", "question_count": 7, "page_count": 1,
                "date_created": "2025-08-01T08:00:00", "date_modified": "2025-08-20T08:00:00",
                "custom_variables": {"kdnr": ""},
                "pages": [{"id": number("page"), "position": 1, "questions": questions()}],
            }
        )  # fmt: skip

    async def _bulk(self, request: Request) -> Response:
        if refused := self._refused(request, _FILTERS):
            return refused
        query = request.query_params
        try:
            size, page = int(query.get("per_page", "50")), int(query.get("page", "1"))
            bounds = {name: _moment(query[name]) for name in query if name.endswith("_at")}
        except ValueError:
            return self._error("1003")
        asked = query.get("sort_by"), query.get("sort_order")
        if not 1 <= size <= MAX_PER_PAGE or page < 1 or asked[0] != "date_modified" or asked[1] not in {"ASC", "DESC"}:
            return self._error("1003")
        if query.get("status", "completed") not in _STATUSES:
            return self._error("1003")
        found = [shown for shown in self.voices() if self._within(shown, bounds)]
        if "status" in query:
            found = [shown for shown in found if _status(shown[1]) == query["status"]]
        found.sort(key=_modified, reverse=asked[1] == "DESC")
        base = f"{self.url}surveys/{SURVEY}/responses/bulk?per_page={size}"
        links = {"self": f"{base}&page={page}"}
        if page * size < len(found):
            links["next"] = f"{base}&page={page + 1}"
        data = [self._response(*shown) for shown in found[(page - 1) * size : page * size]]
        return self._answer({"page": page, "per_page": size, "total": len(found), "data": data, "links": links})

    @staticmethod
    def _within(shown: Shown, bounds: Mapping[str, datetime]) -> bool:
        times = {"created": shown[0].date, "modified": _modified(shown)}
        return all(
            times[name.split("_")[1]] >= bound if name.startswith("start") else times[name.split("_")[1]] <= bound
            for name, bound in bounds.items()
        )

    def _response(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        person, key = self.person(voice), response_id(voice)
        first, _, last = person.name.partition(" ") if person else ("", "", "")
        return {
            "id": key, "survey_id": SURVEY, "collector_id": "441002", "recipient_id": "",
            "collection_mode": _mode(shown), "response_status": _status(shown), "custom_value": "",
            "custom_variables": {"kdnr": person.customer_no} if person else {},
            "first_name": first, "last_name": last, "email_address": person.email if person else "",
            "ip_address": "192.0.2.7", "total_time": 93, "logic_path": {}, "metadata": {"contact": {}},
            "page_path": [], "quiz_results": None,
            "edit_url": f"https://www.surveymonkey.example/r/?sm={opaque(key, 'edit')}",
            "analyze_url": f"https://www.surveymonkey.example/analyze/browse/{opaque(key, 'analyze')}",
            "href": f"{self.url}surveys/{SURVEY}/responses/{key}",
            "date_created": _offset(voice.date), "date_modified": _offset(_modified((voice, shown))),
            "pages": [{"id": number("page"), "questions": list(self._answers(voice, shown))}],
        }  # fmt: skip

    def _answers(self, voice: Voice, shown: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if (nps := shown.get("nps")) is not None:
            weight = "-100" if nps < 7 else "0" if nps < 9 else "100"
            choice = {"choice_id": number("nps", str(nps)), "row_id": number("nps", "row")}
            yield {"id": question_id("nps"), "answers": [{**choice, "choice_metadata": {"weight": weight}}]}
        if scores := shown.get("scores"):
            rows = [
                {"row_id": number("scores", name), "choice_id": number("scores", "choice", str(value))}
                for name, value in scores.items()
            ]
            yield {"id": question_id("scores"), "answers": rows}
        for key in _OPEN:
            if text := (shown.get("answers") or {}).get(key):
                yield {"id": question_id(key), "answers": [{"tag_data": [], "text": text}]}
        if heard := shown.get("source_heard"):
            known = {"choice_id": number("heard", heard)}
            answer = known if heard in _HEARD else {"other_id": number("heard", "other"), "text": heard}
            yield {"id": question_id("heard"), "answers": [answer]}
        if person := self.person(voice):
            rows = [{"row_id": number("who", "name"), "text": person.name}]
            rows.append({"row_id": number("who", "email"), "text": person.email})
            yield {"id": question_id("who"), "answers": rows}

    def _answer(self, payload: Any) -> Response:
        return JSONResponse(payload, headers=self._limits())

    def _error(self, code: str) -> Response:
        status, name, message = _ERRORS[code]
        docs = "https://api.surveymonkey.example/v3/docs#error-codes"
        error = {"docs": docs, "message": message, "id": code, "name": name, "http_status_code": status}
        return JSONResponse({"error": error}, status, self._limits())

    def _limits(self) -> dict[str, str]:
        found = {}
        for span, limit, reset in (("Day", self.day_limit, 40_000), ("Minute", MINUTE_LIMIT, 40)):
            left = max(0, limit - (self.calls if span == "Day" else self.calls % limit))
            for what, value in (("Limit", limit), ("Remaining", left), ("Reset", reset)):
                found[f"X-Ratelimit-App-Global-{span}-{what}"] = str(value)
        return found


def questions() -> list[dict[str, Any]]:
    """The survey's questions, as ``details`` gives them."""
    numbers = {"0": "0 - sehr unwahrscheinlich", "10": "10 - sehr wahrscheinlich"}
    nps = [
        {"id": number("nps", str(n)), "position": n + 1, "visible": True, "text": numbers.get(str(n), str(n)),
         "weight": -100 if n < 7 else 0 if n < 9 else 100}
        for n in range(11)
    ]  # fmt: skip
    scores = [
        {"id": number("scores", "choice", str(n)), "position": n, "text": text, "weight": n}
        for n, text in enumerate(_SCORES, 1)
    ]
    rows = [
        {"id": number("scores", name), "position": n, "text": name}
        for n, name in enumerate(("Tempo", "Freundlichkeit"), 1)
    ]
    heard = [{"id": number("heard", text), "position": n, "text": text} for n, text in enumerate(_HEARD, 1)]
    other = {"id": number("heard", "other"), "text": "Sonstiges (bitte angeben)", "num_chars": 100}
    who = [{"id": number("who", kind), "type": kind, "visible": True, "text": kind} for kind in ("name", "email")]
    wording = "<p><strong>Wie wahrscheinlich</strong> ist es, dass Sie uns weiterempfehlen?</p>"
    return [
        _question("nps", wording, "matrix", "rating", rows=[{"id": number("nps", "row"), "text": ""}], choices=nps),
        _question("scores", "Wie bewerten Sie unseren Service?", "matrix", "rating", rows=rows, choices=scores),
        *(_question(key, heading, "open_ended", "essay") for key, heading in _OPEN.items()),
        _question("heard", "Wie kamen Sie auf uns?", "single_choice", "vertical", choices=heard, other=other),
        _question("who", "Wie erreichen wir Sie?", "demographic", "international", rows=who),
    ]


def _question(key: str, heading: str, family: str, subtype: str, **answers: Any) -> dict[str, Any]:
    found = {"id": question_id(key), "family": family, "subtype": subtype, "headings": [{"heading": heading}]}
    return {**found, "visible": True, **({"answers": answers} if answers else {})}


def number(*parts: str) -> str:
    """An id of digits, always the same for the same parts."""
    return str(10**9 + int(opaque("surveymonkey", *parts), 16) % 10**9)


def question_id(key: str) -> str:
    """Id of a question."""
    return number("question", key)


def response_id(voice: Voice) -> str:
    """Id of a voice's response."""
    return f"118{number('response', voice.id)}"


def _mode(shown: Mapping[str, Any]) -> str:
    return "preview" if shown.get("status") == "preview" else "default"


def _status(shown: Mapping[str, Any]) -> str:
    return str(shown.get("status") or "completed").replace("preview", "completed")


def _modified(shown: Shown) -> datetime:
    found: datetime = shown[1].get("edited") or shown[0].date + timedelta(seconds=93)
    return found.replace(microsecond=0)


def _offset(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
