"""The installation that the benchmarks generate: what the program itself would have left, with nothing to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.text import copy_digest
from pipeline.copies import settle_copies
from pipeline.persons import settle
from storage.connect import Connection
from storage.dirty import mark_dirty
from tests.conftest import rows

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from population import SECRET, arrive, assess, populate

PERSONS, FEEDBACK = 1000, 5000
_KEEP = """
CREATE TEMP TABLE people AS SELECT author_id, person_id, own_person_id FROM author;
CREATE TEMP TABLE traits AS SELECT * FROM author_trait;
CREATE TEMP TABLE copies AS SELECT * FROM collapse;
CREATE TEMP TABLE sketches AS SELECT * FROM copy_sketch
"""
_CHANGED = """
SELECT count(*) FROM (
    (TABLE people EXCEPT SELECT author_id, person_id, own_person_id FROM author)
    UNION ALL SELECT NULL, NULL, NULL FROM ((TABLE traits EXCEPT TABLE author_trait) UNION ALL (TABLE author_trait EXCEPT TABLE traits)) t
    UNION ALL SELECT NULL, NULL, NULL FROM ((TABLE copies EXCEPT TABLE collapse) UNION ALL (TABLE collapse EXCEPT TABLE copies)) c
    UNION ALL SELECT NULL, NULL, NULL FROM (TABLE sketches EXCEPT TABLE copy_sketch) s
) x
"""


def test_a_generated_installation_is_settled(conn: Connection) -> None:
    indexes = rows(conn, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'kundenecho' ORDER BY 1")
    conn.rollback()
    populate(conn, feedback=FEEDBACK, persons=PERSONS, products=50)
    assert rows(conn, "SELECT count(*), count(DISTINCT product) FROM feedback") == [(FEEDBACK, 50)]
    assert rows(conn, "SELECT count(DISTINCT person_id) FROM author") == [(PERSONS,)]
    assert indexes == rows(
        conn, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'kundenecho' ORDER BY 1"
    )
    assert rows(conn, "SELECT (SELECT count(*) FROM dirty_key) + (SELECT count(*) FROM dirty_copy)") == [(0,)]
    texts = rows(
        conn, "SELECT text, copy_digest FROM revision r JOIN feedback f ON f.current_revision_id = r.revision_id"
    )
    assert {copy_digest(text) == digest for text, digest in texts} == {True}
    spans = "SELECT DISTINCT substr(text, recommend_start + 1, recommend_end - recommend_start) FROM analysis JOIN revision USING (revision_id)"
    assert {"Klare Empfehlung.", "Nicht zu empfehlen."} <= {text for (text,) in rows(conn, spans)}
    # All of it settled anew leaves it as it is.
    with conn.cursor() as cursor:
        cursor.execute(_KEEP)
    mark_dirty(conn, everything=True)
    assert settle(conn, Keyer(SECRET), everything=True).moved == []
    settle_copies(conn, [], everything=True)
    assert rows(conn, _CHANGED) == [(0,)]
    conn.rollback()
    # A day brings new accounts, and marks what it touches.
    arrive(conn, reviews=100, persons=PERSONS, products=50)
    assert rows(conn, "SELECT count(*) FROM feedback") == [(FEEDBACK + 100,)]
    assert rows(conn, "SELECT count(*) FROM author WHERE person_id IS NULL") == [(20,)]
    [(marked,)] = rows(conn, "SELECT count(DISTINCT author_id) FROM dirty_key")
    assert marked == len(
        rows(conn, "SELECT DISTINCT author_id FROM feedback WHERE feedback_id > %s AND author_id > 0", FEEDBACK)
    )
    conn.commit()
    assess(conn)
    [(listed, ranked)] = rows(
        conn,
        "SELECT (SELECT count(*) FROM advocate WHERE listed), (SELECT count(*) FROM advocate_rank WHERE product = '')",
    )
    assert listed == ranked > 100
    with pytest.raises(DataError, match="holds feedback already"):
        populate(conn, feedback=FEEDBACK, persons=PERSONS)
