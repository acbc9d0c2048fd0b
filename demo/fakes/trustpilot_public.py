"""A Trustpilot Business API v1 as documented: the public reviews of a business unit, for a key in a header."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from demo.company import Voice
from demo.fakes.trustpilot import API_KEY, Trustpilot


class TrustpilotPublic(Trustpilot):
    """The public list: no referral fields, and no filter by time is promised."""

    kind = "trustpilot_public"
    secrets = {"TRUSTPILOT_API_KEY": API_KEY}  # noqa: RUF012
    path = "/business-units/{unit}/reviews"
    filters = frozenset({"stars", "language"})

    def routes(self) -> list[BaseRoute]:
        """The list alone."""
        return super().routes()[:1]

    def environment(self, source: str) -> dict[str, str]:
        """There are no tokens."""
        return {k: v for k, v in super().environment(source).items() if not k.endswith("_TOKEN_ADDRESS")}

    def refused(self, request: Request) -> Response | None:
        """The refusal of a request without the key."""
        if hmac.compare_digest(request.headers.get("apikey", "").encode(), API_KEY.encode()):
            return None
        return JSONResponse({"details": "The API key is missing or wrong."}, 401)

    def _referral(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        return {}
