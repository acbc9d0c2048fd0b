"""The contract of every analysis engine, and the way to load one by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

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


@runtime_checkable
class LineOnly(Protocol):
    """An engine that can leave out what no line of the contract holds: terms and personal data.

    Attributes:
        line_only: Leave it out.
    """

    line_only: bool


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
        model: What changes the ``kundenecho`` engine: a directory that ``kundenecho train`` wrote, whose weights
            replace the shipped ones; one that ``kundenecho train --scheme`` wrote, whose mentions replace ours;
            or directory or package name of a spaCy pipeline that replaces the blank German one as its base.
            None or "" for none of them.

    Raises:
        SettingsError: For an unknown name, or a model that is not installed, not German or broken.
    """
    if name == "kundenecho":
        if model and (Path(model) / "scheme.npz").is_file():
            from nlp.scheme_engine import SchemeEngine

            return SchemeEngine(Path(model))
        from nlp.pipeline import KundenechoEngine
        from nlp.weights import FILE, read_weights

        if model and (Path(model) / FILE).is_file():
            return KundenechoEngine(weights=read_weights(Path(model) / FILE))
        return KundenechoEngine(model or None)
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
