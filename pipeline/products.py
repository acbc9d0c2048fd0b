"""A product that somebody asks for: known, or refused with those that were likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from kundenecho.errors import UnknownProductError
from storage.connect import Connection
from storage.products import all_products, knows_group, knows_product

#: Products that are named where an unknown one was asked for, and how like they are to it at least.
_MOST, _LIKE = 3, 0.6
#: Letters from which a piece of a name tells which product is meant.
_TELLING: Final = 3


def check_product(conn: Connection, product: str | None, *, groups: bool = False) -> None:
    """Refuse a product that nothing names, rather than show a list of nothing.

    Args:
        conn: Connection of the pipeline.
        product: What was asked for; None for all products, which is right.
        groups: Also the name of a group of products is right.

    Raises:
        UnknownProductError: There is no such product; it names those that were likely meant.
    """
    if product is None or knows_product(conn, product) or (groups and knows_group(conn, product)):
        return
    rows = all_products(conn)
    names = [(row.product, word) for row in rows for word in (row.product, row.name, *_pieces(row.name))]
    if groups:
        names += [(row.group, row.group) for row in rows if row.group]
    titles = {row.product: row.name for row in rows if row.name != row.product}
    raise UnknownProductError(product, [(one, titles.get(one, "")) for one in near(product, names)])


def _pieces(name: str) -> list[str]:
    """The words of a name by which people call the product."""
    return [word for word in name.split() if len(word) > _TELLING]


def near(asked: str, names: Iterable[tuple[str, str]]) -> list[str]:
    """What was likely meant, the likeliest first.

    Args:
        asked: What somebody wrote.
        names: Each answer with a word for it, an identifier or a name; an answer may have several.

    Returns:
        At most three answers, of which a word is like what was asked, or holds it.
    """
    by_word: dict[str, dict[str, None]] = {}
    for answer, word in names:
        by_word.setdefault(word.casefold(), {})[answer] = None
    folded = asked.casefold().strip()
    words = get_close_matches(folded, by_word, n=_MOST, cutoff=_LIKE)
    if len(folded) >= _TELLING:
        words += [word for word in by_word if folded in word]
    return list(dict.fromkeys(answer for word in words for answer in by_word[word]))[:_MOST]
