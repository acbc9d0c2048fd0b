"""The key figures with their milestones, and their German words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from insights.milestones import read_milestones
from kundenecho.settings import Settings
from storage.connect import Connection
from storage.kpis import milestone_figures

KPI: Final = {
    "response_median": "Antwortzeit, Hälfte beantwortet nach",
    "response_p90": "Antwortzeit, neun von zehn beantwortet nach",
    "answered_in_time": "Rechtzeitig beantwortet",
    "recovered": "Zurückgewonnene Unzufriedene",
    "nps": "Weiterempfehlung (NPS)",
    "conversion": "Kontakte, auf die eine Bestellung folgte",
    "churn": "Abmeldungen",
    "actions": "Handlungen je Ansprache",
    "customer_value": "Kundenwert bisher",
    "customer_value_first_year": "Kundenwert im ersten Jahr",
    "advocates_gained": "Fürsprecher gewonnen",
    "advocates_lost": "Fürsprecher verloren oder gefährdet",
    "customers_lost": "Kunden verloren",
    "customers_won_back": "Kunden zurückgewonnen",
}
OF: Final = {
    "response_median": "Vorgängen",
    "response_p90": "Vorgängen",
    "answered_in_time": "fälligen Vorgängen",
    "recovered": "Beschwerden",
    "nps": "Antworten",
    "conversion": "Kontakten",
    "churn": "Einwilligungen",
    "actions": "Ansprachen",
    "customer_value": "Kunden",
    "customer_value_first_year": "Kunden",
    "advocates_gained": "Personen",
    "advocates_lost": "Personen",
    "customers_lost": "Personen",
    "customers_won_back": "Personen",
}
VERDICT: Final = {
    "reached": "erreicht",
    "missed": "verfehlt",
    "not_yet": "noch nicht erreicht",
    "too_little_data": "zu wenig Daten",
}


def milestones(conn: Connection, settings: Settings, today: date | None = None) -> list[dict[str, Any]]:
    """The milestones and whether each is reached, over all weeks.

    Args:
        conn: Connection that may read the schema ``lists``.
        settings: ``kpis.milestones``.
        today: Day of the judgement; today by default.

    Returns:
        One mapping per milestone: kpi, product, channel, at_least or at_most (the other None), by, value, n, verdict.

    Raises:
        SettingsError: The file of milestones is missing or broken.
    """
    named = settings["kpis.milestones"]
    figures = milestone_figures(conn)
    day = today or datetime.now(UTC).date()
    found = []
    for goal in read_milestones(settings.path.parent / named if named else None):
        value, n = figures.get((goal.kpi, goal.product, goal.channel), (None, 0))
        found.append(
            {
                "kpi": goal.kpi,
                "product": goal.product,
                "channel": goal.channel,
                "at_least": goal.target if goal.at_least else None,
                "at_most": None if goal.at_least else goal.target,
                "by": goal.by,
                "value": value,
                "n": n,
                "verdict": goal.judge(value, n, day),
            }
        )
    return found


def value_words(value: float | None, unit: str) -> str:
    """A figure in German with its unit, such as ``87 %`` or ``3,5 Stunden``."""
    if value is None:
        return "zu viele warten noch"
    if unit == "share":
        return f"{_number(100 * value, 1)} %"
    if unit == "hours":
        return f"{_number(value, 1)} Stunden" if value < _DAYS_FROM else f"{_number(value / 24, 1)} Tage"
    if unit == "eur":
        return f"{_number(value, 2)} €"
    return f"{value:+.0f}".replace("-", "−") if unit == "points" else _number(value, 2)


#: Hours from which a time is told in days.
_DAYS_FROM: Final = 72


def interval_words(row: Mapping[str, Any]) -> str:
    """The 95 % interval of a figure in German, empty where there is none."""
    if row["low"] is None:
        return ""
    return f"{value_words(row['low'], row['unit'])} bis {value_words(row['high'], row['unit'])}"


def goal_words(goal: Mapping[str, Any], unit: str) -> str:
    """A milestone in German, such as ``mindestens 80 % bis 31.12.2026``."""
    least = goal["at_least"] is not None
    target = value_words(goal["at_least"] if least else goal["at_most"], unit)
    return f"{'mindestens' if least else 'höchstens'} {target} bis {goal['by']:%d.%m.%Y}"


UNIT: Final = {
    "response_median": "hours", "response_p90": "hours", "answered_in_time": "share", "recovered": "share",
    "nps": "points", "conversion": "share", "churn": "share", "actions": "number", "customer_value": "eur",
    "customer_value_first_year": "eur", "advocates_gained": "number", "advocates_lost": "number",
    "customers_lost": "number", "customers_won_back": "number",
}  # fmt: skip


def _number(value: float, digits: int) -> str:
    whole, _, rest = f"{value:,.{digits}f}".partition(".")
    return whole.replace(",", ".") + (f",{rest}" if rest.strip("0") else "")
