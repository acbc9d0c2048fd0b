"""The ``kundenecho`` engine with the mentions of a scheme of one's own in place of its own mentions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kundenecho.analysis import Analysis, Mention
from kundenecho.text import storable
from nlp.engine import Text
from nlp.pipeline import BATCH, MAX_CHARS, MAX_TITLE_CHARS, KundenechoEngine
from nlp.scheme_model import FILE, Said, SchemeModel, read_scheme_model

#: Modules whose code decides the mentions, for the lineage.
_CODE: Final = ("scheme", "scheme_engine", "scheme_features", "scheme_model")
_JOINT: Final = "\n"
_ORDER: Final = ("field", "category", "target", "start", "end", "polarity", "evidence", "confidence")


@dataclass(slots=True)
class SchemeAnalysis(Analysis):
    """An Analysis whose mentions carry a category of the scheme as their aspect, and its polarities."""

    def to_contract(self, text_id: str, lineage: str) -> dict[str, Any]:
        """The output line; a mention has :data:`_ORDER` and nothing that only our own labels know."""
        # super() without arguments does not work in a dataclass with slots.
        line = Analysis.to_contract(self, text_id, lineage)
        for mention in line["mentions"]:
            mention["category"] = mention.pop("aspect")
        line["mentions"] = [{name: mention[name] for name in _ORDER} for mention in line["mentions"]]
        return line


class SchemeEngine:
    """Analyses as ``kundenecho`` does, but for the mentions, which are those of a trained scheme.

    The scheme speaks of every text, whatever its language: it knows the texts it was trained on.

    Args:
        folder: Where ``kundenecho train --scheme`` wrote its model.

    Raises:
        SettingsError: When there is no model that can be read.
    """

    name = "kundenecho"

    def __init__(self, folder: Path) -> None:
        self._model = read_scheme_model(folder)
        self._digest = sha256((folder / FILE).read_bytes()).hexdigest()[:16]
        self._base = KundenechoEngine()

    @property
    def model(self) -> SchemeModel:
        """The scheme's model."""
        return self._model

    @property
    def seen(self) -> frozenset[str]:
        """Digests of the texts that the model saw in training."""
        return self._model.seen

    def describe(self) -> dict[str, Any]:
        """As the engine beneath, with the scheme, its model and its code."""
        code = sha256()
        for module in _CODE:
            code.update((Path(__file__).parent / f"{module}.py").read_bytes())
        scheme = {"name": self._model.scheme.name, "weights": self._digest, "code": code.hexdigest()[:16]}
        return {**self._base.describe(), "scheme": scheme}

    def analyse(self, texts: Iterable[Text]) -> Iterator[Analysis]:
        """Analyse texts lazily, one result for each, in order; see :meth:`nlp.pipeline.KundenechoEngine.analyse`."""
        rest = iter(texts)
        while batch := list(islice(rest, BATCH)):
            for text, found in zip(batch, self._base.analyse(batch), strict=True):
                values = {field.name: getattr(found, field.name) for field in fields(Analysis)}
                yield SchemeAnalysis(**{**values, "mentions": self._mentions(text)})

    def _mentions(self, text: Text) -> list[Mention]:
        title = storable((text.title or "")[:MAX_TITLE_CHARS])
        body = storable((text.text or "")[:MAX_CHARS])
        whole = title + _JOINT + body if title else body
        return [_mention(said, whole, len(title)) for said in self._model.say(whole)]


def _mention(said: Said, whole: str, title: int) -> Mention:
    """The mention with offsets into one field: that of its target; what reaches over its end is cut."""
    first, _ = said.target or said.evidence
    behind = title + len(_JOINT) if title else 0
    field, low, high = ("title", 0, title) if first < title else ("text", behind, len(whole))
    begin, end = max(low, said.evidence[0]), min(high, said.evidence[1])
    mention = Mention(field, said.category, said.polarity, (begin - low, end - low), confidence=said.confidence)
    if said.target is not None:
        begin, end = said.target[0], min(high, said.target[1])
        mention.start, mention.end, mention.target = begin - low, end - low, whole[begin:end]
    return mention
