"""Routine messages: the kinds of case that a text may answer by rule, and how a text comes to be approved."""

from __future__ import annotations

from typing import Final

from kundenecho.errors import DataError

#: Kinds of case that an approved text answers.
KINDS: Final = ("thanks", "welcome", "unsubscribe_confirmation")
STATES: Final = ("draft", "approved", "withdrawn")

#: State after an action, by action and state before; what does not stand here is refused.
_NEXT: Final = {
    "edit": {"draft": "draft"},
    "approve": {"draft": "approved"},
    "revise": {"approved": "draft"},
    "withdraw": {"draft": "withdrawn", "approved": "withdrawn"},
    "reopen": {"withdrawn": "draft"},
}
_ADVICE: Final = {
    ("edit", "approved"): "Take the approval back first: kundenecho messages revise {id}",
    ("edit", "withdrawn"): "Reopen it first: kundenecho messages reopen {id}",
    ("approve", "withdrawn"): "Reopen it first: kundenecho messages reopen {id}",
    ("revise", "draft"): "Change it: kundenecho messages edit {id}",
}


def next_state(action: str, state: str, *, message: str) -> str:
    """The state that an action leads to.

    Args:
        action: edit | approve | revise | withdraw | reopen.
        state: State before, one of :data:`STATES`.
        message: Id of the text, for the error.

    Raises:
        DataError: The action is not possible in that state; the error says what to do instead.
    """
    after = _NEXT[action].get(state)
    if after is None:
        advice = _ADVICE.get((action, state), "").format(id=message)
        raise DataError(f"its state is {state}, so {action} is not possible", where=message, remedy=advice)
    return after
