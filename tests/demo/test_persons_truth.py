"""Who is whom, who speaks for us, and who was won back, against what was planted in the demo company."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from demo.company import company
from demo.exports import write_lists
from kundenecho.keying import Keyer
from kundenecho.settings import Settings, load_settings
from pipeline.analyse import analyse
from pipeline.company_lists import import_folder
from pipeline.decide import decide
from pipeline.persons import judge_accounts
from storage.advocate_list import list_advocates
from storage.connect import Connection, Database
from storage.load import LoadSource, load_feed
from storage.loop import list_recoveries
from storage.person_lists import list_candidates
from tests.conftest import SECRET, _admin, rows, write_feed
from tests.demo.records import WITH_EMAIL, records
from tests.demo.test_corpus import planted, truth

Account = tuple[str, str]


@dataclass(frozen=True)
class Decided:
    """The demo company after all true offers were accepted; who was merged by itself, and what was offered."""

    conn: Connection
    merged: set[frozenset[Account]]
    offered: list[frozenset[Account]]


@pytest.fixture(scope="module")
def decided(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decided]:
    """All voices of the demo company, first as they were written, then with their edits; lists imported."""
    name, home = f"truth_{os.getpid()}", tmp_path_factory.mktemp("truth")
    _admin(cluster, "CREATE DATABASE {} TEMPLATE kundenecho STRATEGY file_copy", name)
    db = Database(cluster.replace("/postgres?", f"/{name}?"))
    settings = replace(
        load_settings(env={"KUNDENECHO_HOME": str(home)}), path=home / "none.toml", sources={}, database_url=db.url
    )
    with db.connect("truth") as conn:
        for edited in (False, True):
            for channel in sorted({voice.channel for voice in company().voices}):
                feed = write_feed(home / "feed.jsonl", records(company(), Keyer(SECRET), channel, edited=edited))
                load_feed(conn, feed, card=LoadSource(channel))
        lists = home / "lists"
        lists.mkdir()
        write_lists(company(), lists)
        import_folder(settings, lists)
        analyse(settings)
        decide(settings)
        yield accept_offers(settings, conn)
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)


def real_accounts() -> dict[Account, str]:
    """The real person by account."""
    keyer, found = Keyer(SECRET), {}
    for voice in company().voices:
        if voice.person and not voice.values.get("anonymous"):
            found[voice.channel, str(keyer.account(voice.channel, voice.person))] = voice.person
    return found


def pairs(persons: dict[Account, str] | dict[Account, int]) -> set[frozenset[Account]]:
    """All pairs of accounts of one person."""
    accounts = defaultdict(list)
    for account, person in persons.items():
        accounts[person].append(account)
    return {frozenset(pair) for of_one in accounts.values() for pair in combinations(of_one, 2)}


def found_accounts(conn: Connection) -> dict[Account, int]:
    conn.rollback()
    return {
        (source, key): person for source, key, person in rows(conn, "SELECT source, author_key, person_id FROM author")
    }


def by_id(conn: Connection) -> dict[str, Account]:
    return {f"A{n}": (source, key) for n, source, key in rows(conn, "SELECT author_id, source, author_key FROM author")}


def accept_offers(settings: Settings, conn: Connection) -> Decided:
    """Judge what is offered as somebody would who knows the truth."""
    merged, account, real = pairs(found_accounts(conn)), by_id(conn), pairs(real_accounts())
    found = [(row["account_a"], row["account_b"]) for row in list_candidates(conn)]
    offered = [frozenset(account[a] for a in pair) for pair in found]
    for (one, other), pair in zip(found, offered, strict=True):
        judge_accounts(conn, one, other, "same" if pair in real else "not_same", "truth")
    decide(settings)
    return Decided(conn, merged, offered)


def test_no_false_merge_and_all_that_addresses_tell(decided: Decided) -> None:
    real = pairs(real_accounts())
    # Where both sources tell an e-mail address; all the others have no more than names and texts in common.
    sure = {pair for pair in real if all(source in WITH_EMAIL for source, _ in pair)}
    assert decided.merged == sure
    assert sure


def test_what_is_offered_is_right(decided: Decided) -> None:
    real = pairs(real_accounts())
    right = sum(pair in real for pair in decided.offered)
    judged = pairs(found_accounts(decided.conn))
    print(
        f"pairs of accounts of one person {len(real)}; merged {len(decided.merged)}, offered {len(decided.offered)},"
        f" of them right {right}; after judging {len(judged)}"
    )
    assert right == len(decided.offered) >= 25
    assert judged <= real
    assert len(judged) >= 0.15 * len(real)


def test_advocates_against_the_truth(decided: Decided) -> None:
    conn = decided.conn
    wanted = {row["person"] for row in truth() if row.get("advocate")}
    real = real_accounts()
    person = {f"P{number}": real[account] for account, number in found_accounts(conn).items()}
    listed = list_advocates(conn)
    found = [person[row["person_id"]] for row in listed]
    # Whoever recommends, refers or is loyal in a planted text speaks for us too, though not marked as an advocate.
    speakers = {v.person for v in company().voices for kind in ("recommends", "referrer", "loyal", "bought")
                for row in planted(kind) if row["feedback"] == v.id} | wanted  # fmt: skip
    recall = len(wanted & set(found)) / len(wanted)
    precision = sum(p in speakers for p in found) / len(found)
    exact = sum(p in wanted for p in found) / len(found)
    print(
        f"listed {len(found)}, planted {len(wanted)}: recall {recall:.2f}, precision {exact:.2f}, with everybody who"
        f" recommends, refers or is loyal {precision:.2f}"
    )
    assert recall >= 0.7
    assert exact >= 0.6
    assert precision >= 0.9


def test_the_recoveries_that_were_planted(decided: Decided) -> None:
    conn = decided.conn
    wanted = {row["feedback"] for row in planted("recovered")}
    ids = dict(rows(conn, "SELECT 'F' || feedback_id, native_id FROM feedback"))
    found = {ids[row["feedback_id"]] for row in list_recoveries(conn) if row["feedback_id"]}
    print(f"planted {len(wanted)}, found {len(found)}, of them planted {len(found & wanted)}")
    assert len(found & wanted) >= 0.8 * len(wanted)
    assert len(found - wanted) <= 3
