"""Numbered SQL migrations with checksums, one transaction each, under one lock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from kundenecho.errors import SettingsError
from storage.connect import Connection, named_lock

FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_TABLE = """
CREATE SCHEMA IF NOT EXISTS kundenecho;
CREATE TABLE IF NOT EXISTS kundenecho.schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file: its number, name, SQL and checksum."""

    number: int
    name: str
    sql: str
    sha256: str


def files(folder: Path = FOLDER) -> list[Migration]:
    """The migrations of a folder in order.

    Raises:
        SettingsError: If a file's name is malformed, or a number is missing or doubled.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if not match:
            raise SettingsError("the name is not NNNN_words.sql", where=str(path), remedy="Rename it")
        text = path.read_text(encoding="utf-8")
        found.append(Migration(int(match[1]), path.name, text, hashlib.sha256(text.encode()).hexdigest()))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise SettingsError("the migrations are not numbered 0001, 0002, … without gaps", where=str(folder))
    return found


def migrate(conn: Connection, folder: Path = FOLDER) -> list[str]:
    """Bring the database to this version.

    Args:
        conn: Connection of the owner.
        folder: Where the files are.

    Returns:
        Names of the files that were applied now.

    Raises:
        BusyError: Another migration is running.
        SettingsError: An applied file was changed, the database is newer than the program, or the
            user lacks a right; then the message holds the SQL for the administrator.
    """
    known = files(folder)
    with named_lock(conn, "migrate"):
        done = []
        for migration in _pending(conn, known):
            _apply(conn, migration)
            done.append(migration.name)
        conn.commit()
    return done


def _pending(conn: Connection, known: list[Migration]) -> list[Migration]:
    with conn.cursor() as cursor:
        try:
            cursor.execute(_TABLE)
        except psycopg2.errors.InsufficientPrivilege as error:
            conn.rollback()
            raise SettingsError(
                f"the user may not create the schema: {error.diag.message_primary}",
                where="KUNDENECHO_DATABASE_URL",
                remedy="Let the administrator run: GRANT CREATE ON DATABASE <database> TO <user>;",
            ) from None
        cursor.execute("SELECT number, name, sha256 FROM kundenecho.schema_migration ORDER BY number")
        applied = {row[0]: (row[1], row[2]) for row in cursor}
    by_number = {m.number: m for m in known}
    for number, (name, sha256) in applied.items():
        if number not in by_number:
            raise SettingsError(
                f"the database has the migration {name}, which this program does not know",
                remedy="Use the newer program",
            )
        if by_number[number].sha256 != sha256:
            raise SettingsError(
                f"the migration {name} was changed after it had been applied",
                where=str(FOLDER / by_number[number].name),
                remedy="Restore the file and write a new migration instead",
            )
    return [m for m in known if m.number not in applied]


def _apply(conn: Connection, migration: Migration) -> None:
    try:
        with conn.cursor() as cursor:
            cursor.execute(migration.sql)
            cursor.execute("SET LOCAL search_path = kundenecho")
            cursor.execute(
                "INSERT INTO kundenecho.schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.sha256),
            )
    except psycopg2.errors.InsufficientPrivilege as error:
        conn.rollback()
        raise SettingsError(
            f"the user may not do this: {error.diag.message_primary}",
            where=migration.name,
            remedy=f"Let the administrator run once, then migrate again:\n{roles_sql()}",
        ) from None
    except psycopg2.Error:
        conn.rollback()
        raise
    conn.commit()


def roles_sql() -> str:
    """The statements that make the login roles, for an administrator to run."""
    text = (FOLDER / "0001_core.sql").read_text(encoding="utf-8")
    begin, end = text.index("-- begin roles"), text.index("-- end roles")
    return text[begin:end].split("\n", 1)[1].strip()
