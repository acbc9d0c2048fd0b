"""A WooCommerce REST API v3 as documented: the product reviews of a WordPress shop.

HTTP Basic, numbered pages with their counts in headers, HTML with entities, a local time without a zone
beside one in UTC without a ``Z``, ``after`` in the shop's local time, approved reviews only unless asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import PRODUCTS, Voice
from demo.fakes.base import Fake, Said, basic, opaque

KEY, SECRET = "ck_demo-key", "cs_demo-key"
#: Every parameter and what it may be.
_KNOWN: Mapping[str, Callable[[str], bool]] = {
    "page": lambda v: v.isdecimal() and int(v) > 0,
    "per_page": lambda v: v.isdecimal() and 1 <= int(v) <= 100,
    "order": lambda v: v in {"asc", "desc"},
    "orderby": lambda v: v in {"date", "date_gmt", "id", "slug", "include", "product"},
    "status": lambda v: v in {"all", "hold", "approved", "spam", "trash"},
    "after": lambda v: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", v)),
    "before": lambda v: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", v)),
}


class WooCommerce(Fake):
    """The shop's interface; a review whose voice says ``held`` waits for approval.

    Attributes:
        zone: The shop's own time.
    """

    kind = "woocommerce"
    secrets = {"WOOCOMMERCE_CONSUMER_KEY": KEY, "WOOCOMMERCE_CONSUMER_SECRET": SECRET}  # noqa: RUF012
    data = "^products/reviews$"
    enum_path = ("status",)
    zone = ZoneInfo("Europe/Berlin")

    def routes(self) -> list[BaseRoute]:
        """``products/reviews``."""
        return [Route("/products/reviews", self._reviews), Route("/{rest:path}", self._nowhere)]

    def items(self, payload: Any) -> list[Any]:
        """The reviews; an answer is their list."""
        return payload if isinstance(payload, list) else []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review; the interface hands out neither titles nor the shop's replies."""
        for voice, shown in self.voices():
            yield Said(
                str(_id(voice)),
                # A paragraph in HTML does not tell how many blank lines were typed.
                text=re.sub(r"\n{2,}", "\n", shown["text"]).strip() if shown.get("text") else None,
                rating_1_5=shown.get("stars") or None,
                author_name=self.display(voice),
                created_at=voice.date.replace(microsecond=0),
                state="hidden" if shown.get("held") else "published",
            )

    def forbidden(self) -> Response:
        """The key's user may not moderate."""
        return _error(403, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")

    def quota(self) -> Response:
        """WooCommerce has no quota; a host's firewall has, and answers in HTML."""
        return HTMLResponse("<html><body><h1>403 Forbidden</h1></body></html>", 403)

    def _nowhere(self, _: Request) -> Response:
        return _error(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _reviews(self, request: Request) -> Response:
        if not basic(request, KEY, SECRET):
            return _error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        asked = dict(request.query_params)
        if wrong := [name for name, value in asked.items() if name not in _KNOWN or not _KNOWN[name](value)]:
            return _error(400, "rest_invalid_param", f"Invalid parameter(s): {', '.join(wrong)}")
        rows = self._asked_for(asked)
        size, page = int(asked.get("per_page", "10")), int(asked.get("page", "1"))
        pages = -(-len(rows) // size)
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}
        if page < pages:
            following = request.url.include_query_params(page=page + 1)
            headers["Link"] = f'<{following}>; rel="next"'
        return JSONResponse(rows[(page - 1) * size : page * size], headers=headers)

    def _asked_for(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        status = asked.get("status", "approved")
        wanted = {"all": {"approved", "hold"}}.get(status, {status})
        rows = [row for row in (self._row(*voice) for voice in self.voices()) if row["status"] in wanted]
        if "after" in asked:
            rows = [row for row in rows if row["date_created"] > asked["after"]]
        if "before" in asked:
            rows = [row for row in rows if row["date_created"] < asked["before"]]
        column = {"date": "date_created", "id": "id"}.get(asked.get("orderby", "date_gmt"), "date_created_gmt")
        return sorted(rows, key=lambda row: (row[column], row["id"]), reverse=asked.get("order", "desc") == "desc")

    def _row(self, voice: Voice, shown: Mapping[str, Any]) -> dict[str, Any]:
        person, number, product = self.person(voice), _id(voice), voice.product or ""
        link = f"https://www.hallmeyer.example/shop/{product.lower()}/"
        return {
            "id": number,
            "date_created": _naive(voice.date.astimezone(self.zone)),
            "date_created_gmt": _naive(voice.date.astimezone(UTC)),
            "product_id": int(re.sub(r"\D", "", product) or 0),
            "product_name": PRODUCTS.get(product, product),
            "product_permalink": link,
            "status": "hold" if shown.get("held") else "approved",
            "reviewer": self.display(voice) or "",
            "reviewer_email": person.email if person else "",
            "review": _paragraphs(shown.get("text") or ""),
            "rating": shown.get("stars") or 0,
            "verified": bool(shown.get("verified")),
            "reviewer_avatar_urls": {"24": f"https://secure.gravatar.com/avatar/{opaque(voice.person or '')}?s=24"},
            "_links": {
                "self": [{"href": f"{self.url}products/reviews/{number}"}],
                "collection": [{"href": f"{self.url}products/reviews"}],
            },
        }


def _id(voice: Voice) -> int:
    return int(opaque("woocommerce", voice.id, length=7), 16) + 1


def _naive(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _paragraphs(plain: str) -> str:
    """A text as WordPress makes paragraphs of it, with entities for typographic marks."""
    if not plain:
        return ""
    marked = html.escape(plain, quote=False).replace("–", "&#8211;").replace("“", "&#8220;")
    parts = [part.strip().replace("\n", "<br />\n") for part in re.split(r"\n{2,}", marked)]
    return "".join(f"<p>{part}</p>\n" for part in parts)


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "data": {"status": status}}, status)
