"""What people do with remedies, the same from the command line, the DAG and anywhere else.

Each action takes the settings, does one thing in one transaction, and refuses what the remedy's state does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from kundenecho.errors import DataError
from kundenecho.remedies import CHANNELS, next_state
from kundenecho.settings import Settings
from pipeline.words import TROUBLE
from storage.connect import Connection, database
from storage.remedies import (
    Remedy,
    defect_cell,
    end_publications,
    insert_remedy,
    list_remedies,
    lock_remedy,
    offered_quotes,
    open_channels,
    publish_on,
    remedy_parts,
    write_remedy,
)

#: Longest name of a person, title, step and text that is kept.
_LONGEST: Final = {"by": 80, "title": 120, "step": 500, "text": 4000}
_KINDS: Final = {"R": "remedy (R3)", "D": "defect (D12)", "F": "feedback (F345)", "E": "list of buyers (E5)"}
_STEP = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+(.+)$")


def draft(
    settings: Settings,
    defect: str,
    *,
    by: str,
    from_fix: str | None = None,
    title: str | None = None,
    text: str | None = None,
    steps: Sequence[str] = (),
) -> str:
    """Draft a remedy for a defect.

    Args:
        settings: Where the database is.
        defect: Id of the defect.
        by: Who drafts it.
        from_fix: Id of the feedback whose fix it takes up; it rests on that quote and all that name the same means.
        title: What it is about; the part and its defect without one.
        text: What helps, in the company's words; without one the draft speaks in the customer's.
        steps: What to do, in order.

    Returns:
        Id of the remedy.

    Raises:
        DataError: The defect or the fix is not known, there are neither words nor a fix, or something is too long.
    """
    number, feedback = id_number("D", defect), id_number("F", from_fix) if from_fix else None
    if from_fix is None and not text:
        raise DataError("a draft needs words", where=defect, remedy="Give --text, --file or --from-fix F12")
    with connection(settings) as conn:
        found = defect_cell(conn, number)
        if found is None:
            raise DataError(f"{defect} is not known", remedy="Lists show the ids: kundenecho defects")
        cell, product, component = found
        quotes = offered_quotes(conn, number, feedback) if from_fix else []
        if from_fix and not quotes:
            raise DataError(
                f"{from_fix} tells no fix of {defect}",
                remedy=f"What is on offer: kundenecho remedies offer {defect}",
            )
        title = title or f"{component or product}: {TROUBLE[cell.defect]}"
        remedy_id = insert_remedy(conn, cell, *_checked(title, text, steps), quotes)
        remedy = locked(conn, remedy_id)
        write_remedy(conn, remedy, "draft", name_of(by), note=from_fix, wording=True)
    return f"R{remedy_id}"


def edit(
    settings: Settings,
    remedy: str,
    *,
    by: str,
    title: str | None = None,
    text: str | None = None,
    steps: Sequence[str] | None = None,
) -> None:
    """Change what a draft says; what is None stays.

    Raises:
        DataError: It is not known, no draft, or nothing is to be changed.
    """
    if title is None and text is None and steps is None:
        raise DataError("nothing is to be changed", where=remedy, remedy="Give --title, --text, --file or --step")
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        state = next_state("edit", found.state, remedy=remedy)
        words = _checked(
            found.title if title is None else title,
            found.text if text is None else text,
            found.steps if steps is None else steps,
        )
        changed = replace(found, title=words[0], text=words[1], steps=words[2], state=state)
        write_remedy(conn, changed, "edit", name_of(by), wording=True)


def approve(settings: Settings, remedy: str, *, by: str, note: str | None = None) -> None:
    """Approve a draft that has words of the company's own.

    Raises:
        DataError: It is not known, no draft, or speaks in a customer's words only.
    """
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        state = next_state("approve", found.state, remedy=remedy)
        if found.text is None:
            raise no_own_words(remedy)
        write_remedy(conn, replace(found, state=state), "approve", name_of(by), note=note, wording=True)


def reject(settings: Settings, remedy: str, *, by: str, note: str | None = None) -> None:
    """Note that a draft was looked at and not approved; it stays a draft."""
    _move(settings, remedy, "reject", by, note)


def revise(settings: Settings, remedy: str, *, by: str, note: str | None = None) -> None:
    """Take an approval back; the remedy is a draft again."""
    _move(settings, remedy, "revise", by, note)


def reopen(settings: Settings, remedy: str, *, by: str, note: str | None = None) -> None:
    """Make a withdrawn remedy a draft again."""
    _move(settings, remedy, "reopen", by, note)


def withdraw(settings: Settings, remedy: str, *, by: str, note: str | None = None) -> None:
    """Withdraw a remedy; all its publications end today."""
    _move(settings, remedy, "withdraw", by, note)


def unpublish(settings: Settings, remedy: str, channel: str, *, by: str, note: str | None = None) -> None:
    """Take one publication back; the remedy stays published elsewhere, or is approved again.

    Raises:
        DataError: It is not known, or not published there.
    """
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        state = next_state("unpublish", found.state, remedy=remedy)
        if channel not in end_publications(conn, found, datetime.now(UTC).date(), channel=channel):
            raise DataError(f"it is not published there ({channel})", where=remedy)
        left = open_channels(conn, found)
        told = "; ".join(part for part in (channel, note) if part)
        write_remedy(conn, replace(found, state="published" if left else state), "unpublish", name_of(by), note=told)


def publish(settings: Settings, remedy: str, channel: str, *, by: str, on: date | None = None) -> date | None:
    """Note that an approved remedy is published on a channel.

    Args:
        settings: Where the database is.
        remedy: Its id.
        channel: One of :data:`kundenecho.remedies.CHANNELS`.
        by: Who says so.
        on: First day, today without one.

    Returns:
        The day since which it was published there already, and then nothing has changed; else None.

    Raises:
        DataError: It is not known or not approved, the channel does not exist, or the day is in the future.
    """
    if channel not in CHANNELS:
        raise DataError(f"there is no channel {channel}", where=remedy, remedy=f"One of {', '.join(CHANNELS)}")
    today = datetime.now(UTC).date()
    day = on or today
    if day > today:
        raise DataError(f"{day:%d.%m.%Y} is in the future", where=remedy, remedy="Note it once it is published")
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        state = next_state("publish", found.state, remedy=remedy)
        before = publish_on(conn, found, channel, day, name_of(by))
        if before is None:
            write_remedy(conn, replace(found, state=state), "publish", name_of(by), note=f"{channel} {day}")
    return before


def show(settings: Settings, remedy: str) -> dict[str, Any]:
    """A remedy with all that stands behind it.

    Returns:
        The columns of ``lists.remedies``, and under ``quotes``, ``events``, ``effects`` and ``returns`` the rows of
        the views of these names.

    Raises:
        DataError: It is not known.
    """
    name = f"R{id_number('R', remedy)}"
    with connection(settings) as conn:
        found = list_remedies(conn, remedy=name)
        if not found:
            raise DataError(f"{name} is not known", remedy="What there is: kundenecho remedies list")
        return {**found[0], **remedy_parts(conn, name)}


def words_of_file(content: str) -> tuple[str, list[str]]:
    """Text and steps of a file: lines that begin with a number or a dash are steps, all others the text."""
    steps = [found[1].strip() for line in content.splitlines() if (found := _STEP.match(line))]
    text = "\n".join(line.rstrip() for line in content.splitlines() if not _STEP.match(line))
    return re.sub(r"\n{3,}", "\n\n", text).strip(), steps


def id_number(letter: str, name: str) -> int:
    """The number of an id such as ``R3``.

    Raises:
        DataError: It is no id of that kind.
    """
    found = re.fullmatch(rf"{letter}-?(\d{{1,18}})", name.strip().upper())
    if not found:
        raise DataError(
            f"{name!r} is no id of a {_KINDS[letter].partition(' (')[0]}", remedy=f"Give that of a {_KINDS[letter]}"
        )
    return int(found[1])


def no_own_words(remedy: str) -> DataError:
    """The error of a remedy that cannot be approved yet."""
    return DataError(
        "it still speaks in the words of a customer, which are not the company's to publish",
        where=remedy,
        remedy=f"Write it down first: kundenecho remedies edit {remedy} --text …",
    )


def _move(settings: Settings, remedy: str, action: str, by: str, note: str | None) -> None:
    with connection(settings) as conn:
        found = locked(conn, id_number("R", remedy))
        moved = replace(found, state=next_state(action, found.state, remedy=remedy))
        if action == "withdraw":
            end_publications(conn, found, datetime.now(UTC).date())
        write_remedy(conn, moved, action, name_of(by), note=note)


@contextmanager
def connection(settings: Settings) -> Iterator[Connection]:
    """A transaction of its own for one action, committed at its end."""
    with database(settings) as db, db.connect("kundenecho remedies") as conn:
        yield conn
        conn.commit()


def locked(conn: Connection, remedy_id: int) -> Remedy:
    """A remedy, held until the end of the transaction.

    Raises:
        DataError: It is not known.
    """
    found = lock_remedy(conn, remedy_id)
    if found is None:
        raise DataError(f"R{remedy_id} is not known", remedy="What there is: kundenecho remedies list")
    return found


def name_of(by: str) -> str:
    """The name of whoever acts, as it is kept.

    Raises:
        DataError: It is empty or too long.
    """
    name = " ".join(by.split())
    if not name or len(name) > _LONGEST["by"]:
        raise DataError("the name of whoever does this is empty or too long", remedy="Give it by --by")
    return name


def _checked(title: str, text: str | None, steps: Sequence[str]) -> tuple[str, str | None, tuple[str, ...]]:
    title, text = " ".join(title.split()), (text or "").strip() or None
    kept = tuple(one for step in steps if (one := " ".join(step.split())))
    for what, said in (("title", title), ("text", text or ""), *(("step", step) for step in kept)):
        if len(said) > _LONGEST[what]:
            raise DataError(f"the {what} is longer than {_LONGEST[what]} characters", remedy="Shorten it")
    if not title:
        raise DataError("the title is empty", remedy="Give --title")
    return title, text, kept
