"""Connections to the database, and the named locks."""

from __future__ import annotations

import contextlib
import re
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case

from kundenecho.errors import BusyError, RetryError, SettingsError
from kundenecho.settings import DATABASE_VARIABLE, Settings
from storage.embedded import Embedded

__all__ = ["Connection", "Database", "database", "kept", "named_lock", "prepared", "translated", "without_password"]

#: First half of every advisory lock of ours ("KE"), so that other programs' locks do not collide.
_LOCK_SPACE = 0x4B45
_OPTIONS = "-c search_path=kundenecho -c timezone=UTC -c lock_timeout=30s -c idle_in_transaction_session_timeout=2h"
_HOPELESS = re.compile(
    r"password authentication failed|no password supplied|does not exist|no pg_hba|invalid|not permitted to log in"
)
_started: dict[Path, str] = {}
_starting = threading.Lock()


class Database:
    """An address that connections can be taken from.

    Args:
        url: libpq URL, with a password where one is needed.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def connect(self, name: str) -> Iterator[Connection]:
        """A connection for the length of a ``with``; what was not committed is rolled back at its end.

        Args:
            name: Shown to whoever asks which program holds a lock, at most 63 bytes.
        """
        conn = self.connect_now(name)
        try:
            yield conn
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName, psycopg2.errors.UndefinedColumn):
            raise SettingsError(
                "the database is not at this program's version",
                where=without_password(self.url),
                remedy="Run kundenecho db migrate",
            ) from None
        finally:
            self._give_back(conn)

    def connect_now(self, name: str) -> Connection:
        """A new connection that the caller closes.

        Raises:
            RetryError: The server cannot be reached at the moment.
            SettingsError: User, password or database are wrong.
        """
        try:
            return psycopg2.connect(
                self.url,
                application_name=name[:63],
                options=_OPTIONS,
                connect_timeout=15,
                keepalives_idle=30,
                keepalives_interval=10,
                keepalives_count=3,
            )
        except psycopg2.OperationalError as error:
            reason = " ".join(str(error).split()).removeprefix('connection to server on socket "')
            if _HOPELESS.search(reason):
                raise SettingsError(
                    f"the database refuses the connection: {reason}",
                    where=without_password(self.url),
                    remedy=f"Correct {DATABASE_VARIABLE}",
                ) from None
            raise RetryError(
                f"the database cannot be reached: {reason}",
                where=without_password(self.url),
                remedy="Start it, or try again later",
            ) from None
        except psycopg2.ProgrammingError as error:
            raise SettingsError(
                f"the database's address is malformed: {' '.join(str(error).split())}",
                where=DATABASE_VARIABLE,
                remedy="It reads postgresql://user:password@host/database",
            ) from None

    def _give_back(self, conn: Connection) -> None:
        with contextlib.suppress(psycopg2.Error):
            conn.close()


class _Kept(Database):
    """An address whose connections go from one ``with`` to the next, see :func:`kept`."""

    def __init__(self, url: str, idle: int) -> None:
        super().__init__(url)
        self._most = idle
        self._idle: list[Connection] = []
        self._guard = threading.Lock()

    def connect_now(self, name: str) -> Connection:
        while conn := self._take():
            # The server may have ended the session meanwhile.
            with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                with conn.cursor() as cursor:
                    cursor.execute("SELECT set_config('application_name', %s, false)", (name[:63],))
                conn.commit()
                return conn
            super()._give_back(conn)
        return super().connect_now(name)

    def close(self) -> None:
        while conn := self._take():
            super()._give_back(conn)

    def _take(self) -> Connection | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def _give_back(self, conn: Connection) -> None:
        with contextlib.suppress(psycopg2.Error):
            conn.reset()
            with self._guard:
                if len(self._idle) < self._most:
                    self._idle.append(conn)
                    return
        super()._give_back(conn)


@contextlib.contextmanager
def kept(db: Database, *, idle: int = 4) -> Iterator[Database]:
    """A database whose connections are kept for the next who asks; all are closed at the end of the ``with``.

    A session that has seen the views once plans a query over them several times as fast as a new one. Nothing that one
    user set is left for the next, but named locks must not be taken over it.

    Args:
        db: The open database.
        idle: At most so many are kept.
    """
    found = _Kept(db.url, idle)
    try:
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The configured database, or the embedded one.

    The embedded server starts with the first use in a process and ends with the last process.

    Raises:
        SettingsError: See :class:`storage.embedded.Embedded`.
        RetryError: The embedded server did not start.
    """
    yield Database(settings.database_url or _embedded(settings.home / "postgres"))


