"""A small book of cases: feedback with readings written by hand, without the understanding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.connect import Connection
from tests.conftest import rows


def understood(conn: Connection, readings: Mapping[str, Mapping[str, Any]] | None = None, *, digest: str = "a") -> int:
    """Make a lineage active that reads every current revision as it is told, by native id; gives the lineage.

    A reading has ``sentiment``, ``recommend``, ``question``, ``defects`` and ``fix``; what is not told is neutral.
    """
    said = dict(readings or {})
    with conn.cursor() as cursor:
        cursor.execute("UPDATE lineage SET state = 'retired' WHERE state = 'active' AND digest <> %s", (digest,))
        cursor.execute(
            "INSERT INTO lineage (digest, description, state) VALUES (%s, '{}', 'active')"
            " ON CONFLICT (digest) DO UPDATE SET state = 'active' RETURNING lineage_id",
            (digest,),
        )
        [(lineage,)] = cursor.fetchall()
        cursor.execute("SELECT native_id, revision_id FROM current_feedback ORDER BY revision_id")
        for native_id, revision in cursor.fetchall():
            reading = said.get(native_id, {})
            cursor.execute(
                "INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, recommend, loyalty, question)"
                " VALUES (%s, %s, 'de', %s, %s, %s, 'none', %s) ON CONFLICT DO NOTHING",
                (lineage, revision, "sentiment" not in reading, reading.get("sentiment"),
                 reading.get("recommend", "none"), reading.get("question", False)),
            )  # fmt: skip
            for defect in reading.get("defects", ()) if cursor.rowcount else ():
                cursor.execute(
                    "INSERT INTO mention (lineage_id, revision_id, field, aspect, component, polarity, defect,"
                    " evidence_start, evidence_end, confidence) VALUES (%s, %s, 'text', 'function', 'Deckel', 'neg', %s, 0, 5, 1)",
                    (lineage, revision, defect),
                )
            if reading.get("fix"):
                cursor.execute(
                    "INSERT INTO fix (lineage_id, revision_id, field, fix_start, fix_end) VALUES (%s, %s, 'text', 0, 5)",
                    (lineage, revision),
                )
    conn.commit()
    return int(lineage)


def book(conn: Connection, columns: str = "kind, state") -> list[tuple[Any, ...]]:
    """The cases with their feedback's native id, in the order in which they came."""
    return rows(
        conn,
        "SELECT coalesce((SELECT native_id FROM feedback f WHERE f.feedback_id = c.feedback_id), c.origin),"
        f" {columns} FROM case_file c ORDER BY c.opened_at, c.case_id",
    )


def acts(conn: Connection) -> list[str]:
    """What happened to the cases, in the order in which it was noted."""
    return [act for (act,) in rows(conn, "SELECT act FROM case_event ORDER BY event_id")]
