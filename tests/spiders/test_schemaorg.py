"""Pages in the shapes that shops really have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spiders.formats.schemaorg import parse_page
from tests.conftest import SHARED, needs_shared

URL = "https://shop.example/p"


def page(*blocks: str, body: str = "") -> str:
    scripts = "".join(f'<script type="application/ld+json">{b}</script>' for b in blocks)
    return f"<html><head>{scripts}</head><body>{body}</body></html>"


def review(**values: object) -> dict[str, object]:
    return {"@type": "Review", "reviewBody": "Gut", "author": {"@type": "Person", "name": "Ina"}, **values}


def test_a_broken_block_loses_only_itself() -> None:
    good = json.dumps({"@type": "Product", "name": "Kanne", "sku": "K1", "review": [review()]})
    found = parse_page(page('{"@type": "Product", "name": ', good, "not json"), URL)
    assert [(r.text, r.product, r.product_name) for r in found.reviews] == [("Gut", "K1", "Kanne")]
    assert ["block 1" in found.faults[0], "block 3" in found.faults[1]] == [True, True]


def test_comments_and_last_commas_of_a_script() -> None:
    block = """/* shop */ {"@type": "Product", // "review": [],
      "name": "Kanne // groß, /* rund */", "review": [{"@type": "Review", "reviewBody": "Gut, ]",},],} // end"""
    found = parse_page(page(block), URL)
    assert [(r.text, r.product_name) for r in found.reviews] == [("Gut, ]", "Kanne // groß, /* rund */")]
    assert found.faults == []


@pytest.mark.parametrize("kind", ["Review", "UserReview", ["Review", "CreativeWork"], "https://schema.org/Review"])
def test_reviews_at_any_depth(kind: object) -> None:
    product = {"@type": "Product", "name": "Kanne", "review": [review(**{"@type": kind})]}
    alone = review(**{"@type": kind}, reviewBody="Tropft", itemReviewed={"@type": "Product", "name": "Topf"})
    listed = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": product}]}
    found = parse_page(page(json.dumps({"@type": "WebPage", "mainEntity": [listed, alone]})), URL)
    assert [(r.text, r.product_name) for r in found.reviews] == [("Gut", "Kanne"), ("Tropft", "Topf")]


def test_the_same_aggregate_twice_is_one() -> None:
    both = {"@type": "AggregateRating", "ratingValue": 4.5, "ratingCount": "4"}
    node = {"@type": "Product", "name": "K", "aggregateRating": both, "review": both}
    found = parse_page(page(json.dumps(node), json.dumps({"@type": "Product", "aggregateRating": both})), URL)
    assert (found.reviews, found.aggregates) == ([], [both])


def test_graph_and_references() -> None:
    graph = {"@graph": [
        {"@type": "Product", "@id": "#p", "name": "Kanne", "review": [{"@id": "#r"}]},
        {"@type": "Review", "@id": "#r", "reviewBody": "Tropft", "itemReviewed": {"@id": "#p"}, "author": "Ina",
         "reviewRating": {"ratingValue": 45, "bestRating": "50", "worstRating": "10"}},
    ]}  # fmt: skip
    [found] = parse_page(page(json.dumps(graph)), URL).reviews
    assert (found.native_id, found.text, found.product_name, found.author) == ("#r", "Tropft", "Kanne", "Ina")
    assert (found.rating, found.best, found.worst) == (45, "50", "10")


def test_an_id_is_stable_where_the_page_has_none() -> None:
    one, again = (
        parse_page(page(json.dumps({"@type": "Product", "name": "K", "review": [review()]})), u).reviews[0]
        for u in (URL, URL + "?p=2")
    )
    assert one.native_id == again.native_id
    other = parse_page(
        page(json.dumps({"@type": "Product", "name": "K", "review": [review(reviewBody="Schlecht")]})), URL
    )
    assert other.reviews[0].native_id != one.native_id


def test_entities_and_tags_are_decoded_once() -> None:
    node = {
        "@type": "Product",
        "name": "K",
        "review": review(reviewBody="<p>Sitzt super &#8211; aber &amp;lt;eng&amp;gt;</p>", author=["Ina"]),
    }
    [found] = parse_page(page(json.dumps(node)), URL).reviews
    assert (found.text, found.author) == ("Sitzt super – aber &lt;eng&gt;", "Ina")


def test_aggregate_is_no_review() -> None:
    node = {
        "@type": "Product",
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": "0.0", "ratingCount": "0"},
    }
    found = parse_page(page(json.dumps(node)), URL)
    assert (found.reviews, len(found.aggregates)) == ([], 1)


@pytest.mark.parametrize("html", ["", "<", "\x00", "<html>" * 500, page("[]"), page("null"), page("3")])
def test_odd_pages_are_no_trouble(html: str) -> None:
    assert parse_page(html, URL).reviews == []


@needs_shared
@pytest.mark.parametrize("file", sorted((SHARED / "fixtures").glob("*/*.html")), ids=lambda f: f.stem)
def test_recorded_pages_are_read(file: Path) -> None:
    found = parse_page(file.read_text(encoding="utf-8", errors="replace"), URL)
    assert all(r.native_id for r in found.reviews)
    assert found.faults == []
    if "chefkoch" in file.name:
        assert found.aggregates
    if "reishunger" in file.name:
        assert {r.rating for r in found.reviews} == {1, 5}
        assert all(r.text and r.date for r in found.reviews)
