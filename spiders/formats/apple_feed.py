"""The shapes of Apple's review feed: JSON with a list, with a single object or with nothing, and Atom XML."""

from __future__ import annotations

import json
from typing import Any, Final

from lxml import etree

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_APPLE: Final = "{http://itunes.apple.com/rss}"
#: Whether a feed's entry is a review is told by this alone.
RATING: Final = "im:rating"


def feed_of(body: bytes) -> dict[str, Any] | None:
    """The feed in the shape of the JSON one, None where there is none.

    Args:
        body: JSON or Atom.
    """
    try:
        answer = _from_atom(body) if body.lstrip()[:1] == b"<" else json.loads(body)
    except (ValueError, RecursionError, etree.LxmlError):
        return None
    feed = answer.get("feed") if isinstance(answer, dict) else None
    return answer if isinstance(feed, dict) and feed else None


def entries_of(payload: Any) -> list[Any]:
    """All entries of a feed; a single one stands there without a list.

    Raises:
        ValueError: The entries are neither.
    """
    found = payload["feed"].get("entry")
    if found is None:
        return []
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise ValueError("the entries are no list")
    return found


def about_app(entry: Any) -> bool:
    """Whether an entry describes the app instead of being a review."""
    return isinstance(entry, dict) and RATING not in entry and "im:name" in entry


def label(entry: Any, *path: str) -> Any:
    """The value at a path, which the feed wraps in ``{"label": …}``; None where there is none."""
    for step in (*path, "label"):
        if not isinstance(entry, dict):
            return None
        entry = entry.get(step)
    return entry


def _from_atom(body: bytes) -> dict[str, Any] | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(body, parser)
    if root.tag != f"{_ATOM}feed":
        return None
    entries = [_entry(node) for node in root.findall(f"{_ATOM}entry")]
    return {"feed": {"id": {"label": root.findtext(f"{_ATOM}id")}, **({"entry": entries} if entries else {})}}


def _entry(node: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for child in node.iterchildren(tag=etree.Element):
        name = str(child.tag).replace(_APPLE, "im:").removeprefix(_ATOM)
        if name == "content" and child.get("type", "text") != "text":
            continue  # the same once more, as HTML with the app's picture
        if name == "author":
            parts = {str(part.tag).removeprefix(_ATOM): {"label": part.text or ""} for part in child}
            entry.setdefault(name, parts)
        else:
            entry.setdefault(name, {"label": child.text or ""})
    return entry
