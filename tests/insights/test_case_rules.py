"""The rules of the follow-up, and what is wrong with a broken file of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from insights.case_rules import SHIPPED, Facts, read_rules
from kundenecho.errors import SettingsError


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"rating": 2.5}, "complaint"),
        ({"rating": 3.0}, None),
        ({"nps": 6}, "complaint"),
        ({"nps": 7}, None),
        ({"sentiment": "negative"}, "complaint"),
        # Stars say it before words do; one star under praise is a scale read the wrong way round.
        ({"rating": 4, "sentiment": "negative"}, None),
        ({"rating": 1, "sentiment": "positive"}, None),
        ({"rating": 1, "question": True}, "complaint"),
        ({"rating": 4, "defects": {"leak"}}, "defect_report"),
        ({"rating": 5, "defects": {"leak"}, "gives_fix": True}, "thanks"),
        ({"rating": 2, "defects": {"leak"}, "gives_fix": True}, "defect_report"),
        ({"question": True, "recommends": True}, "question"),
        ({"recommends": True}, "thanks"),
        ({"recommends": True, "has_text": False}, None),
        ({"nps": 9}, "thanks"),
        ({"referral": True, "has_text": False}, "thanks"),
        ({}, None),
    ],
)
def test_which_kind_a_feedback_opens(facts: dict[str, Any], kind: str | None) -> None:
    made = Facts(**{**facts, "defects": frozenset(facts.get("defects", ()))})
    assert read_rules().kind_of(made) == kind


def test_safety_first_then_value() -> None:
    rules = read_rules()

    def first(kind: str, defects: set[str] = frozenset(), **who: bool) -> int:  # type: ignore[assignment]
        return rules.priority(kind, **{"valuable": False, "advocate": False, **who}, defects=frozenset(defects))

    assert first("complaint") == 2
    assert first("complaint", valuable=True) == first("complaint", advocate=True, valuable=True) == 1
    assert first("thanks", valuable=True) == first("thanks") == 4
    assert first("defect_report", {"safety"}) == first("defect_report", {"safety"}, content=True) == 1
    # Who is content all the same can wait, however valuable.
    assert first("defect_report", content=True) == first("defect_report", content=True, valuable=True) == 3
    assert first("thanks", content=True) == 4


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "cases.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_owners_by_kind_and_product(tmp_path: Path) -> None:
    lines = (
        '[[owners]]\nteam = "support"\nkind = "defect_report"\nproduct = "HM-310"\nowner = "anna"\n'
        '[[owners]]\nteam = "support"\nproduct = "HM-310"\nowner = "support"\n[judgement]'
    )
    file = changed(tmp_path, "[judgement]", lines)
    file.write_text(file.read_text().replace('members = ["support"]', 'members = ["support", "anna"]'))
    rules = read_rules(file)
    assert rules.owner_of("defect_report", "HM-310") == ("support", "anna")
    assert rules.owner_of("defect_report", "HM-120") == ("support", "support")
    assert rules.owner_of("complaint", "HM-310") == ("support", "support")
    assert rules.owner_of("thanks", "HM-310") == ("marketing", "marketing")
    assert rules.is_member("anna")
    assert not rules.is_member("berta")


def test_a_judgement_left_out_is_the_shipped_one(tmp_path: Path) -> None:
    rules = read_rules(changed(tmp_path, "valuable_eur = 500", "valuable_eur = 100"))
    assert rules.valuable(100)
    assert not rules.valuable(None)
    text = SHIPPED.read_text(encoding="utf-8").split("[judgement]")[0]
    (tmp_path / "short.toml").write_text(text, encoding="utf-8")
    assert read_rules(tmp_path / "short.toml") == read_rules()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('within = "8 hours"', 'within = "soon"', "kinds.complaint.within is 'soon'"),
        ('within = "8 hours"', 'within = "0 hours"', "kinds.complaint.within"),
        ('team = "support"', 'team = "nobody"', "kinds.complaint.team is 'nobody'"),
        ("weight = 2", "weight = 7", "goes from 1 to 4"),
        ("[kinds.complaint]", "[kinds.moaning]", "complaint is missing"),
        ("[kinds.complaint]", "[kinds.moaning]\nteam = 1\n[kinds.complaint]", "kinds.moaning is no kind"),
        ('country = "DE"', 'country = "FR"', "known are DE, AT, CH"),
        ('subdivision = "HE"', 'subdivision = "ZH"', "DE has BB"),
        ('mon = ["08:00-17:00"]', 'mon = ["17:00-08:00"]', "write it as"),
        ('mon = ["08:00-17:00"]', 'mon = ["08:00-12:00", "11:00-17:00"]', "follow one another"),
        ('closed = ["12-24", "12-31"]', 'closed = ["31.12."]', "write '2026-12-24'"),
        ("[judgement]", '[[owners]]\nteam = "support"\nowner = "zoe"\n[judgement]', "'zoe' is no member"),
        ("[judgement]", "[judgement", "cannot be read"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = changed(tmp_path, old, new)
    with pytest.raises(SettingsError, match=r"cases\.toml") as caught:
        read_rules(file)
    assert says in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cases\.rules"):
        read_rules(tmp_path / "nothing.toml")


def test_due_by_hours_and_by_days() -> None:
    rules = read_rules()
    friday = datetime(2026, 5, 8, 12, tzinfo=UTC)
    # Friday 14:00 in Kassel: one hour until 15:00, seven on Monday from eight.
    assert rules.due("complaint", friday) == datetime(2026, 5, 11, 13, tzinfo=UTC)
    # The fifth working day after Friday, Ascension Day left out.
    assert rules.due("thanks", friday) == datetime(2026, 5, 18, 15, tzinfo=UTC)
