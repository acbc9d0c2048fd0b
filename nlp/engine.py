"""The contract of every analysis engine, and the way to load one by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, Protocol

from kundenecho.analysis import Analysis
from kundenecho.errors import SettingsError

ENGINES: Final = ("kundenecho", "textblob-de")


class Text(NamedTuple):
    """One thing to analyse.

    Attributes:
        text: The customer's text, None where there is none.
        title: Its heading, analysed too.
        product: Name of the product, where known; it tells the whole product from its parts.
    """

    text: str | None
    title: str | None = None
    product: str | None = None


class Engine(Protocol):
    """Whatever turns texts into analyses."""

    name: str

    def describe(self) -> dict[str, Any]:
        """Everything that decides the results, as JSON; its digest names the lineage."""
        ...

    def analyse(self, texts: Iterable[Text]) -> Iterator[Analysis]:
        """Analyse lazily: one result for each text, in order, plain data only."""
        ...


def load_engine(name: str = "kundenecho", model: str | None = None) -> Engine:
    """Build an engine; takes about a second, so keep it for the life of the process.

    Args:
        name: One of :data:`ENGINES`.
        model: Directory or package name of a spaCy pipeline that replaces the blank German one as
            the base of the ``kundenecho`` engine, None for the blank one.

    Raises:
        SettingsError: For an unknown name, or a model that is not installed or not German.
    """
    if name == "kundenecho":
        from nlp.pipeline import KundenechoEngine

        return KundenechoEngine(model)
    if name == "textblob-de":
        if model:
            raise SettingsError(
                "the textblob-de engine takes no model", where="analysis.engine", remedy="Leave the model out"
            )
        from nlp.textblob_engine import TextblobEngine

        return TextblobEngine()
    raise SettingsError(
        f"unknown analysis engine {name!r}", where="analysis.engine", remedy=f"Choose one of: {', '.join(ENGINES)}"
    )
