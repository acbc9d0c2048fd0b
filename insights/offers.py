"""Rules for cross- and up-selling: from a product and what is said of it to an accessory or a better model.

The rules are a company's own and stand in a file that people review; ``docs/offers.md`` explains each key. They speak
of the labels that the understanding gives, never of wording.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, EXPECTATIONS, POLARITIES
from kundenecho.errors import SettingsError

KINDS: Final = ("accessory", "supply", "model")
DAYS: Final = 365
_WORDS: Final = {
    "aspects": ASPECTS,
    "defects": DEFECT_TYPES,
    "polarities": POLARITIES,
    "expectations": EXPECTATIONS,
}
_WHEN: Final = (*_WORDS, "nouns", "wished")
_OFFER: Final = ("article", "name", "kind", "link", "products", "groups", "unless_bought", "similar_goods", "when")
_NEEDED: Final = ("article", "name", "kind", "link", "when")
_HEADER: Final = re.compile(r"\s*\[\[\s*offers\s*(\.\s*when\s*)?\]\]")


@dataclass(frozen=True)
class Said:
    """One thing that was said of a product: a mention, or a noun that was only named.

    Attributes:
        product: Product that was spoken of, None for none.
        group: Its group of products.
        aspect: None for a noun that was only named, as are the other labels.
        wished: The clause wishes for something.
        nouns: What it speaks of, in lower case: the part, the target, the noun and the head of a compound.
        said_on: Day on which it was said.
        place: Revision, field, and offsets of the words.
    """

    product: str | None
    group: str | None
    aspect: str | None
    polarity: str | None
    defect: str | None
    expectation: str | None
    wished: bool
    nouns: tuple[str, ...]
    said_on: date
    place: tuple[int, str, int, int]


@dataclass(frozen=True)
class Condition:
    """What must be said; of each list that is not empty one must hold. ``nouns`` are patterns in lower case.

    With ``wished`` only a wish counts.
    """

    aspects: frozenset[str]
    defects: frozenset[str]
    polarities: frozenset[str]
    expectations: frozenset[str]
    nouns: tuple[str, ...]
    wished: bool = False

    def holds(self, said: Said) -> bool:
        """Whether something that was said fulfils it."""
        return (
            (not self.aspects or said.aspect in self.aspects)
            and (not self.defects or said.defect in self.defects)
            and (not self.polarities or said.polarity in self.polarities)
            and (not self.expectations or said.expectation in self.expectations)
            and (said.wished or not self.wished)
            and (not self.nouns or any(fnmatchcase(noun, p) for p in self.nouns for noun in said.nouns))
        )


@dataclass(frozen=True)
class Offer:
    """One thing that may be offered.

    Attributes:
        article: Its number in the list of orders.
        kind: One of :data:`KINDS`.
        products: Patterns of the products that it goes with.
        groups: Patterns of groups of products.
        unless_bought: Articles of which one makes the offer needless; its own is among them.
        similar_goods: The company says that it is similar to what the customer bought (§ 7 (3) no. 2 UWG).
    """

    article: str
    name: str
    kind: str
    link: str
    products: tuple[str, ...]
    groups: tuple[str, ...]
    unless_bought: tuple[str, ...]
    similar_goods: bool
    when: tuple[Condition, ...]

    def goes_with(self, product: str, group: str | None) -> bool:
        """Whether it goes with a product."""
        return any(fnmatchcase(product, p) for p in self.products) or (
            group is not None and any(fnmatchcase(group, p) for p in self.groups)
        )


@dataclass(frozen=True)
class OfferRules:
    """All offers in the order of the file, how many days something that was said counts, and a digest of both."""

    offers: tuple[Offer, ...] = ()
    days: int = DAYS
    digest: str = ""


@dataclass(frozen=True)
class Occasion:
    """What suggests an article to one person."""

    article: str
    product: str
    said_on: date
    place: tuple[int, str, int, int]


def occasions(said: Iterable[Said], owned: Sequence[tuple[str, str | None]], rules: OfferRules) -> list[Occasion]:
    """What may be offered to one person, each article once, by the newest thing that suggests it.

    Something that names no product is taken to be about what the person bought.

    Args:
        said: What the person said.
        owned: Products that the person bought, with their groups.
        rules: The rules.

    Returns:
        Occasions in the order of the rules. Of one day a mention and a wish go before a noun that was only named, then
        what was written down first.
    """
    newest = sorted(said, key=lambda s: (-s.said_on.toordinal(), s.aspect is None and not s.wished, s.place))
    found = []
    for offer in rules.offers:
        for one in newest:
            about = [(one.product, one.group)] if one.product else sorted(owned, key=lambda p: p[0])
            product = next((name for name, group in about if offer.goes_with(name, group)), None)
            if product is not None and any(condition.holds(one) for condition in offer.when):
                found.append(Occasion(offer.article, product, one.said_on, one.place))
                break
    return found


def read_offers(file: Path) -> OfferRules:
    """Read the rules of a company.

    Args:
        file: The TOML file.

    Raises:
        SettingsError: The file is missing or broken, or says something that cannot be; with the line where there is
            one.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"the rules for offers cannot be read: {error}", where=str(file), remedy="Correct offers.rules"
        ) from None
    try:
        return _rules(document, text)
    except _RuleError as wrong:
        line = wrong.line(text)
        raise SettingsError(
            str(wrong), where=f"{file}:{line}" if line else str(file), remedy="Correct it; docs/offers.md"
        ) from None


