"""A LimeSurvey RemoteControl 2 as documented: JSON-RPC v1, one address, failures with HTTP 200.

The export is one base64 text, or an object with a status where it fails. Where script names are left out of
addresses the interface answers at two of them; sessions are opened and closed at the shorter one here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, Stage, opaque

USER, PASSWORD, SURVEY = "technik", "demo-key", "412345"
NPS, GOOD, BETTER, SCORES = "G01Q01", "G02Q01", "G02Q02", "G03Q01"
_METHODS = ["GET", "POST", "PUT", "DELETE"]
_ZONE: Final = ZoneInfo("Europe/Berlin")
_LABELS: Final = ("sehr unzufrieden", "unzufrieden", "teils-teils", "zufrieden", "sehr zufrieden")
_LOCKED: Final = "You have exceeded the number of maximum login attempts. Please wait 10 minutes before trying again."
#: Values that the positions of export_responses take; None where any will do.
_POSITIONS: Final[tuple[tuple[Any, ...] | None, ...]] = (
    None, None, ("json", "csv"), None, ("all", "complete", "incomplete"), ("code", "full", "abbreviated"),
    ("short", "long"),
)  # fmt: skip
_DEFAULTS: Final = (None, None, None, None, "all", "code", "short")


class LimeSurvey(Fake):
    """One survey of the company.

    Attributes:
        sessions: Session keys that are open.
        opened_sessions: How many have been opened.
        permitted: Whether the user may export.
        active: Whether the survey has been activated.
        dated: Whether the survey keeps dates.
        old_shape: Whether the JSON export gives each response by its id, as older versions do.
        failures: Failed logins; after three the server locks out.
    """

    kind = "limesurvey"
    secrets = {"LIMESURVEY_USER": USER, "LIMESURVEY_PASSWORD": PASSWORD}  # noqa: RUF012
    data = r"^index\.php/admin/remotecontrol$"
    enum_path = (NPS,)
    accounts = (SURVEY,)
    paged = False
    card: ClassVar[Mapping[str, Any]] = {
        "columns": {"nps": NPS},
        "answers": {"gut": GOOD, "besser": BETTER},
        "scores": {"tempo": f"{SCORES}[SQ001]", "freundlichkeit": f"{SCORES}[SQ002]"},
        "labels": {label: str(n) for n, label in enumerate(_LABELS, 1)},
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.sessions: set[str] = set()
        self.opened_sessions = self.failures = 0
        self.permitted = self.active = self.dated = True
        self.old_shape = False

    def environment(self, source: str) -> dict[str, str]:
        """The interface's address, and the one for sessions."""
        prefix = f"KUNDENECHO_SOURCES_{source.upper()}_"
        found = {f"{prefix}ADDRESS": f"{self.url}index.php/admin/remotecontrol"}
        return {**self.secrets, **found, f"{prefix}TOKEN_ADDRESS": f"{self.url}admin/remotecontrol"}

    def routes(self) -> list[BaseRoute]:
        """The interface at both its addresses."""
        paths = ("/index.php/admin/remotecontrol", "/admin/remotecontrol")
        return [Route(path, self._call, methods=_METHODS) for path in paths]

    def opened(self, body: bytes) -> Any:
        """The answer with its export decoded."""
        answer = json.loads(body)
        if isinstance(answer["result"], str):
            answer["result"] = json.loads(base64.b64decode(answer["result"]))
        return answer

    def closed(self, payload: Any) -> bytes:
        """The answer with its export encoded again."""
        export = json.dumps(payload["result"], ensure_ascii=False).encode()
        return json.dumps({**payload, "result": base64.b64encode(export).decode()}).encode()

    def items(self, payload: Any) -> list[Any]:
        """The responses."""
        found: list[Any] = payload["result"].get("responses", [])
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Every open answer, or one without a text where a submitted response has none."""
        for number, (voice, shown) in enumerate(self.voices(), 1):
            submitted = _submitted(shown)
            answers = {key: text for key, text in (shown.get("answers") or {}).items() if text}
            for key, text in answers.items() or ([("rating", None)] if submitted else []):
                yield Said(
                    f"{number}/{key}",
                    text=text,
                    created_at=voice.date.replace(microsecond=0) if self.dated else None,
                    nps_0_10=shown.get("nps") if submitted else None,
                )

    def forbidden(self) -> Response:
        """A user without the right to export; the status is HTTP 200."""
        return _result({"status": "No permission"})

    def quota(self) -> Response:
        """Too many failed logins are the only thing that the server counts."""
        return _result({"status": _LOCKED})

    async def _call(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("", 200)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return PlainTextResponse("", 200)
        try:
            call = json.loads(await request.body())
            method, params = call["method"], list(call["params"])
            identity = call["id"]
        except (ValueError, KeyError, TypeError):
            return PlainTextResponse("", 200)
        known: dict[str, Callable[..., Any]] = {
            "get_session_key": self._open, "release_session_key": self._close, "export_responses": self._export,
        }  # fmt: skip
        if method not in known:
            return JSONResponse({"id": identity, "result": None, "error": f"unknown procedure {method}"[:80]})
        try:
            return _result(known[method](*params), identity)
        except TypeError:
            return JSONResponse({"id": identity, "result": None, "error": "wrong number of parameters"})

    def _open(self, user: str, password: str) -> Any:
        if self.failures >= 3:
            return {"status": _LOCKED}
        if (user, password) != (USER, PASSWORD):
            self.failures += 1
            return {"status": "Invalid user name or password"}
        self.opened_sessions += 1
        key = opaque("limesurvey", "session", str(self.opened_sessions), length=32)
        self.sessions.add(key)
        return key

    def _close(self, session: str) -> Any:
        self.sessions.discard(session)
        return "OK"

    def _export(self, *params: Any) -> Any:
        if not 3 <= len(params) <= 10:
            raise TypeError
        session, survey, kind, language, completed, headings, answers = (*params, *_DEFAULTS[len(params) :])[:7]
        if session not in self.sessions:
            return {"status": "Invalid session key"}
        if not self.permitted:
            return {"status": "No permission"}
        if str(survey) != SURVEY or not self.active:
            return {"status": "No Data, survey table does not exist."}
        voices = self.voices()
        if not voices:
            return {"status": "No Data, could not get max id."}
        if language not in (None, "", "de"):
            return {"status": "Language code not found for this survey."}
        given = (None, None, kind, None, completed, headings, answers)
        if any(known is not None and value not in known for known, value in zip(_POSITIONS, given, strict=True)):
            raise TypeError
        if kind != "json" or headings != "code":
            return {"status": "Not offered here"}
        rows = [self._row(n, voice, shown, answers == "long") for n, (voice, shown) in enumerate(voices, 1)]
        if completed != "all":
            rows = [row for row in rows if bool(row["submitdate"]) == (completed == "complete")]
        found = [{row["id"]: row} for row in rows] if self.old_shape else rows
        return base64.b64encode(json.dumps({"responses": found}).encode()).decode()

    def _row(self, number: int, voice: Voice, shown: Mapping[str, Any], long: bool) -> dict[str, Any]:
        person, answers, scores = self.person(voice), shown.get("answers") or {}, shown.get("scores") or {}
        nps, submitted = shown.get("nps"), _submitted(shown)
        at = f"{voice.date.astimezone(_ZONE):%Y-%m-%d %H:%M:%S}" if self.dated else "1980-01-01 00:00:00"
        values = [list(scores.values())[n] if len(scores) > n else None for n in range(2)]
        graded = [None if v is None else _LABELS[v - 1] if long else f"A{v}" for v in values]
        score = None if nps is None else str(nps) if long else f"AO{nps + 1:02d}"
        return {
            "id": str(number), "submitdate": at if submitted else None, "lastpage": "3", "startlanguage": "de",
            "seed": "1836271100", "token": opaque(person.id, length=15) if person else "", "startdate": at,
            "datestamp": at, "ipaddr": "192.0.2.7", NPS: score or "", GOOD: answers.get("gut") or "",
            BETTER: answers.get("besser") or "", f"{SCORES}[SQ001]": graded[0] or "",
            f"{SCORES}[SQ002]": graded[1] or "N/A",
        }  # fmt: skip


def _result(result: Any, identity: Any = 1) -> Response:
    return JSONResponse({"id": identity, "result": result, "error": None})


def _submitted(shown: Mapping[str, Any]) -> bool:
    return bool(shown.get("status", "completed") == "completed")
