"""What a remedy may become: its states, what leads from one to the next, and where it is published."""

from __future__ import annotations

from typing import Final

from kundenecho.errors import DataError

STATES: Final = ("draft", "approved", "published", "withdrawn")
#: Where a remedy is published.
CHANNELS: Final = ("support", "newsletter", "manual", "video", "portal")

#: State after an action, by action and state before; what does not stand here is refused.
_NEXT: Final = {
    "edit": {"draft": "draft"},
    "approve": {"draft": "approved"},
    "reject": {"draft": "draft"},
    "revise": {"approved": "draft"},
    "publish": {"approved": "published", "published": "published"},
    "withdraw": {"draft": "withdrawn", "approved": "withdrawn", "published": "withdrawn"},
    # Back to approved once it is published nowhere any more.
    "unpublish": {"published": "approved"},
    "reopen": {"withdrawn": "draft"},
    "export": {"approved": "approved", "published": "published"},
    "tell": {"published": "published"},
}
ACTIONS: Final = tuple(_NEXT)

_ADVICE: Final = {
    ("edit", "approved"): "Take the approval back first: kundenecho remedies revise {id}",
    ("edit", "published"): "What is published stands as it is: withdraw it, reopen it and publish the new words",
    ("edit", "withdrawn"): "Reopen it first: kundenecho remedies reopen {id}",
    ("approve", "approved"): "Publish it: kundenecho remedies publish {id}",
    ("approve", "withdrawn"): "Reopen it first: kundenecho remedies reopen {id}",
    ("revise", "draft"): "Change it: kundenecho remedies edit {id}",
    ("revise", "published"): "Withdraw it first: kundenecho remedies withdraw {id}",
    ("export", "draft"): "Approve it first: kundenecho remedies approve {id}",
    ("publish", "draft"): "Approve it first: kundenecho remedies approve {id}",
    ("export", "withdrawn"): "Reopen it first: kundenecho remedies reopen {id}",
    ("publish", "withdrawn"): "Reopen it first: kundenecho remedies reopen {id}",
}
_NOT_PUBLISHED: Final = "Publish it first: kundenecho remedies publish {id}"


def next_state(action: str, state: str, *, remedy: str) -> str:
    """The state that an action leads to.

    Args:
        action: One of :data:`ACTIONS`.
        state: State before, one of :data:`STATES`.
        remedy: Id of the remedy, for the message.

    Raises:
        DataError: The action is not possible in that state; the message says what to do instead.
    """
    after = _NEXT[action].get(state)
    if after is None:
        advice = _ADVICE.get((action, state), _NOT_PUBLISHED if action in {"tell", "unpublish"} else "")
        advice = advice.format(id=remedy)
        raise DataError(f"its state is {state}, so {action} is not possible", where=remedy, remedy=advice)
    return after
