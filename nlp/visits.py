"""Whether a text tells of a visit to a house, such as a restaurant or a hotel: there the offer is the visit.

The words weigh for or against it, each form once; see ``visits.toml``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from nlp.lexicon import FormIndex, Memo, fold

#: Groups of words that weigh, by the name of their weight in the table.
_WEIGHING: Final = {"sure": "sure_words", "sign": "sign_words", "goods": "goods_words", "contract": "contract_words"}
#: Groups of words that a clause is asked for.
_ASKED: Final = ("afar", "whole", "part", "people")


class Visits:
    """The words of a reviewed table.

    Args:
        table: What ``visits.toml`` says.

    Attributes:
        use: Touchpoints that are use where a text tells of a visit.
        needed: Weight from which a text tells of one.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.use = frozenset(table["use"])
        self.needed: int = table["needed"]
        self._name: int = table["name"]
        index = FormIndex()
        self._weights = {index.element("|".join(table[group])): table[name] for name, group in _WEIGHING.items()}
        self._asked = {index.element("|".join(table[group])): group for group in _ASKED}
        names = FormIndex()
        names.element("|".join(table["names"]))
        self._weight: Memo[int] = Memo(
            lambda folded: max((self._weights.get(one, 0) for one in index.find(folded)), key=abs, default=0)
        )
        self._groups: Memo[frozenset[str]] = Memo(
            lambda folded: frozenset(self._asked[one] for one in index.find(folded) if one in self._asked)
        )
        self._is_name: Memo[bool] = Memo(lambda folded: bool(names.find(folded)))

    def weigh(self, folded: Collection[str], name: str | None = None) -> int:
        """How much the words of a text speak for a visit; below 0 for goods, a contract, or who sells, sends and mends.

        Args:
            folded: Folded forms of the text.
            name: Name of what is rated, where it is known.
        """
        weight = sum(map(self._weight.__getitem__, set(folded)))
        named = name and any(self._is_name[fold(word)] for word in name.split())
        return weight + self._name if named else weight

    def first(self, groups: Sequence[str], folded: Iterable[str]) -> str | None:
        """The first of some groups of words that comes up in some folded forms; None for none."""
        found = ({*groups} & self._groups[form] for form in folded)
        return next((group for group in map(min, filter(None, found))), None)

    def has(self, group: str, folded: Sequence[str]) -> bool:
        """Whether any of some folded forms belongs to a group of words.

        Args:
            group: afar | whole | part | people.
            folded: The forms.
        """
        return any(group in self._groups[form] for form in folded)
