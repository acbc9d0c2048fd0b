"""What the fakes of Google's interfaces share: the error body, access tokens, parameters nobody knows."""

from __future__ import annotations

import time
from collections.abc import Collection
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from demo.fakes.base import opaque

#: Seconds that an access token lives.
TOKEN_LIFE = 3599


def refused(code: int, status: str, message: str, reason: str = "", details: list[object] | None = None) -> Response:
    """The error body that all of Google's interfaces share."""
    error: dict[str, object] = {"code": code, "message": message}
    if reason:
        error["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    error["status"] = status
    if details:
        error["details"] = details
    return JSONResponse({"error": error}, code)


def invalid(message: str) -> Response:
    """The refusal of a parameter."""
    return refused(400, "INVALID_ARGUMENT", message, "badRequest")


def unknown(request: Request, known: Collection[str]) -> Response | None:
    """The refusal of a parameter that the method does not have."""
    for name in request.query_params:
        if name not in known:
            return invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
    return None


def whole(request: Request, name: str, default: int) -> int | None:
    """A whole number among the parameters; None where it is none."""
    value = request.query_params.get(name, str(default))
    return int(value) if value.isascii() and value.isdigit() else None


class Tokens:
    """The access tokens that were given and still live."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._until: dict[str, float] = {}
        #: How many were given.
        self.given = 0

    def give(self) -> Response:
        """The answer with a new token."""
        self.given += 1
        token = f"ya29.{opaque(self._kind, str(self.given), length=40)}"
        self._until[token] = time.monotonic() + TOKEN_LIFE
        return JSONResponse({"access_token": token, "expires_in": TOKEN_LIFE, "token_type": "Bearer"})

    def expire(self) -> None:
        """End the life of all that were given."""
        self._until.clear()

    def refusal(self, request: Request) -> Response | None:
        """The refusal of a request without a living token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and self._until.get(token, 0.0) > time.monotonic():
            return None
        message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
        return refused(401, "UNAUTHENTICATED", message)


async def token_form(request: Request) -> dict[str, str] | Response:
    """The form with which a token is asked for, or its refusal."""
    if request.method != "POST":
        return oauth_error(405, "invalid_request")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return oauth_error(400, "invalid_request")
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def oauth_error(status: int, word: str) -> Response:
    """The error body of RFC 6749, section 5.2."""
    return JSONResponse({"error": word, "error_description": "Bad Request"}, status)
