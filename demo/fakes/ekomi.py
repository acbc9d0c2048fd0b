"""An eKomi API v3 as seen in public integrations: ``getFeedback``, everything in one answer.

Interface id and password stand in the query; wrong ones are answered with HTTP 200 and a text, no data
with 204. Without ``type=json`` the answer is CSV without a header, without ``charset=utf-8`` it is not UTF-8.
There are no ids.
"""

from __future__ import annotations

import csv
import hmac
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import Voice
from demo.fakes.base import Fake, Said, opaque, reply_of
from kundenecho.keying import keyer_from_env

INTERFACE, PASSWORD = "100200", "demo-password"
#: Days by range; None for everything.
RANGES = {"all": None, "day": 1, "week": 7, "1m": 30, "month": 30, "6m": 182, "year": 365}
_KNOWN = {"auth", "version", "type", "charset", "range"}


class EKomi(Fake):
    """The feedback of one shop."""

    kind = "ekomi"
    secrets = {"EKOMI_INTERFACE_ID": INTERFACE, "EKOMI_INTERFACE_PASSWORD": PASSWORD}  # noqa: RUF012
    data = r"^getFeedback$"
    id_path = ()  # there are none
    paged = False

    def routes(self) -> list[BaseRoute]:
        """The one call."""
        return [Route("/getFeedback", self._feedback, methods=["GET", "POST", "PUT", "DELETE"])]

    def items(self, payload: Any) -> list[Any]:
        """The answer is the list."""
        return payload if isinstance(payload, list) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every feedback; what stands for an id may not tell the order number, so it is keyed as collectors key."""
        keyer = keyer_from_env()
        for voice, shown in self.voices():
            answer = self._answer(shown)
            yield Said(
                keyer.key(f"feedback/{self.kind}", order_of(voice)) or "",
                text=shown.get("text"),
                rating_1_5=shown["stars"],
                created_at=voice.date.replace(microsecond=0),
                reply=answer,
            )

    def forbidden(self) -> Response:
        """The refusal comes with HTTP 200, as text."""
        return PlainTextResponse("Access denied")

    async def _feedback(self, request: Request) -> Response:
        if request.method != "GET":
            return PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET"})
        asked = request.query_params
        auth = asked.get("auth", "").encode()
        if not hmac.compare_digest(auth, f"{INTERFACE}|{PASSWORD}".encode()):
            return self.forbidden()
        bad = asked.keys() - _KNOWN or asked.get("range", "all") not in RANGES
        if (
            bad
            or asked.get("type", "csv") not in {"csv", "json"}
            or asked.get("charset", "iso") not in {"iso", "utf-8"}
        ):
            return PlainTextResponse("Bad request", 400)
        if not asked.get("version"):
            return PlainTextResponse("Bad request", 400)
        rows = self._rows(RANGES[asked.get("range", "all")])
        if not rows:
            return Response(status_code=204)
        body = json.dumps(rows, ensure_ascii=False) if asked.get("type") == "json" else _csv(rows)
        encoding = "utf-8" if asked.get("charset") == "utf-8" else "cp1252"
        media = "application/json" if asked.get("type") == "json" else "text/csv"
        return Response(body.encode(encoding, "replace"), headers={"content-type": media})

    def _rows(self, days: int | None) -> list[dict[str, Any]]:
        now = self.stage.as_of or datetime.now(UTC)
        found = self.voices()[::-1]
        return [
            self._row(voice, shown)
            for voice, shown in found
            if days is None or voice.date >= now - timedelta(days=days)
        ]

    def _row(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        stars = shown["stars"]
        return {
            "submitted": int(voice.date.timestamp()),
            "order_id": order_of(voice),
            # Now a text, now a number.
            "rating": stars if stars == 5 else str(stars),
            "review": shown.get("text") or "",
            "comment": self._answer(shown) or "",
        }

    def _answer(self, shown: Mapping[str, Any]) -> str | None:
        answer, now = reply_of(shown), self.stage.as_of
        return answer[0] if answer and (now is None or answer[1] <= now) else None


def order_of(voice: Voice) -> str:
    """The order of a feedback: whoever was asked for one has ordered."""
    order: str | None = voice.values.get("order")
    return order or f"W-{opaque('ekomi', voice.id, length=8)}"


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(row.values() for row in rows)
    return out.getvalue()
