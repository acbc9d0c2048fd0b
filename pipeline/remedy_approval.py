"""Asking a person whether a remedy is right: what is shown, and what the answer does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kundenecho.remedies import next_state
from kundenecho.settings import Settings
from pipeline.remedies import approve, no_own_words, reject, show


def for_approval(settings: Settings, remedy: str) -> dict[str, str]:
    """What a person sees who shall approve a draft: ``subject`` and ``body`` (Markdown), without customers' words.

    Raises:
        DataError: It is not known, no draft, or has no words of the company's own.
    """
    found = show(settings, remedy)
    name = found["remedy_id"]
    next_state("approve", found["state"], remedy=name)
    if not found["own_words"]:
        raise no_own_words(name)
    told = len(found["quotes"])
    lines = [
        f"**{found['product_name'] or found['product']}: {found['title']}**",
        found["text"],
        "\n".join(f"{number}. {step}" for number, step in enumerate(found["steps"], 1)),
        f"Entworfen von {found['author']}. "
        + (
            f"Die Lösung stützt sich auf {told} {'Äußerung' if told == 1 else 'Äußerungen'} von Kunden: "
            if told
            else ""
        )
        + f"`kundenecho remedies show {name}`",
    ]
    return {"subject": f"Lösung {name} freigeben?", "body": "\n\n".join(line for line in lines if line)}


def answered(settings: Settings, remedy: str, response: Mapping[str, Any], *, approving: str) -> str:
    """Write down what a person answered.

    Args:
        settings: Where the database is.
        remedy: Id of the remedy.
        response: What the operator that asked gives: ``chosen_options``, ``params_input`` and ``responded_by_user``.
        approving: The option that approves.

    Returns:
        State of the remedy after it.
    """
    approved = response["chosen_options"] == [approving]
    by = (response["responded_by_user"] or {}).get("name") or "Airflow"
    (approve if approved else reject)(settings, remedy, by=by, note=response["params_input"].get("note") or None)
    return "approved" if approved else "draft"
