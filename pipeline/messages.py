"""The register of routine messages: texts that somebody drafts, and somebody approves."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from kundenecho.errors import DataError
from kundenecho.messages import KINDS, next_state
from kundenecho.settings import Settings
from pipeline.case_work import read_snippets
from pipeline.remedies import name_of
from storage.connect import Connection, database
from storage.messages import MessageText, approved_of, insert_message, list_messages, lock_message, write_message

_LONGEST: Final = {"subject": 120, "body": 4000}
#: What is filled in; anything else in braces is a mistake that customers would see.
_FILLED: Final = ("firma", "service")


def draft(settings: Settings, kind: str, *, by: str, subject: str | None = None, body: str | None = None) -> str:
    """Draft a text for a kind of case.

    Args:
        settings: Where the database and the snippets are.
        kind: One of :data:`kundenecho.messages.KINDS`.
        by: Who drafts it.
        subject: Of the e-mail; the title of the snippet without one.
        body: The text; that of the first snippet of the kind without one.

    Returns:
        Id of the text.

    Raises:
        DataError: The kind is none, there is no snippet, or subject or text is empty, too long or has unknown braces.
    """
    if kind not in KINDS:
        raise DataError(f"{kind!r} is answered by no message", remedy=f"One of {', '.join(KINDS)}")
    if body is None or subject is None:
        snippet = next((s for k, s in read_snippets(settings) if k == kind), None)
        if snippet is None:
            raise DataError(f"there is no snippet for {kind}", remedy="Give --subject, and --text or --file")
        subject, body = subject or snippet.title, body or snippet.text
    said = _checked(subject, body)
    with database(settings) as db, db.connect("kundenecho messages draft") as conn:
        number = insert_message(conn, kind, *said)
        write_message(conn, _locked(conn, f"M{number}"), "draft", name_of(by), wording=True)
        conn.commit()
    return f"M{number}"


def edit(settings: Settings, message: str, *, by: str, subject: str | None = None, body: str | None = None) -> None:
    """Change what a draft says; what is None stays.

    Raises:
        DataError: It is not known, no draft, or nothing is to be changed.
    """
    if subject is None and body is None:
        raise DataError("nothing is to be changed", where=message, remedy="Give --subject, --text or --file")
    with database(settings) as db, db.connect("kundenecho messages edit") as conn:
        found = _locked(conn, message)
        state = next_state("edit", found.state, message=message)
        said = _checked(found.subject if subject is None else subject, found.body if body is None else body)
        write_message(
            conn, replace(found, subject=said[0], body=said[1], state=state), "edit", name_of(by), wording=True
        )
        conn.commit()


def move(settings: Settings, message: str, action: str, *, by: str) -> None:
    """Approve a text, take its approval back (``revise``), withdraw it, or ``reopen`` it as a draft.

    Args:
        settings: Where the database is.
        message: Id of the text.
        action: approve | revise | withdraw | reopen.
        by: Who does it.

    Raises:
        DataError: It is not known, its state does not allow it, or another text of the kind is approved.
    """
    with database(settings) as db, db.connect(f"kundenecho messages {action}") as conn:
        found = _locked(conn, message)
        state = next_state(action, found.state, message=message)
        other = approved_of(conn, found.kind) if action == "approve" else None
        if other is not None:
            raise DataError(
                f"M{other} is approved for {found.kind} already",
                where=message,
                remedy=f"Withdraw it first: kundenecho messages withdraw M{other}",
            )
        write_message(conn, replace(found, state=state), action, name_of(by), wording=action == "approve")
        conn.commit()


def show(settings: Settings, message: str) -> dict[str, Any]:
    """A text with the columns of ``lists.messages``, and under ``as_sent`` the e-mail that customers would get.

    Raises:
        DataError: It is not known.
    """
    name = f"M{_number(message)}"
    with database(settings) as db, db.connect("kundenecho messages show") as conn:
        found = list_messages(conn, message=name)
    if not found:
        raise DataError(f"{name} is not known", remedy="What there is: kundenecho messages list")
    return {**found[0], "as_sent": filled(settings, found[0]["body"])}


def filled(settings: Settings, body: str) -> str:
    """A text as it is sent: the company's name and service filled in, who it is from and how to object at its end."""
    company, objection = settings["company.name"], settings["messages.unsubscribe"]
    text = body.replace("{firma}", company).replace("{service}", settings["company.service"])
    return f"{text}\n\n-- \n{company}\nSie möchten keine Nachrichten mehr von uns? {objection or '–'}\n"


def _locked(conn: Connection, message: str) -> MessageText:
    found = lock_message(conn, _number(message))
    if found is None:
        raise DataError(f"{message} is not known", remedy="What there is: kundenecho messages list")
    return found


def _number(message: str) -> int:
    match = re.fullmatch(r"M-?(\d{1,18})", message.strip().upper())
    if not match:
        raise DataError(f"{message!r} is no id of a message", remedy="Give that of a text, such as M3")
    return int(match[1])


def _checked(subject: str, body: str) -> tuple[str, str]:
    subject, body = " ".join(subject.split()), body.strip()
    for what, said in (("subject", subject), ("body", body)):
        if not said or len(said) > _LONGEST[what]:
            raise DataError(f"the {what} is empty or longer than {_LONGEST[what]} characters", remedy="Correct it")
    for name in re.findall(r"\{([^{}]*)\}", subject + body):
        if name not in _FILLED:
            known = ", ".join(f"{{{one}}}" for one in _FILLED)
            raise DataError(f"nothing fills {{{name}}} in", remedy=f"Known are {known}; in the text only")
    if re.search(r"\{[^{}]*\}", subject):
        raise DataError("nothing is filled in in a subject", remedy="Write it out")
    return subject, body
