"""Cases: the vocabulary of the follow-up, and which act leads from which state to which.

A case is opened by rule and handled by people. What happened to it are its events; its state is what
the events add up to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kundenecho.errors import DataError

#: What a case is about. The first six answer one feedback, the other two a row of the company's own lists.
KINDS: Final = (
    "complaint", "defect_report", "question", "thanks", "testimonial_request", "remedy_to_tell", "welcome",
    "unsubscribe_confirmation",
)  # fmt: skip
#: Kinds that are an unhappy customer's.
UNHAPPY: Final = frozenset({"complaint", "defect_report"})
STATES: Final = ("open", "waiting", "answered", "closed")
#: How a case ended. ``recovered``: the customer's later praise; ``gone``: the feedback was taken away at its source;
#: ``sent``: a routine message went out by rule; ``told``: the customer was told of the remedy; ``granted``: consent to
#: publish a testimonial.
OUTCOMES: Final = (
    "solved", "answered", "recovered", "unfounded", "gone", "nothing_to_do", "sent", "told", "granted",
)  # fmt: skip
#: Those that a person may give; the others stand on a proof that rules look after.
OUTCOMES_BY_HAND: Final = ("solved", "answered", "unfounded", "nothing_to_do")
#: What may happen to a case. The second group is done by rule, never by a person.
ACTS: Final = ("take", "assign", "note", "answer", "wait", "close", "reopen")
RULE_ACTS: Final = (
    "opened", "answered_at_source", "owner_gone", "escalated", "alerted", "recovered", "proof_gone", "gone",
    "went_quiet", "sent", "not_sent", "told", "granted",
)  # fmt: skip

#: State after an act, by state before; an act that is not named for a state is refused there.
TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "take": {"open": "open", "waiting": "waiting", "answered": "answered"},
    "assign": {"open": "open", "waiting": "waiting", "answered": "answered"},
    "note": {state: state for state in STATES},
    "answer": {"open": "answered", "waiting": "answered", "answered": "answered"},
    "wait": {"open": "waiting", "answered": "waiting"},
    "close": {"open": "closed", "waiting": "closed", "answered": "closed"},
    "reopen": {"answered": "open", "closed": "open"},
    "answered_at_source": {"open": "answered", "waiting": "answered"},
    "owner_gone": {"open": "open", "waiting": "waiting", "answered": "answered"},
    "escalated": {"open": "open"},
    "alerted": {"open": "open", "waiting": "waiting", "answered": "answered"},
    "recovered": {"open": "closed", "waiting": "closed", "answered": "closed"},
    "proof_gone": {"closed": "open"},
    "gone": {"open": "closed", "waiting": "closed", "answered": "closed"},
    "went_quiet": {"answered": "closed"},
    "sent": {"open": "closed", "waiting": "closed", "answered": "closed"},
    "not_sent": {state: state for state in STATES},
    "told": {"open": "closed", "waiting": "closed", "answered": "closed"},
    "granted": {"open": "closed", "waiting": "closed", "answered": "closed"},
}


def after(act: str, state: str, case: str) -> str:
    """State of a case after an act.

    Args:
        act: One of :data:`ACTS` or :data:`RULE_ACTS`, without ``opened``.
        state: One of :data:`STATES`.
        case: The case, for the message, such as ``V12``.

    Raises:
        DataError: The act is not possible in this state.
    """
    allowed = TRANSITIONS[act]
    if state not in allowed:
        possible = ", ".join(a for a in ACTS if state in TRANSITIONS[a])
        raise DataError(f"the case is {state}, so it cannot {act}", where=case, remedy=f"Possible now: {possible}")
    return allowed[state]
