"""Which pages of a shop lead to reviews: sitemaps, the card's patterns, and paging."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from spiders.card import Card

_LOCATIONS = "//*[local-name()='url' or local-name()='sitemap']/*[local-name()='loc']"
_NEXT = "//*[self::a or self::link][contains(concat(' ', normalize-space(@rel), ' '), ' next ')]/@href"


def page_links(tree: Any, url: str, card: Card) -> dict[str, str]:
    """The pages to read next.

    A sitemap's own sitemaps and the next page of a pager (``rel="next"``) are followed always, other
    links where one of the card's patterns matches; none of them to another host.

    Args:
        tree: The page or sitemap, as lxml gives it.
        url: Its address.
        card: Its patterns.

    Returns:
        How each page is reached, by its address: ``sitemap``, ``next`` or ``follow``.
    """
    pager, sitemaps = [str(href) for href in tree.xpath(_NEXT)], list[str]()
    wanted = [str(href) for href in tree.xpath("//a/@href")]
    for location in tree.xpath(_LOCATIONS):
        nested = location.getparent().tag.rpartition("}")[2] == "sitemap"
        (sitemaps if nested else wanted).append(location.text or "")
    matching = [link for link in _absolute(wanted, url) if any(re.search(pattern, link) for pattern in card.follow)]
    home = _host(card.address)
    reached = dict.fromkeys(_absolute(pager, url), "next") | dict.fromkeys(_absolute(sitemaps, url), "sitemap")
    reached |= {link: "follow" for link in matching if link not in reached}
    return {link: how for link, how in reached.items() if _host(link) == home}


def _absolute(hrefs: Sequence[str], url: str) -> list[str]:
    links = []
    for href in hrefs:
        try:
            links.append(urljoin(url, href.strip()).split("#")[0])
        except ValueError:  # "http://[" and the like
            continue
    return links


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower().removeprefix("www.")
    except ValueError:
        return ""
