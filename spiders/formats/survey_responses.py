"""What one SurveyMonkey response says, its ids translated by the survey's details."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spiders.build import html_text, text
from spiders.formats.survey_details import Question, Survey
from spiders.values import rating_1_5


@dataclass
class Answers:
    """The answers of one response.

    Attributes:
        words: Question and text of each open answer, by the end of its id.
        scores: Rated questions on the common scale, by row or wording.
        choices: Texts chosen, by wording.
        nps: Answer to the recommendation question.
        rating: Value of the overall rating, on ``scale``.
    """

    words: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    nps: int | None = None
    rating: float | None = None
    scale: tuple[float, float] | None = None
    email: str | None = None
    phone: str | None = None


def answers_of(response: Any, survey: Survey) -> Answers:
    """Read a response.

    Raises:
        ValueError: It answers what the survey's details do not hold, or what should be one answer is several.
    """
    found = Answers()
    for page in response["pages"]:
        for answered in page["questions"]:
            question = survey.questions.get(str(answered["id"]))
            if question is None or question.kind == "unknown":
                raise ValueError("it answers a question that the survey's details do not hold")
            for answer in answered["answers"]:
                _take(found, question, answer, survey)
    return found


def without_contacts(node: Any, survey: Survey) -> Any:
    """A response without answers that tell who somebody is; what the details do not hold may be one."""
    if isinstance(node, list):
        return [without_contacts(part, survey) for part in node]
    if not isinstance(node, dict):
        return node
    question = survey.questions.get(str(node.get("id")))
    plain = question is not None and question.kind in {"text", "choice"}
    return {name: without_contacts(value, survey) if name != "answers" or plain else [] for name, value in node.items()}


def _take(found: Answers, question: Question, answer: Any, survey: Survey) -> None:
    if question.kind == "contact":
        _contact(found, question, answer)
    elif question.kind and answer.get("choice_id"):
        _choice(found, question, answer, survey)
    elif question.kind and (said := text(answer.get("text"))):
        row = str(answer.get("row_id") or "")
        ending = f"{question.id}/{row}" if row and not answer.get("other_id") else question.id
        wording = f"{question.heading} {question.rows.get(row, '')}".strip()
        before = found.words.get(ending, ("", None))[1]
        found.words[ending] = wording, f"{before}\n{said.strip()}" if before else said.strip()


def _choice(found: Answers, question: Question, answer: Any, survey: Survey) -> None:
    choice, row = str(answer["choice_id"]), str(answer.get("row_id") or "")
    if choice not in question.choices or (row and row not in question.rows):
        raise ValueError("it holds a choice that the survey's details do not hold")
    if question.id == survey.nps:
        if found.nps is not None or choice not in question.scores:
            raise ValueError("the NPS question has several answers, or one without a score")
        found.nps = question.scores[choice]
    elif question.id == survey.rating:
        if found.rating is not None:
            raise ValueError("the rating question has several answers")
        found.rating, found.scale = question.values.get(choice), (question.low, question.high)
    elif question.rated:
        if choice in question.values:
            name = question.rows.get(row) or question.heading
            name = name if name not in found.scores else f"{question.heading} – {name}"
            best = survey.card.rating_best
            found.scores[name] = rating_1_5(question.values[choice], question.low, question.high, best)
    elif question.choices[choice]:
        wording = " – ".join(filter(None, (question.heading, question.rows.get(row))))
        found.choices.setdefault(wording, []).append(question.choices[choice])


def _contact(found: Answers, question: Question, answer: Any) -> None:
    """Keep an address or number to be keyed; names and everything else are dropped."""
    kind = question.rows.get(str(answer.get("row_id") or ""), "") or ("" if question.rows else "email")
    if kind == "email":
        found.email = html_text(answer.get("text"))
    elif kind == "phone":
        found.phone = html_text(answer.get("text"))
