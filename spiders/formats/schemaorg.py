"""Reviews in pages that describe them with schema.org: JSON-LD first, microdata second."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

from kundenecho.aggregates import AggregateRating
from kundenecho.errors import DataError
from kundenecho.records import Feedback, digest_json
from spiders.build import aggregate
from spiders.context import Context
from spiders.formats.markup import parse_tree
from spiders.personal import without_persons
from spiders.values import moment, rating_1_5, stars_of

_COMMENT = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/)|(?:-->|//\s*\]\]>)\s*$", re.DOTALL)
#: Longest block that is mended, in characters.
_MAX_MENDED: Final = 1_000_000
_SCRIPT = re.compile(r'("(?:[^"\\]|\\.)*")|/\*.*?\*/|//[^\n]*', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(\s*[}\]])', re.DOTALL)
_TAG = re.compile(r"</?(?:p|br|div|span|b|i|strong|em|ul|li)\b[^>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]{1,200}>")
_REVIEW_TYPES: Final = frozenset({"Review", "UserReview", "CriticReview", "EmployerReview"})
_PRODUCT_TYPES: Final = frozenset(
    {"Product", "ProductGroup", "LocalBusiness", "Organization", "Restaurant", "Hotel", "Service", "Book", "Movie"}
)


@dataclass(frozen=True)
class Review:
    """One review as the page describes it; texts are cleaned, numbers and times are still as written."""

    native_id: str
    title: str | None
    text: str | None
    rating: Any
    best: Any
    worst: Any
    date: Any
    author: str | None
    reply: str | None
    url: str | None
    product: str | None
    product_name: str | None
    raw: dict[str, Any]


@dataclass
class PageReviews:
    """What a page holds: its reviews, its aggregate ratings with their products, and what could not be read.

    Attributes:
        rated: Product of each aggregate rating.
        described: The page describes something with schema.org, be it without a review.
    """

    reviews: list[Review] = field(default_factory=list)
    aggregates: list[dict[str, Any]] = field(default_factory=list)
    rated: list[str] = field(default_factory=list)
    described: bool = False
    faults: list[str] = field(default_factory=list)


def parse_page(html: str, url: str) -> PageReviews:
    """Find the reviews of a page.

    Each JSON-LD block is read on its own, so that one unparsable block does not lose the others;
    nodes are found at any depth, and ``@id`` references within the page are followed. Microdata is used
    where JSON-LD has no review.

    Args:
        html: The page.
        url: Its address, for relative references.
    """
    tree = parse_tree(html)
    return reviews_of(tree, url) if tree is not None else PageReviews()


def reviews_of(tree: Any, url: str) -> PageReviews:
    """Find the reviews of a page that is a tree already; see :func:`parse_page`."""
    page = PageReviews()
    _collect(list(_json_ld(tree, page)), url, page)
    page.described = page.described or bool(page.faults)
    if not page.reviews and tree.xpath("boolean(//*[@itemscope])"):
        # Brings the readers of all syntaxes along, which takes a third of the start of a run.
        from extruct.w3cmicrodata import MicrodataExtractor

        found = MicrodataExtractor().extract_items(tree, url)
        _collect([_from_microdata(item) for item in found], url, page)
    return page


def to_feedback(context: Context, review: Review, page: dict[str, Any]) -> Feedback:
    """One review as a record.

    The author of a shop page is a display name only, so the key holds within one product.

    Args:
        context: Card, account, keyer and begin of the run.
        review: The review.
        page: Envelope of its page.

    Raises:
        ValueError: The rating is outside its scale, or the date is none.
        DataError: The record is otherwise not allowed.
    """
    card = context.card
    rating = stars_of(review.rating, review.worst, review.best, card.rating_min, card.rating_max)
    value, low, high = rating or (None, None, None)
    when = moment(review.date, card.time_zone, card.date_order)
    author = context.keyer.account(card.name, f"{review.author}\x1f{review.product}" if review.author else None)
    return Feedback(
        source=card.name,
        account=context.account,
        native_id=review.native_id,
        kind=card.feedback_kind,
        title=review.title,
        text=review.text,
        url=review.url,
        created_at=when.at if when else None,
        created_precision=when.precision if when else "unknown",
        collected_at=context.collected_at,
        raw_value=value,
        raw_min=low,
        raw_max=high,
        rating_1_5=rating_1_5(*rating, card.rating_best) if rating else None,
        product=context.product(review.product),
        product_name=review.product_name,
        author_key=author,
        author_name=review.author,
        reply=review.reply,
        raw={**review.raw, **({"author": author} if author else {})} if card.keep_raw else None,
        page=page,
    )


def aggregates_of(context: Context, page: PageReviews) -> Iterator[AggregateRating]:
    """What the page says of its products; a figure that cannot be read is left out."""
    for node, product in zip(page.aggregates, page.rated, strict=True):
        try:
            rating = stars_of(node.get("ratingValue"), node.get("worstRating"), node.get("bestRating"), 1, 5)
            value, low, high = rating or (None, 1, 5)
            counts = {"rating_count": node.get("ratingCount"), "review_count": node.get("reviewCount")}
            found = aggregate(context, value, low, high, product=product, **counts)
        except (DataError, ValueError, OverflowError):
            continue
        if found:
            yield found


def _json_ld(tree: Any, page: PageReviews) -> Iterator[Any]:
    scripts = tree.xpath("//script[contains(translate(@type, 'JSONLDAPIC', 'jsonldapic'), 'application/ld+json')]")
    for number, script in enumerate(scripts, 1):
        text = _COMMENT.sub("", "".join(script.itertext())).strip().rstrip(";")
        if not text:
            continue
        try:
            yield _loads(text)
        except (ValueError, RecursionError) as error:
            page.faults.append(f"JSON-LD block {number} cannot be read: {str(error)[:80]}")


def _loads(text: str) -> Any:
    """JSON, if need be without the comments and last commas that belong to JavaScript."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        if len(text) > _MAX_MENDED:
            raise
        bare = _SCRIPT.sub(lambda found: found[1] or "", text)
        return json.loads(_LAST_COMMA.sub(r"\1\2", bare), strict=False)


