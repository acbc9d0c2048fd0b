"""Fixtures of all tests: a real PostgreSQL, a fresh migrated database for each test, records."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import psycopg2
import pytest
from psycopg2 import sql

from dags.local import airflow_environment
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings, load_settings
from storage.connect import Connection, Database
from storage.embedded import Embedded
from storage.load import LoadReport, LoadSource, load_feed
from storage.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SECRET = "a secret that only the tests know, long enough"

# The same examples each time, however slow the machine: what fails here fails for everybody. To look for others:
# pytest --hypothesis-profile=search.
_patient = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow], "print_blob": True}
hypothesis.settings.register_profile("ci", derandomize=True, **_patient)  # type: ignore[arg-type]
hypothesis.settings.register_profile("search", max_examples=1000, **_patient)  # type: ignore[arg-type]
hypothesis.settings.load_profile("ci")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder ../shared with real data is not here")
_numbers = itertools.count(1)

_MEMORY = Path("/dev/shm")
_ROOM_NEEDED = 2 * 1024**3

#: The tests' servers keep nothing over a crash of the machine, so none of their writes has to wait for the disk; and
#: what the planner knows comes from the code's own ANALYZE, not from an autovacuum that happened to pass by.
_NOTHING_TO_KEEP = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
)


@contextmanager
def quick_folder(prefix: str) -> Iterator[Path]:
    """A folder for this block, in memory where there is room: databases write and unlink thousands of files."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_NEEDED
    with tempfile.TemporaryDirectory(prefix=prefix, dir=_MEMORY if roomy else None) as folder:
        # The server may run as a user of its own.
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[Path]:
    """Tests never see the caller's settings, secrets or state; gives the state directory of their Airflow.

    Airflow reads its settings when it is first imported, so they stand before any test.
    """
    saved = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("KUNDENECHO_", "AIRFLOW")):
            del os.environ[name]
    with quick_folder("airflow") as home:
        os.environ.update(airflow_environment(home), KUNDENECHO_KEY_SECRET=SECRET)
        yield home
    os.environ.clear()
    os.environ.update(saved)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """A real server for this worker, with a migrated template database; gives the admin URL."""
    with quick_folder("ke") as folder:
        server = Embedded(folder / "pg")
        url = server.start()
        admin = url.replace("/kundenecho?", "/postgres?")
        for setting in _NOTHING_TO_KEEP:
            _admin(admin, f"ALTER SYSTEM SET {setting}")
        _admin(admin, "SELECT pg_reload_conf()")
        with Database(url).connect("tests") as conn:
            migrate(conn)
        yield admin
        _admins.pop(admin).close()
        server.stop()


#: One connection for each server: a new one for each database made and dropped costs as much as the database.
_admins: dict[str, psycopg2.extensions.connection] = {}


def _admin(url: str, statement: str, *names: str) -> None:
    conn = _admins.get(url)
    if conn is None or conn.closed:
        conn = _admins[url] = psycopg2.connect(url)
        conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass(frozen=True)
class DemoCompany:
    """The demo company after a first run: the environment of its servers, its state directory, its database."""

    env: dict[str, str]
    home: Path
    database: str


@pytest.fixture(scope="session")
def demo_company(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCompany]:
    """The written demo company, collected, understood and decided once for this worker; to be copied, not changed."""
    from demo.scene import demo_scene
    from pipeline.analyse import analyse
    from pipeline.collect import collect
    from pipeline.decide import decide

    name, home = f"demo_{os.getpid()}", tmp_path_factory.mktemp("demo")
    _admin(cluster, "CREATE DATABASE {} TEMPLATE kundenecho STRATEGY file_copy", name)
    with demo_scene(home) as scene:
        with pytest.MonkeyPatch.context() as patch:
            for key, value in {
                **scene.env,
                "KUNDENECHO_DATABASE_URL": cluster.replace("/postgres?", f"/{name}?"),
            }.items():
                patch.setenv(key, value)
            settings = load_settings()
            for source in ("shop", "provenexpert", "umfrage"):
                collect(settings, source)
            analyse(settings)
            decide(settings)
        yield DemoCompany(scene.env, home, name)


