"""Decide who speaks for us: from what persons said and did to scores, reasons and stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final

from insights.advocates import Advocacy, Rules, assess, months_before, rules
from insights.loop import Step, history
from insights.statements import Order, Person, Span, Statement, Unsubscription
from kundenecho.errors import DataError
from nlp.quotes import convincing, sentence
from pipeline.step import Progress
from storage.advocates import (
    AdvocateRow,
    ReasonRow,
    StageRow,
    assessed_persons,
    last_reference,
    move_reference,
    restore_reason,
    strike_reason,
    write_advocates,
    write_stages,
)
from storage.connect import Connection
from storage.contact import settle_contact
from storage.dirty import active_lineage
from storage.statements import (
    StatementRow,
    copied_persons,
    orders,
    statements,
    strikes,
    texts,
    unsubscriptions,
)

#: Persons are recomputed in portions of this size, to keep memory flat.
_PERSONS: Final = 5000
_TOP: Final = 30
#: The sentence of all clauses of a text that was taken away: nobody can tell any more which of them stood apart.
_UNKNOWN: Final = (0, 0)


def decide_advocates(
    conn: Connection, touched: Sequence[int], lineage: int, newest: datetime | None, *, progress: Progress
) -> tuple[int, int]:
    """Assess the persons that were touched, those who share a text with them, and those for whom time went on.

    Args:
        conn: Connection; the caller's transaction goes on.
        touched: Persons that were touched.
        lineage: Lineage whose analyses count.
        newest: Time of the newest feedback.
        progress: Told about persons assessed.

    Returns:
        Persons assessed, and how many of them stand on the list.
    """
    reference = newest.date().replace(day=1) if newest else None
    since = months_before(reference, rules().recent_months) if reference else None
    persons = sorted({*touched, *copied_persons(conn, touched), *move_reference(conn, reference, since)})
    listed = 0
    for start in range(0, len(persons), _PERSONS):
        portion = persons[start : start + _PERSONS]
        listed += _decide(conn, portion, lineage, reference)
        settle_contact(conn, portion)
        progress("Fürsprecher bewerten", start + len(portion), len(persons))
    return len(persons), listed


def _decide(conn: Connection, persons: Sequence[int], lineage: int, reference: date | None) -> int:
    struck = strikes(conn, persons)
    found = [
        (number, assess(person, reference=reference, struck=struck.get(number, ())), history(person))
        for number, person in read_persons(conn, persons, lineage)
    ]
    revisions = {r.revision_id for _, advocacy, _ in found for r in advocacy.reasons if r.span and r.revision_id}
    revisions |= {s.revision_id for _, _, steps in found for s in steps if s.span and s.revision_id}
    quotes = _Quotes(texts(conn, sorted(revisions)))
    write_stages(conn, persons, ((number, _stages(steps, quotes)) for number, _, steps in found))
    rows = [
        _advocate(number, advocacy, quotes)
        for number, advocacy, _ in found
        if any(r.weight > 0 or r.struck for r in advocacy.reasons)
    ]
    return write_advocates(conn, persons, lineage, rows)


def read_persons(conn: Connection, persons: Sequence[int], lineage: int) -> Iterator[tuple[int, Person]]:
    """Some persons with all they said and did, by their numbers; those of whom nothing is known are left out."""
    ordered, gone = orders(conn, persons), unsubscriptions(conn, persons)
    rows = list(statements(conn, persons, lineage))
    written = texts(conn, sorted({row.revision_id for row in rows if len(_said(row)) > 1}))
    said = {
        number: [_statement(row, written) for row in group]
        for number, group in groupby(rows, key=lambda row: row.person_id)
    }
    for number in persons:
        if number in said or number in ordered or number in gone:
            yield (
                number,
                Person(
                    said.get(number, ()),
                    [Order(*order) for order in ordered.get(number, ())],
                    [Unsubscription(*row) for row in gone.get(number, ())],
                ),
            )


def _said(row: StatementRow) -> list[tuple[str, int, int]]:
    """The clauses of a statement that may prove something; only of several it matters which share a sentence."""
    return [*filter(None, (row.recommend_at, row.loyalty_at, row.referral_at)), *row.praise, *row.fixes]


def _statement(row: StatementRow, written: Mapping[tuple[int, str], str]) -> Statement:
    values = row._asdict()
    del values["person_id"]
    several = len(_said(row)) > 1

    def span(at: tuple[str, int, int]) -> Span:
        text = written.get((row.revision_id, at[0])) if several else None
        return Span(*at, sentence(text, at[1], at[2]) if text else _UNKNOWN if several else None)

    for name in ("incentivised", "recommend_at", "loyalty_at", "referral_at"):
        values[name] = span(values[name]) if values[name] else None
    for name in ("praise", "fixes"):
        values[name] = tuple(map(span, values[name]))
    return Statement(**values)


class _Quotes:
    """Spans as they are quoted: whole sentences, as far as the text is still there, and each sentence once."""

    def __init__(self, found: dict[tuple[int, str], str]) -> None:
        self._texts = found

    def of(
        self, revision_id: int | None, span: Span | None, told: set[tuple[int, str, int, int]] | None = None
    ) -> tuple[str, int, int] | None:
        """Field and offsets of the quote of a span.

        Args:
            revision_id: The revision, None for none.
            span: The clause.
            told: Quotes that stand already: of their sentences only the clause is quoted again; grows by this one.
        """
        if span is None or revision_id is None:
            return None
        text = self._texts.get((revision_id, span.field))
        start, end = convincing(text, span.start, span.end) if text else (span.start, span.end)
        if told is not None:
            if (revision_id, span.field, start, end) in told:
                start, end = span.start, span.end
            told.add((revision_id, span.field, start, end))
        return span.field, start, end


def _stages(steps: Iterable[Step], quotes: _Quotes) -> list[StageRow]:
    return [
        StageRow(s.stage, s.at, s.cause, s.revision_id, quotes.of(s.revision_id, s.span), s.order_key) for s in steps
    ]


def _advocate(person_id: int, advocacy: Advocacy, quotes: _Quotes) -> AdvocateRow:
    told: set[tuple[int, str, int, int]] = set()
    reasons = [
        ReasonRow(
            r.kind,
            r.weight,
            r.revision_id,
            quotes.of(r.revision_id, r.span, told),
            r.day,
            r.feedback_id,
            r.value,
            r.struck,
        )
        for r in advocacy.reasons
    ]
    return AdvocateRow(
        person_id=person_id,
        score=advocacy.score,
        stage=advocacy.stage,
        listed=advocacy.listed,
        contactable="no",
        contactable_reason="keine Einwilligung bekannt",
        sources=list(advocacy.sources),
        last_seen=advocacy.last_seen,
        points_for=advocacy.points_for,
        points_against=advocacy.points_against,
        days=advocacy.days,
        shrinkage=advocacy.shrinkage,
        reasons=reasons,
    )


def strike(conn: Connection, person_id: int, reason: int, by: str, *, undo: bool = False) -> str:
    """Strike a reason of a person out, or take that back; commits. It takes effect with the next decide.

    Args:
        conn: Connection of the pipeline.
        person_id: The person.
        reason: Number of the reason, as ``why`` shows it.
        by: Who decides it.
        undo: Take it back.

    Returns:
        Kind of the reason.

    Raises:
        DataError: There is no such reason, or nothing to do.
    """
    kind = (restore_reason if undo else strike_reason)(conn, person_id, reason, by)
    if kind is None:
        state = "is not struck" if undo else "is struck already"
        raise DataError(
            f"P{person_id} has no reason R{reason}, or it {state}",
            remedy=f"kundenecho why P{person_id} shows the numbers of the reasons",
        )
    conn.commit()
    return kind


def sensitivity(conn: Connection) -> list[dict[str, object]]:
    """How much hangs on each weight: what becomes of the first thirty when it is halved.

    Args:
        conn: Connection of the pipeline.

    Returns:
        ``{"kind", "weight", "changed"}`` for each reason; ``changed`` of the first thirty are no longer among them.
    """
    lineage, reference, people = active_lineage(conn), last_reference(conn), assessed_persons(conn)
    if lineage is None:
        return []
    shipped = rules()
    variants: dict[str, Rules] = {"": shipped, **{kind: shipped.halved(kind) for kind in shipped.reasons}}
    ranked: dict[str, list[tuple[float, float, int]]] = {name: [] for name in variants}
    for start in range(0, len(people), _PERSONS):
        portion = people[start : start + _PERSONS]
        struck = strikes(conn, portion)
        for number, person in read_persons(conn, portion, lineage):
            for name, by in variants.items():
                found = assess(person, reference=reference, struck=struck.get(number, ()), by=by)
                if found.listed:
                    seen = found.last_seen.timestamp() if found.last_seen else 0.0
                    ranked[name].append((-found.score, -seen, number))
    first = {name: {number for _, _, number in sorted(rows)[:_TOP]} for name, rows in ranked.items()}
    return [
        {"kind": kind, "weight": rule.weight, "changed": len(first[""] - first[kind])}
        for kind, rule in shipped.reasons.items()
    ]
