"""What the server's planner knows of the tables."""

from __future__ import annotations

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
