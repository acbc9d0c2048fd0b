"""Reading YouTube's threads and comments: which replies are there, who wrote them, what they say."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

from spiders.build import text

#: Replies, each with the envelope of its page.
Replies = list[tuple[Any, dict[str, Any]]]
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BREAK: Final = re.compile(r"<br ?/?>\n?", re.IGNORECASE)


def at(node: Any, *path: str) -> Any:
    """What stands at a path of an object, None where there is nothing or another shape."""
    for step in path:
        if not isinstance(node, dict):
            return None
        node = node.get(step)
    return node


def key_of(item: Any) -> str:
    """Id of a comment, or of a thread's top comment; empty where it has none."""
    top = at(item, "snippet", "topLevelComment")
    found = at(item if top is None else top, "id")
    return found if isinstance(found, str) else ""


def inline(thread: Any) -> list[Any]:
    """The replies that a thread holds itself."""
    found = at(thread, "replies", "comments")
    return found if isinstance(found, list) else []


def whole(thread: Any) -> bool:
    """Whether a thread holds all its replies; one without an id cannot be asked for them."""
    total = at(thread, "snippet", "totalReplyCount")
    return not key_of(thread) or (isinstance(total, int) and len(inline(thread)) >= total)


def answers(replies: Replies, own: str | None) -> tuple[Replies, tuple[Any, ...]]:
    """Replies of customers, and the snippets of the company's own, the oldest first.

    Args:
        replies: All replies of a thread.
        own: The company's channel, None where it is not known.
    """
    theirs, ours = Replies(), []
    for reply, page in replies:
        snippet = at(reply, "snippet")
        mine = own and at(snippet, "authorChannelId", "value") == own and isinstance(snippet.get("textDisplay"), str)
        if mine:
            ours.append(snippet)
        else:
            theirs.append((reply, page))
    return theirs, tuple(sorted(ours, key=lambda snippet: str(snippet.get("publishedAt"))))


def plain(value: Any) -> str | None:
    """A comment's text; well-formed entities and line breaks that slipped in are undone once.

    What looks like a tag stays: a plain text may hold ``<`` and ``>``, and nothing here is shown as HTML.

    Raises:
        ValueError: It is no text.
    """
    found = text(value)
    if found is None:
        return None
    return _ENTITY.sub(lambda entity: unescape(entity[0]), _BREAK.sub("\n", found))


def likes_of(snippet: Any) -> int | None:
    """Likes of a comment.

    Raises:
        ValueError: They are no count.
    """
    found = snippet.get("likeCount")
    if found is not None and (type(found) is not int or found < 0):
        raise ValueError("the likes are no count")
    return found
