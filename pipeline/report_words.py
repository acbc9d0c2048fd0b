"""German sentences of the report of defects: what is, what to do, how sure it is, what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pipeline import remedy_words
from pipeline.notation import day, decimal, month, month_of_week, number, one_line, persons_in_words, share_of, times
from pipeline.words import defect_name, per_hundred

if TYPE_CHECKING:
    from pipeline.defect_charts import Bar
    from storage.report_facts import DefectFacts, ProductFacts

#: Persons from which a share is called more than a hint.
_MANY = 10
_NO_CAUSE = "Ohne Anlass käme ein solcher Alarm bei einem Produkt höchstens einmal in zehn Jahren."
_SPACES = re.compile(r"\s+")
_PURCHASE = {"yes": "Kauf bestätigt", "no": "Kauf nicht bestätigt"}


def title(row: Mapping[str, Any]) -> str:
    """Part and type of a defect, such as ``Auslaufdüse: verstopft oder klemmt``."""
    return defect_name(row)


def sentence(row: Mapping[str, Any]) -> str:
    """Who says what, with the share and its interval."""
    return (
        f"{number(row['persons'])} von {number(row['persons_exposed'])} Personen, die über {product_name(row)} "
        f"schreiben, nennen „{defect_name(row)}“ (je 100 Bewertungen: {per_hundred(row['rate'])}, 95 %-Bereich "
        f"{per_hundred(row['rate_low'])}–{per_hundred(row['rate_high'])})."
    )


def product_name(row: Mapping[str, Any]) -> str:
    """Name of the product, or its number where it has none."""
    return str(row["product_name"] or row["product"])


def change(row: Mapping[str, Any]) -> str:
    """How it has changed, with since when and the interval; empty where nothing is to be said."""
    if row["signal"] == "rising" and row["rising_since"]:
        early, late = day(row["rising_since_low"]), day(row["rising_since_high"])
        span = f"Beginn in der Woche vom {day(row['rising_since'])}"
        if early != late:
            span += f" (95 %-Bereich {early} bis {late})"
        factor = row["rising_factor"]
        return f"{span}; " + (
            f"seitdem {times(factor)} so häufig wie vorher." if factor else "vorher nannte es niemand."
        )
    if row["signal"] == "rising":
        return "Der Anteil ist über die Monate gewachsen."
    if row["signal"] == "new" and row["first_seen"]:
        return f"Zum ersten Mal genannt am {day(row['first_seen'].date())}."
    if row["signal"] == "falling":
        return f"{_recent(row)}"
    return ""


def _recent(row: Mapping[str, Any]) -> str:
    if row["watch_window"] is None:
        return "Der Anteil ist über die Monate gesunken."
    weeks = "in der letzten Woche" if row["watch_window"] == 1 else f"in den letzten {row['watch_window']} Wochen"
    return (
        f"Zu erwarten waren {weeks} {decimal(row['watch_expected'])} Personen, "
        f"genannt haben es {decimal(row['watch_observed'])}."
    )


def todo(row: Mapping[str, Any], remedy: Mapping[str, Any] | None = None) -> list[str]:
    """What a product team should do about it, the first thing first.

    Args:
        row: Row of ``lists.defects``.
        remedy: Row of ``lists.remedies``, None without one.
    """
    steps = ["Sofort ansehen: Kunden nennen eine Gefahr."] if row["defect"] == "safety" else []
    if remedy:
        steps.append(_with_remedy(remedy))
    elif row["fix_quote"]:
        steps.append(f"Den Kundentipp prüfen und, wenn er stimmt, den Käufern sagen: „{one_line(row['fix_quote'])}“.")
    if row["signal"] == "rising":
        around = f" um {month_of_week(row['rising_since'])}" if row["rising_since"] else ""
        steps.append(f"Die Ursache suchen: Was hat sich{around} geändert (Teil, Lieferant, Einstellung, Anleitung)?")
    elif row["signal"] == "new":
        steps.append("Die Zitate lesen und die nächsten Wochen beobachten.")
    elif row["signal"] == "falling" and not remedy:
        steps.append("Festhalten, was geholfen hat.")
    return steps or ["Für die nächste Überarbeitung vormerken."]


def _with_remedy(remedy: Mapping[str, Any]) -> str:
    name = f"Die Lösung {remedy['remedy_id']}"
    if remedy["state"] == "draft":
        return f"{name} prüfen und freigeben; sie ist noch ein Entwurf."
    if remedy["state"] == "approved":
        return f"{name} veröffentlichen; sie ist freigegeben."
    if remedy["effect"] == "fewer":
        return f"{name} wirkt: weiter verbreiten."
    if remedy["effect"] == "more":
        return f"{name} hält den Mangel nicht auf: überarbeiten."
    return f"Abwarten, wie sie wirkt: {name} ist veröffentlicht."


def remedy_sentences(remedy: Mapping[str, Any], effect: Mapping[str, Any] | None) -> list[str]:
    """How far a remedy is, and what came of it.

    Args:
        remedy: Row of ``lists.remedies``.
        effect: Its effect in the contract of ``defects``; None before the first closed week.
    """
    found = [f"Stand: {remedy_words.STATE[remedy['state']]}."]
    if remedy["state"] != "published":
        return found
    found = [
        f"Veröffentlicht seit {day(remedy['published_on'])}: {remedy_words.channels(remedy['channels'])}.",
        f"Wirkung: {remedy_words.effect_sentence(effect)}.",
    ]
    if remedy["returned"]:
        found.append(f"{persons_in_words(remedy['returned'])} nannten den Mangel und waren danach zufrieden.")
    return found


def sure(row: Mapping[str, Any], bars: Sequence[Bar] = ()) -> tuple[str, str]:
    """How sure it is, in a word and in a sentence.

    Args:
        row: Row of ``lists.defects``.
        bars: Its course, empty where none is drawn.
    """
    word, why = _sure(row)
    if row["signal"] == "steady" and _above(bars):
        why += " Zuletzt waren es mehr als erwartet, aber noch nicht genug für einen Alarm."
    return word, why + (" Schwesterprodukte haben es seltener." if row["real"] else "")


def _sure(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["signal"] in ("rising", "falling"):
        if row["watch_window"] is not None:
            return "sehr sicher", _NO_CAUSE
        return "ziemlich sicher", "Wochenzahlen fehlen; geprüft ist der Verlauf über die Monate (5 % Irrtum)."
    if row["signal"] == "too_little_data":
        return "noch unsicher", "Die Vorgeschichte ist zu kurz, um einen Anstieg zu erkennen."
    if row["persons"] < _MANY:
        return "noch unsicher", f"Es sind erst {row['persons']} Personen."
    return "ziemlich sicher", {
        "undated": "Die Häufigkeit steht fest; ob sie steigt, sagen Bewertungen ohne Datum nicht.",
        "new": "Mehrere nennen es unabhängig voneinander; ob es weiter zunimmt, zeigen die nächsten Wochen.",
    }.get(row["signal"], "Viele nennen es unabhängig voneinander; kein Alarm, der Anteil gilt als gleichbleibend.")


def _above(bars: Sequence[Bar]) -> bool:
    """Whether one of the newest complete periods lies above the interval of what was expected."""
    newest = [bar for bar in bars if bar.expected][-3:]
    return any(bar.expected and bar.persons > bar.expected.high for bar in newest)


def figures(row: Mapping[str, Any], facts: DefectFacts, sources: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    """Counts and exposure of a defect as label and value."""
    found = [
        ("Personen", f"{number(row['persons'])} von {number(row['persons_exposed'])}"),
        ("Nennungen", f"{number(row['mentions'])} in {number(row['reviews_of_product'])} Bewertungen"),
        ("Kauf bestätigt", _verified(facts)),
        ("Ohne Namen", share_of(facts.anonymous, facts.persons)),
    ]
    if facts.incentivised:
        found.append(("Mit Gegenleistung geschrieben", share_of(facts.incentivised, facts.persons)))
    found.append(("Quellen", ", ".join(f"{name} {number(count)}" for name, count in sources)))
    if row["first_seen"]:
        first = moment(row["first_seen"].date(), month_only=facts.first_month)
        last = moment(row["last_seen"].date(), month_only=facts.last_month)
        found.append(("Zuerst und zuletzt", f"{first}, {last}"))
    if row["real"] is not None:
        found.append(("Gegenüber Schwesterprodukten", _compared(row)))
    return found


def _verified(facts: DefectFacts) -> str:
    if not facts.verified and not facts.unverified:
        return "nicht angegeben"
    return share_of(facts.verified, facts.persons)


def _compared(row: Mapping[str, Any]) -> str:
    if not row["real"]:
        return "nicht erkennbar häufiger"
    return f"häufiger, mindestens {times(2 ** row['ic_low'])} so oft"


def unknown(row: Mapping[str, Any], product: ProductFacts, facts: DefectFacts, *, drawn_from: date | None) -> list[str]:
    """What the data, or the picture, cannot tell about a defect.

    Args:
        row: Row of ``lists.defects``.
        product: What is known of its product.
        facts: What is known of those who named it.
        drawn_from: First day of its picture; None without one.
    """
    found = []
    if drawn_from and row["first_seen"] and row["first_seen"].date() < drawn_from:
        found.append(f"Das Bild beginnt erst im {month(drawn_from)}; genannt wurde es auch vorher.")
    if facts.undated == facts.persons:
        found.append("Keine der Bewertungen trägt ein Datum: Verlauf und Beginn sind unbekannt.")
    elif facts.undated:
        found.append(f"{persons_in_words(facts.undated)} nannten es ohne Datum und fehlen im Verlauf.")
    if facts.by_month:
        found.append(
            f"Von {persons_in_words(facts.by_month, dative=True)} ist nur der Monat bekannt; ein Anstieg fällt "
            "deshalb bis zu einem Monat später auf."
        )
    if drawn_from and row["watch_window"] is None:
        found.append("Die Vorgeschichte ist kürzer als 26 Wochen: Was zu erwarten wäre, ist noch nicht bekannt.")
    if row["real"] is None:
        found.append(
            "Es sind keine Schwesterprodukte bekannt: Ob der Mangel hier häufiger ist als anderswo, ist offen."
            if not product.siblings
            else "Schwesterprodukte werden auf anderen Portalen bewertet und sind nicht vergleichbar."
        )
    silent = facts.persons - facts.verified - facts.unverified
    if silent == facts.persons:
        found.append("Keine Quelle sagt, ob das Produkt gekauft wurde.")
    elif silent:
        found.append(f"Bei {share_of(silent, facts.persons)} sagt die Quelle nicht, ob das Produkt gekauft wurde.")
    if facts.anonymous:
        found.append("Bewertungen ohne Namen zählen je als eine Person; es können weniger Menschen sein.")
    if len(facts.portals) == 1 and len(product.portals) > 1:
        found.append("Nur eine von mehreren Quellen nennt diesen Mangel.")
    return found


def product_sentences(facts: ProductFacts, sources: Sequence[tuple[str, int]]) -> list[str]:
    """What the feedback about a product is, and what it lacks."""
    where = ", ".join(f"{name} {number(count)}" for name, count in sources)
    found = [f"{number(facts.feedback)} Bewertungen von {persons_in_words(facts.persons, dative=True)} ({where})."]
    if facts.first and facts.last:
        first = moment(facts.first.date(), month_only=facts.first_month)
        last = moment(facts.last.date(), month_only=facts.last_month)
        found.append(f"Die älteste ist vom {first}, die neueste vom {last}.")
    for count, one, several in (
        (facts.stars_only, "besteht nur aus Sternen", "bestehen nur aus Sternen"),
        (facts.anonymous, "stammt von jemandem ohne Namen", "stammen von Personen ohne Namen"),
        (facts.undated, "trägt kein Datum", "tragen kein Datum"),
        (facts.by_month, "nennt nur den Monat", "nennen nur den Monat"),
    ):
        if count:
            found.append(f"{share_of(count, facts.feedback)} {one if count == 1 else several}.")
    return found


def notes(signals: Mapping[str, int], shown: int, newest: datetime | None, product: str | None) -> list[str]:
    """What holds for the whole report: what is left out, and how its figures are meant."""
    total, thin = sum(signals.values()), signals.get("too_little_data", 0)
    found = []
    rest = total - thin - shown
    if rest > 0:
        how = "" if product else " Der Bericht eines einzelnen Produkts zeigt mehr."
        found.append(f"{number(rest)} weitere Mängel sind hier nicht ausgeführt.{how}")
    if thin:
        found.append(f"{number(thin)} Mängel haben noch zu wenig Nennungen oder Vorgeschichte für eine Aussage.")
    if newest is None and total:
        found.append("Keine Bewertung trägt ein Datum: Was neu ist und was steigt, lässt sich nicht sagen.")
    return found


def origin(row: Mapping[str, Any], source: str) -> str:
    """Where a quote comes from: source, date as exactly as it is known, stars, purchase."""
    written = row["created_at"]
    when = "ohne Datum"
    if written is not None:
        when = moment(written.date(), month_only=row["created_precision"] == "month")
    parts = [source, when]
    if row["rating"] is not None:
        stars = decimal(row["rating"])
        parts.append(f"{stars} {'Stern' if row['rating'] == 1 else 'Sterne'}")
    parts.append(_PURCHASE.get(row["verified_purchase"], "Kauf unbekannt"))
    return " · ".join(parts)


def context(row: Mapping[str, Any]) -> tuple[str, str]:
    """The text before and behind a quote, cut between words."""
    ahead, behind = row["ahead"] or "", row["behind"] or ""
    if row["cut_ahead"]:
        ahead = "… " + ahead.partition(" ")[2]
    if row["cut_behind"]:
        behind = behind.rpartition(" ")[0] + " …"
    # What touched the quote still does: a comma, a bracket.
    return _SPACES.sub(" ", ahead).lstrip(), _SPACES.sub(" ", behind).rstrip()


def moment(value: date, *, month_only: bool) -> str:
    """A day, or its month where no more is known."""
    return month(value) if month_only else day(value)


def chart_description(row: Mapping[str, Any], bars: Sequence[Bar], *, weekly: bool) -> str:
    """A chart in words."""
    highest = max(bars, key=lambda bar: bar.persons)
    known = [bar for bar in bars if bar.expected]
    words = (
        f"Personen, die „{defect_name(row)}“ nennen, je {'Woche' if weekly else 'Monat'} von {bars[0].label} bis "
        f"{bars[-1].label}. Höchster Stand: {highest.persons} ({highest.label})."
    )
    if known and known[-1].expected:
        last = known[-1]
        words += f" Zuletzt {last.persons} ({last.label}), zu erwarten waren {decimal(known[-1].expected.mean)}."
    if row["rising_since"]:
        words += f" Der Anstieg beginnt in der Woche vom {day(row['rising_since'])}."
    return words


def period(start: date, *, weekly: bool) -> str:
    """Name of a week or month."""
    return f"Woche vom {day(start)}" if weekly else month(start)
