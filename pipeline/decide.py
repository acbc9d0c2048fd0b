"""Decide: from counts to defects and topics, from statements to advocates, for what has changed; then cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from insights.advocates import Advocacy, Span, Statement, assess
from kundenecho.keying import keyer_from_env
from kundenecho.settings import Settings
from pipeline.cases import decide_cases
from pipeline.contact import apply_limits
from pipeline.defects import decide_defects
from pipeline.persons import settle
from pipeline.step import Counts, Progress, silent, step
from pipeline.topics import decide_topics
from storage.advocates import AdvocateRow, ReasonRow, StatementRow, statements, write_advocates
from storage.connect import Connection, named_lock
from storage.contact import settle_contact
from storage.dirty import active_lineage, clear_dirty, mark_dirty, newest_feedback, take_dirty

_T = TypeVar("_T")

#: Persons are recomputed in portions of this size, to keep memory flat.
_PERSONS = 5000


def decide(settings: Settings, *, everything: bool = False, progress: Progress = silent) -> Counts:
    """Recompute the defects, topics and advocates that the last writes touched, and open the cases that are due.

    Args:
        settings: The installation's settings.
        everything: Recompute all of them, whatever was touched.
        progress: Told about products and persons recomputed.

    Returns:
        products and persons recomputed; defects, topics and advocates written for them; cases opened and closed.

    Raises:
        BusyError: Another decide is running.
        SettingsError: The keying secret is missing.
    """
    keyer = keyer_from_env()
    with step(settings, "decide") as running, named_lock(running.conn, "decide"):
        conn, counts = running.conn, running.counts
        counts.update(products=0, persons=0, defects=0, topics=0, advocates=0, cases=0, cases_closed=0)
        apply_limits(settings, conn)
        lineage = active_lineage(conn)
        if lineage is None:
            return counts
        seqs = mark_dirty(conn, everything=everything)
        dirty = take_dirty(conn, seqs, settle(conn, keyer, everything=everything), everything=everything)
        least, newest = settings["decide.min_persons"], newest_feedback(conn)
        judged = decide_defects(conn, dirty.products, lineage, least, newest, everything=everything, progress=progress)
        counts["products"], counts["defects"] = judged
        counts["topics"] = decide_topics(conn, dirty.products, lineage, everything=everything, progress=progress)
        for persons in _portions(dirty.persons, _PERSONS):
            counts["advocates"] += _decide_advocates(conn, persons, lineage)
            settle_contact(conn, persons)
            counts["persons"] += len(persons)
            progress("Fürsprecher bewerten", counts["persons"], len(dirty.persons))
        counts["cases"], counts["cases_closed"] = decide_cases(conn, settings, lineage, progress=progress)
        clear_dirty(conn, dirty)
        conn.commit()
    return running.counts


def _decide_advocates(conn: Connection, persons: Sequence[int], lineage: int) -> int:
    rows = []
    for person_id, said in groupby(statements(conn, persons, lineage), key=lambda row: row.person_id):
        advocacy = assess(_statement(row) for row in said)
        if any(reason.weight > 0 for reason in advocacy.reasons):
            rows.append(_advocate(person_id, advocacy))
    return write_advocates(conn, persons, lineage, rows)


def _statement(row: StatementRow) -> Statement:
    return Statement(
        revision_id=row.revision_id,
        source=row.source,
        created_at=row.created_at,
        rating=row.rating,
        first_rating=row.first_rating,
        nps=row.nps,
        counts_nps=row.counts_nps,
        would_recommend=row.would_recommend,
        sentiment=row.sentiment,
        abstained=row.abstained,
        recommend=row.recommend,
        loyalty=row.loyalty,
        incentivised=Span(*row.incentivised) if row.incentivised else None,
        recommend_at=Span(*row.recommend_at) if row.recommend_at else None,
        loyalty_at=Span(*row.loyalty_at) if row.loyalty_at else None,
        praise=tuple(Span(*span) for span in row.praise),
        fixes=tuple(Span(*span) for span in row.fixes),
    )


def _advocate(person_id: int, advocacy: Advocacy) -> AdvocateRow:
    reasons = [
        ReasonRow(r.kind, r.weight, r.revision_id, (r.span.field, r.span.start, r.span.end) if r.span else None)
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
        reasons=reasons,
    )


def _portions(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
