"""The report of defects as plain data: what is shown, in which order. How it looks is not decided here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from insights.weeks import last_closed
from kundenecho.settings import Settings
from pipeline import report_words as say
from pipeline import words
from pipeline.defect_charts import Chart, charts
from pipeline.notation import number
from pipeline.portals import Portals
from pipeline.products import check_product
from storage.connect import Connection
from storage.dirty import active_lineage, newest_feedback
from storage.lists import list_topics, remedy_of
from storage.report import count_signals, is_month_only, leading_defects, quotes_in_context, remedies_of
from storage.report_facts import DefectFacts, ProductFacts, defect_facts, make_said, product_facts
from storage.voices import make_voices

#: Defects that are shown in full, of all products and of one.
SHOWN: Final = 24
SHOWN_OF_ONE: Final = 40
_QUOTES: Final = 3
_TOPICS: Final = 8


@dataclass(frozen=True)
class Quote:
    """A masked quote with the text around it, and where it comes from."""

    text: str
    ahead: str
    behind: str
    origin: str
    feedback_id: str
    url: str | None


@dataclass(frozen=True)
class KnownFix:
    """The remedy of a defect: what helps, how far it is and what came of it, in sentences.

    Attributes:
        verdict: fewer, more, unclear or too_little_data; None before the first closed week, or unpublished.
    """

    remedy_id: str
    state: str
    title: str
    text: str
    steps: Sequence[str]
    sentences: Sequence[str]
    verdict: str | None


@dataclass(frozen=True)
class Entry:
    """One defect as the report shows it; texts are German sentences.

    Attributes:
        tone: The signal, for the look.
        verdict: The signal in words.
        persons: Distinct persons with the defect.
        exposed: Distinct persons who spoke of the product.
        rate: Persons per hundred, and the ends of the 95 % interval, in German notation.
        more_than_siblings: The product has it more often than its siblings.
        figures: Label and value, in order.
        sure: How sure it is, in a word and in a sentence.
        tip: What a customer says helped, None where nobody does.
        unknown: What the data cannot tell.
        remedy: The known fix; None without one.
    """

    defect_id: str
    product: str
    title: str
    tone: str
    verdict: str
    sentence: str
    change: str
    todo: Sequence[str]
    sure: tuple[str, str]
    persons: str
    exposed: str
    rate: tuple[str, str, str]
    more_than_siblings: bool
    figures: Sequence[tuple[str, str]]
    chart: Chart | None
    quotes: Sequence[Quote]
    tip: str | None
    unknown: Sequence[str]
    remedy: KnownFix | None = None


@dataclass(frozen=True)
class ProductPart:
    """One product: its name, what its feedback is, its defects and its topics."""

    product: str
    name: str
    facts: Sequence[str]
    entries: Sequence[Entry]
    topics: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class DefectReport:
    """The whole report.

    Attributes:
        product: The one product that it is about; None for all.
        newest: Day of the newest feedback; None where nothing is dated.
        until: The same in German, the month where only that is known; empty where nothing is dated.
        closed: Monday of the last closed week.
        signals: Number of defects by signal, shown or not.
        entries: Defects shown in full, in the order of their urgency.
        parts: The same by product.
        notes: What holds for the whole report.
    """

    company: str
    product: str | None
    made: date
    newest: date | None
    until: str
    closed: date | None
    signals: Mapping[str, int]
    entries: Sequence[Entry]
    parts: Sequence[ProductPart]
    notes: Sequence[str] = field(default_factory=tuple)

    def remedied(self) -> list[Entry]:
        """The shown defects with a published remedy."""
        return [entry for entry in self.entries if entry.remedy and entry.remedy.state == "published"]

    def of(self, *tones: str) -> list[Entry]:
        """The shown defects with one of these signals."""
        return [entry for entry in self.entries if entry.tone in tones]


def gather(conn: Connection, settings: Settings, product: str | None, today: date | None = None) -> DefectReport:
    """Everything that the report shows.

    Args:
        conn: Connection of the pipeline; temporary tables are made in its transaction.
        settings: Name of the company, titles of the sources.
        product: Only this product; None for all.
        today: Day that stands on the report, the present one by default.

    Raises:
        UnknownProductError: If there is no such product.
    """
    check_product(conn, product)
    newest, lineage = newest_feedback(conn), active_lineage(conn)
    signals = count_signals(conn, product)
    rows = leading_defects(conn, product, SHOWN if product is None else SHOWN_OF_ONE)
    numbers = [int(row["defect_id"][1:]) for row in rows]
    products = sorted({row["product"] for row in rows} | ({product} if product else set()))
    closed = last_closed(newest.date()) if newest else None
    portals = Portals(settings)
    parts: list[ProductPart] = []
    entries: list[Entry] = []
    if lineage is not None:
        make_voices(conn, products, several=portals.several)
        make_said(conn, numbers, lineage)
        of_product = {facts.product: facts for facts in product_facts(conn, portals.several)}
        of_defect = {f"D{facts.defect_id}": facts for facts in defect_facts(conn, portals.several)}
        drawn = charts(conn, rows, of_product, lineage, newest, closed)
        remedies = remedies_of(conn, [row["defect_id"] for row in rows])
        quotes = _quotes(portals, quotes_in_context(conn, numbers, _QUOTES))
        entries = [
            _entry(
                portals,
                row,
                of_product[row["product"]],
                of_defect[row["defect_id"]],
                drawn.get(row["defect_id"]),
                quotes.get(row["defect_id"], ()),
                remedies.get(row["defect_id"]),
            )
            for row in rows
            if row["defect_id"] in of_defect
        ]
        parts = [
            ProductPart(
                facts.product,
                facts.name,
                say.product_sentences(facts, _titles(portals, facts.portals)),
                [entry for entry in entries if entry.product == facts.product],
                list_topics(conn, product=facts.product, limit=_TOPICS),
            )
            for facts in of_product.values()
        ]
    return DefectReport(
        company=settings["company.name"],
        product=product,
        made=today or datetime.now(UTC).date(),
        newest=newest.date() if newest else None,
        until=say.moment(newest.date(), month_only=is_month_only(conn, newest)) if newest else "",
        closed=closed,
        signals=signals,
        entries=entries,
        parts=parts,
        notes=say.notes(signals, len(entries), newest, product),
    )


def _entry(
    portals: Portals,
    row: Mapping[str, Any],
    product: ProductFacts,
    facts: DefectFacts,
    chart: Chart | None,
    quotes: Sequence[Quote],
    remedy: Mapping[str, Any] | None,
) -> Entry:
    if chart and remedy:
        chart = replace(chart, published=remedy["published_on"])
    return Entry(
        defect_id=row["defect_id"],
        product=row["product"],
        title=say.title(row),
        tone=row["signal"],
        verdict=words.verdict(row),
        sentence=say.sentence(row),
        change=say.change(row),
        todo=say.todo(row, remedy),
        sure=say.sure(row, chart.bars if chart else ()),
        persons=number(row["persons"]),
        exposed=number(row["persons_exposed"]),
        rate=(words.per_hundred(row["rate"]), words.per_hundred(row["rate_low"]), words.per_hundred(row["rate_high"])),
        more_than_siblings=bool(row["real"]),
        figures=say.figures(row, facts, _titles(portals, facts.portals)),
        chart=chart,
        quotes=quotes,
        tip=row["fix_quote"],
        unknown=say.unknown(row, product, facts, drawn_from=chart.bars[0].start if chart else None),
        remedy=_fix(remedy) if remedy else None,
    )


def _fix(remedy: Mapping[str, Any]) -> KnownFix:
    return KnownFix(
        remedy_id=remedy["remedy_id"],
        state=remedy["state"],
        title=remedy["title"],
        text=remedy["text"] or "",
        steps=remedy["steps"] or (),
        sentences=say.remedy_sentences(remedy, remedy_of(dict(remedy))["effect"]),
        verdict=remedy["effect"] if remedy["state"] == "published" else None,
    )


def _titles(portals: Portals, counts: Iterable[tuple[str, str, int]]) -> list[tuple[str, int]]:
    return [(portals.title(source, account), count) for source, account, count in counts]


def _quotes(portals: Portals, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Quote]]:
    found: dict[str, list[Quote]] = defaultdict(list)
    for row in rows:
        ahead, behind = say.context(row)
        origin = say.origin(
            row, portals.title(row["source"], row["account"] if row["source"] in portals.several else "")
        )
        text = " ".join(row["text"].split())
        found[f"D{row['defect_id']}"].append(Quote(text, ahead, behind, origin, row["feedback_id"], row["url"]))
    return found
