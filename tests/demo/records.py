"""The demo company's voices as records, without a network: with the identifiers that each source really gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from demo.company import Company, Voice
from kundenecho.keying import Keyer
from kundenecho.records import Feedback

#: Channels whose interface tells the customer's e-mail address; the survey tells the customer number too.
WITH_EMAIL: Final = frozenset(("survey", "surveymonkey", "woocommerce", "etrusted", "trustpilot"))
_COLLECTED: Final = datetime(2026, 11, 1, tzinfo=UTC)


def records(of: Company, keyer: Keyer, channel: str, *, edited: bool) -> Iterator[Feedback]:
    """The records of a channel.

    Args:
        of: The company.
        keyer: Keys persons.
        channel: The channel, which is the source's name too.
        edited: As they read after their edits; else as they were written first.
    """
    for voice in of.voices:
        if voice.channel == channel:
            shown: Mapping[str, Any] = (voice.at(None) if edited else voice.values) or {}
            answers = {name: text for name, text in (shown.get("answers") or {}).items() if text}
            for part, text in (answers or {"": shown.get("text")}).items():
                yield _record(of, keyer, voice, shown, part, text)


def _record(of: Company, keyer: Keyer, voice: Voice, shown: Mapping[str, Any], part: str, text: str | None) -> Feedback:
    person = of.persons[voice.person] if voice.person and not shown.get("anonymous") else None
    stars, grade = shown.get("stars"), shown.get("grade")
    if voice.channel == "provenexpert" and shown.get("categories"):
        stars = sum(shown["categories"].values()) / len(shown["categories"])
    rating = float(stars) if stars else 6.0 - grade if grade and grade < 6 else 1.0 if grade else None
    mailed = person if person and voice.channel in WITH_EMAIL else None
    return Feedback(
        source=voice.channel,
        native_id=f"{voice.id}-{part}" if part else voice.id,
        kind="survey_answer" if part or voice.channel == "survey" else "review",
        title=shown.get("title") if not part else None,
        text=text,
        response_key=voice.id if part else None,
        product=voice.product,
        product_name=voice.product,
        created_at=voice.date.astimezone(UTC),
        created_precision="second",
        collected_at=_COLLECTED,
        rating_1_5=rating,
        nps_0_10=shown.get("nps"),
        would_recommend=bool(shown["recommendation"]) if "recommendation" in shown else None,
        likes=shown.get("likes"),
        author_key=keyer.account(voice.channel, person.id) if person else None,
        author_name=person.display.get(voice.channel) if person else None,
        email_key=keyer.email(mailed.email) if mailed else None,
        customer_key=keyer.customer(mailed.customer_no) if mailed and voice.channel == "survey" else None,
    )
