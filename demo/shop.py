"""The demo company's shop: product pages with schema.org reviews, paged, as a shop would have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo.company import NAME, PRODUCTS, Voice

if TYPE_CHECKING:
    from demo.server import DemoServer

PAGE = 20
#: This product's page uses microdata, the others JSON-LD: shops are rarely of one mind.
MICRODATA = "HM-120"
_PRICES = {"HM-310": "649.00", "HM-120": "89.90", "HM-450": "329.00"}
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def shop_routes(server: DemoServer) -> list[Route]:
    """The shop's routes over one demo server."""

    def home(_: Request) -> Response:
        rows = [(sku, name, _PRICES[sku], len(_reviews(server, sku))) for sku, name in PRODUCTS.items()]
        return HTMLResponse(_pages.get_template("home.html").render(company=NAME, products=rows))

    def product(request: Request) -> Response:
        sku = request.path_params["sku"]
        if sku not in PRODUCTS:
            return PlainTextResponse("Nicht gefunden", 404)
        number = request.query_params.get("seite", "1")
        reviews = _reviews(server, sku)
        last = max(1, -(-len(reviews) // PAGE))
        if not number.isdigit() or not 1 <= int(number) <= last:
            return PlainTextResponse("Nicht gefunden", 404)
        page = int(number)
        shown = reviews[(page - 1) * PAGE : page * PAGE]
        return HTMLResponse(_product_page(server, sku, shown, reviews, page, last))

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


def _reviews(server: DemoServer, sku: str) -> list[tuple[Voice, Mapping[str, Any]]]:
    """The product's reviews, the newest first."""
    return [(v, shown) for v, shown in server.company.on("shop", server.as_of) if v.product == sku][::-1]


def _product_page(server: DemoServer, sku: str, shown: Any, reviews: Any, page: int, last: int) -> str:
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


def _row(server: DemoServer, sku: str, voice: Voice, values: Mapping[str, Any]) -> dict[str, Any]:
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
