from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundenecho.errors import DataError
from spiders.card import Card
from spiders.formats.links import page_links
from spiders.formats.markup import parse_tree, unpacked

CARD = Card("shop", "schemaorg", address="https://www.shop.example/", follow=("/produkt/",))
URL = "https://www.shop.example/liste"


def links(markup: str) -> list[str]:
    return list(page_links(parse_tree(markup), URL, CARD))


def test_patterns_and_paging_within_one_shop() -> None:
    found = links(
        '<a href="/produkt/1#top">1</a><a href="/produkt/1">1</a><a href="/agb">AGB</a>'
        '<a rel="nofollow next" href="?seite=2">weiter</a><link rel="next" href="/liste?seite=2">'
        '<a href="https://teilen.example/?u=https://www.shop.example/produkt/1">Teilen</a>'
        '<a href="https://shop.example/produkt/2">2</a><a href="javascript:alert(1)">x</a><a href="http://[/produkt/">x</a>'
        '<a rel="next" href="https://anderswo.example/">fremd</a><a rel="next" href="file:///etc/passwd">Datei</a>'
    )
    assert found == [
        "https://www.shop.example/liste?seite=2", "https://www.shop.example/produkt/1", "https://shop.example/produkt/2",
    ]  # fmt: skip


def test_sitemap_reads_its_own_sitemaps_and_matching_pages() -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n'
    index = f'{head}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>'
    assert links(index) == ["https://www.shop.example/s1.xml"]
    one = f"{head}<urlset><url><loc>/produkt/1?a=1&amp;b=2</loc></url><url><loc>/agb</loc></url><url/></urlset>"
    assert links(one) == ["https://www.shop.example/produkt/1?a=1&b=2"]


def test_a_sitemap_reads_no_files_and_does_not_explode() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY e0 "boom">{lines}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    body = "<urlset><url><loc>/produkt/&e8;</loc></url><url><loc>/produkt/&f;</loc></url></urlset>"
    assert all("root" not in link and len(link) < 500 for link in links(bomb + body))


@given(st.text(alphabet='<>/="ahref loc&;#x1 ?!-', max_size=200))
def test_no_markup_is_trouble(markup: str) -> None:
    tree = parse_tree(markup)
    if tree is not None:
        page_links(tree, URL, CARD)


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"\x1f\x8b\x08 broken", b""])
def test_what_is_no_page_is_told(body: bytes) -> None:
    try:
        assert unpacked(body, URL) == ""
    except DataError as error:
        assert error.where == URL
