"""Who is whom: settling persons for decide, and what people judge of two accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Final

from insights.identity import Judgement, Likeness, contradicting, join_accounts, likelihood, weights
from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from nlp.display_names import read_display_name
from storage.candidates import (
    NameRow,
    account_names,
    likenesses,
    start_blocks,
    write_candidates,
    write_traits,
)
from storage.connect import Connection
from storage.judgements import judge, live_judgements, lock_judgements, resolve, take_back
from storage.persons import Settled, find_near, near_judgements, person_of, sure_groups, write_persons
from storage.planner import for_few_rows

VERDICTS: Final = ("same", "not_same", "undecided")
_SUBJECT: Final = re.compile(r"([PA])-?(\d{1,18})")
_JUDGEMENT: Final = re.compile(r"J-?(\d{1,18})")


def settle(conn: Connection, keyer: Keyer, *, everything: bool = False) -> Settled:
    """Join the touched accounts to persons, part them where what joined them is gone, and find candidates.

    Args:
        conn: Connection; ``dirty_author`` exists in the caller's transaction, which goes on.
        keyer: Names are compared by their keys only.
        everything: All accounts are touched.
    """
    with nullcontext() if everything else for_few_rows(conn):
        return _settle(conn, keyer, everything=everything)


def _settle(conn: Connection, keyer: Keyer, *, everything: bool) -> Settled:
    find_near(conn, everything=everything)
    groups = sure_groups(conn, weights().max_accounts)
    joined = join_accounts(groups, [Judgement(*row) for row in near_judgements(conn)])
    settled = write_persons(conn, joined)
    start_blocks(conn)
    write_traits(conn, [trait for row in account_names(conn) for trait in traits(row, keyer)])
    found = likenesses(conn, weights().max_alike)
    scored = ((row, likelihood(Likeness(row.kind, row.alike, row.same_product, row.same_place))) for row in found)
    write_candidates(conn, ((row, score) for row, score in scored if score is not None))
    return settled


def traits(row: NameRow, keyer: Keyer) -> Iterator[tuple[int, str, str]]:
    """What an account may be recognised by: account, kind and key; nothing for an anonymous one.

    Args:
        row: What it is called.
        keyer: Makes the keys.
    """
    name = read_display_name(row.name)
    if name.anonymous:
        return
    given, family = name.given, name.family
    values = {
        "name": " ".join((row.name or "").casefold().split()),
        "full": f"{given} {family}" if len(given) > 1 and len(family) > 1 else None,
        "family": f"{given[0]} {family}" if given and len(family) > 1 else None,
        "given": f"{given} {family[0]}" if len(given) > 1 and family else None,
        "handle": name.handle,
        "place": " ".join((row.place or "").casefold().split()),
    }
    for kind, value in values.items():
        key = keyer.key(f"trait/{kind}", value)
        if key:
            yield row.author_id, kind, key


def judge_accounts(conn: Connection, one: str, other: str, verdict: str, by: str) -> int:
    """Store what a person judged of two accounts, unless other judgements say the contrary; commits.

    Args:
        conn: Connection of the pipeline.
        one: An account (``A12``), or a person (``P7``) for its oldest account.
        other: Another one.
        verdict: same | not_same | undecided.
        by: Who judges.

    Returns:
        Number of the judgement.

    Raises:
        DataError: One of the two is unknown, both are one account, or the judgement contradicts others, which the
            message names.
    """
    lock_judgements(conn)
    (first, person), (second, other_person) = (_resolve(conn, subject) for subject in (one, other))
    if first == second:
        raise DataError(
            f"{one} and {other} are the same account",
            remedy="Name two accounts of the person, as kundenecho persons show lists them"
            if person == other_person
            else "",
        )
    known = [Judgement(*row[:4]) for row in live_judgements(conn)]
    against = contradicting(known, Judgement(0, first, second, verdict))
    if against:
        names = ", ".join(f"J{number}" for number in against)
        raise DataError(
            f"that {one} and {other} are {verdict.replace('_', ' ')} contradicts {names}",
            remedy=f"Look at them with kundenecho persons show {one}, and take one back: "
            f"kundenecho persons undo J{against[-1]}",
        )
    number = judge(conn, first, second, verdict, by)
    conn.commit()
    return number


def undo_judgement(conn: Connection, judgement: str, by: str) -> None:
    """Take a judgement back; commits.

    Args:
        conn: Connection of the pipeline.
        judgement: Its id, such as ``J3``.
        by: Who takes it back.

    Raises:
        DataError: The id is malformed, unknown, or the judgement was taken back before.
    """
    match = _JUDGEMENT.fullmatch(judgement.strip().upper())
    if not match:
        raise DataError(f"{judgement!r} is no judgement", remedy="Give its id, such as J3")
    if not take_back(conn, int(match[1]), by):
        raise DataError(f"{judgement} does not hold", remedy="kundenecho persons list --judgements shows those that do")
    conn.commit()


def find_person(conn: Connection, person: str) -> int:
    """Number of a person, also by the number that it had before it was joined with another.

    Args:
        conn: Connection of the pipeline.
        person: Its id, such as ``P7``.

    Raises:
        DataError: The id is malformed or unknown.
    """
    match = _SUBJECT.fullmatch(person.strip().upper())
    found = person_of(conn, int(match[2])) if match and match[1] == "P" else None
    if found is None:
        raise DataError(f"{person!r} is no person", remedy="Give its id, such as P7")
    return found


def _resolve(conn: Connection, subject: str) -> tuple[int, int]:
    match = _SUBJECT.fullmatch(subject.strip().upper())
    if not match:
        raise DataError(f"{subject!r} is neither a person nor an account", remedy="Give P7 or A12")
    found = resolve(conn, match[1], int(match[2]))
    if found is None:
        raise DataError(
            f"{subject} is not known, or was joined with another person", remedy="kundenecho persons list shows the ids"
        )
    return found
