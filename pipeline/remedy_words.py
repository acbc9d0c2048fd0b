"""German words for remedies: their states and channels, and their effect in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STATE: Final = {
    "suggested": "Kundentipp",
    "draft": "Entwurf",
    "approved": "freigegeben",
    "published": "veröffentlicht",
    "withdrawn": "zurückgezogen",
}
CHANNEL: Final = {
    "support": "Textbaustein",
    "newsletter": "Newsletter",
    "manual": "Anleitung",
    "video": "Video",
    "portal": "Antwort auf dem Portal",
}
ACTION: Final = {
    "draft": "entworfen",
    "edit": "geändert",
    "approve": "freigegeben",
    "reject": "nicht freigegeben",
    "revise": "Freigabe zurückgenommen",
    "publish": "veröffentlicht",
    "unpublish": "Veröffentlichung beendet",
    "withdraw": "zurückgezogen",
    "reopen": "wieder aufgenommen",
    "export": "Käuferliste ausgegeben",
    "tell": "Käufer informiert",
}


def channels(names: list[str] | None) -> str:
    """Where a remedy is published, such as ``Newsletter, Video``."""
    return ", ".join(CHANNEL[name] for name in names or []) or "nirgends"


def effect_sentence(effect: Mapping[str, Any] | None) -> str:
    """What came of a remedy, in one plain sentence.

    Args:
        effect: ``effect`` of a remedy in the contract of ``defects``, or a row of ``lists.remedy_effects``.
    """
    if effect is None:
        return "noch keine abgeschlossene Woche seit der Veröffentlichung"
    seen, weeks = _count(effect["observed"]), effect["weeks"]
    during = f"in {weeks} {'Woche' if weeks == 1 else 'Wochen'}"
    if effect["verdict"] == "too_little_data":
        if not effect["weeks_needed"]:
            return f"{_persons(seen)} {during}; davor wurde zu wenig beobachtet, um zu vergleichen"
        more = effect["weeks_needed"]
        return (
            f"zu wenig Daten: {_persons(seen)} {during}, erwartet waren ohne die Lösung {_count(effect['expected'])}; "
            f"noch etwa {more} {'Woche' if more == 1 else 'Wochen'} nötig"
        )
    low, high = _count(effect["expected_low"]), _count(effect["expected_high"])
    if effect["verdict"] == "unclear":
        return (
            f"seit der Veröffentlichung {_persons(seen)} {during}; ohne die Lösung wären {low} bis {high} zu erwarten "
            "gewesen: eine Wirkung ist nicht zu erkennen"
        )
    compared = f"seit der Veröffentlichung {seen} statt erwarteter {_count(effect['expected'])} Personen {during}"
    if effect["verdict"] == "fewer":
        least, most = (_percent(1 - effect[key]) for key in ("ratio_high", "ratio_low"))
        return f"{compared}, {_percent(1 - effect['ratio'])} % weniger (95-%-Bereich: {least} bis {most} % weniger)"
    return f"{compared}: mehr, als die Zeit davor erwarten ließ; die Lösung hält den Mangel nicht auf"


def told_words(remedy: Mapping[str, Any]) -> str:
    """How many have been told and how many have bought, such as ``37 informiert, 6.384 verkauft``."""
    told = f"{_grouped(remedy['told'])} informiert"
    if remedy["bought"] is None:
        return told
    return f"{told}, {_grouped(remedy['bought'])} {'verkauft' if remedy['bought_unit'] == 'units' else 'Bestellungen'}"


def _persons(count: str) -> str:
    return f"{count} {'Person' if count == '1' else 'Personen'}"


def _count(value: float) -> str:
    """A count of persons: whole where it is large or whole, else with one place."""
    whole = value >= 9.95 or abs(value - round(value)) < 0.05
    return _grouped(round(value)) if whole else f"{value:.1f}".replace(".", ",")


def _grouped(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