class _RuleError(ValueError):
    """A rule that cannot be; knows where: number of the offer, of its condition, and the key."""

    def __init__(self, what: str, offer: int | None = None, condition: int | None = None, key: str = "") -> None:
        super().__init__(what)
        self._at = (offer, condition, key)

    def line(self, text: str) -> int | None:
        """Line of the key, else of the table it belongs to; None where the file has no such header."""
        offer, condition, key = self._at
        offers, conditions, header = -1, -1, None
        for number, line in enumerate(text.splitlines(), 1):
            found = _HEADER.match(line)
            if found and not found[1]:
                offers, conditions = offers + 1, -1
            elif found:
                conditions += 1
            here = offer is None or (offers == offer and conditions == (-1 if condition is None else condition))
            if here and found and offer is not None:
                header = number
            if here and key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
                return number
        return header


def _rules(document: Mapping[str, Any], text: str) -> OfferRules:
    for key in document:
        if key not in ("days", "offers"):
            raise _RuleError(f"{key!r} is not known at the top; known are days and [[offers]]", key=key)
    days = document.get("days", DAYS)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise _RuleError(f"days is {days!r}; a number of days from 1 on is needed", key="days")
    tables = document.get("offers", [])
    if not isinstance(tables, list):
        raise _RuleError("offers is no list; write [[offers]] before each", key="offers")
    offers = tuple(_offer(table, number) for number, table in enumerate(tables))
    seen: dict[str, int] = {}
    for number, offer in enumerate(offers):
        if offer.article in seen:
            raise _RuleError(f"the article {offer.article!r} stands there twice", number, key="article")
        seen[offer.article] = number
    return OfferRules(offers, days, hashlib.sha256(text.encode()).hexdigest())


def _offer(table: Any, number: int) -> Offer:
    if not isinstance(table, dict):
        raise _RuleError("an offer is no table; write [[offers]] before it", number)
    for key in table:
        if key not in _OFFER:
            raise _RuleError(f"{key!r} is not known; an offer has {', '.join(_OFFER)}", number, key=key)
    for key in _NEEDED:
        if key not in table:
            raise _RuleError(f"{key} is missing", number)
    article, name, link = (_text(table, key, number) for key in ("article", "name", "link"))
    if not re.match(r"https?://\S+$", link):
        raise _RuleError(f"link is {link!r}; an address that begins with https:// is needed", number, key="link")
    if table["kind"] not in KINDS:
        raise _RuleError(f"kind is {table['kind']!r}; it is one of {', '.join(KINDS)}", number, key="kind")
    products, groups = _texts(table, "products", number), _texts(table, "groups", number)
    if not products and not groups:
        raise _RuleError("neither products nor groups say what it goes with", number)
    similar = table.get("similar_goods", False)
    if not isinstance(similar, bool):
        raise _RuleError(f"similar_goods is {similar!r}; true or false is needed", number, key="similar_goods")
    conditions = table["when"]
    if not isinstance(conditions, list) or not conditions:
        raise _RuleError("when needs a condition at least; write [[offers.when]]", number, key="when")
    return Offer(
        article=article,
        name=name,
        kind=table["kind"],
        link=link,
        products=products,
        groups=groups,
        unless_bought=tuple(dict.fromkeys((article, *_texts(table, "unless_bought", number)))),
        similar_goods=similar,
        when=tuple(_condition(one, number, place) for place, one in enumerate(conditions)),
    )


def _condition(table: Any, offer: int, number: int) -> Condition:
    if not isinstance(table, dict) or not table:
        raise _RuleError("a condition without a key would offer it to everybody", offer, number)
    found: dict[str, tuple[str, ...]] = {}
    for key in table:
        if key not in _WHEN:
            raise _RuleError(f"{key!r} is not known; a condition has {', '.join(_WHEN)}", offer, number, key)
        if key == "wished":
            continue
        found[key] = _texts(table, key, offer, number)
        if not found[key]:
            raise _RuleError(f"{key} is empty; leave it out", offer, number, key)
        for word in found[key]:
            if key in _WORDS and word not in _WORDS[key]:
                known = ", ".join(_WORDS[key])
                raise _RuleError(f"{key} has {word!r}, which is none; known are {known}", offer, number, key)
    wished = table.get("wished", False)
    if not isinstance(wished, bool) or (wished and not found.get("nouns")):
        raise _RuleError("wished needs true or false, and nouns: what is wished for", offer, number, "wished")
    if wished and len(found) > 1:
        raise _RuleError("a wish has no other labels; leave them out", offer, number, "wished")
    if not found:
        raise _RuleError("a condition without a key would offer it to everybody", offer, number)
    return Condition(
        **{key: frozenset(found.get(key, ())) for key in _WORDS},
        nouns=tuple(noun.casefold() for noun in found.get("nouns", ())),
        wished=wished,
    )


def _text(table: Mapping[str, Any], key: str, offer: int) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise _RuleError(f"{key} is {value!r}; a text is needed", offer, key=key)
    return value.strip()


def _texts(table: Mapping[str, Any], key: str, offer: int, condition: int | None = None) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise _RuleError(f"{key} is {value!r}; a list of texts is needed", offer, condition, key)
    return tuple(one.strip() for one in value)
