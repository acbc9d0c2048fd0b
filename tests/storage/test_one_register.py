"""Both registers of exports become one: nothing is lost, nothing stands twice, printed numbers still name their list."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from kundenecho.keying import Keyer
from storage.connect import Connection, Database
from storage.exports import Export
from storage.migrate import FOLDER, migrate
from storage.remedy_buyers import find_export, mark_told, register_buyers
from tests.conftest import rows

OLD = """
INSERT INTO remedy (product, defect, title) VALUES ('HM-310', 'blockage', 'Düse'), ('HM-120', 'leak', 'Kanne');
INSERT INTO export_register (kind, made_by, way, form, filters, items, made_at) VALUES
    ('advocates', 'Jo', 'command', 'csv', '{}', 7, '2026-05-01 09:00Z'),
    ('remedies-buyers', 'root', 'command', 'csv', '{"remedy": "R1", "channel": "email"}', 2, '2026-05-02 09:00:01Z'),
    ('newsletter', 'Jo', 'command', 'csv', '{}', 1, '2026-05-03 09:00Z');
INSERT INTO remedy_export (remedy_id, product, channel, form, done_by, exported_at, buyers) VALUES
    (1, 'HM-310', 'email', 'csv', 'Jana', '2026-05-02 09:00Z', 2),
    (2, 'HM-120', 'post', 'xlsx', 'Jana', '2026-05-04 09:00Z', 1),
    (1, 'HM-310', 'phone', 'csv', 'Jana', '2026-05-05 09:00Z', 0),
    (1, 'HM-310', 'email', 'csv', 'Jana', '2026-05-02 09:00:00.5Z', 2);
"""
HANDED_OUT = (
    "SELECT export_id, remedy_id, product, channel, form, done_by, exported_at, buyers, told FROM lists.remedy_exports"
    " ORDER BY 1"
)


def test_old_rows_are_kept_and_named_by_their_printed_numbers(empty_url: str, tmp_path: Path, keyer: Keyer) -> None:
    before = tmp_path / "migrations"
    before.mkdir()
    for file in sorted(FOLDER.glob("*.sql")):
        if file.name < "0024":
            shutil.copy(file, before)
    one, two = str(keyer.customer("K-1")), str(keyer.customer("K-2"))
    with Database(empty_url).connect("test") as conn:
        migrate(conn, before)
        with conn.cursor() as cursor:
            cursor.execute(OLD)
            cursor.execute(
                "INSERT INTO remedy_export_buyer VALUES (1, %(one)s), (1, %(two)s), (2, %(two)s), (4, %(one)s), (4, %(two)s);"
                " INSERT INTO export_person VALUES (3, %(one)s);"
                " INSERT INTO remedy_told VALUES (2, %(two)s, 'post', '2026-05-09', 'Jana')",
                {"one": one, "two": two},
            )
        conn.commit()
        was = rows(conn, HANDED_OUT)
        conn.commit()
        migrate(conn)
        assert rows(conn, HANDED_OUT) == was
        _the_register_has_each_once(conn, one, two)
        _numbers_go_on(conn, one)


def _the_register_has_each_once(conn: Connection, one: str, two: str) -> None:
    register = rows(conn, "SELECT export_id, kind, made_by, items FROM lists.exports ORDER BY 1")
    assert register == [
        (1, "advocates", "Jo", 7),
        (2, "remedies-buyers", "Jana", 2),
        (3, "newsletter", "Jo", 1),
        (5, "remedies-buyers", "Jana", 1),
        (6, "remedies-buyers", "Jana", 0),
        (7, "remedies-buyers", "Jana", 2),
    ]
    told = rows(conn, "SELECT export_id, array_agg(key::text ORDER BY key) FROM export_person GROUP BY 1 ORDER BY 1")
    assert told == [(2, sorted([one, two])), (3, [one]), (5, [two]), (7, sorted([one, two]))]


def _numbers_go_on(conn: Connection, one: str) -> None:
    found = find_export(conn, 2, 2)
    assert found is not None
    assert (found.export_id, found.channel) == (5, "post")
    assert find_export(conn, 1, 2) is None, "E2 was a list of the other remedy"
    handed = find_export(conn, 1, 1)
    assert handed is not None
    assert mark_told(conn, handed.export_id, date(2026, 5, 10), "Jana") == 2
    fresh = register_buyers(conn, 1, "email", Export("remedies-buyers", "Jana", "csv", 1), [one])
    assert fresh == 8, "above every number that was printed"
    again = find_export(conn, 1, fresh)
    assert again is not None
    assert again.export_id == 8
