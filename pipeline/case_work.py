"""What people do with cases: take, assign, note, answer, wait, close, reopen; and what is suggested to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.cases import KINDS, OUTCOMES_BY_HAND, after
from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import Settings
from pipeline.cases import case_rules
from pipeline.words import defect_name
from storage.case_book import act_on_case, lock_case, show_case
from storage.case_hints import case_defects, case_remedies
from storage.connect import Connection, database

SHIPPED: Final = Path(__file__).parent / "snippets.toml"


@dataclass(frozen=True)
class Suggestion:
    """A text for an answer: where it comes from, and whether somebody has approved it."""

    title: str
    text: str
    approved: bool


def act(
    settings: Settings,
    case: str,
    what: str,
    *,
    by: str,
    owner: str | None = None,
    outcome: str | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """Do something with a case.

    Args:
        settings: Where the database and the owners' file are.
        case: Such as ``V12``.
        what: One of :data:`kundenecho.cases.ACTS`.
        by: Who does it.
        owner: Who owns it from now on, for ``assign``.
        outcome: One of :data:`kundenecho.cases.OUTCOMES_BY_HAND`, for ``close``.
        note: Words for whoever reads the case later.

    Returns:
        The case with its events.

    Raises:
        DataError: The case is unknown, the act is not possible in its state, or the outcome is found by rule.
        SettingsError: The owner stands in no team.
    """
    if outcome is not None and outcome not in OUTCOMES_BY_HAND:
        raise DataError(
            f"{outcome!r} is found by rule only", where=case, remedy=f"By hand: {', '.join(OUTCOMES_BY_HAND)}"
        )
    team = None
    if what in {"take", "assign"}:
        owner = by if what == "take" else owner
        team = _team_of(settings, str(owner))
    with database(settings) as db, db.connect(f"kundenecho cases {what}") as conn:
        row = lock_case(conn, case)
        state = after(what, row["state"], f"V{row['case_id']}")
        act_on_case(conn, row["case_id"], what, state, actor=by, owner=owner, team=team, outcome=outcome, note=note)
        conn.commit()
        return show_case(conn, case)


def suggestions(conn: Connection, settings: Settings, case: dict[str, Any]) -> list[Suggestion]:
    """What may be answered: remedies against the named defects, else what customers tell; then snippets of the kind.

    Args:
        conn: Connection.
        settings: Name of the company, and its own snippets.
        case: A row of ``lists.cases``.
    """
    number = int(case["case_id"][1:])
    remedies = case_remedies(conn, number)
    known = [
        Suggestion(f"Abhilfe {r['remedy_id']}: {r['title']}", " ".join([r["text"], *r["steps"]]), True)
        for r in remedies
    ]
    solved = {r["defect_id"] for r in remedies}
    known += [
        Suggestion(f"Kundentipp zu {d['defect_id']}, {defect_name(d)} ({d['fix_feedback_id']})", d["fix_quote"], False)
        for d in case_defects(conn, number)
        if d["fix_quote"] and d["defect_id"] not in solved
    ]
    return known + [s for kind, s in read_snippets(settings) if kind == case["kind"]]


def read_snippets(settings: Settings) -> list[tuple[str, Suggestion]]:
    """The snippets with the kind of case that each is for.

    Raises:
        SettingsError: The file is missing or broken.
    """
    named = settings["cases.snippets"]
    path = settings.path.parent / named if named else SHIPPED
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["snippets"]
        found = []
        for row in rows:
            if row["kind"] not in KINDS:
                raise ValueError(f"{row['kind']!r} is no kind of case")
            text = " ".join(row["text"].split()).replace("{firma}", settings["company.name"])
            found.append((row["kind"], Suggestion(row["title"], text, bool(row.get("approved_by")))))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"the snippets cannot be read: {error}", where=str(path), remedy="Correct it; docs/cases.md"
        ) from None
    return found


def _team_of(settings: Settings, owner: str) -> str:
    rules = case_rules(settings)
    for name, team in rules.teams.items():
        if owner in team.members or owner == team.default:
            return name
    known = ", ".join(sorted({m for team in rules.teams.values() for m in team.members | {team.default}}))
    if not owner:
        raise DataError("an owner must be named", remedy=f"Members of the teams: {known}")
    raise SettingsError(
        f"{owner!r} is in no team",
        where=settings["cases.rules"] or "cases.toml as shipped",
        remedy=f"Members are {known}; add the person to a copy of the rules that cases.rules names",
    )
