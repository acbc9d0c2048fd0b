"""The drafted words: nothing is missing, nothing is left over, nothing unapproved is published."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from kundenecho.errors import DataError
from kundenecho.remedies import CHANNELS
from web.remedy_texts import channel_text

REMEDY: dict[str, Any] = {
    "remedy_id": "R1",
    "state": "approved",
    "title": "Auslaufdüse: verstopft",
    "product": "HM-310",
    "product_name": "Hallmeyer Aurora 310",
    "text": "Mit einer aufgebogenen Büroklammer wird die Düse wieder frei",
    "steps": ["Maschine ausschalten.", "Büroklammer <gerade> biegen & einführen"],
}


def words(channel: str, **changes: Any) -> str:
    return channel_text(
        {**REMEDY, **changes}, channel, company="Hallmeyer", contact="technik@hallmeyer.example", day=date(2026, 8, 12)
    )


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("steps", [REMEDY["steps"], []], ids=["steps", "none"])
def test_every_channel_says_all_of_it(channel: str, steps: list[str]) -> None:
    text = words(channel, steps=steps)
    assert "Auslaufdüse verstopft" in text
    assert "Hallmeyer" in text
    assert "Mit einer aufgebogenen Büroklammer wird die Düse wieder frei." in text
    assert all(step.rstrip(".") + "." in text for step in steps)
    assert not re.search(r"\{\{|\}\}|\{%|None|\n{3,}|  $|\.\.|&amp;|&lt;", text)
    assert text.endswith("\n")


def test_a_product_without_a_name_and_a_company_without_an_address() -> None:
    for channel in CHANNELS:
        text = channel_text({**REMEDY, "product_name": None}, channel, company="Hallmeyer")
        assert "None" not in text
        assert not re.search(r"unter [.,“]|: \.|an \.", text)


def test_the_addendum_bears_its_day() -> None:
    assert "Stand: 12.08.2026" in words("manual")


def test_the_length_of_a_video_grows_with_its_steps() -> None:
    assert "etwa eine Minute." in words("video")
    assert "etwa anderthalb Minuten." in words("video", steps=["Drehen."] * 4)
    assert "etwa 2,5 Minuten." in words("video", steps=["Drehen."] * 8)


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_nothing_for_what_is_not_approved(state: str) -> None:
    with pytest.raises(DataError, match="Approve it first"):
        words("newsletter", state=state)


def test_an_unknown_channel() -> None:
    with pytest.raises(DataError, match="there is no channel fax"):
        words("fax")
