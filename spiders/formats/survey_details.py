"""A SurveyMonkey survey's details: what the ids in its responses stand for.

An NPS question carries the weights -100, 0 and 100, which are categories and never a score: the score is in the
choice's text or position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kundenecho.errors import DataError, SettingsError
from spiders.build import ODD, html_text, identity
from spiders.card import Card
from spiders.files.columns import folded
from spiders.files.rows import nps
from spiders.values import number

_NPS_WORDS: Final = re.compile(
    r"weiterempfehl|empfehlen würden|wie wahrscheinlich.*empfehl|how likely.*recommend|\bNPS\b",
    re.IGNORECASE | re.DOTALL,
)
_NPS_WEIGHTS: Final = {-100.0, 0.0, 100.0}
_FAMILIES: Final = {
    "single_choice": "choice", "multiple_choice": "choice", "matrix": "choice", "open_ended": "text",
    "demographic": "contact", "datetime": "", "presentation": "",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question of a survey.

    Attributes:
        kind: ``text``, ``choice``, ``contact`` (who somebody is), empty for one that is not read, ``unknown``.
        rows: Text by row id; of a contact question the kind of each row.
        choices: Text by choice id.
        scores: NPS by choice id where the choices are 0 to 10.
        values: Value by choice id where each choice has one, from ``low`` to ``high``.
        rated: Its values are scores; those of a plain choice may be years or numbers of pieces.
    """

    id: str
    heading: str
    kind: str
    rows: Mapping[str, str]
    choices: Mapping[str, str]
    scores: Mapping[str, int]
    values: Mapping[str, float]
    low: float
    high: float
    rated: bool


class Survey:
    """The questions of a survey by their ids.

    Args:
        details: Answer of ``surveys/{id}/details``.
        card: The card, for its options and labels.

    Raises:
        DataError: The details are not what is documented.
        SettingsError: An option names no question, or several.
    """

    def __init__(self, details: Any, card: Card) -> None:
        self.card = card
        try:
            found = [self._question(q) for page in details["pages"] for q in page["questions"]]
            self.language: str | None = details.get("language")
        except ODD:
            raise DataError(
                "the survey's details are not of the documented shape",
                where=f"source {card.name}",
                remedy="The interface has changed, or something else answers at this address",
            ) from None
        self.questions = {question.id: question for question in found}
        self.nps = self._option("nps_question") or next(
            (q.id for q in found if q.scores and _NPS_WORDS.search(q.heading)), None
        )
        self.rating = self._option("rating_question")
        if self.nps and not self.questions[self.nps].scores:
            raise self._wrong("nps_question", "a question without the choices 0 to 10")
        if self.rating and (len(self.questions[self.rating].rows) > 1 or not self.questions[self.rating].values):
            raise self._wrong("rating_question", "a question of several rows, or one whose choices have no values")

    def _option(self, name: str) -> str | None:
        wanted = self.card.options.get(name, "")
        if not wanted:
            return None
        try:
            pattern = re.compile(wanted, re.IGNORECASE)
        except re.error:
            raise self._wrong(name, "no pattern that compiles") from None
        found = [key for key, q in self.questions.items() if key == wanted or pattern.search(q.heading)]
        if len(found) != 1:
            raise self._wrong(name, f"{len(found)} questions")
        return found[0]

    def _wrong(self, option: str, what: str) -> SettingsError:
        remedy = "Write the question's id, or a pattern that fits its wording only"
        return SettingsError(f"{option} names {what}", where=f"source {self.card.name}", remedy=remedy)

    def _question(self, question: Any) -> Question:
        answers = question.get("answers") or {}
        choices = [c for c in answers.get("choices") or () if not c.get("is_na")]
        texts = {identity(c["id"]): html_text(c.get("text")) or "" for c in answers.get("choices") or ()}
        kind = _kind(question)
        rows = {
            identity(row["id"]): str(row.get("type") or "") if kind == "contact" else html_text(row.get("text")) or ""
            for row in answers.get("rows") or ()
        }
        values, low, high, labelled = self._values(choices)
        scores = _scores(choices)
        if scores and not labelled:
            values, low, high = {key: float(score) for key, score in scores.items()}, 0, 10
        rated = bool(values) and (labelled or question.get("family") == "matrix")
        heading = next(filter(None, (html_text(h.get("heading")) for h in question.get("headings") or ())), "")
        return Question(
            identity(question["id"]), " ".join(heading.split()), kind, rows, texts, scores,
            values, low, high, rated,
        )  # fmt: skip

    def _values(self, choices: list[Any]) -> tuple[dict[str, float], float, float, bool]:
        """Value by choice with its scale, by the card's labels (then true), else by weights or numbers as texts."""
        ids = [identity(c["id"]) for c in choices]
        texts = [html_text(c.get("text")) or "" for c in choices]
        labels = {folded(label): float(value) for label, value in self.card.labels.items()}
        named = [labels.get(folded(text)) for text in texts]
        if named and None not in named:
            return dict(zip(ids, _floats(named), strict=True)), self.card.rating_min, self.card.rating_max, True
        weights = [_number(c.get("weight")) for c in choices]
        given = _floats(weights) if not set(weights) <= _NPS_WEIGHTS else _floats(map(_number, texts))
        if len(set(given)) < 2 or len(given) < len(ids):
            return {}, 0, 0, False
        return dict(zip(ids, given, strict=True)), min(given), max(given), False


def _kind(question: Any) -> str:
    subtype = question.get("subtype")
    display = (question.get("display_options") or {}).get("display_type")
    ranked = question.get("family") == "matrix" and subtype in {"menu", "ranking"}
    if ranked or subtype == "numerical" or display in {"slider", "file_upload"}:
        return ""
    if (question.get("validation") or {}).get("type") == "email":
        return "contact"
    return _FAMILIES.get(str(question.get("family")), "unknown")


def _scores(choices: list[Any]) -> dict[str, int]:
    """The NPS by choice, where the choices are 0 to 10: by their texts, else by their positions 1 to 11."""
    if len(choices) != 11:
        return {}
    said = [_nps(html_text(c.get("text"))) for c in choices]
    if None in said:
        placed = [c.get("position") for c in choices]
        if sorted(map(str, placed)) != sorted(map(str, range(1, 12))):
            return {}
        places = [int(p) - 1 for p in placed]
        if any(word not in (None, place) for word, place in zip(said, places, strict=True)):
            return {}
        said = list(places)
    found = {identity(c["id"]): value for c, value in zip(choices, said, strict=True) if value is not None}
    return found if sorted(found.values()) == list(range(11)) else {}


def _nps(text: str | None) -> int | None:
    try:
        return nps(text)
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        return number(value)
    except ValueError:
        return None


def _floats(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
