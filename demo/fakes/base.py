"""What all fakes share: where their voices come from, how answers are given, what they say in plain words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from demo.company import Company, Person, Voice


class Stage(Protocol):
    """What a fake knows of the server that it runs on."""

    company: Company
    as_of: datetime | None

    @property
    def url(self) -> str:
        """Address of the server, with a slash at its end."""


@dataclass(frozen=True)
class Said:
    """What a fake hands out of one voice, in words that no interface uses; None for what it does not tell."""

    native_id: str
    text: str | None = None
    title: str | None = None
    rating_1_5: float | None = None
    author_name: str | None = None
    created_at: datetime | None = None
    reply: str | None = None
    nps_0_10: int | None = None
    state: str = "published"


class Fake(ABC):
    """A fake of one kind of source.

    Args:
        stage: The server it runs on; company and moment may change while it runs.

    Attributes:
        kind: Kind of source, as in ``spiders/cards``.
        channel: Channel of its voices, where it is named otherwise than the kind.
        secrets: Environment variables and values that it accepts.
        data: Pattern of the paths below its address that hand out feedback.
        id_path: Where an item's id stands in the item; empty where the interface has no ids.
        enum_path: Where a word of a closed list stands in the item; empty where there is none.
        accounts: Accounts that it knows; one empty text for the only one.
        card: What a card for it must say beside the kind's, such as the codes of a survey's questions.
        paged: Whether more than one answer is needed for everything.
    """

    kind: ClassVar[str]
    channel: ClassVar[str] = ""
    secrets: ClassVar[Mapping[str, str]] = {}
    data: ClassVar[str] = ".*"
    id_path: ClassVar[tuple[str, ...]] = ("id",)
    enum_path: ClassVar[tuple[str, ...]] = ()
    accounts: ClassVar[tuple[str, ...]] = ("",)
    card: ClassVar[Mapping[str, Any]] = {}
    paged: ClassVar[bool] = True

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """The interface's routes, below the fake's own address."""

    @abstractmethod
    def items(self, payload: Any) -> list[Any]:
        """The feedback in one of the interface's answers, as lists that may be changed in place."""

    @abstractmethod
    def said(self, account: str = "") -> Iterator[Said]:
        """What the interface hands out of an account at this moment, once each."""

    def opened(self, body: bytes) -> Any:
        """An answer's body as :meth:`items` takes it."""
        return json.loads(body)

    def closed(self, payload: Any) -> bytes:
        """The body of an answer that was opened."""
        return json.dumps(payload, ensure_ascii=False).encode()

    def forbidden(self) -> Response:
        """The refusal of one who may not ask, as documented."""
        return JSONResponse({"error": "forbidden"}, 403)

    def quota(self) -> Response:
        """The refusal of one who asked too often, as documented."""
        return JSONResponse({"error": "too many requests"}, 429)

    @property
    def url(self) -> str:
        """The fake's own address, with a slash at its end."""
        return f"{self.stage.url}{self.kind}/"

    def environment(self, source: str) -> dict[str, str]:
        """Environment under which a source named ``source`` collects from this fake."""
        return {f"KUNDENECHO_SOURCES_{source.upper()}_ADDRESS": self.url, **self.secrets}

    def voices(self) -> list[tuple[Voice, Mapping[str, Any]]]:
        """The voices of this channel that stand there at this moment, the oldest first."""
        return list(self.stage.company.on(self.channel or self.kind, self.stage.as_of))

    def person(self, voice: Voice) -> Person | None:
        """The person behind a voice, None for an anonymous one."""
        return self.stage.company.persons.get(voice.person or "")

    def display(self, voice: Voice) -> str | None:
        """The public name on this channel."""
        person = self.person(voice)
        return (person.display.get(self.channel or self.kind) or person.name) if person else None


def opaque(*parts: str, length: int = 24) -> str:
    """An id as portals make them: always the same for the same parts, telling nothing."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:length]


def basic(request: Request, user: str, password: str) -> bool:
    """Whether a request carries these Basic credentials."""
    expected = base64.b64encode(f"{user}:{password}".encode()).decode()
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Basic {expected}".encode())


def bearer(request: Request, token: str) -> bool:
    """Whether a request carries this bearer token."""
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())


def zulu(moment: datetime, digits: int = 0) -> str:
    """A time in UTC as ``2026-03-02T09:14:51Z``, with so many digits after the second."""
    found = moment.astimezone(UTC)
    fraction = f".{found.microsecond:06d}{'0' * 3}"[: digits + 1] if digits else ""
    return f"{found:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def reply_of(shown: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """The company's answer and its time."""
    reply = shown.get("reply")
    return (reply["text"], datetime.fromisoformat(reply["date"])) if reply else None
