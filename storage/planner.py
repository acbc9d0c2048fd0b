"""What the server's planner knows of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case


def learn_new_tables(conn: Connection) -> int:
    """Gather statistics of the tables that hold rows and have none yet.

    The server does so by itself, but a minute later; until then a view over several tables that were just filled
    may take a hundred times as long.

    Args:
        conn: Connection; the caller commits.

    Returns:
        Number of tables; 0 once all are known.
    """
    with conn.cursor() as cursor:
        # reltuples is -1 where nobody has looked, 0 where it was empty then.
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind = 'r'"
            " AND reltuples <= 0 AND pg_relation_size(oid) > 0 ORDER BY relname"
        )
        tables = [row[0] for row in cursor]
        for table in tables:
            cursor.execute(sql.SQL("ANALYZE kundenecho.{}").format(sql.Identifier(table)))
    return len(tables)


@contextmanager
def for_few_rows(conn: Connection) -> Iterator[None]:
    """Let the planner find a few rows of large tables by their indexes, rather than read the tables.

    Its costs are those of a disk that has to be moved; what decide looks up of a day's accounts and cases mostly lies
    in memory.

    Args:
        conn: Connection; the caller's transaction goes on.
    """
    with conn.cursor() as cursor:
        cursor.execute("SET LOCAL random_page_cost = 1")
        yield
        cursor.execute("SET LOCAL random_page_cost TO DEFAULT")
