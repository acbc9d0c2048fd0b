"""A Judge.me API v1 as documented: token and shop in the query, numbered pages, a count of its own.

Texts as they were typed, the reviewer's e-mail address and telephone in each review, no filter for what is
new, no replies. What it answers to a wrong request is documented nowhere; here the usual statuses stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import PRODUCTS, Voice
from demo.fakes.base import Fake, Said, opaque, zulu

TOKEN, SHOP = "demo-key", "hallmeyer.myshopify.com"
MAX_PER_PAGE = 100


class JudgeMe(Fake):
    """The reviews of one shop; one whose voice says ``held`` is not yet curated, ``hidden`` one is hidden."""

    kind = "judgeme"
    secrets = {"JUDGEME_API_TOKEN": TOKEN}  # noqa: RUF012
    data = "^reviews$"
    enum_path = ("curated",)
    accounts = (SHOP,)

    def routes(self) -> list[BaseRoute]:
        """``reviews`` and ``reviews/count``."""
        return [Route("/reviews", self._reviews), Route("/reviews/count", self._count)]

    def items(self, payload: Any) -> list[Any]:
        """The reviews in ``reviews``."""
        return list(payload.get("reviews") or []) if isinstance(payload, dict) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review, the hidden ones too."""
        for voice, shown in self.voices():
            yield Said(
                str(_id(voice)),
                text=shown.get("text"),
                title=shown.get("title"),
                rating_1_5=shown["stars"],
                author_name=self.display(voice),
                created_at=voice.date.replace(microsecond=0),
                state="hidden" if shown.get("held") or shown.get("hidden") else "published",
            )

    def forbidden(self) -> Response:
        """Another shop's token."""
        return JSONResponse({"error": "Forbidden"}, 403)

    def quota(self) -> Response:
        """Too many requests."""
        return JSONResponse({"error": "Too many requests"}, 429)

    def _refused(self, request: Request, known: set[str]) -> Response | None:
        asked = request.query_params
        if asked.get("api_token") != TOKEN or asked.get("shop_domain") != SHOP:
            return JSONResponse({"error": "Unauthorized"}, 401)
        if not asked.keys() <= {"api_token", "shop_domain", *known}:
            return JSONResponse({"error": "unknown parameter"}, 422)
        if any(not value.isdecimal() or int(value) < 1 for name, value in asked.items() if name in known):
            return JSONResponse({"error": "a number is needed"}, 422)
        return None

    def _count(self, request: Request) -> Response:
        return self._refused(request, set()) or JSONResponse({"count": len(self.voices())})

    def _reviews(self, request: Request) -> Response:
        if refused := self._refused(request, {"page", "per_page", "product_id", "reviewer_id", "rating"}):
            return refused
        page, size = (int(request.query_params.get(name, alone)) for name, alone in (("page", "1"), ("per_page", "10")))
        if size > MAX_PER_PAGE:
            return JSONResponse({"error": "per_page is too large"}, 422)
        part = self.voices()[::-1][(page - 1) * size : page * size]
        rows = [self._row(voice, shown) for voice, shown in part]
        return JSONResponse({"current_page": page, "per_page": size, "reviews": rows})

    def _row(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        person, product = self.person(voice), voice.product or ""
        return {
            "id": _id(voice),
            "title": shown.get("title"),
            "body": shown.get("text"),
            "rating": shown["stars"],
            "product_external_id": int(opaque("product", product, length=10), 16),
            "product_title": PRODUCTS.get(product, product),
            "product_handle": product.lower(),
            "reviewer": {
                "id": int(opaque("reviewer", voice.person or voice.id, length=7), 16) + 1,
                "external_id": int(opaque("customer", person.id, length=9), 16) if person else None,
                "name": self.display(voice),
                "email": person.email if person else None,
                "phone": None,
                "tags": [],
                "accepts_marketing": False,
                "unsubscribed_at": None,
            },
            "source": "email" if shown.get("verified") else "web",
            "curated": "not-yet" if shown.get("held") else "ok",
            "published": not shown.get("held"),
            "hidden": bool(shown.get("hidden")),
            "verified": "buyer" if shown.get("verified") else "nothing",
            "featured": False,
            "pinned": False,
            "created_at": zulu(voice.date),
            "updated_at": zulu(shown.get("edited", voice.date)),
            "ip_address": "203.0.113.7",
            "has_published_pictures": False,
            "has_published_videos": False,
            "pictures": [],
        }


def _id(voice: Voice) -> int:
    return int(opaque("judgeme", voice.id, length=8), 16) + 1
