"""A Google Places API (New) as documented: one place, and of it only what the field mask asks for.

Its reviews are those of the company's location, at most five of them in an order that nobody can choose.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import NAME, Voice
from demo.fakes._google import invalid, refused, unknown
from demo.fakes.base import Fake, Said, opaque, zulu

PLACE = "ChIJhallmeyerKassel01"
API_KEY = "demo-key"
#: What of a place the fake has.
FIELDS = ("id", "name", "displayName", "rating", "userRatingCount", "reviews", "googleMapsUri")
MAX_REVIEWS = 5
_METHODS = ["GET", "POST", "PUT", "DELETE"]


class GooglePlaces(Fake):
    """The API; it hands out no feedback that may be kept."""

    kind = "google_places"
    channel = "google_business"
    secrets = {"GOOGLE_PLACES_API_KEY": API_KEY}  # noqa: RUF012
    data = r"^v1/places/"
    id_path = ()
    accounts = (PLACE,)
    paged = False

    def routes(self) -> list[BaseRoute]:
        """``places.get``."""
        return [Route("/v1/places/{place}", self._get, methods=_METHODS)]

    def items(self, payload: Any) -> list[Any]:
        """Reviews, where they were asked for."""
        found: list[Any] = payload.get("reviews", [])
        return found

    def said(self, account: str = "") -> Iterator[Said]:
        """Nothing: the terms forbid keeping it."""
        return iter(())

    def forbidden(self) -> Response:
        """The refusal of a key that is not allowed to use the API."""
        return refused(403, "PERMISSION_DENIED", "Requests to this API method are blocked.")

    def quota(self) -> Response:
        """Too many requests."""
        return refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'GetPlaceRequest'.")

    async def _get(self, request: Request) -> Response:
        if request.method != "GET":
            return refused(404, "NOT_FOUND", "Requested entity was not found.")
        key = request.headers.get("x-goog-api-key", "")
        if not key:
            message = "Method doesn't allow unregistered callers (callers without established identity)."
            return refused(403, "PERMISSION_DENIED", message)
        if not hmac.compare_digest(key.encode(), API_KEY.encode()):
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            return refused(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", details=[info])
        # reviews_sort is a parameter of the older interface.
        if wrong := unknown(request, {"languageCode", "regionCode", "sessionToken"}):
            return wrong
        mask = [name for name in request.headers.get("x-goog-fieldmask", "").split(",") if name]
        if not mask:
            return invalid("FieldMask is a required parameter.")
        if not set(mask) <= {*FIELDS, "*"}:
            return invalid("Error expanding 'fields' parameter.")
        if request.path_params["place"] != PLACE:
            return refused(404, "NOT_FOUND", "The Place ID is no longer valid.")
        place = self._place(request.query_params.get("languageCode", "en"))
        return JSONResponse({name: value for name, value in place.items() if name in mask or "*" in mask})

    def _place(self, language: str) -> dict[str, Any]:
        voices = self.voices()
        place: dict[str, Any] = {
            "id": PLACE,
            "name": f"places/{PLACE}",
            "displayName": {"text": NAME, "languageCode": language},
            "googleMapsUri": f"https://maps.google.com/?cid={PLACE}",
        }
        if voices:
            rating = round(sum(shown["stars"] for _, shown in voices) / len(voices), 1)
            shown_first = sorted(voices, key=lambda found: opaque("relevance", found[0].id))[:MAX_REVIEWS]
            reviews = [self._review(voice, shown) for voice, shown in shown_first]
            place |= {"rating": rating, "userRatingCount": len(voices), "reviews": reviews}
        return place

    def _review(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        name = f"places/{PLACE}/reviews/{opaque('place review', voice.id)}"
        review: dict[str, Any] = {
            "name": name,
            "rating": shown["stars"],
            "publishTime": zulu(voice.date, 9),
            "relativePublishTimeDescription": "vor einer Woche",
            "authorAttribution": {"displayName": self.display(voice) or "Ein Google-Nutzer"},
            "visitDate": {"year": voice.date.year, "month": voice.date.month},
        }
        if text := shown.get("text"):
            localised = {"text": text, "languageCode": shown.get("language") or "de"}
            review |= {"text": localised, "originalText": localised}
        return review
