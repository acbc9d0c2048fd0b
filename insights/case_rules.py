"""By which rule a case is opened, who owns it, until when, and what goes first: plain functions over facts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from insights.business_time import WEEKDAYS, ZONES, Calendar, known_subdivisions
from kundenecho.cases import KINDS, UNHAPPY
from kundenecho.errors import SettingsError

SHIPPED: Final = Path(__file__).parent / "cases.toml"
_WITHIN = re.compile(r"(\d{1,4}) (hours?|days?)")
_STRETCH = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_URGENT, _LEAST = 1, 4


@dataclass(frozen=True)
class Facts:
    """What is known of one feedback when a case is decided.

    Attributes:
        rating: Stars, 1 to 5, or None.
        nps: 0 to 10, or None.
        sentiment: positive | mixed | negative, or None where the analysis abstained.
        recommends: In words or by the portal's field, None where neither says.
        question: Asks something.
        defects: Types of defect that are named.
        gives_fix: Tells others what helped.
        referral: Sent somebody to us.
        has_text: Whether there are words to answer.
    """

    rating: float | None = None
    nps: int | None = None
    sentiment: str | None = None
    recommends: bool | None = None
    question: bool = False
    defects: frozenset[str] = frozenset()
    gives_fix: bool = False
    referral: bool = False
    has_text: bool = True


@dataclass(frozen=True)
class Kind:
    """Team, turnaround time and weight of one kind; the time is in hours or in days."""

    team: str
    hours: int | None
    days: int | None
    weight: int


@dataclass(frozen=True)
class Team:
    """Calendar, members, and who takes what nobody else is named for."""

    name: str
    calendar: Calendar
    default: str
    members: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """The reviewed rules of the follow-up, from ``cases.toml``."""

    kinds: Mapping[str, Kind]
    teams: Mapping[str, Team]
    owners: tuple[Mapping[str, str], ...]
    judgement: Mapping[str, Any]

    def unhappy(self, facts: Facts) -> bool:
        """Whether somebody is unhappy: stars or recommendation say so, or else the words.

        One star under words of praise is a scale read the wrong way round, not a complaint.
        """
        if facts.rating is not None:
            return bool(facts.rating <= self.judgement["unhappy_rating"]) and facts.sentiment != "positive"
        if facts.nps is not None:
            return bool(facts.nps <= self.judgement["unhappy_nps"])
        return facts.sentiment == "negative"

    def happy(self, facts: Facts) -> bool:
        """Whether somebody is happy; neither happy nor unhappy is possible."""
        if facts.rating is not None:
            return bool(facts.rating >= self.judgement["happy_rating"]) and facts.sentiment != "negative"
        if facts.nps is not None:
            return bool(facts.nps >= self.judgement["promoter_nps"])
        return facts.sentiment == "positive"

    def content(self, facts: Facts) -> bool:
        """Whether somebody is content all the same: by stars where there are some, whatever the words tell of."""
        if facts.rating is not None:
            return bool(facts.rating >= self.judgement["happy_rating"])
        return self.happy(facts)

    def kind_of(self, facts: Facts) -> str | None:
        """Kind of the case that a feedback opens, None for none.

        One feedback is one conversation, so the most pressing kind wins: a named defect, another complaint, a
        question, a thank-you that is due. Whoever is happy again and tells others what helped reports no defect.
        """
        if facts.defects and not (facts.gives_fix and self.happy(facts)):
            return "defect_report"
        if self.unhappy(facts):
            return "complaint"
        if facts.question:
            return "question"
        promoter = facts.nps is not None and facts.nps >= self.judgement["promoter_nps"]
        if facts.referral or (facts.has_text and (facts.recommends or promoter or facts.gives_fix)):
            return "thanks"
        return None

    def owner_of(self, kind: str, product: str | None) -> tuple[str, str]:
        """Team and owner of a case of a kind about a product."""
        team = self.kinds[kind].team
        for line in self.owners:
            fits = line.get("kind", kind) == kind and line.get("product", product) == product
            if line["team"] == team and fits:
                return team, line["owner"]
        return team, self.teams[team].default

    def is_member(self, owner: str) -> bool:
        """Whether the owners' file knows somebody, in any team."""
        return any(owner in team.members or owner == team.default for team in self.teams.values())

    def due(self, kind: str, opened_at: datetime) -> datetime:
        """Until when a case of a kind is to be answered, in UTC; ``opened_at`` is aware."""
        rule = self.kinds[kind]
        calendar = self.teams[rule.team].calendar
        if rule.hours is not None:
            return calendar.add(opened_at, timedelta(hours=rule.hours))
        return calendar.end_of_day(opened_at, rule.days or 1)

    def valuable(self, value_eur: float | None) -> bool:
        """Whether a customer of this value is a valuable one; an unknown value is not."""
        return value_eur is not None and value_eur >= self.judgement["valuable_eur"]

    def priority(
        self,
        kind: str,
        *,
        valuable: bool = False,
        advocate: bool = False,
        content: bool = False,
        defects: frozenset[str] = frozenset(),
    ) -> int:
        """Priority from 1 (first) to 4.

        The weight of the kind; safety goes first. Of unhappy kinds a valuable customer or an advocate moves up by one,
        and whoever is content all the same moves down by one.
        """
        if defects & set(self.judgement["safety"]):
            return _URGENT
        shift = (content - (valuable or advocate) * (not content)) if kind in UNHAPPY else 0
        return max(_URGENT, min(_LEAST, self.kinds[kind].weight + shift))