@pytest.fixture
def empty_url(cluster: str) -> Iterator[str]:
    """A database without anything in it."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    _admin(cluster, "CREATE DATABASE {} STRATEGY file_copy", name)
    yield cluster.replace("/postgres?", f"/{name}?")
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def fresh_database(cluster: str) -> Iterator[Database]:
    """A migrated database for this block."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _admin(cluster, "CREATE DATABASE {} TEMPLATE kundenecho STRATEGY file_copy", name)
    # A copy has the template's content, but not the rights on the database itself.
    _admin(cluster, "REVOKE TEMPORARY, CREATE ON DATABASE {} FROM PUBLIC", name)
    _admin(cluster, "GRANT TEMPORARY ON DATABASE {} TO kundenecho_pipeline", name)
    yield Database(cluster.replace("/postgres?", f"/{name}?"))
    _admin(cluster, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def db(cluster: str) -> Iterator[Database]:
    """A fresh migrated database."""
    with fresh_database(cluster) as found:
        yield found


@pytest.fixture
def conn(db: Database) -> Iterator[Connection]:
    """A connection of the owner."""
    with db.connect("test") as connection:
        yield connection


@pytest.fixture
def as_role(db: Database) -> Iterator[Callable[[str], Connection]]:
    """Opens a real login connection of one of the roles."""
    with ExitStack() as stack:
        yield lambda role: stack.enter_context(
            Database(db.url.replace("//postgres:", f"//kundenecho_{role}:")).connect(f"test {role}")
        )


@pytest.fixture
def settings(db: Database, tmp_path: Path) -> Settings:
    """Settings on the fresh database, with nothing else configured."""
    found = load_settings(env={"KUNDENECHO_HOME": str(tmp_path / "home")})
    return replace(found, path=tmp_path / "kundenecho.toml", sources={}, database_url=db.url)


@pytest.fixture
def keyer() -> Keyer:
    """The keyer of the tests' secret."""
    return Keyer(SECRET)


@pytest.fixture
def feedback(keyer: Keyer) -> Callable[..., Feedback]:
    """Makes records with sensible defaults."""

    def make(native_id: str = "1", text: str | None = "Die Kanne tropft beim Ausgießen.", **values: Any) -> Feedback:
        author = values.pop("author", f"author {native_id}")
        defaults: dict[str, Any] = {
            "source": "shop",
            "kind": "review",
            "product": "HM-120",
            "product_name": "Filtra",
            "created_at": datetime(2026, 5, 4, 12, tzinfo=UTC),
            "created_precision": "day",
            "collected_at": datetime(2026, 6, 1, tzinfo=UTC),
            "raw_value": 4.0,
            "raw_min": 1.0,
            "raw_max": 5.0,
            "rating_1_5": 4.0,
            "author_key": keyer.account("shop", author) if author else None,
            "author_name": author,
            "url": f"https://shop.example/#{native_id}",
            "raw": {"id": native_id},
        }
        return Feedback(native_id=native_id, text=text, **{**defaults, **values})

    return make


def write_feed(file: Path, records: Iterable[Feedback]) -> Path:
    """Write records as a collector leaves them."""
    file.write_text("".join(json.dumps(r.to_dict()) + "\n" for r in records), encoding="utf-8")
    return file


@pytest.fixture
def load(conn: Connection, tmp_path: Path) -> Callable[..., LoadReport]:
    """Writes records to a feed file and loads it."""

    def run(records: Iterable[Feedback], *, source: str = "shop", **options: Any) -> LoadReport:
        feed = write_feed(tmp_path / f"feed{next(_numbers)}.jsonl", records)
        return load_feed(conn, feed, card=LoadSource(source), **options)

    return run


def rows(conn: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with conn.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", action="store_true", help="print what came of each fault on each kind of source")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--fault-table"):
        from tests.spiders.fault_table import table

        terminalreporter.write_line(table())