def _embedded(data: Path) -> str:
    with _starting:
        # The server may have been stopped meanwhile, by an operator or a test.
        if data not in _started or not (data / "postmaster.pid").exists():
            _started[data] = Embedded(data).start()
            # Nobody administers the embedded database, so it is always at this program's version.
            from storage.migrate import migrate

            with Database(_started[data]).connect("kundenecho migrate") as conn:
                migrate(conn)
        return _started[data]


def prepared(conn: Connection, statement: str, *types: str) -> str:
    """Have the session plan a statement once for all its uses: over views of views, planning costs more than answering.

    Args:
        conn: Connection; the plan lives as long as its session.
        statement: With ``$1`` and so on for its parameters. It names its columns: one with ``*`` would fail in old
            sessions once a migration adds another.
        types: SQL types of the parameters.

    Returns:
        Its name, for ``EXECUTE name (%s)`` within the same transaction.
    """
    name = f"kundenecho_{zlib.crc32(statement.encode()):08x}"
    with conn.cursor() as cursor:
        # Else the server would plan the first five uses one by one.
        cursor.execute(
            "SELECT set_config('plan_cache_mode', 'force_generic_plan', true),"
            " EXISTS (SELECT FROM pg_prepared_statements WHERE name = %s)",
            (name,),
        )
        row = cursor.fetchone()
        if not row or not row[1]:
            cursor.execute(
                sql.SQL("PREPARE {} ({}) AS ").format(sql.Identifier(name), sql.SQL(", ".join(types)))
                + sql.SQL(statement)
            )
    return name


def without_password(url: str) -> str:
    """The address with its password left out, for messages and logs."""
    return re.sub(r"(://[^:/@?]*):[^@]*@", r"\1@", url)


@contextlib.contextmanager
def named_lock(conn: Connection, name: str) -> Iterator[None]:
    """Hold a named lock for the length of a ``with``, over several transactions.

    It lives in the server's session, so the connection must not go through a pooler that hands the
    session to others.

    Args:
        conn: The connection that holds the lock.
        name: ``migrate``, ``analyse``, ``decide`` or ``collect:<source>``.

    Raises:
        BusyError: Somebody else holds it; the message says who and since when.
    """
    number = zlib.crc32(name.encode()) - 2**31
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK_SPACE, number))
        row = cursor.fetchone()
        if not row or not row[0]:
            holder = _holder(conn, number)
            conn.rollback()
            raise BusyError(f"another run is at it: {holder}", where=name, remedy="Wait for it to end, then try again")
    conn.commit()
    try:
        yield
    finally:
        with contextlib.suppress(psycopg2.Error):
            conn.rollback()
            with conn.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCK_SPACE, number))
            conn.commit()


def _holder(conn: Connection, number: int) -> str:
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT a.application_name, a.pid, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s::bigint::oid",
            (_LOCK_SPACE, number % 2**32),
        )
        row = cursor.fetchone()
    return f"{row[0]}, server process {row[1]}, since {row[2]:%Y-%m-%d %H:%M:%S} UTC" if row else "it has just ended"


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn a lost connection into a :class:`RetryError`; other errors pass.

    Args:
        where: What was being done, for the message.
    """
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        reason = (str(error).strip().splitlines() or ["connection lost"])[0]
        raise RetryError(
            f"the database went away: {reason}", where=where, remedy="Nothing was half done; try again"
        ) from error
