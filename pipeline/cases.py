"""The follow-up: cases opened by rule, their course, and who is told. A part of decide, and a step of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from insights.case_rules import Facts, Rules, read_rules
from kundenecho.cases import UNHAPPY
from kundenecho.settings import Settings
from pipeline import case_words
from pipeline.notify import Message, tell
from pipeline.step import Counts, Progress, log, silent
from storage.case_course import (
    Alert,
    LaterWord,
    escalate,
    later_words,
    mark_overdue_told,
    mark_unhappy_told,
    note_replies,
    to_tell_overdue,
    to_tell_unhappy,
)
from storage.case_endings import close_gone, close_granted, close_quiet, close_told, recover, reopen_unproved
from storage.case_occasions import Occasion, advocates_to_ask, remedies_to_tell
from storage.cases import (
    CaseRow,
    FeedbackFacts,
    ListFacts,
    Worth,
    fresh_feedback,
    fresh_list_rows,
    hand_over,
    open_cases,
    owners_at_work,
    worth,
    write_worth,
)
from storage.connect import Connection, database

#: Most pressing first: the kind of a conversation is that of its most pressing feedback.
_PRESSING = ("defect_report", "complaint", "question", "thanks")
_IN_MESSAGE = 20


def case_rules(settings: Settings) -> Rules:
    """The rules of the follow-up: the file that ``cases.rules`` names, or the shipped ones.

    Raises:
        SettingsError: The file is missing or broken.
    """
    named = settings["cases.rules"]
    return read_rules(settings.path.parent / named if named else None)


def decide_cases(conn: Connection, settings: Settings, lineage: int, *, progress: Progress = silent) -> tuple[int, int]:
    """Open the cases that are due, and let the open ones take their course.

    What opens a case is looked for among the newest feedback whatever was touched, and what ends one among the
    cases at work; so this is the same after any sequence of writes, and doing it again changes nothing.

    Args:
        conn: Connection; the caller's transaction goes on.
        settings: ``cases.*``.
        lineage: Lineage whose analyses count.
        progress: Told about the parts.

    Returns:
        Cases opened, and cases closed.
    """
    rules = case_rules(settings)
    opened = open_cases(conn, list(_new_cases(conn, settings, rules, lineage)))
    progress("Vorgänge", 1, 3)
    note_replies(conn)
    reopen_unproved(conn)
    closed = close_gone(conn) + close_granted(conn) + close_told(conn, lineage)
    closed += recover(conn, [(w.case_id, w.feedback_id, w.said_at) for w in _praise(conn, rules, lineage)])
    closed += close_quiet(conn, rules.judgement["quiet_days"])
    # After what is closed: a complaint that has just ended is in the way no longer.
    now = datetime.now(UTC)
    asked = advocates_to_ask(conn, rules.judgement["requests_open"])
    opened += open_cases(conn, [_of_feedback(rules, "testimonial_request", row, now) for row in asked])
    progress("Vorgänge", 2, 3)
    _hand_over(conn, rules)
    write_worth(conn, list(_changed_worth(worth(conn, lineage), rules)))
    progress("Vorgänge", 3, 3)
    return opened, closed


def check_cases(settings: Settings, now: datetime | None = None) -> Counts:
    """Escalate what is overdue, and tell of it and of valuable customers who are unhappy; each case once.

    Args:
        settings: Whom to tell (``alerts.*``).
        now: Moment to judge at, aware; the present by default.

    Returns:
        escalated now; told: cases that somebody has received news of.
    """
    moment = now or datetime.now(UTC)
    counts = {"escalated": 0, "told": 0}
    with database(settings) as db, db.connect("kundenecho cases") as conn:
        counts["escalated"] = escalate(conn, moment)
        conn.commit()
        if late := to_tell_overdue(conn):
            told = _tell(settings, "cases_overdue", case_words.overdue_subject(len(late)), late)
            if told:
                mark_overdue_told(conn, [a.case_id for a in late])
                counts["told"] += len(late)
            conn.commit()
        if unhappy := to_tell_unhappy(conn):
            told = _tell(settings, "valuable_unhappy", case_words.unhappy_subject(len(unhappy)), unhappy)
            if told:
                mark_unhappy_told(conn, [a.case_id for a in unhappy])
                counts["told"] += len(unhappy)
            conn.commit()
    return counts


def facts_of(row: FeedbackFacts) -> Facts:
    """What the rules look at, of a feedback."""
    recommends = True if row.recommend == "yes" else False if row.recommend == "no" else row.would_recommend
    return Facts(
        rating=row.rating,
        nps=row.nps,
        sentiment=row.sentiment,
        recommends=recommends,
        question=row.question,
        defects=frozenset(row.defects),
        gives_fix=row.gives_fix,
        referral=row.kind == "referral",
        has_text=row.has_text,
    )


def _new_cases(conn: Connection, settings: Settings, rules: Rules, lineage: int) -> Iterable[CaseRow]:
    days = settings["cases.days"]
    conversations: dict[str, list[tuple[int, FeedbackFacts]]] = {}
    for row in fresh_feedback(conn, lineage, days):
        kind = rules.kind_of(facts_of(row))
        # An edit opens a new case only where the customer was not unhappy before.
        if kind and not (row.last_kind and (row.last_kind in UNHAPPY or kind not in UNHAPPY)):
            conversations.setdefault(row.conversation, []).append((_PRESSING.index(kind), row))
    for found in conversations.values():
        rank, row = min(found, key=lambda item: (item[0], item[1].feedback_id))
        yield _of_feedback(rules, _PRESSING[rank], row, row.opened_at)
    for item in fresh_list_rows(conn, days):
        yield _of_list(rules, item)
    now = datetime.now(UTC)
    for told in remedies_to_tell(conn, lineage, days):
        yield _of_feedback(rules, "remedy_to_tell", told, now)


def _of_feedback(rules: Rules, kind: str, row: FeedbackFacts | Occasion, opened: datetime) -> CaseRow:
    team, owner = rules.owner_of(kind, row.product)
    return CaseRow(
        kind=kind,
        feedback_id=row.feedback_id,
        revision_number=row.revision_number,
        origin=None,
        customer_key=None,
        email_key=None,
        product=row.product,
        channel=row.source,
        opened_at=opened,
        due_at=rules.due(kind, opened),
        team=team,
        owner=owner,
        priority=rules.priority(kind),
    )


def _of_list(rules: Rules, row: ListFacts) -> CaseRow:
    team, owner = rules.owner_of(row.kind, row.product)
    opened = row.happened
    if row.day_only:
        opened = datetime.combine(opened.date(), time(), tzinfo=rules.teams[team].calendar.zone).astimezone(UTC)
    return CaseRow(
        kind=row.kind,
        feedback_id=None,
        revision_number=None,
        origin=row.origin,
        customer_key=row.customer_key,
        email_key=row.email_key,
        product=row.product,
        channel=row.channel,
        opened_at=opened,
        due_at=rules.due(row.kind, opened),
        team=team,
        owner=owner,
        priority=rules.priority(row.kind),
    )


def _praise(conn: Connection, rules: Rules, lineage: int) -> Iterable[LaterWord]:
    for word in later_words(conn, lineage):
        if rules.happy(Facts(rating=word.rating, nps=word.nps, sentiment=word.sentiment)):
            yield word


def _hand_over(conn: Connection, rules: Rules) -> None:
    for team, owner in owners_at_work(conn):
        if not rules.is_member(owner) or team not in rules.teams:
            heir = team if team in rules.teams else next(iter(rules.teams))
            moved = hand_over(conn, (team, owner), (heir, rules.teams[heir].default))
            log.warning("%d cases had an owner whom the owners' file does not know; the team %s has them", moved, heir)


def _changed_worth(found: Sequence[Worth], rules: Rules) -> Iterable[tuple[int, Decimal | None, bool, bool, bool, int]]:
    for row in found:
        valuable = rules.valuable(None if row.value is None else float(row.value))
        content = rules.content(Facts(rating=row.rating, nps=row.nps, sentiment=row.sentiment))
        first = rules.priority(
            row.kind, valuable=valuable, advocate=row.advocate, content=content, defects=frozenset(row.defects)
        )
        decided = (row.value, valuable, row.advocate, content, first)
        if decided != row.shown:
            yield row.case_id, *decided


def _tell(settings: Settings, event: str, subject: str, alerts: Sequence[Alert]) -> bool:
    """Whether somebody received the news."""
    body = case_words.alert_body([a._asdict() for a in alerts[:_IN_MESSAGE]], len(alerts))
    facts = {"cases": [f"V{a.case_id}" for a in alerts]}
    receipts = tell(settings, Message(event, subject, body, facts))
    for receipt in receipts:
        if not receipt.delivered:
            log.error("news of %d cases was not delivered by %s: %s", len(alerts), receipt.channel, receipt.detail)
    return any(r.delivered for r in receipts)