def _from_microdata(item: Any) -> Any:
    """An item of extruct's microdata in the shape of JSON-LD."""
    if isinstance(item, list):
        return [_from_microdata(part) for part in item]
    if not isinstance(item, dict):
        return item
    kind = item.get("type", "")
    node = {key: _from_microdata(value) for key, value in item.get("properties", {}).items()}
    if kind:
        node["@type"] = [str(k).rsplit("/", 1)[-1] for k in (kind if isinstance(kind, list) else [kind])]
    if "id" in item:
        node["@id"] = item["id"]
    return node


def _collect(nodes: list[Any], url: str, page: PageReviews) -> None:
    everything = list(_within(nodes))
    page.described = page.described or any(_types(node) & _PRODUCT_TYPES for node in everything)
    by_id = {n["@id"]: n for n in everything if isinstance(n.get("@id"), str) and len(n) > 1}
    seen: set[str] = set()
    owned: set[int] = set()

    def resolve(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"@id"} and isinstance(value["@id"], str):
            return by_id.get(value["@id"], value)
        return value

    def add(node: dict[str, Any], owner: dict[str, Any] | None) -> None:
        owned.add(id(node))
        review = _review(node, owner, resolve, url)
        if review.native_id not in seen:
            seen.add(review.native_id)
            page.reviews.append(review)

    for node in everything:
        aggregate = resolve(_first(node.get("aggregateRating")))
        # Theme and plugin often both write it.
        if isinstance(aggregate, dict) and aggregate not in page.aggregates:
            page.aggregates.append(aggregate)
            page.rated.append(_product_of(node)[0] or "")
        inner = [part for key in ("review", "reviews") if key in node for part in _list(node[key])]
        for found in map(resolve, inner):
            if isinstance(found, dict) and set(found) != {"@id"} and "AggregateRating" not in _types(found):
                add(found, node)
    for node in everything:
        if id(node) not in owned and _types(node) & _REVIEW_TYPES:
            owner = resolve(_first(node.get("itemReviewed")))
            add(node, owner if isinstance(owner, dict) else None)


def _within(value: Any) -> Iterator[dict[str, Any]]:
    """Every node at any depth, each before its parts, in the order of the page."""
    stack = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            yield found
            stack.extend([part for part in reversed(found.values()) if isinstance(part, (dict, list))])
        elif isinstance(found, list):
            stack.extend(reversed(found))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _review(node: dict[str, Any], owner: dict[str, Any] | None, resolve: Any, url: str) -> Review:
    rating = resolve(_first(node.get("reviewRating")))
    rating = rating if isinstance(rating, dict) else {"ratingValue": rating}
    author = _name(resolve(_first(node.get("author"))))
    comment = resolve(_first(node.get("comment")))
    title = _clean(node.get("headline") or node.get("name"))
    text = _clean(node.get("reviewBody") or node.get("description"))
    product, name = _product_of(owner) if owner else (None, None)
    identity = node.get("@id") or node.get("identifier")
    key = identity if isinstance(identity, str) else None
    return Review(
        native_id=key or "d-" + digest_json([product, author, node.get("datePublished"), title, text]),
        title=title,
        text=text,
        rating=rating.get("ratingValue"),
        best=rating.get("bestRating"),
        worst=rating.get("worstRating"),
        date=node.get("datePublished") or node.get("dateCreated"),
        author=author,
        reply=_clean(comment.get("text")) if isinstance(comment, dict) else None,
        url=next((link for link in (node.get("url"), key) if isinstance(link, str) and link.startswith("http")), url),
        product=product,
        product_name=name,
        raw=without_persons(node),
    )


def _product_of(node: dict[str, Any]) -> tuple[str | None, str | None]:
    """Identifier and name of a product; the name serves where it has no identifier."""
    number = _clean(node.get("sku") or node.get("productID") or node.get("mpn"))
    name = _clean(node.get("name")) if _types(node) & _PRODUCT_TYPES or number else None
    return number or name, name


def _types(node: dict[str, Any]) -> set[str]:
    kind = node.get("@type", [])
    return {str(k).rsplit("/", 1)[-1].removeprefix("schema:") for k in (kind if isinstance(kind, list) else [kind])}


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _name(author: Any) -> str | None:
    return _clean(_first(author.get("name"))) if isinstance(author, dict) else _clean(author)


def _clean(value: Any) -> str | None:
    """Text with entities decoded once and tags of an HTML body taken out."""
    found = _first(value)
    if not isinstance(found, (str, int, float)) or isinstance(found, bool):
        return None
    text = str(found)
    if "<" in text and _TAG.search(text):
        text = _ANY_TAG.sub("", _BREAK.sub("\n", text))
    return (unescape(text) if "&" in text else text).strip() or None
