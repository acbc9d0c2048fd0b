"""Connections that are kept for the next one."""

from __future__ import annotations

from storage.advocate_list import one_snapshot
from storage.connect import Connection, Database, kept, prepared
from tests.conftest import rows

_STATE = (
    "SELECT current_setting('application_name'), current_setting('transaction_isolation'),"
    " current_setting('transaction_read_only'), current_setting('search_path'), current_setting('work_mem')"
)


def _session(conn: Connection) -> int:
    return int(rows(conn, "SELECT pg_backend_pid()")[0][0])


def test_a_kept_connection_is_used_again_and_brings_nothing_along(db: Database) -> None:
    with db.connect("plain") as conn:
        [fresh] = rows(conn, _STATE)
    with kept(db) as again:
        with again.connect("first") as conn:
            one_snapshot(conn)
            rows(conn, "SELECT set_config('work_mem', '9MB', false)")
            session = _session(conn)
        with again.connect("second") as conn:
            assert _session(conn) == session
            assert rows(conn, _STATE) == [("second", *fresh[1:])]


def test_what_was_not_committed_is_rolled_back(db: Database) -> None:
    with kept(db) as again:
        with again.connect("first") as conn:
            rows(conn, "INSERT INTO objection (noted_by) VALUES ('Support') RETURNING 1")
        with again.connect("second") as conn:
            assert rows(conn, "SELECT count(*) FROM objection") == [(0,)]


def test_a_session_that_the_server_ended_is_replaced(db: Database) -> None:
    with kept(db) as again:
        with again.connect("first") as conn:
            session = _session(conn)
        with db.connect("administrator") as other:
            assert rows(other, "SELECT pg_terminate_backend(%s, 5000)", session) == [(True,)]
        with again.connect("second") as conn:
            assert _session(conn) != session


def test_two_at_once_have_sessions_of_their_own_and_only_some_are_kept(db: Database) -> None:
    with kept(db, idle=1) as again:
        with again.connect("one") as one, again.connect("two") as two:
            assert _session(one) != _session(two)
        assert sorted([one.closed, two.closed]) == [0, 1]
    assert one.closed
    assert two.closed


def test_a_prepared_statement_is_planned_once_for_a_session(conn: Connection) -> None:
    for number in (3, 4):
        name = prepared(conn, "SELECT $1 + 1", "integer")
        assert rows(conn, f"EXECUTE {name} (%s)", number) == [(number + 1,)]
    [(planned, anew)] = rows(conn, "SELECT generic_plans, custom_plans FROM pg_prepared_statements")
    assert (planned, anew) == (2, 0)
    conn.rollback()
    assert rows(conn, "SHOW plan_cache_mode") == [("auto",)]


def test_a_prepared_statement_goes_with_what_was_rolled_back_and_comes_again(conn: Connection) -> None:
    prepared(conn, "SELECT $1 + 1", "integer")
    conn.rollback()
    assert rows(conn, f"EXECUTE {prepared(conn, 'SELECT $1 + 1', 'integer')} (1)") == [(2,)]
