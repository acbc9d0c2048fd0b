"""The demo company's shop: product pages with schema.org reviews, paged, as a shop would have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from demo.company import NAME, PRODUCTS, Voice
from demo.fakes.base import Fake, Said, Stage, opaque

PAGE = 20
#: This product's page uses microdata, the others JSON-LD: shops are rarely of one mind.
MICRODATA = "HM-120"
_PRICES = {"HM-310": "649.00", "HM-120": "89.90", "HM-450": "329.00"}
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent.parent / "templates"), autoescape=True)


class Shop(Fake):
    """The shop; it stands at the server's own address."""

    kind = "schemaorg"
    channel = "shop"
    data = "^produkt/"
    id_path = ()
    #: Product whose page is under maintenance, and says so with HTTP 200.
    broken = ""

    @property
    def url(self) -> str:
        """The server's address."""
        return self.stage.url

    def routes(self) -> list[BaseRoute]:
        """Home, products, robots.txt, sitemap, basket."""
        return _routes(self)

    def display(self, voice: Voice) -> str | None:
        """The public name in the shop."""
        person = self.person(voice)
        return person.display.get(self.channel) if person else None

    def items(self, payload: Any) -> list[Any]:
        """Pages are not taken apart."""
        return []

    def said(self, account: str = "") -> Iterator[Said]:
        """Every review of every product."""
        for voice, shown in self.voices():
            if voice.product in PRODUCTS:
                answer = shown.get("reply") or {}
                yield Said(
                    f"https://www.hallmeyer.example/produkt/{voice.product}#bewertung-{voice.id}",
                    text=shown.get("text"),
                    title=shown.get("title"),
                    rating_1_5=shown["stars"],
                    author_name=self.display(voice),
                    created_at=voice.date,
                    # The microdata of many shops leave the answer out.
                    reply=answer.get("text") if voice.product != MICRODATA else None,
                )


def _routes(shop: Shop) -> list[BaseRoute]:
    server = shop.stage

    def home(_: Request) -> Response:
        rows = [(sku, name, _PRICES[sku], len(_reviews(shop, sku))) for sku, name in PRODUCTS.items()]
        return HTMLResponse(_pages.get_template("home.html").render(company=NAME, products=rows))

    def product(request: Request) -> Response:
        sku = request.path_params["sku"]
        if sku not in PRODUCTS:
            return PlainTextResponse("Nicht gefunden", 404)
        if sku == shop.broken:
            return HTMLResponse("<html><body><h1>Gleich wieder da</h1></body></html>")
        number = request.query_params.get("seite", "1")
        reviews = _reviews(shop, sku)
        last = max(1, -(-len(reviews) // PAGE))
        if not number.isdigit() or not 1 <= int(number) <= last:
            return PlainTextResponse("Nicht gefunden", 404)
        page = int(number)
        shown = reviews[(page - 1) * PAGE : page * PAGE]
        return _validated(request, _product_page(server, sku, shown, reviews, page, last))

    def robots(_: Request) -> Response:
        return PlainTextResponse(f"User-agent: *\nDisallow: /warenkorb\nSitemap: {server.url}sitemap.xml\n")

    def sitemap(_: Request) -> Response:
        rows = "".join(f"<url><loc>{server.url}produkt/{sku}</loc></url>" for sku in PRODUCTS)
        body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>{body}', media_type="application/xml")

    def basket(_: Request) -> Response:
        return HTMLResponse("<h1>Warenkorb</h1>")

    return [
        Route("/", home),
        Route("/produkt/{sku}", product),
        Route("/robots.txt", robots),
        Route("/sitemap.xml", sitemap),
        Route("/warenkorb", basket),
    ]


def _validated(request: Request, html: str) -> Response:
    """The page with an entity tag; not sent again to one who has it (RFC 9110, section 13.1.2)."""
    etag = f'"{opaque(html, length=20)}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag})
    return HTMLResponse(html, headers={"ETag": etag})


def _reviews(shop: Shop, sku: str) -> list[tuple[Voice, Mapping[str, Any]]]:
    """The product's reviews, the newest first."""
    return [(v, shown) for v, shown in shop.voices() if v.product == sku][::-1]


def _product_page(server: Stage, sku: str, shown: Any, reviews: Any, page: int, last: int) -> str:
    stars = [values["stars"] for _, values in reviews]
    mean = round(sum(stars) / len(stars), 2) if stars else 0
    rows = [_row(server, sku, voice, values) for voice, values in shown]
    node = {
        "@context": "https://schema.org/",
        "@type": "Product",
        "@id": f"{server.url}produkt/{sku}",
        "sku": sku,
        "name": PRODUCTS[sku],
        "brand": {"@type": "Brand", "name": "Hallmeyer"},
        "offers": {"@type": "Offer", "price": _PRICES[sku], "priceCurrency": "EUR"},
        # The shop's software writes numbers as text, as many do.
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": f"{mean}", "reviewCount": f"{len(stars)}"},
        "review": [_node(row) for row in rows],
    }
    # "</" inside a script would end it.
    json_ld = json.dumps(node, ensure_ascii=False).replace("</", "<\\/")
    return _pages.get_template("product.html").render(
        company=NAME, sku=sku, name=PRODUCTS[sku], price=_PRICES[sku], mean=mean, count=len(stars), rows=rows,
        page=page, last=last, microdata=sku == MICRODATA, json_ld=None if sku == MICRODATA else json_ld,
    )  # fmt: skip


def _row(server: Stage, sku: str, voice: Voice, values: Mapping[str, Any]) -> dict[str, Any]:
    person = server.company.persons.get(voice.person or "")
    return {
        # An id does not change with the address that a shop happens to be served from.
        "id": f"https://www.hallmeyer.example/produkt/{sku}#bewertung-{voice.id}",
        "url": f"{server.url}produkt/{sku}#bewertung-{voice.id}",
        "author": person.display.get("shop") if person else None,
        "stars": values["stars"],
        "title": values.get("title"),
        "text": values.get("text"),
        "date": voice.date.isoformat(),
        "day": voice.date.strftime("%d.%m.%Y"),
        "verified": values.get("verified"),
        "reply": (values.get("reply") or {}).get("text"),
        "edited": values["edited"].strftime("%d.%m.%Y") if "edited" in values else None,
    }


def _node(row: Mapping[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = {
        "@type": "Review",
        "@id": row["id"],
        "url": row["url"],
        "reviewRating": {"@type": "Rating", "ratingValue": str(row["stars"]), "bestRating": "5", "worstRating": "1"},
        "datePublished": row["date"],
    }
    if row["author"]:
        node["author"] = {"@type": "Person", "name": row["author"]}
    if row["title"]:
        node["name"] = row["title"]
    if row["text"]:
        node["reviewBody"] = row["text"]
    if row["reply"]:
        node["comment"] = {"@type": "Comment", "text": row["reply"], "author": {"@type": "Organization", "name": NAME}}
    return node