def read_rules(file: Path | None = None) -> Rules:
    """Read the rules of the follow-up.

    Args:
        file: A company's own file; None for the shipped one.

    Raises:
        SettingsError: The file is missing or broken, or says something that cannot be; with the place.
    """
    path = file or SHIPPED
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"the rules of the follow-up cannot be read: {error}", where=str(path), remedy="Correct cases.rules"
        ) from None
    try:
        teams = {name: _team(name, table) for name, table in document["teams"].items()}
        kinds = {name: _kind(name, document["kinds"][name], teams) for name in KINDS}
        unknown = set(document["kinds"]) - set(KINDS)
        if unknown:
            raise ValueError(f"kinds.{min(unknown)} is no kind of case; kinds are {', '.join(KINDS)}")
        owners = tuple(_owner(line, teams) for line in document.get("owners", ()))
        shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["judgement"]
        return Rules(kinds, teams, owners, {**shipped, **document.get("judgement", {})})
    except KeyError as error:
        raise SettingsError(f"{error.args[0]} is missing", where=str(path), remedy="Add it; docs/cases.md") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(str(error), where=str(path), remedy="Correct it; docs/cases.md") from None


def _kind(name: str, table: Mapping[str, Any], teams: Mapping[str, Team]) -> Kind:
    found = _WITHIN.fullmatch(str(table["within"]))
    if not found or int(found[1]) < 1:
        raise ValueError(f"kinds.{name}.within is {table['within']!r}; write it as '8 hours' or '3 days'")
    if table["team"] not in teams:
        raise ValueError(f"kinds.{name}.team is {table['team']!r}, which is no team")
    weight = table["weight"]
    if weight not in range(_URGENT, _LEAST + 1):
        raise ValueError(f"kinds.{name}.weight is {weight!r}; it goes from {_URGENT} to {_LEAST}")
    number = int(found[1])
    in_hours = found[2].startswith("hour")
    return Kind(table["team"], number if in_hours else None, None if in_hours else number, weight)


def _team(name: str, table: Mapping[str, Any]) -> Team:
    country, subdivision = table["country"], table.get("subdivision", "")
    if country not in ZONES:
        raise ValueError(f"teams.{name}.country is {country!r}; known are {', '.join(ZONES)}")
    if subdivision and subdivision not in known_subdivisions(country):
        known = ", ".join(known_subdivisions(country))
        raise ValueError(f"teams.{name}.subdivision is {subdivision!r}; {country} has {known}")
    hours = tuple(tuple(_stretch(name, s) for s in table["hours"].get(day, ())) for day in WEEKDAYS)
    if set(table["hours"]) - set(WEEKDAYS) or not any(hours):
        raise ValueError(f"teams.{name}.hours needs a day at least; days are {', '.join(WEEKDAYS)}")
    if any(a[1] > b[0] for day in hours for a, b in pairwise(day)):
        raise ValueError(f"teams.{name}.hours: stretches of a day must follow one another")
    closed = frozenset(_closed(name, text) for text in table.get("closed", ()))
    calendar = Calendar(country, subdivision, hours, closed)
    return Team(name, calendar, table["default"], frozenset(table.get("members", ())))


def _stretch(team: str, text: str) -> tuple[time, time]:
    found = _STRETCH.fullmatch(text)
    if not found or found[1] + found[2] >= found[3] + found[4]:
        raise ValueError(f"teams.{team}.hours has {text!r}; write it as '08:00-17:00'")
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def _closed(team: str, text: str) -> date | tuple[int, int]:
    try:
        if len(text) == len("12-24"):
            day = date.fromisoformat(f"2024-{text}")
            return day.month, day.day
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"teams.{team}.closed has {text!r}; write '2026-12-24' or '12-24'") from None


def _owner(line: Mapping[str, str], teams: Mapping[str, Team]) -> Mapping[str, str]:
    team = teams.get(line["team"])
    if team is None or line["owner"] not in team.members | {team.default}:
        raise ValueError(f"owners: {line['owner']!r} is no member of the team {line['team']!r}")
    return line
