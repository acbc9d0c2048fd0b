"""From what a server sends to a tree: HTML, XML sitemaps, also compressed ones."""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from kundenecho.errors import DataError

#: Largest page after unpacking, in bytes.
_MAX_UNPACKED: Final = 20 * 1024 * 1024
_XML = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL)


def unpacked(body: bytes, where: str) -> str:
    """The text of a ``.gz`` file, as sitemaps often come.

    Raises:
        DataError: It is none, or unpacks to more than 20 MB.
    """
    machine = zlib.decompressobj(wbits=31)
    try:
        data = machine.decompress(body, _MAX_UNPACKED)
    except zlib.error:
        raise DataError(
            "the page is neither text nor a .gz file", where=where, remedy="Narrow the card's follow patterns"
        ) from None
    if machine.unconsumed_tail:
        raise DataError(
            f"the page unpacks to more than {_MAX_UNPACKED} bytes", where=where, remedy="Narrow what the card reads"
        )
    return data.decode("utf-8", "replace")


def parse_tree(text: str) -> Any:
    """The tree of a page or sitemap, None where there is nothing to parse."""
    data = text.encode("utf-8", "replace")
    try:
        if _XML.match(text[:2000]):
            # No entity is resolved, so none can read a file or grow without end.
            parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True)
            return etree.fromstring(data, parser)
        return document_fromstring(data, parser=HTMLParser(encoding="utf-8", huge_tree=True))
    except (etree.LxmlError, ValueError):
        return None
